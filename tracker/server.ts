/** The tracker as a process: HTTP, sockets (`ingress/`) and swarms (`owner.ts`), and the bus between them. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { AccessLists } from './access/access.ts'
import { answerHttp, answerStatus, answerText, pathOf } from './http/http.ts'
import { hostUrl, listen } from './http/listen.ts'
import { Metrics } from './http/metrics.ts'
import type { WorkerMetrics } from './http/worker-metrics.ts'
import { refuseUpgrade } from './http/refuse-upgrade.ts'
import type { TrackerStats } from './http/stats.ts'
import { Ingress } from './ingress/ingress.ts'
import type { IngressOptions } from './ingress/ingress.ts'
import { ClusterNode } from './cluster/node.ts'
import type { Transport } from './cluster/transport.ts'
import { CLUSTER_DEFAULTS, SERVER_DEFAULTS, SWARMS_DEFAULTS } from './options.ts'
import type { ClusterLimits, ServerLimits, SwarmsLimits } from './options.ts'
import { Owner } from './owner.ts'
import type { TrackerEffect } from './swarms/effects.ts'
import { NO_LOG } from './log.ts'

export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** What may change while the tracker runs. */
export interface TrackerUpdate extends AccessLists {
  readonly tls?: TlsFiles | undefined
}

export interface TrackerOptions extends IngressOptions {
  /** 0: any free port. Ignored with `server`. @default 8000 */
  readonly port?: number
  /** Address to listen on. @default every address of this machine */
  readonly host?: string
  /** A server to attach to. It stays the caller's: who owns it listens, answers HTTP (see `handle`) and closes it. */
  readonly server?: Server
  /** Path of the WebSocket, for instance `/announce`. @default every path */
  readonly path?: string
  /** Overrides of `SWARMS_DEFAULTS`, `SERVER_DEFAULTS` and `CLUSTER_DEFAULTS`. */
  readonly limits?: Partial<SwarmsLimits & ServerLimits & ClusterLimits>
  /** How often clients announce. @default 120 */
  readonly intervalSeconds?: number
  /** Certificate and key, as PEM, of a server of the tracker's own: `wss://` and `https://`. @default neither */
  readonly tls?: TlsFiles
  /** Answers HTTP requests for other paths than `/health`, `/metrics` and `/stats.json`. @default a status page at `/`, else 404 */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => unknown
  /** Makes this process one of several that are one tracker together: `RedisTransport`, `workerTransport`. @default it is alone */
  readonly transport?: Transport
  /** What adds up `/metrics` of several workers that share a port. @default each answers for itself */
  readonly workerMetrics?: WorkerMetrics
  /** Told of errors of the tracker's own: bugs. The connection at fault is dropped, the tracker goes on. */
  readonly onError?: (error: unknown) => void
}

export interface RunningTracker {
  /** `ws://…`, with the path if there is one. */
  readonly url: string
  readonly port: number
  stats(): TrackerStats
  /** Takes another certificate for new connections, and other lists for all. */
  update(update: TrackerUpdate): void
  /** Answers `/health`, `/metrics` and `/stats.json`; false for another path. For callers that attach to a server of theirs. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /**
   * Takes no more connections and tells the clients that the tracker goes away. Resolves when all have gone, or
   * after so many seconds.
   */
  drain(seconds: number): Promise<void>
  /** Closes every connection and, unless it is the caller's, the server. */
  close(): Promise<void>
}

/** Starts a tracker. @throws the system's error (`EADDRINUSE`, `EACCES`, …) when it cannot listen there */
export async function startTracker(options: TrackerOptions = {}): Promise<RunningTracker> {
  const tracker = new TrackerServer(options)
  await tracker.start()
  return tracker
}

class TrackerServer implements RunningTracker {
  readonly #options: TrackerOptions
  readonly #limits: SwarmsLimits & ServerLimits & ClusterLimits
  readonly #server: Server
  readonly #ingress: Ingress
  readonly #bus: Owner | ClusterNode
  readonly #metrics: Metrics
  readonly #startedAt = performance.now()
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head)

  constructor(options: TrackerOptions) {
    const { intervalSeconds, iceServers = [] } = options
    this.#options = options
    this.#limits = {
      ...SWARMS_DEFAULTS,
      ...SERVER_DEFAULTS,
      ...CLUSTER_DEFAULTS,
      ...options.limits,
      ...(intervalSeconds !== undefined && { intervalSeconds }),
    }
    this.#server = options.server ?? this.#createServer()
    const silentMsMax = this.#limits.intervalSeconds * this.#limits.silentIntervalsMax * 1000
    this.#ingress = new Ingress(options, this.#limits, silentMsMax)
    this.#bus = this.#openBus(iceServers.length > 0)
    this.#metrics = new Metrics({
      tally: this.#ingress.tally,
      stats: () => this.#ownStats(),
      workers: options.workerMetrics,
    })
  }

  async start(): Promise<void> {
    this.#server.on('upgrade', this.#onUpgrade)
    if (this.#bus instanceof ClusterNode) await this.#bus.start()
    if (!this.#options.server) await listen(this.#server, this.#options.port ?? 8000, this.#options.host)
    this.#ingress.start(this.#bus)
  }

  get url(): string {
    return hostUrl(this.#server, this.#options.host) + (this.#options.path ?? '')
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  stats(): TrackerStats {
    const own = this.#ownStats()
    if (!(this.#bus instanceof ClusterNode)) return own
    const { counts, sites } = this.#bus.figures
    return { ...own, ...counts, sites, cluster: this.#bus.cluster }
  }

  #ownStats(): TrackerStats {
    const uptimeSeconds = Math.floor((performance.now() - this.#startedAt) / 1000)
    return { ...this.#bus.stats, ...this.#ingress.stats, uptimeSeconds, isDraining: this.#ingress.isDraining }
  }

  update({ tls, ...lists }: TrackerUpdate): void {
    this.#ingress.access.lists = lists
    if (tls && this.#server instanceof HttpsServer) this.#server.setSecureContext(tls)
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return answerHttp(request, response, { stats: () => this.stats(), metrics: this.#metrics })
  }

  async drain(seconds: number): Promise<void> {
    if (this.#bus instanceof ClusterNode) await this.#bus.handOver()
    await this.#ingress.drain(seconds)
  }

  async close(): Promise<void> {
    this.#server.off('upgrade', this.#onUpgrade)
    await this.#ingress.close()
    await this.#bus.close()
    if (this.#options.server) return
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #openBus(lendsIceServers: boolean): Owner | ClusterNode {
    const { transport, log = NO_LOG } = this.#options
    const common = {
      limits: this.#limits,
      knowsSites: true,
      lendsIceServers,
      perform: (effect: TrackerEffect) => this.#ingress.perform(effect),
      onError: (error: unknown) => this.#fail(error),
    }
    if (!transport) return new Owner(common)
    const onReach = (isAlone: boolean) =>
      isAlone ? log.warn({}, 'other nodes are out of reach: serving alone') : log.info({}, 'other nodes are in reach')
    return new ClusterNode({ ...common, transport, onReach, stats: () => this.#ingress.stats })
  }

  #createServer(): Server {
    const { handshakeSeconds, connectionsMax, requestsMax } = this.#limits
    const timeoutMs = handshakeSeconds * 1000
    const options = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, connectionsCheckingInterval: timeoutMs / 2 }
    const { tls } = this.#options
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#request(request, response)
    const server = tls ? createHttpsServer({ ...options, ...tls }, answer) : createServer(options, answer)
    server.maxConnections = connectionsMax + requestsMax
    return server
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    if (this.handle(request, response)) return
    const { onRequest, path } = this.#options
    if (!onRequest) {
      if (answerStatus(request, response, this.stats(), path)) return
      answerText(response, 404, 'This is a WebTorrent tracker: connect with a WebSocket.')
      return
    }
    new Promise(resolve => resolve(onRequest(request, response))).catch((error: unknown) => {
      this.#fail(error)
      answerText(response, 500, 'Something went wrong here.')
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A socket that breaks before it is a WebSocket is of no interest, but must not be an unhandled error.
    socket.on('error', () => socket.destroy())
    const { path, server } = this.#options
    if (path !== undefined && pathOf(request) !== path) {
      if (!server) refuseUpgrade(socket, 404, 'No tracker at this path.')
      return
    }
    this.#ingress.upgrade(request, socket, head).catch((error: unknown) => {
      this.#fail(error)
      socket.destroy()
    })
  }

  #fail(error: unknown): void {
    const { log = NO_LOG, onError } = this.#options
    log.error({ err: error }, "an error of the tracker's own")
    onError?.(error)
  }
}

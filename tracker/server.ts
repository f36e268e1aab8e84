/**
 * The tracker as a process: WebSockets around the pure `Swarms`, held to limits, and a little HTTP beside it.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { TRACKER_LIMITS } from '../src/protocol/tracker.ts'
import { Addresses } from './addresses.ts'
import type { Address } from './addresses.ts'
import { Connection } from './connection.ts'
import { iceLender } from './ice.ts'
import type { IceOptions } from './ice.ts'
import { answerHttp, answerText, pathOf, refuseUpgrade } from './http.ts'
import { hostUrl, listen } from './listen.ts'
import { SERVER_DEFAULTS, SWARMS_DEFAULTS } from './options.ts'
import { Pointers } from './pointers.ts'
import type { ServerLimits, SwarmsLimits } from './options.ts'
import { Swarms } from './swarms.ts'
import type { SwarmsStats, TrackerInput } from './swarms.ts'

export interface TrackerOptions extends IceOptions {
  /** 0: any free port. Ignored with `server`. @default 8000 */
  readonly port?: number
  /** Address to listen on. @default every address of this machine */
  readonly host?: string
  /** A server to attach to. It stays the caller's: who owns it listens, answers HTTP (see `handle`) and closes it. */
  readonly server?: Server
  /** Path of the WebSocket, for instance `/announce`. @default every path */
  readonly path?: string
  /** Overrides of `SWARMS_DEFAULTS` and `SERVER_DEFAULTS`. */
  readonly limits?: Partial<SwarmsLimits & ServerLimits>
  /** How often clients announce. @default 120 */
  readonly intervalSeconds?: number
  /** Origins (`https://example.org`) whose pages may connect; a request without one is refused then. @default all */
  readonly allowedOrigins?: readonly string[]
  /** Answers HTTP requests for other paths than `/health` and `/stats.json`. @default 404 */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => unknown
  /** The client's address, where a proxy stands before the tracker. @default the socket's remote address */
  readonly clientAddress?: (request: IncomingMessage) => string | undefined
  /** Told of errors of the tracker's own: bugs. The connection at fault is dropped, the tracker goes on. */
  readonly onError?: (error: unknown) => void
}

export interface TrackerStats extends SwarmsStats {
  readonly connections: number
  /** Messages received since the start. */
  readonly messages: number
  /** Malformed messages since the start. */
  readonly violations: number
  readonly addressesBanned: number
  readonly uptimeSeconds: number
}

export interface RunningTracker {
  /** `ws://…`, with the path if there is one. */
  readonly url: string
  readonly port: number
  stats(): TrackerStats
  /** Answers `/health` and `/stats.json`; false for another path. For callers that attach to a server of theirs. */
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
  readonly #limits: ServerLimits
  readonly #idleMsMax: number
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #swarms: Swarms
  readonly #addresses: Addresses
  readonly #connections = new Map<number, Connection>()
  readonly #startedAt = performance.now()
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head)
  #lastId = 0
  #messages = 0
  #violations = 0
  #isDraining = false
  /** Called when the last connection has closed. */
  readonly #whenEmpty = new Set<() => void>()
  #keepAliveTimer: NodeJS.Timeout | undefined
  #tickTimer: NodeJS.Timeout | undefined

  constructor(options: TrackerOptions) {
    const { intervalSeconds } = options
    const lend = iceLender(options)
    this.#options = options
    this.#limits = { ...SERVER_DEFAULTS, ...options.limits }
    this.#server = options.server ?? this.#createServer()
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: TRACKER_LIMITS.messageBytesMax,
      // Memory per connection, and SDPs are sent once: not worth it.
      perMessageDeflate: false,
    })
    const limits = { ...SWARMS_DEFAULTS, ...options.limits, ...(intervalSeconds !== undefined && { intervalSeconds }) }
    this.#idleMsMax = Math.max(this.#limits.idleSeconds, limits.intervalSeconds * limits.silentIntervalsMax) * 1000
    const pointers = new Pointers(this.#limits, connection => this.#connections.get(connection)?.address)
    const iceServers = (id: number) => lend({ origin: this.#connections.get(id)?.origin, name: `${id}` })
    this.#swarms = new Swarms({
      random: Math.random,
      limits,
      pointers,
      ...(options.iceServers?.length && { iceServers }),
    })
    this.#addresses = new Addresses(this.#limits)
  }

  async start(): Promise<void> {
    this.#server.on('upgrade', this.#onUpgrade)
    if (!this.#options.server) await listen(this.#server, this.#options.port ?? 8000, this.#options.host)
    this.#keepAliveTimer = setInterval(() => this.#keepAlive(), this.#limits.pingSeconds * 1000)
  }

  get url(): string {
    return hostUrl(this.#server, this.#options.host) + (this.#options.path ?? '')
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  stats(): TrackerStats {
    const now = performance.now()
    return {
      ...this.#swarms.stats,
      connections: this.#connections.size,
      messages: this.#messages,
      violations: this.#violations,
      addressesBanned: this.#addresses.bannedCount(now),
      uptimeSeconds: Math.floor((now - this.#startedAt) / 1000),
    }
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return answerHttp(request, response, { isDraining: () => this.#isDraining, stats: () => this.stats() })
  }

  async drain(seconds: number): Promise<void> {
    this.#isDraining = true
    for (const connection of this.#connections.values()) {
      if (connection.wantsShutdown) connection.send({ type: 'shutdown', seconds })
    }
    let timer: NodeJS.Timeout | undefined
    const isOver = new Promise<void>(resolve => {
      timer = setTimeout(resolve, seconds * 1000)
    })
    await Promise.race([this.#emptied(), isOver])
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    this.#isDraining = true
    clearInterval(this.#keepAliveTimer)
    this.#server.off('upgrade', this.#onUpgrade)
    for (const connection of this.#connections.values()) connection.close(1001, 'The tracker stops.')
    await this.#emptied()
    clearTimeout(this.#tickTimer)
    if (this.#options.server) return
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #createServer(): Server {
    const { handshakeSeconds, connectionsMax, requestsMax } = this.#limits
    const timeoutMs = handshakeSeconds * 1000
    const options = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, connectionsCheckingInterval: timeoutMs / 2 }
    const server = createServer(options, (request, response) => this.#request(request, response))
    server.maxConnections = connectionsMax + requestsMax
    return server
  }

  async #emptied(): Promise<void> {
    if (this.#connections.size > 0) await new Promise<void>(resolve => this.#whenEmpty.add(resolve))
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    if (this.handle(request, response)) return
    const { onRequest } = this.#options
    if (!onRequest) {
      answerText(response, 404, 'This is a WebTorrent tracker: connect with a WebSocket.')
      return
    }
    new Promise(resolve => resolve(onRequest(request, response))).catch((error: unknown) => {
      this.#options.onError?.(error)
      answerText(response, 500, 'Something went wrong here.')
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A socket that breaks before it is a WebSocket is of no interest, but must not be an unhandled error.
    socket.on('error', () => socket.destroy())
    const { path, server, clientAddress } = this.#options
    if (path !== undefined && pathOf(request) !== path) {
      if (!server) refuseUpgrade(socket, 404, 'No tracker at this path.')
      return
    }
    const remoteAddress = clientAddress?.(request) ?? request.socket.remoteAddress
    const address = this.#addresses.of(remoteAddress, performance.now())
    const refusal = this.#refusal(request, address)
    if (refusal) {
      refuseUpgrade(socket, ...refusal)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, webSocket =>
      this.#accept(webSocket, address, request.headers.origin),
    )
  }

  #refusal(request: IncomingMessage, address: Address): [status: number, text: string] | undefined {
    const { allowedOrigins } = this.#options
    if (this.#isDraining) return [503, 'The tracker is going away. Try again soon.']
    if (this.#addresses.isBanned(address, performance.now())) return [403, 'Too many malformed messages. Try later.']
    if (allowedOrigins && !allowedOrigins.includes(request.headers.origin ?? '')) {
      return [403, 'Pages of this origin may not use this tracker.']
    }
    if (this.#addresses.isFull(address)) return [429, 'Too many connections from you.']
    if (this.#connections.size >= this.#limits.connectionsMax) return [503, 'The tracker is full. Try later.']
    return undefined
  }

  #accept(socket: WebSocket, address: Address, origin?: string): void {
    const id = ++this.#lastId
    const connection = new Connection({ id, address, origin }, socket, this.#limits, {
      request: request => {
        this.#messages++
        if (request.type === 'announce' && request.extensions?.includes('shutdown')) connection.wantsShutdown = true
        this.#step({ type: 'message', connection: id, request })
      },
      pong: () => this.#step({ type: 'pong', connection: id }),
      violation: () => {
        this.#violations++
        this.#addresses.violate(address, performance.now())
      },
      closed: () => {
        this.#connections.delete(id)
        this.#addresses.disconnected(address)
        this.#step({ type: 'closed', connection: id })
        if (this.#connections.size > 0) return
        for (const resolve of this.#whenEmpty) resolve()
        this.#whenEmpty.clear()
      },
    })
    this.#connections.set(id, connection)
    this.#addresses.connected(address)
    connection.start()
  }

  #step(input: TrackerInput): void {
    try {
      for (const effect of this.#swarms.step(input, performance.now())) {
        const connection = this.#connections.get(effect.to)
        if (effect.type === 'send') connection?.send(effect.reply)
        else if (effect.type === 'refuse') connection?.refuse(effect.reply)
        else if (effect.type === 'ping') connection?.ping()
        else connection?.terminate()
      }
    } catch (error) {
      this.#options.onError?.(error)
      if (input.type === 'message') this.#connections.get(input.connection)?.terminate()
    }
    this.#armTick()
  }

  #armTick(): void {
    clearTimeout(this.#tickTimer)
    const { deadline } = this.#swarms
    if (deadline === Number.POSITIVE_INFINITY) return
    this.#tickTimer = setTimeout(() => this.#step({ type: 'tick' }), Math.max(0, deadline - performance.now()))
  }

  #keepAlive(): void {
    for (const connection of this.#connections.values()) {
      if (!connection.keepAlive()) connection.terminate()
      else if (connection.idleMs > this.#idleMsMax) connection.close(1000, 'Idle.')
    }
    this.#addresses.sweep(performance.now())
    this.#step({ type: 'tick' })
  }
}

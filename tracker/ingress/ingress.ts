/**
 * Holds the sockets: lets clients in, holds each to its limits, hands what they say to the bus and performs what comes back.
 * It knows nothing of swarms.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { TrackerRequest } from '../../src/protocol/tracker-request.ts'
import type { PointerRequest } from '../../src/protocol/tracker-site.ts'
import { TRACKER_LIMITS } from '../../src/protocol/tracker.ts'
import { Access, type AccessOptions } from '../access/access.ts'
import type { Bus } from '../bus.ts'
import { refuseUpgrade } from '../http/refuse-upgrade.ts'
import { type Log, NO_LOG } from '../log.ts'
import type { ServerLimits } from '../options.ts'
import type { TrackerEffect } from '../swarms/effects.ts'
import { type Address, Addresses } from './addresses.ts'
import { WriteBatch } from './batch.ts'
import { type Caller, Connection, type ConnectionEvents, type Wire } from './connection.ts'
import { Gate, type GateOptions, GOING_AWAY, type Refusal } from './gate.ts'
import { iceLender } from './ice.ts'
import type { IceOptions } from './ice.ts'
import { Pointers } from './pointers.ts'
import { Tally } from './tally.ts'

export interface IngressOptions extends GateOptions, IceOptions, AccessOptions {
  /** @default nobody is told */
  readonly log?: Log
  /** The client's address, where a proxy stands before the tracker. @default the socket's remote address */
  readonly clientAddress?: ((request: IncomingMessage) => string | undefined) | undefined
}

export interface IngressStats {
  readonly connections: number
  /** Messages received since the start. */
  readonly messages: number
  /** Malformed messages since the start. */
  readonly violations: number
  readonly addressesBanned: number
  /** Messages received, by kind. */
  readonly messagesByKind: Readonly<Record<string, number>>
  /** Offers, answers and candidates handed on. */
  readonly relayed: Tally['relayed']
  /** Connections and requests refused, by reason. */
  readonly rejects: Readonly<Record<string, number>>
  /** Bytes that wait to be read by clients. */
  readonly queueBytes: number
}

export class Ingress {
  readonly #options: IngressOptions
  readonly #limits: ServerLimits
  readonly #log: Log
  readonly #idleMsMax: number
  readonly #lend: ReturnType<typeof iceLender>
  readonly #sockets: WebSocketServer
  readonly #addresses: Addresses
  readonly #pointers: Pointers
  readonly #gate: Gate
  readonly access: Access
  readonly tally = new Tally()
  readonly #batch = new WriteBatch()
  readonly #events: ConnectionEvents = {
    request: (connection, request) => {
      this.#heardAt = performance.now()
      this.#receive(connection, request)
      this.#heardAt = undefined
    },
    pong: ({ id }) => this.#bus?.send({ type: 'pong', connection: id }),
    malformed: code => {
      this.tally.message('malformed')
      this.tally.reject(code)
    },
    violation: connection => this.#violated(connection),
    closed: connection => this.#closed(connection),
  }
  readonly #connections = new Map<number, Connection>()
  #bus: Bus | undefined
  #lastId = 0
  #violations = 0
  /** When the message came that is being acted on (ms); undefined for what another process brings about. */
  #heardAt: number | undefined
  #isDraining = false
  /** Called when the last connection has closed. */
  readonly #whenEmpty = new Set<() => void>()
  #keepAliveTimer: NodeJS.Timeout | undefined

  /** `silentMsMax`: who announces nothing for so long has left its swarms. */
  constructor(options: IngressOptions, limits: ServerLimits, silentMsMax: number) {
    this.#options = options
    this.#limits = limits
    this.#log = options.log ?? NO_LOG
    this.#idleMsMax = Math.max(limits.idleSeconds * 1000, silentMsMax)
    this.#lend = iceLender(options)
    this.#addresses = new Addresses(limits)
    this.#pointers = new Pointers(limits)
    this.#gate = new Gate(options, limits, this.#addresses)
    this.access = new Access(options)
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: TRACKER_LIMITS.messageBytesMax,
      // Memory per connection, and SDPs are sent once: not worth it.
      perMessageDeflate: false,
    })
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  get stats(): IngressStats {
    return {
      connections: this.#connections.size,
      messages: this.tally.messageCount,
      messagesByKind: this.tally.messages,
      relayed: this.tally.relayed,
      rejects: this.tally.rejects,
      queueBytes: this.#queueBytes(),
      violations: this.#violations,
      addressesBanned: this.#addresses.bannedCount(performance.now()),
    }
  }

  start(bus: Bus): void {
    this.#bus = bus
    this.#keepAliveTimer = setInterval(() => this.#keepAlive(), this.#limits.pingSeconds * 1000)
  }

  /** Makes a WebSocket of a request, or refuses it. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const remoteAddress = this.#options.clientAddress?.(request) ?? request.socket.remoteAddress
    const address = this.#addresses.of(remoteAddress, performance.now())
    const refusal = this.#refusal(request, address)
    if (refusal) {
      this.#refuseUpgrade(socket, refusal)
      return
    }
    if (!this.access.isPrivate) {
      this.#upgrade(request, socket, head, { address })
      return
    }
    const pass = await this.access.pass(tokenOf(request))
    if (typeof pass === 'string') {
      this.#refuseUpgrade(socket, { status: 401, text: pass, reason: 'token' })
      return
    }
    // Others may have come while the token was checked.
    const lateRefusal = this.#refusal(request, address)
    if (lateRefusal) this.#refuseUpgrade(socket, lateRefusal)
    else this.#upgrade(request, socket, head, { address, pass })
  }

  perform(effect: TrackerEffect): void {
    const connection = this.#connections.get(effect.to)
    switch (effect.type) {
      case 'send':
        if (!connection) break
        this.tally.reply(effect.reply, this.#heardAt)
        connection.send(this.#completed(effect.reply, connection))
        break
      case 'refuse':
        this.tally.reply(effect.reply, this.#heardAt)
        connection?.refuse(effect.reply)
        break
      case 'ping':
        connection?.ping()
        break
      case 'close':
        connection?.terminate()
        break
    }
  }

  /** Takes nobody new, and tells clients that the tracker goes away. Resolves when all have gone, or after so many seconds. */
  async drain(seconds: number): Promise<void> {
    this.#isDraining = true
    for (const connection of this.#connections.values()) {
      if (connection.extensions.includes('shutdown')) connection.send({ type: 'shutdown', seconds })
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
    for (const connection of this.#connections.values()) connection.close(1001, 'The tracker stops.')
    await this.#emptied()
  }

  async #emptied(): Promise<void> {
    if (this.#connections.size > 0) await new Promise<void>(resolve => this.#whenEmpty.add(resolve))
  }

  #queueBytes(): number {
    let bytes = 0
    for (const connection of this.#connections.values()) bytes += connection.queueBytes
    return bytes
  }

  #refusal(request: IncomingMessage, address: Address): Refusal | undefined {
    return this.#isDraining ? GOING_AWAY : this.#gate.refusal(request, address, this.#connections.size)
  }

  #refuseUpgrade(socket: Duplex, { status, text, reason }: Refusal): void {
    this.tally.reject(reason)
    this.#log.debug({ reason }, 'refused a connection')
    refuseUpgrade(socket, status, text)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, client: Pick<Caller, 'address' | 'pass'>): void {
    const { origin } = request.headers
    this.#sockets.handleUpgrade(request, socket, head, webSocket =>
      this.#accept({ socket: webSocket, stream: socket, batch: this.#batch }, { ...client, origin }),
    )
  }

  #accept(wire: Wire, client: Omit<Caller, 'id'>): void {
    const connection = new Connection({ id: ++this.#lastId, ...client }, wire, this.#limits, this.#events)
    this.#connections.set(connection.id, connection)
    this.#addresses.connected(client.address)
    connection.start()
  }

  #closed({ id, address }: Connection): void {
    this.#connections.delete(id)
    this.#addresses.disconnected(address)
    this.#bus?.send({ type: 'closed', connection: id })
    if (this.#connections.size > 0) return
    for (const resolve of this.#whenEmpty) resolve()
    this.#whenEmpty.clear()
  }

  #violated({ address }: Connection): void {
    this.#violations++
    const isBanned = this.#addresses.violate(address, performance.now())
    if (isBanned) this.#log.warn({ address: address.key }, 'banned an address')
  }

  #receive(connection: Connection, request: TrackerRequest | PointerRequest): void {
    this.tally.message(request.type)
    const { id, address } = connection
    if (request.type === 'pointer') {
      const told = this.#pointers.judge(request.pointer, address)
      if (told) this.#bus?.send({ type: 'pointer', connection: id, told })
      else {
        const reason = 'This is no pointer of a site.'
        connection.refuse({ type: 'failed', action: 'pointer', code: 'bad-pointer', reason })
      }
      return
    }
    const reason = this.#accessRefusal(connection, request)
    if (reason !== undefined) {
      this.tally.reject('not-allowed')
      const about = request.type === 'scrape' ? {} : { infoHash: request.infoHash }
      const action = request.type === 'scrape' ? 'scrape' : 'announce'
      connection.send({ type: 'failed', action, ...about, code: 'not-allowed', reason })
      return
    }
    if (request.type === 'announce' && request.extensions) connection.extensions = request.extensions
    this.#bus?.send({ type: 'message', connection: id, request })
  }

  #accessRefusal({ pass }: Connection, request: TrackerRequest): string | undefined {
    if (request.type === 'scrape') return this.access.scrapeRefusal(request.infoHashes, pass)
    const { infoHash } = request
    return this.access.refusal(infoHash) ?? this.access.joinRefusal(infoHash, pass)
  }

  /** What it is lent depends on its origin, which only the ingress knows. */
  #completed(reply: TrackerReply, { id, origin, extensions }: Connection): TrackerReply {
    if (reply.type !== 'announced' || !reply.extensions || !extensions.includes('ice_servers')) return reply
    const iceServers = this.#lend({ origin, name: `${id}` })
    return iceServers.length === 0 ? reply : { ...reply, iceServers }
  }

  #keepAlive(): void {
    for (const connection of this.#connections.values()) {
      if (!connection.keepAlive()) connection.terminate()
      else if (connection.idleMs > this.#idleMsMax) connection.close(1000, 'Idle.')
    }
    this.#addresses.sweep(performance.now())
  }
}

/** A token comes with the address, since a browser's WebSocket can say nothing else before it is open. */
function tokenOf(request: IncomingMessage): string | undefined {
  const query = (request.url ?? '').split('?')[1]
  return new URLSearchParams(query).get('token') ?? undefined
}

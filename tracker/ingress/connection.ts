/**
 * One WebSocket of a client, held to its limits: what it sends too fast is read slower, what it reads too slowly ends
 * it, and so does a second malformed message.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { parseTrackerRequest } from '../../src/protocol/tracker-request.ts'
import type { TrackerRequest } from '../../src/protocol/tracker-request.ts'
import { encodeTrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { FailureReply, TrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { PointerRequest } from '../../src/protocol/tracker-site.ts'
import type { Refused, TrackerErrorCode, TrackerExtension } from '../../src/protocol/tracker.ts'
import type { Pass } from '../access/access.ts'
import type { ServerLimits } from '../options.ts'
import type { Address } from './addresses.ts'
import type { WriteBatch } from './batch.ts'
import { decodeText } from './decode.ts'
import { textFrame } from './frame.ts'
import { TokenBucket } from './token-bucket.ts'

/** Who is told of what happens to connections: one for all, since closures for each would cost memory. */
export interface ConnectionEvents {
  request(connection: Connection, request: TrackerRequest | PointerRequest): void
  pong(connection: Connection): void
  /** A message that could not be read; a `violation` comes of it. */
  malformed(code: TrackerErrorCode): void
  /** A malformed message. */
  violation(connection: Connection): void
  /** Exactly once, after which nothing else comes. */
  closed(connection: Connection): void
}

export interface Caller {
  readonly id: number
  readonly address: Address
  /** Of the page that connected; programs have none. */
  readonly origin: string | undefined
  /** What it may join, where the tracker is private. */
  readonly pass?: Pass | undefined
}

export interface Wire {
  readonly socket: WebSocket
  /** What it is written to. */
  readonly stream: Duplex
  readonly batch: WriteBatch
}

export class Connection {
  readonly id: number
  readonly address: Address
  readonly origin: string | undefined
  readonly pass: Pass | undefined
  /** What its client said last that it can do. */
  extensions: readonly TrackerExtension[] = []
  readonly #socket: WebSocket
  /** What the WebSocket is written to. */
  readonly #stream: Duplex
  readonly #batch: WriteBatch
  readonly #limits: ServerLimits
  readonly #events: ConnectionEvents
  readonly #messages: TokenBucket
  readonly #announces: TokenBucket
  readonly #relays: TokenBucket
  /** When it last said something (ms). */
  #heardAt = performance.now()
  #isAlive = true
  #isClosing = false
  #violations = 0
  #resumeTimer: NodeJS.Timeout | undefined
  #closeTimer: NodeJS.Timeout | undefined

  constructor(caller: Caller, wire: Wire, limits: ServerLimits, events: ConnectionEvents) {
    this.id = caller.id
    this.address = caller.address
    this.origin = caller.origin
    this.pass = caller.pass
    this.#socket = wire.socket
    this.#stream = wire.stream
    this.#batch = wire.batch
    this.#limits = limits
    this.#events = events
    this.#messages = new TokenBucket(limits.messagesPerSecond, limits.messagesBurst, this.#heardAt)
    this.#announces = new TokenBucket(limits.announcesPerSecond, limits.announcesBurst, this.#heardAt)
    this.#relays = new TokenBucket(limits.relaysPerSecond, limits.relaysBurst, this.#heardAt)
  }

  /** Milliseconds since it last said something; pongs are no words. */
  get idleMs(): number {
    return performance.now() - this.#heardAt
  }

  /** Bytes that wait to be read by the client. */
  get queueBytes(): number {
    return this.#stream.writableLength
  }

  start(): void {
    // `ws` gives buffers unless it is told otherwise.
    this.#socket.on('message', data => this.#receive(data as Buffer))
    this.#socket.on('pong', () => {
      this.#isAlive = true
      this.#events.pong(this)
    })
    this.#socket.on('error', error => {
      // `ws` closes the socket itself. Its own codes say that the client broke the protocol of WebSockets or its bounds.
      if ('code' in error && String(error.code).startsWith('WS_ERR_')) this.#events.violation(this)
    })
    this.#socket.on('close', () => {
      clearTimeout(this.#resumeTimer)
      clearTimeout(this.#closeTimer)
      this.#events.closed(this)
    })
  }

  send(reply: TrackerReply): void {
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return
    const frame = textFrame(encodeTrackerReply(reply))
    if (this.#stream.writableLength + frame.length > this.#limits.sendQueueBytesMax) {
      this.terminate()
      return
    }
    this.#batch.hold(this.#stream)
    this.#stream.write(frame)
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
  }

  /** Pings; false when nothing was heard since the last time. */
  keepAlive(): boolean {
    const wasAlive = this.#isAlive
    this.#isAlive = false
    this.ping()
    return wasAlive
  }

  /** Says goodbye, and cuts the connection if the client does not answer. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#socket.resume()
    this.#socket.close(code, reason)
    this.#closeTimer = setTimeout(() => this.terminate(), this.#limits.closeSeconds * 1000)
  }

  terminate(): void {
    this.#isClosing = true
    this.#socket.terminate()
  }

  #receive(data: Buffer): void {
    if (this.#isClosing) return
    this.#isAlive = true
    this.#heardAt = performance.now()
    const request = parseTrackerRequest(decodeText(data))
    if (request.type === 'refused') {
      this.#events.malformed(request.code)
      this.refuse({ action: 'announce', ...request, type: 'failed' })
    } else this.#events.request(this, request)
    this.#throttle(request)
  }

  /** Counts a malformed message, and tells of it; the last that is borne closes the connection instead. */
  refuse(reply: FailureReply): void {
    this.#events.violation(this)
    this.#violations++
    if (this.#violations >= this.#limits.violationsPerConnectionMax) {
      this.close(1008, 'Too many malformed messages.')
      return
    }
    this.send(reply)
  }

  /** Stops reading until the debt is paid: TCP then slows the sender down, and nothing is lost. */
  #throttle(request: TrackerRequest | PointerRequest | Refused): void {
    const now = this.#heardAt
    const waitMs = Math.max(
      this.#messages.take(now),
      this.address.bucket.take(now),
      this.#announces.take(now, Number(request.type === 'announce')),
      this.#relays.take(now, relaysIn(request)),
    )
    if (waitMs === 0 || this.#isClosing) return
    this.#socket.pause()
    clearTimeout(this.#resumeTimer)
    this.#resumeTimer = setTimeout(() => {
      this.#isAlive = true
      this.#socket.resume()
    }, waitMs)
  }
}

/** How many messages to others may come of it. */
function relaysIn(request: TrackerRequest | PointerRequest | Refused): number {
  if (request.type === 'announce') return request.offers.length
  return Number(request.type === 'offer' || request.type === 'answer' || request.type === 'candidate')
}

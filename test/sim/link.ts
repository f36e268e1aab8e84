/**
 * Links. Every member has one `Access` to the network, with an upload and a download rate; every connection has one
 * `Pipe` a direction, which carries whole messages in order and loses none, as a reliable data channel does.
 *
 * The uplink serves its pipes in turns, a message a turn. A message is received while it is being sent (cut-through):
 * its first byte arrives one latency after its sending starts, and it is whole when both the sender's and the
 * receiver's rate allow. A receiver that is slower than its senders makes them wait (congestion control without loss).
 * Bytes count as buffered until they are acknowledged, for so data channels behave in browsers (FACTS.md).
 */
import type { Timeline } from './timeline.ts'

/** A member's line. */
export interface Line {
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
  /** One way, from the member to the middle of the network: a round trip between two members is twice the sum. */
  readonly latencyMs: number
}

/** A line of so many bytes a second up and down. */
export function line(uploadBytesPerSecond: number, downloadBytesPerSecond: number, latencyMs = 10): Line {
  return { uploadBytesPerSecond, downloadBytesPerSecond, latencyMs }
}

/** Messages up to this size slip between others, as packets do, instead of waiting for a turn. */
const SMALL_BYTES_MAX = 1024

/** Bytes of one pipe that may wait before a slow receiver's downlink. */
const BACKLOG_BYTES_MAX = 256 * 1024

/** What an uplink serves. */
interface Sender {
  /** Bytes of the message that would be sent next; 0: none may be. */
  readonly headBytes: number
  /** The head of the queue is sent; its last byte leaves at `lastByteAt`. */
  takeTurn(lastByteAt: number): void
  endTurn(): void
}

export class Access {
  readonly line: Line
  readonly #timeline: Timeline
  readonly #turns: Sender[] = []
  #isSending = false
  /** Bytes of small messages that went between the others; the next turn pays for them. */
  #debtBytes = 0
  #downlinkFreeAt = 0

  constructor(timeline: Timeline, line: Line) {
    this.#timeline = timeline
    this.line = line
  }

  /** Gives a pipe that has something to send its turn. */
  enqueue(pipe: Sender): void {
    this.#turns.push(pipe)
    this.#serve()
  }

  owe(bytes: number): void {
    this.#debtBytes += bytes
  }

  /** When a message whose first byte arrives now is whole, if the sender sends its last byte in time. */
  receive(bytes: number): number {
    const start = Math.max(this.#downlinkFreeAt, this.#timeline.now)
    this.#downlinkFreeAt = start + (bytes * 1000) / this.line.downloadBytesPerSecond
    return this.#downlinkFreeAt
  }

  #serve(): void {
    while (!this.#isSending) {
      const pipe = this.#turns.shift()
      if (pipe === undefined) return
      const bytes = pipe.headBytes
      if (bytes === 0) continue
      const sendMs = ((bytes + this.#debtBytes) * 1000) / this.line.uploadBytesPerSecond
      this.#debtBytes = 0
      this.#isSending = true
      pipe.takeTurn(this.#timeline.now + sendMs)
      this.#timeline.after(sendMs, () => {
        this.#isSending = false
        pipe.endTurn()
        this.#serve()
      })
    }
  }
}

export interface PipeOptions<Message> {
  readonly timeline: Timeline
  readonly from: Access
  readonly to: Access
  readonly deliver: (message: Message) => void
  /** The buffered bytes fell to the low-water mark. */
  readonly writable?: (bufferedBytes: number) => void
}

/** One direction of a connection. */
export class Pipe<Message> implements Sender {
  readonly #options: PipeOptions<Message>
  readonly #latencyMs: number
  #queue: { message: Message; bytes: number }[] = []
  #bufferedBytes = 0
  #lowWaterBytes = 0
  /** Bytes that have arrived at the receiver's line and wait there. */
  #backlogBytes = 0
  /** Messages under way whose first byte has not arrived. */
  #travelling = 0
  #lastDeliveryAt = 0
  #hasTurn = false
  #isClosed = false

  constructor(options: PipeOptions<Message>) {
    this.#options = options
    this.#latencyMs = options.from.line.latencyMs + options.to.line.latencyMs
  }

  /** Bytes handed to `send` that the other side has not acknowledged. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  get lowWaterBytes(): number {
    return this.#lowWaterBytes
  }

  get latencyMs(): number {
    return this.#latencyMs
  }

  /** `writable` is raised when the buffered bytes fall to this mark. */
  setLowWaterMark(bytes: number): void {
    this.#lowWaterBytes = bytes
  }

  send(message: Message, bytes: number): void {
    if (this.#isClosed) return
    const { timeline, from } = this.#options
    this.#bufferedBytes += bytes
    if (bytes <= SMALL_BYTES_MAX && this.#queue.length === 0) {
      from.owe(bytes)
      const lastByteAt = timeline.now + (bytes * 1000) / from.line.uploadBytesPerSecond
      if (this.#travelling > 0) this.#travel(message, bytes, lastByteAt)
      else this.#arriveAt(lastByteAt + this.#latencyMs, message, bytes)
      return
    }
    this.#queue.push({ message, bytes })
    this.#askTurn()
  }

  /** Nothing more is delivered. */
  close(): void {
    this.#isClosed = true
    this.#queue = []
  }

  get headBytes(): number {
    if (this.#isClosed || this.#backlogBytes > BACKLOG_BYTES_MAX) {
      this.#hasTurn = false
      return 0
    }
    return this.#queue[0]?.bytes ?? 0
  }

  takeTurn(lastByteAt: number): void {
    const { message, bytes } = this.#queue.shift()!
    this.#travel(message, bytes, lastByteAt)
  }

  endTurn(): void {
    this.#hasTurn = false
    this.#askTurn()
  }

  #askTurn(): void {
    if (this.#hasTurn || this.#isClosed || this.#queue.length === 0 || this.#backlogBytes > BACKLOG_BYTES_MAX) return
    this.#hasTurn = true
    this.#options.from.enqueue(this)
  }

  #travel(message: Message, bytes: number, lastByteAt: number): void {
    this.#travelling += 1
    this.#options.timeline.after(this.#latencyMs, () => {
      this.#travelling -= 1
      this.#backlogBytes += bytes
      const wholeAt = bytes <= SMALL_BYTES_MAX ? this.#options.timeline.now : this.#options.to.receive(bytes)
      this.#arriveAt(Math.max(wholeAt, lastByteAt + this.#latencyMs), message, bytes, bytes)
    })
  }

  #arriveAt(time: number, message: Message, bytes: number, backlogBytes = 0): void {
    this.#lastDeliveryAt = Math.max(this.#lastDeliveryAt, time)
    this.#options.timeline.at(this.#lastDeliveryAt, () => {
      this.#backlogBytes -= backlogBytes
      this.#askTurn()
      if (this.#isClosed) return
      if (bytes <= SMALL_BYTES_MAX) this.#acknowledge(bytes)
      else this.#options.timeline.after(this.#latencyMs, () => this.#acknowledge(bytes))
      this.#options.deliver(message)
    })
  }

  #acknowledge(bytes: number): void {
    const before = this.#bufferedBytes
    this.#bufferedBytes -= bytes
    if (this.#isClosed) return
    if (before > this.#lowWaterBytes && this.#bufferedBytes <= this.#lowWaterBytes) {
      this.#options.writable?.(this.#bufferedBytes)
    }
  }
}

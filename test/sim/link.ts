/**
 * Links. Every member has one `Access` to the network, with an upload and a download rate; every connection has one
 * `Pipe` a direction, which carries whole messages in order and loses none, as a reliable data channel does.
 *
 * The uplink serves its pipes in turns. A message is received while it is being sent (cut-through): its first byte
 * arrives one latency after its sending starts, and it is whole when both the sender's and the receiver's rate allow.
 * A receiver that is slower than its senders makes them wait (congestion control without loss). Bytes count as buffered
 * until they leave: what is in flight is the transport's own (measured: Chromium fills 100 ms with 128 KiB buffered).
 */
import type { Timeline } from './timeline.ts'

/** A member's line. */
export interface Line {
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
  /** One way, from the member to the middle of the network: a round trip between two members is twice the sum. */
  readonly latencyMs: number
  /**
   * What the uplink takes in ahead of sending, first in, first out, as modems do and, without end, Chromium's emulated network:
   * what is in it is buffered no more, and small messages wait in it too. @default there is no queue
   */
  readonly queueBytes?: number
}

/** A line of so many bytes a second up and down. */
export function line(uploadBytesPerSecond: number, downloadBytesPerSecond: number, latencyMs = 10): Line {
  return { uploadBytesPerSecond, downloadBytesPerSecond, latencyMs }
}

/** Messages up to this size slip between others, as packets do, instead of waiting for a turn. */
const SMALL_BYTES_MAX = 1024

/** Bytes of a turn: what one pipe sends while others wait for theirs, and what leaves the buffer at a time. */
const TURN_BYTES_MAX = 32 * 1024

/** Bytes of one pipe that may wait before a slow receiver's downlink. */
const BACKLOG_BYTES_MAX = 256 * 1024

/** What an uplink serves. */
interface Sender {
  /** Begins a turn. @returns the bytes to send; 0: none may be */
  beginTurn(): number
  /** The line has taken the turn's bytes; they have left, or will in so many ms. */
  endTurn(bytes: number, leavesInMs: number): void
}

export class Access {
  readonly line: Line
  readonly #timeline: Timeline
  readonly #turns: Sender[] = []
  #isSending = false
  /** Bytes of small messages that went between the others; the next turn pays for them. */
  #debtBytes = 0
  /** ms; when all that the line has taken in will have left. */
  #uplinkFreeAt = 0
  #downlinkFreeAt = 0

  constructor(timeline: Timeline, line: Line) {
    this.#timeline = timeline
    this.line = line
  }

  /** Gives a pipe that has something to send its turn. */
  enqueue(pipe: Sender): void {
    this.#turns.push(pipe)
    if (!this.#isSending) this.#serve()
  }

  /** Nothing leaves for so long. */
  stall(durationMs: number): void {
    this.owe((durationMs * this.line.uploadBytesPerSecond) / 1000)
  }

  owe(bytes: number): void {
    this.#debtBytes += bytes
  }

  /** ms; how long what is taken in now waits until all that was taken in before has left. Without a queue nothing does. */
  get waitMs(): number {
    return this.line.queueBytes === undefined ? 0 : Math.max(0, this.#uplinkFreeAt - this.#timeline.now)
  }

  /** When a message is whole whose last byte arrives now and whose first one arrived then: the line takes in one after another. */
  receive(bytes: number, firstByteAt: number): number {
    const start = Math.max(this.#downlinkFreeAt, firstByteAt)
    this.#downlinkFreeAt = start + (bytes * 1000) / this.line.downloadBytesPerSecond
    return this.#downlinkFreeAt
  }

  #serve(): void {
    for (;;) {
      const pipe = this.#turns.shift()
      if (pipe === undefined) return
      const bytes = pipe.beginTurn()
      if (bytes === 0) continue
      const { uploadBytesPerSecond, queueBytes = 0 } = this.line
      const { now } = this.#timeline
      const sendMs = ((bytes + this.#debtBytes) * 1000) / uploadBytesPerSecond
      this.#debtBytes = 0
      this.#isSending = true
      const leavesAt = Math.max(now, this.#uplinkFreeAt) + sendMs
      this.#uplinkFreeAt = leavesAt
      const takenAt = Math.max(now, leavesAt - (queueBytes * 1000) / uploadBytesPerSecond)
      this.#timeline.at(takenAt, () => {
        pipe.endTurn(bytes, leavesAt - takenAt)
        this.#isSending = false
        this.#serve()
      })
      return
    }
  }
}

export interface PipeOptions {
  readonly timeline: Timeline
  readonly from: Access
  readonly to: Access
  /** What a way over a relay adds, one way. @default 0 */
  readonly detourMs?: number
}

/** What a pipe tells. */
export interface PipeEvents<Message> {
  deliver(message: Message): void
  /** The buffered bytes fell to the low-water mark. */
  writable?(bufferedBytes: number): void
}

interface Parcel<Message> {
  readonly message: Message
  readonly bytes: number
  sentBytes: number
  /** ms; when its first byte reaches the receiver's line. */
  firstByteAt: number
}

/** One direction of a connection. */
export class Pipe<Message> implements Sender {
  readonly #timeline: Timeline
  readonly #from: Access
  readonly #to: Access
  readonly #events: PipeEvents<Message>
  readonly #latencyMs: number
  #queue: Parcel<Message>[] = []
  #bufferedBytes = 0
  #lowWaterBytes = 0
  /** Messages, and their bytes, that have arrived and wait until the receiver's line has taken them in. */
  #backlog = 0
  #backlogBytes = 0
  #lastDeliveryAt = 0
  #hasTurn = false
  #isClosed = false

  constructor({ timeline, from, to, detourMs = 0 }: PipeOptions, events: PipeEvents<Message>) {
    this.#timeline = timeline
    this.#from = from
    this.#to = to
    this.#events = events
    this.#latencyMs = from.line.latencyMs + to.line.latencyMs + detourMs
  }

  /** Bytes handed to `send` that have not left, small messages left out. */
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
    if (bytes <= SMALL_BYTES_MAX && this.#bufferedBytes === 0) return this.#slip(message, bytes)
    this.#bufferedBytes += bytes
    this.#queue.push({ message, bytes, sentBytes: 0, firstByteAt: 0 })
    this.#askTurn()
  }

  /** Nothing more is sent; what has left whole still arrives. */
  close(): void {
    this.#isClosed = true
    this.#queue = []
  }

  beginTurn(): number {
    const parcel = this.#queue[0]
    if (parcel === undefined || this.#isBlocked()) {
      this.#hasTurn = false
      return 0
    }
    if (parcel.sentBytes === 0) parcel.firstByteAt = this.#timeline.now + this.#from.waitMs + this.#latencyMs
    return Math.min(TURN_BYTES_MAX, parcel.bytes - parcel.sentBytes)
  }

  endTurn(bytes: number, leavesInMs: number): void {
    this.#hasTurn = false
    const parcel = this.#queue[0]
    if (parcel === undefined) return
    parcel.sentBytes += bytes
    if (parcel.sentBytes === parcel.bytes) {
      this.#queue.shift()
      this.#timeline.after(leavesInMs + this.#latencyMs, () => {
        this.#arrive(parcel.message, parcel.bytes, this.#to.receive(parcel.bytes, parcel.firstByteAt))
      })
    }
    this.#drain(bytes)
    this.#askTurn()
  }

  #isBlocked(): boolean {
    return this.#isClosed || this.#backlogBytes > BACKLOG_BYTES_MAX
  }

  #askTurn(): void {
    if (this.#hasTurn || this.#queue.length === 0 || this.#isBlocked()) return
    this.#hasTurn = true
    this.#from.enqueue(this)
  }

  /** Sends a small message between the turns of others. What was sent before it on this pipe has left, and arrives before it. */
  #slip(message: Message, bytes: number): void {
    this.#from.owe(bytes)
    const sendMs = (bytes * 1000) / this.#from.line.uploadBytesPerSecond
    const arrivesAt = this.#timeline.now + this.#from.waitMs + sendMs + this.#latencyMs
    this.#timeline.at(arrivesAt, () => this.#arrive(message, 0, this.#timeline.now))
  }

  /** The last byte of a message is here; it is handed on once the receiver's line has taken it in, and after those before it. */
  #arrive(message: Message, bytes: number, wholeAt: number): void {
    if (this.#backlog === 0 && wholeAt <= this.#timeline.now) return this.#events.deliver(message)
    this.#backlog += 1
    this.#backlogBytes += bytes
    this.#lastDeliveryAt = Math.max(this.#lastDeliveryAt, wholeAt)
    this.#timeline.at(this.#lastDeliveryAt, () => {
      this.#backlog -= 1
      this.#backlogBytes -= bytes
      this.#askTurn()
      this.#events.deliver(message)
    })
  }

  #drain(bytes: number): void {
    const before = this.#bufferedBytes
    this.#bufferedBytes -= bytes
    if (this.#isClosed || before <= this.#lowWaterBytes || this.#bufferedBytes > this.#lowWaterBytes) return
    this.#events.writable?.(this.#bufferedBytes)
  }
}

/**
 * Pipes, of which each connection has one a direction: they carry whole messages in order and lose none, as a reliable data channel
 * does. `link.ts` has what they share.
 */
import { Happening } from './happening.ts'
import type { Access, Sender } from './link.ts'
import type { Timeline } from './timeline.ts'

/** Messages up to this size slip between others, as packets do, instead of waiting for a turn. */
const SMALL_BYTES_MAX = 1024

/** Bytes of a turn: what one pipe sends while others wait for theirs, and what leaves the buffer at a time. */
const TURN_BYTES_MAX = 32 * 1024

/** Bytes of one pipe that may wait before a slow receiver's downlink. */
const BACKLOG_BYTES_MAX = 256 * 1024

export interface PipeOptions {
  readonly timeline: Timeline
  readonly from: Access
  readonly to: Access
  /** What a way over a relay adds, one way. @default 0 */
  readonly detourMs?: number
}

/** One direction of a connection. Who makes one says what becomes of what arrives. */
export abstract class Pipe<Message> implements Sender {
  // What sending looks at comes first and what delivery looks at last: there are many pipes, and each has gone cold by its next turn.
  readonly #from: Access
  readonly #timeline: Timeline
  readonly #latencyMs: number
  #isClosed = false
  #hasTurn = false
  #bufferedBytes = 0
  #lowWaterBytes = 0
  /** What has not left, linked. */
  #first: Parcel<Message> | undefined
  #last: Parcel<Message> | undefined
  following: Sender | undefined = undefined
  readonly #to: Access
  #lastDeliveryAt = 0
  /** Messages, and their bytes, that have arrived and wait until the receiver's line has taken them in. */
  #backlogBytes = 0
  #backlog = 0

  constructor({ timeline, from, to, detourMs = 0 }: PipeOptions) {
    this.#timeline = timeline
    this.#from = from
    this.#to = to
    this.#latencyMs = from.line.latencyMs + to.line.latencyMs + detourMs
  }

  abstract deliver(message: Message): void

  /** The buffered bytes fell to the low-water mark. */
  abstract writable(bufferedBytes: number): void

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
    const parcel = new Parcel(this, message, bytes)
    if (this.#last === undefined) this.#first = parcel
    else this.#last.following = parcel
    this.#last = parcel
    this.#askTurn()
  }

  /** Nothing more is sent; what has left whole still arrives. */
  close(): void {
    this.#isClosed = true
    this.#first = undefined
    this.#last = undefined
  }

  beginTurn(): number {
    const parcel = this.#first
    if (parcel === undefined || this.#isBlocked()) {
      this.#hasTurn = false
      return 0
    }
    if (parcel.sentBytes === 0) parcel.firstByteAt = this.#timeline.now + this.#from.waitMs + this.#latencyMs
    return Math.min(TURN_BYTES_MAX, parcel.bytes - parcel.sentBytes)
  }

  endTurn(bytes: number, leavesInMs: number): void {
    this.#hasTurn = false
    const parcel = this.#first
    if (parcel === undefined) return
    parcel.sentBytes += bytes
    if (parcel.sentBytes === parcel.bytes) {
      this.#first = parcel.following
      if (this.#first === undefined) this.#last = undefined
      this.#timeline.plan(this.#timeline.now + (leavesInMs + this.#latencyMs), parcel)
    }
    this.#drain(bytes)
    this.#askTurn()
  }

  #isBlocked(): boolean {
    return this.#isClosed || this.#backlogBytes > BACKLOG_BYTES_MAX
  }

  #askTurn(): void {
    if (this.#hasTurn || this.#first === undefined || this.#isBlocked()) return
    this.#hasTurn = true
    this.#from.enqueue(this)
  }

  /** Sends a small message between the turns of others. What was sent before it on this pipe has left, and arrives before it. */
  #slip(message: Message, bytes: number): void {
    this.#from.owe(bytes)
    const sendMs = (bytes * 1000) / this.#from.line.uploadBytesPerSecond
    const arrivesAt = this.#timeline.now + this.#from.waitMs + sendMs + this.#latencyMs
    this.#timeline.plan(arrivesAt, new Slip(this, message))
  }

  /** A message is here that needs no room on the receiver's line; it is handed on after those before it. */
  slipped(slip: Slip<Message>): void {
    if (slip.isHeld) this.#release(slip.message, 0)
    else if (this.#backlog === 0) this.deliver(slip.message)
    else {
      slip.isHeld = true
      this.#hold(slip, 0, this.#timeline.now)
    }
  }

  /** The last byte of a message is here; it is handed on once the receiver's line has taken it in, and after those before it. */
  arrived(parcel: Parcel<Message>): void {
    const { message, bytes, firstByteAt } = parcel
    if (parcel.isHeld) return this.#release(message, bytes)
    const wholeAt = this.#to.receive(bytes, firstByteAt)
    if (this.#backlog === 0 && wholeAt <= this.#timeline.now) return this.deliver(message)
    parcel.isHeld = true
    this.#hold(parcel, bytes, wholeAt)
  }

  #hold(held: Happening, bytes: number, untilMs: number): void {
    this.#backlog += 1
    this.#backlogBytes += bytes
    this.#lastDeliveryAt = Math.max(this.#lastDeliveryAt, untilMs)
    this.#timeline.plan(this.#lastDeliveryAt, held)
  }

  #release(message: Message, bytes: number): void {
    this.#backlog -= 1
    this.#backlogBytes -= bytes
    this.#askTurn()
    this.deliver(message)
  }

  #drain(bytes: number): void {
    const before = this.#bufferedBytes
    this.#bufferedBytes -= bytes
    if (this.#isClosed || before <= this.#lowWaterBytes || this.#bufferedBytes > this.#lowWaterBytes) return
    this.writable(this.#bufferedBytes)
  }
}

/** What a `CallbackPipe` tells. */
export interface PipeEvents<Message> {
  deliver(message: Message): void
  /** The buffered bytes fell to the low-water mark. */
  writable?(bufferedBytes: number): void
}

/** A pipe for few messages, which calls whoever made it. */
export class CallbackPipe<Message> extends Pipe<Message> {
  readonly #events: PipeEvents<Message>

  constructor(options: PipeOptions, events: PipeEvents<Message>) {
    super(options)
    this.#events = events
  }

  deliver(message: Message): void {
    this.#events.deliver(message)
  }

  writable(bufferedBytes: number): void {
    this.#events.writable?.(bufferedBytes)
  }
}

/** A message that is sent in turns. What happens to it is that it arrives, and then, perhaps, that the receiver's line has taken it in. */
class Parcel<Message> extends Happening {
  readonly pipe: Pipe<Message>
  readonly message: Message
  readonly bytes: number
  /** What is sent after it. */
  following: Parcel<Message> | undefined = undefined
  sentBytes = 0
  /** ms; when its first byte reaches the receiver's line. */
  firstByteAt = 0
  isHeld = false

  constructor(pipe: Pipe<Message>, message: Message, bytes: number) {
    super()
    this.pipe = pipe
    this.message = message
    this.bytes = bytes
  }

  happen(): void {
    this.pipe.arrived(this)
  }
}

/** A small message on its way. */
class Slip<Message> extends Happening {
  readonly pipe: Pipe<Message>
  readonly message: Message
  isHeld = false

  constructor(pipe: Pipe<Message>, message: Message) {
    super()
    this.pipe = pipe
    this.message = message
  }

  happen(): void {
    this.pipe.slipped(this)
  }
}

/**
 * Links. Every member has one `Access` to the network, with an upload and a download rate; every connection has one
 * `Pipe` a direction (`pipe.ts`), which carries whole messages in order and loses none, as a reliable data channel does.
 *
 * The uplink serves its pipes in turns. A message is received while it is being sent (cut-through): its first byte
 * arrives one latency after its sending starts, and it is whole when both the sender's and the receiver's rate allow.
 * A receiver that is slower than its senders makes them wait (congestion control without loss). Bytes count as buffered
 * until they leave: what is in flight is the transport's own (measured: Chromium fills 100 ms with 128 KiB buffered).
 */
import { Happening } from './happening.ts'
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

/** What an uplink serves. */
export interface Sender {
  /** Who waits for a turn behind it: the uplink's own. */
  following: Sender | undefined
  /** Begins a turn. @returns the bytes to send; 0: none may be */
  beginTurn(): number
  /** The line has taken the turn's bytes; they have left, or will in so many ms. */
  endTurn(bytes: number, leavesInMs: number): void
}

/** A member's access to the network. What happens to it, again and again, is that a turn of its uplink ends. */
export class Access extends Happening {
  readonly line: Line
  readonly #timeline: Timeline
  /** Pipes that wait for their turns, linked; and the one whose turn it is, with what of it. */
  #first: Sender | undefined
  #last: Sender | undefined
  #sending: Sender | undefined
  #turnBytes = 0
  /** ms; from the end of the turn until what it brought has left. */
  #leavesInMs = 0
  /** Bytes of small messages that went between the others; the next turn pays for them. */
  #debtBytes = 0
  /** ms; when all that the line has taken in will have left. */
  #uplinkFreeAt = 0
  #downlinkFreeAt = 0

  constructor(timeline: Timeline, line: Line) {
    super()
    this.#timeline = timeline
    this.line = line
  }

  /** Gives a pipe that has something to send its turn. */
  enqueue(pipe: Sender): void {
    if (this.#last === undefined) this.#first = pipe
    else this.#last.following = pipe
    this.#last = pipe
    if (this.#sending === undefined) this.#serve()
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

  happen(): void {
    this.#sending!.endTurn(this.#turnBytes, this.#leavesInMs)
    this.#sending = undefined
    this.#serve()
  }

  #serve(): void {
    for (;;) {
      const pipe = this.#first
      if (pipe === undefined) return
      this.#first = pipe.following
      if (this.#first === undefined) this.#last = undefined
      pipe.following = undefined
      const bytes = pipe.beginTurn()
      if (bytes === 0) continue
      const { uploadBytesPerSecond, queueBytes = 0 } = this.line
      const { now } = this.#timeline
      const sendMs = ((bytes + this.#debtBytes) * 1000) / uploadBytesPerSecond
      this.#debtBytes = 0
      const leavesAt = Math.max(now, this.#uplinkFreeAt) + sendMs
      this.#uplinkFreeAt = leavesAt
      const takenAt = Math.max(now, leavesAt - (queueBytes * 1000) / uploadBytesPerSecond)
      this.#sending = pipe
      this.#turnBytes = bytes
      this.#leavesInMs = leavesAt - takenAt
      this.#timeline.plan(takenAt, this)
      return
    }
  }
}

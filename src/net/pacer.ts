/**
 * Lets bytes into a data channel in messages that the other side takes, and on a long path in small bursts.
 *
 * Chromium discards what a page sends while 64 KiB of it are on the way to its network process (`packetsDiscardedOnSend`
 * of its statistics). Where a whole window stands open, a send buffer filled in one turn loses packets there; dcSCTP takes
 * that for congestion, and its window comes back by one packet per round trip. On a short path it is back at once.
 *
 * And dcSCTP lets four packets leave for each message that it is given, and for each packet that says what has arrived: a message of
 * 64 KiB into a channel that stood still takes four round trips, however large the window. So the first ones are small.
 */
import { CHANNEL_LIMITS } from '../options.ts'

export class Pacer {
  /** Of the largest message that the other side takes. */
  messageBytesMax: number = CHANNEL_LIMITS.messageBytesDefault
  isPathLong = false
  /** Bytes that wait for a later burst. */
  waitingBytes = 0
  readonly #write: (message: Uint8Array) => void
  readonly #written: () => void
  #waiting: Uint8Array[] = []
  #burstBytes = 0
  /** Runs from the first message of a burst until the next burst may begin. */
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param written called when what had to wait has gone */
  constructor(write: (message: Uint8Array) => void, written: () => void) {
    this.#write = write
    this.#written = written
  }

  /** @param bufferedBytes sent before, and not on their way yet */
  send(bytes: Uint8Array, bufferedBytes: number): void {
    let messageBytes = this.#isPacing() ? CHANNEL_LIMITS.pacedMessageBytes : Number.POSITIVE_INFINITY
    if (this.isPathLong && bufferedBytes < CHANNEL_LIMITS.burstBytes) messageBytes = CHANNEL_LIMITS.kickBytes
    const step = Math.min(messageBytes, this.messageBytesMax)
    for (let at = 0; at < bytes.length; at += step) this.#waiting.push(bytes.subarray(at, at + step))
    this.waitingBytes += bytes.length
    this.#pump()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.waitingBytes = 0
  }

  /** Timers of hidden pages are too slow to pace by. */
  #isPacing(): boolean {
    return this.isPathLong && globalThis.document?.hidden !== true
  }

  #pump(): void {
    const isPacing = this.#isPacing()
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (isPacing && this.#burstBytes + next.length > CHANNEL_LIMITS.burstBytes) break
      this.#waiting.shift()
      this.waitingBytes -= next.length
      this.#burstBytes += next.length
      this.#write(next)
    }
    if (isPacing) this.#timer ??= setTimeout(() => this.#nextBurst(), CHANNEL_LIMITS.burstMs)
  }

  #nextBurst(): void {
    this.#timer = undefined
    this.#burstBytes = 0
    if (this.#waiting.length === 0) return
    this.#pump()
    if (this.#waiting.length === 0) this.#written()
  }
}

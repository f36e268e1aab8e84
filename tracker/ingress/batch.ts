/**
 * Gathers what is written to sockets while what has arrived is being read, and writes it when all of it was: one system call for each socket,
 * however many messages it gets. System calls are what a tracker spends most of its time on.
 */
import type { Duplex } from 'node:stream'

export class WriteBatch {
  #streams: Duplex[] = []

  /** Holds back what is written to the stream until the end of this turn of the event loop. A stream that is held back already stays so. */
  hold(stream: Duplex): void {
    if (stream.writableCorked > 0) return
    stream.cork()
    // Immediates run after all sockets that had something were read.
    if (this.#streams.length === 0) setImmediate(() => this.#release())
    this.#streams.push(stream)
  }

  #release(): void {
    const streams = this.#streams
    this.#streams = []
    for (const stream of streams) stream.uncork()
  }
}

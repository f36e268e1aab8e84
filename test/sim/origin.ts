/** A web seed: serves whole pieces over HTTP from its own line, and fails as servers do. */
import type { Random } from '../../src/swarm/random.ts'
import { Access, type Line } from './link.ts'
import { CallbackPipe } from './pipe.ts'
import type { Timeline } from './timeline.ts'
import { forge, type Token } from './token.ts'

export interface OriginOptions {
  readonly line: Line
  /** Share of fetches that break off at a random piece. @default 0 */
  readonly failureShare?: number
  /** Nothing is answered before this time. @default 0 */
  readonly upFromMs?: number
  /** Nothing is answered from this time on, and what is under way breaks off. @default Infinity */
  readonly upUntilMs?: number
  /** What fails from then on fails for good (404), not for the time being. @default false */
  readonly isGoneAfter?: boolean
  /** Share of pieces that are not what the torrent says. @default 0 */
  readonly forgedShare?: number
}

export interface OriginEvents {
  piece(piece: number, body: Token): void
  /** Exactly once, cancelled or not. */
  ended(failed?: 'retry' | 'permanent'): void
}

export class Origin {
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #options: OriginOptions
  readonly #access: Access
  /** Bytes sent to everybody. */
  sentBytes = 0

  constructor(timeline: Timeline, random: Random, options: OriginOptions) {
    this.#timeline = timeline
    this.#random = random
    this.#options = options
    this.#access = new Access(timeline, options.line)
  }

  get line(): Line {
    return this.#options.line
  }

  get isPolluter(): boolean {
    return (this.#options.forgedShare ?? 0) > 0
  }

  /** Whether whoever has asked it all along since a time has been answered. */
  isReliable(sinceMs: number): boolean {
    const { upFromMs = 0, upUntilMs = Number.POSITIVE_INFINITY } = this.#options
    return !this.isPolluter && upFromMs <= sinceMs && this.#timeline.now < upUntilMs
  }

  /** Sends pieces in order. @returns a function that cancels */
  fetch(to: Access, pieces: readonly { piece: number; body: Token }[], events: OriginEvents): () => void {
    let isOver = false
    const end = (failed?: 'retry' | 'permanent') => {
      if (isOver) return
      isOver = true
      pipe.close()
      events.ended(failed)
    }
    let delivered = 0
    const breaksAfter =
      this.#random() < (this.#options.failureShare ?? 0)
        ? Math.floor(this.#random() * pieces.length)
        : Number.POSITIVE_INFINITY
    const deliver = ({ piece, body }: { piece: number; body: Token }) => {
      if (isOver) return
      if (delivered >= breaksAfter) return end('retry')
      if (this.#isDown) return end(this.#failure)
      delivered += 1
      this.sentBytes += body.bytes
      events.piece(piece, this.#isForging() ? forge(body, 1 + delivered) : body)
      if (delivered === pieces.length) end()
    }
    const pipe = new CallbackPipe({ timeline: this.#timeline, from: this.#access, to }, { deliver })
    this.#timeline.after(pipe.latencyMs, () => {
      if (isOver) return
      if (this.#isDown) return end(this.#failure)
      for (const item of pieces) pipe.send(item, item.body.bytes)
    })
    return () => this.#timeline.after(0, () => end())
  }

  get #isDown(): boolean {
    const { upFromMs = 0, upUntilMs = Number.POSITIVE_INFINITY } = this.#options
    return this.#timeline.now < upFromMs || this.#timeline.now >= upUntilMs
  }

  get #failure(): 'retry' | 'permanent' {
    const { upUntilMs = Number.POSITIVE_INFINITY, isGoneAfter = false } = this.#options
    return isGoneAfter && this.#timeline.now >= upUntilMs ? 'permanent' : 'retry'
  }

  #isForging(): boolean {
    return this.isPolluter && this.#random() < this.#options.forgedShare!
  }
}

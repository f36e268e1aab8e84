/** A web seed: serves whole pieces over HTTP from its own line, and fails as servers do. */
import type { Random } from '../../src/swarm/random.ts'
import { Access, type Line, Pipe } from './link.ts'
import type { Timeline } from './timeline.ts'
import type { Token } from './token.ts'

export interface OriginOptions {
  readonly line: Line
  /** Share of fetches that break off at a random piece. @default 0 */
  readonly failureShare?: number
  /** Nothing is answered before this time. @default 0 */
  readonly upFromMs?: number
}

export interface OriginEvents {
  piece(piece: number): void
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
    const pipe = new Pipe<{ piece: number; body: Token }>({
      timeline: this.#timeline,
      from: this.#access,
      to,
      deliver: ({ piece, body }) => {
        if (isOver) return
        if (delivered >= breaksAfter) return end('retry')
        delivered += 1
        this.sentBytes += body.bytes
        events.piece(piece)
        if (delivered === pieces.length) end()
      },
    })
    this.#timeline.after(pipe.latencyMs, () => {
      if (isOver) return
      if (this.#timeline.now < (this.#options.upFromMs ?? 0)) return end('retry')
      for (const item of pieces) pipe.send(item, item.body.bytes)
    })
    return () => this.#timeline.after(0, () => end())
  }
}

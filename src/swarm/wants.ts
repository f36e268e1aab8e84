/** What the user wants: runs of pieces with a priority, some of them with deadlines (streams). */
import type { Want } from './events.ts'

export class Wants {
  /** 0: nobody wants it. 1 (last) to 7 (first). */
  readonly priority: Uint8Array
  readonly #wants = new Map<number, Want>()
  #streams: Want[] = []

  constructor(pieceCount: number) {
    this.priority = new Uint8Array(pieceCount)
  }

  /** Wants with deadlines, the earliest first. */
  get streams(): readonly Want[] {
    return this.#streams
  }

  /** Adds or replaces a want. @returns the runs of pieces whose priority may have changed */
  set(want: Want): Run[] {
    const before = this.#wants.get(want.id)
    const clipped = { ...want, first: Math.max(0, want.first), end: Math.min(want.end, this.priority.length) }
    this.#wants.set(want.id, clipped)
    this.#refresh(before === undefined ? [clipped] : [before, clipped])
    return before === undefined ? [clipped] : [before, clipped]
  }

  delete(id: number): Run[] {
    const before = this.#wants.get(id)
    if (before === undefined) return []
    this.#wants.delete(id)
    this.#refresh([before])
    return [before]
  }

  #refresh(runs: Run[]): void {
    this.#streams = [...this.#wants.values()]
      .filter(want => want.deadline !== undefined)
      .sort((a, b) => a.deadline!.at - b.deadline!.at || a.id - b.id)
    for (const { first, end } of runs) this.priority.fill(0, first, end)
    for (const want of this.#wants.values()) {
      for (const run of runs) {
        const end = Math.min(want.end, run.end)
        for (let piece = Math.max(want.first, run.first); piece < end; piece++) {
          if (this.priority[piece]! < want.priority) this.priority[piece] = want.priority
        }
      }
    }
  }
}

interface Run {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

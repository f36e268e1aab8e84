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
    const before = this.delete(want.id)
    const clipped = { ...want, first: Math.max(0, want.first), end: Math.min(want.end, this.priority.length) }
    this.#wants.set(want.id, clipped)
    this.#raise(clipped, clipped)
    this.#sort(clipped)
    return [...before, clipped]
  }

  delete(id: number): Run[] {
    const before = this.#wants.get(id)
    if (before === undefined) return []
    this.#wants.delete(id)
    this.priority.fill(0, before.first, before.end)
    for (const want of this.#wants.values()) this.#raise(want, before)
    this.#sort(before)
    return [before]
  }

  /** Whatever of a want lies in the run has its priority at least. */
  #raise(want: Want, run: Run): void {
    const end = Math.min(want.end, run.end)
    for (let piece = Math.max(want.first, run.first); piece < end; piece++) {
      if (this.priority[piece]! < want.priority) this.priority[piece] = want.priority
    }
  }

  /** Files without deadlines, of which there may be thousands, come and go without it. */
  #sort({ deadline }: Want): void {
    if (deadline === undefined) return
    this.#streams = [...this.#wants.values()]
      .filter(want => want.deadline !== undefined)
      .sort((a, b) => a.deadline!.at - b.deadline!.at || a.id - b.id)
  }
}

interface Run {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The connections of a client that are not open yet: a fixed number of slots, shared by all torrents.
 *
 * What was asked for (a dial, an accepted offer) waits for a slot in order. Offers made on speculation only take
 * free slots, and give theirs up when something that was asked for needs one.
 */

export interface Slot {
  /** Gives the slot back, or stops waiting for one. Twice is once. */
  release(): void
}

interface Entry extends Slot {
  readonly run?: () => void
  recycle?: (() => void) | undefined
  readonly takenAtMs: number
}

/** A speculative offer is not displaced by another before it had this long to be answered. */
const SPECULATION_MIN_MS = 15_000

export class Slots {
  readonly #max: number
  readonly #taken = new Set<Entry>()
  readonly #waiting = new Set<Entry>()

  constructor(max: number) {
    this.#max = max
  }

  /** Calls `run` as soon as there is a slot, which may be at once. */
  take(run: () => void): Slot {
    const entry: Entry = { run, takenAtMs: 0, release: () => this.#release(entry) }
    if (this.#taken.size >= this.#max) this.#oldestSpeculation()?.recycle?.()
    if (this.#taken.size < this.#max) {
      this.#taken.add(entry)
      run()
    } else {
      this.#waiting.add(entry)
    }
    return entry
  }

  /** A slot that is taken back by calling `recycle`, which must release it; undefined when there is none. */
  speculate(recycle: () => void): Slot | undefined {
    const entry: Entry = { recycle, takenAtMs: Date.now(), release: () => this.#release(entry) }
    if (this.#waiting.size > 0) return undefined
    if (this.#taken.size >= this.#max) {
      const oldest = this.#oldestSpeculation()
      if (oldest !== undefined && entry.takenAtMs - oldest.takenAtMs >= SPECULATION_MIN_MS) oldest.recycle?.()
    }
    if (this.#taken.size >= this.#max) return undefined
    this.#taken.add(entry)
    return entry
  }

  /** From now on a speculation is something that was asked for: somebody answered. */
  commit(slot: Slot): void {
    for (const entry of this.#taken) if (entry === slot) entry.recycle = undefined
  }

  #release(entry: Entry): void {
    this.#waiting.delete(entry)
    if (!this.#taken.delete(entry)) return
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#taken.add(next)
    next.run?.()
  }

  /** Sets keep the order of insertion. */
  #oldestSpeculation(): Entry | undefined {
    for (const entry of this.#taken) if (entry.recycle !== undefined) return entry
    return undefined
  }
}

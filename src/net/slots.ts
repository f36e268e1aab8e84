/**
 * The connections of a client that are not open yet: a fixed number of slots, shared by all torrents.
 *
 * What was asked for (a dial, an accepted offer) waits for a slot in order. Offers made on speculation take only
 * some of the slots, and give theirs up when something that was asked for needs one; not at once, though, for
 * somebody may just be answering.
 */
import { TRACKER_LIMITS } from '../options.ts'

export interface Slot {
  /** Gives the slot back, or stops waiting for one. Twice is once. */
  release(): void
}

interface Entry extends Slot {
  readonly run?: () => void
  /** Set for speculations that nobody has answered. */
  recycle?: (() => void) | undefined
  readonly takenAtMs: number
}

export class Slots {
  readonly #max: number
  readonly #taken = new Set<Entry>()
  readonly #waiting = new Set<Entry>()

  constructor(max: number = TRACKER_LIMITS.pendingConnectionsMax) {
    this.#max = max
  }

  /** Slots in use, and how many of them were asked for or answered. */
  get taken(): number {
    return this.#taken.size
  }

  get asked(): number {
    return [...this.#taken].filter(({ recycle }) => recycle === undefined).length
  }

  /** Calls `run` as soon as there is a slot, which may be at once. */
  take(run: () => void): Slot {
    const entry: Entry = { run, takenAtMs: Date.now(), release: () => this.#release(entry) }
    if (this.#taken.size >= this.#max) this.#recycle()
    if (this.#taken.size < this.#max) {
      this.#taken.add(entry)
      run()
    } else {
      this.#waiting.add(entry)
    }
    return entry
  }

  /** How many speculations one tracker may have now: half of what is left, so that something is left for others. */
  get speculationsLeft(): number {
    const open = this.taken - this.asked
    const left = Math.min(TRACKER_LIMITS.speculationsMax - open, this.#max - this.#taken.size)
    return this.#waiting.size > 0 ? 0 : Math.ceil(Math.max(0, left) / 2)
  }

  /** Takes a slot that is taken back by calling `recycle`, which must release it. Ask `speculationsLeft` before. */
  speculate(recycle: () => void): Slot {
    const entry: Entry = { recycle, takenAtMs: Date.now(), release: () => this.#release(entry) }
    this.#taken.add(entry)
    return entry
  }

  /** Somebody has answered a speculation: from now on it is like something that was asked for. */
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

  /** Sets keep the order of insertion: the first is the oldest. */
  #recycle(): void {
    for (const entry of this.#taken) {
      if (entry.recycle === undefined) continue
      if (Date.now() - entry.takenAtMs >= TRACKER_LIMITS.speculationMinMs) entry.recycle()
      return
    }
  }
}

/**
 * A heap of things that will happen, ordered by (time, sequence). A run has tens of millions of them, so it is made of flat arrays
 * (no boxed times) and has four children a node, which halves its height.
 */
import type { Happening } from './happening.ts'

const CAPACITY_MIN = 1024
const CHILDREN = 4

export class Heap {
  // Entry `i` is planned for `#times[i]` as number `#sequences[i]`; the first one is next.
  #size = 0
  #times = new Float64Array(CAPACITY_MIN)
  #sequences = new Float64Array(CAPACITY_MIN)
  readonly #happenings: Happening[] = []

  /** When the first entry is due; Infinity when there is none. */
  get time(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  get sequence(): number {
    return this.#sequences[0]!
  }

  /** @param sequence higher than that of every entry that is due at the same time */
  push(time: number, sequence: number, happening: Happening): void {
    if (this.#size === this.#times.length) this.#grow()
    this.#rise(this.#size++, time, sequence, happening)
  }

  /** Takes the first entry out; there must be one. */
  pop(): Happening {
    const first = this.#happenings[0]!
    const last = --this.#size
    const lastHappening = this.#happenings.pop()!
    if (last > 0) this.#sink(this.#times[last]!, this.#sequences[last]!, lastHappening)
    return first
  }

  /** Puts an entry in at a free place at the bottom, or above it. */
  #rise(start: number, time: number, sequence: number, happening: Happening): void {
    const times = this.#times
    let index = start
    while (index > 0) {
      const parent = ((index - 1) / CHILDREN) | 0
      // The newest entry comes after all that are planned for the same time.
      if (times[parent]! <= time) break
      this.#move(parent, index)
      index = parent
    }
    this.#put(index, time, sequence, happening)
  }

  /** Puts an entry in at the top, or below it. */
  #sink(time: number, sequence: number, happening: Happening): void {
    const times = this.#times
    const size = this.#size
    let index = 0
    for (;;) {
      const first = CHILDREN * index + 1
      if (first >= size) break
      const end = Math.min(first + CHILDREN, size)
      let least = first
      for (let child = first + 1; child < end; child++) if (this.#isBefore(child, least)) least = child
      if (time < times[least]! || (time === times[least]! && sequence < this.#sequences[least]!)) break
      this.#move(least, index)
      index = least
    }
    this.#put(index, time, sequence, happening)
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a]!
    const timeB = this.#times[b]!
    return timeA < timeB || (timeA === timeB && this.#sequences[a]! < this.#sequences[b]!)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#sequences[from]!, this.#happenings[from]!)
  }

  #put(index: number, time: number, sequence: number, happening: Happening): void {
    this.#times[index] = time
    this.#sequences[index] = sequence
    this.#happenings[index] = happening
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#size)
    const sequences = new Float64Array(2 * this.#size)
    times.set(this.#times)
    sequences.set(this.#sequences)
    this.#times = times
    this.#sequences = sequences
  }
}

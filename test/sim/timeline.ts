/**
 * Simulated time: a heap of things that will happen, ordered by (time, sequence), so that events of one instant
 * happen in the order in which they were planned and equal seeds give equal runs.
 *
 * A run has tens of millions of events, so the heap is made of flat arrays (no boxed times) and has four children a node, which
 * halves its height. What is planned one after another for the same time (what a member tells all its neighbours) takes one
 * place in it.
 */

type Run = () => void

/** What is to happen, and what after it at the same time. */
interface Planned {
  readonly run: Run
  next: Planned | undefined
}

const CAPACITY_MIN = 1024
const CHILDREN = 4

export class Timeline {
  #now = 0
  #sequence = 0
  #happened = 0
  // The heap. Entry `i` is planned for `#times[i]` as number `#sequences[i]`; the first one is next.
  #size = 0
  #times = new Float64Array(CAPACITY_MIN)
  #sequences = new Float64Array(CAPACITY_MIN)
  readonly #runs: Planned[] = []
  /** What was planned last, for when; and what is to happen next before anything else in the heap. */
  #last: Planned | undefined
  #lastTime = Number.NaN
  #present: Planned | undefined

  /** Milliseconds since the start of the simulation. */
  get now(): number {
    return this.#now
  }

  /** Events that have happened so far. */
  get happened(): number {
    return this.#happened
  }

  /** When the next event is due; Infinity when nothing is planned. */
  get next(): number {
    if (this.#present !== undefined) return this.#now
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  /** Plans an event; a time that has passed means now. */
  at(time: number, run: Run): void {
    if (Number.isNaN(time)) throw new Error('An event was planned at NaN')
    if (time === Number.POSITIVE_INFINITY) return
    const due = Math.max(time, this.#now)
    const planned: Planned = { run, next: undefined }
    if (due === this.#lastTime && this.#last !== undefined) this.#last.next = planned
    else {
      if (this.#size === this.#times.length) this.#grow()
      this.#rise(this.#size++, due, this.#sequence++, planned)
    }
    this.#last = planned
    this.#lastTime = due
  }

  after(delayMs: number, run: Run): void {
    this.at(this.#now + delayMs, run)
  }

  /** Lets the next event happen. False when there is none. */
  step(): boolean {
    const planned = this.#present ?? this.#takeFirst()
    if (planned === undefined) return false
    this.#happened += 1
    this.#present = planned.next
    // Nothing can follow what happens now but by the heap.
    if (planned === this.#last) this.#last = undefined
    planned.run()
    return true
  }

  #takeFirst(): Planned | undefined {
    if (this.#size === 0) return undefined
    const first = this.#runs[0]!
    this.#now = this.#times[0]!
    const last = --this.#size
    const lastRun = this.#runs.pop()!
    if (last > 0) this.#sink(this.#times[last]!, this.#sequences[last]!, lastRun)
    return first
  }

  /** Lets everything happen that is due by then, and time pass up to it. */
  advanceTo(time: number): void {
    while (this.next <= time) this.step()
    this.#now = Math.max(this.#now, time)
  }

  /** Puts an entry in at a free place at the bottom, or above it. */
  #rise(start: number, time: number, sequence: number, planned: Planned): void {
    const times = this.#times
    let index = start
    while (index > 0) {
      const parent = ((index - 1) / CHILDREN) | 0
      // The newest entry comes after all that are planned for the same time.
      if (times[parent]! <= time) break
      this.#move(parent, index)
      index = parent
    }
    this.#put(index, time, sequence, planned)
  }

  /** Puts an entry in at the top, or below it. */
  #sink(time: number, sequence: number, planned: Planned): void {
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
    this.#put(index, time, sequence, planned)
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a]!
    const timeB = this.#times[b]!
    return timeA < timeB || (timeA === timeB && this.#sequences[a]! < this.#sequences[b]!)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#sequences[from]!, this.#runs[from]!)
  }

  #put(index: number, time: number, sequence: number, planned: Planned): void {
    this.#times[index] = time
    this.#sequences[index] = sequence
    this.#runs[index] = planned
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

/**
 * Simulated time: a heap of things that will happen, ordered by (time, sequence), so that events of one instant
 * happen in the order in which they were planned and equal seeds give equal runs.
 */

interface Planned {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
}

export class Timeline {
  #now = 0
  #sequence = 0
  #happened = 0
  readonly #heap: Planned[] = []

  /** Milliseconds since the start of the simulation. */
  get now(): number {
    return this.#now
  }

  /** Events that have happened so far. */
  get happened(): number {
    return this.#happened
  }

  /** Plans an event; a time that has passed means now. */
  at(time: number, run: () => void): void {
    if (Number.isNaN(time)) throw new Error('An event was planned at NaN')
    if (time === Number.POSITIVE_INFINITY) return
    const heap = this.#heap
    const planned = { at: Math.max(time, this.#now), sequence: this.#sequence++, run }
    let index = heap.length
    heap.push(planned)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(planned, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = planned
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#now + delayMs, run)
  }

  /** When the next event is due; Infinity when nothing is planned. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Lets the next event happen. False when there is none. */
  step(): boolean {
    const first = this.#heap[0]
    if (first === undefined) return false
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last)
    this.#now = first.at
    this.#happened += 1
    first.run()
    return true
  }

  /** Lets everything happen that is due by then, and time pass up to it. */
  advanceTo(time: number): void {
    while (this.next <= time) this.step()
    this.#now = Math.max(this.#now, time)
  }

  #sink(planned: Planned): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, planned)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = planned
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}

/**
 * Simulated time: what will happen, ordered by (time, sequence), so that events of one instant happen in the order in which they
 * were planned and equal seeds give equal runs.
 *
 * What is planned one after another for the same time (what a member tells all its neighbours) takes one place. What is far off
 * waits apart: mostly it is a timeout that comes to nothing, and would make every look for the next event longer.
 */
import { Call, type Happening } from './happening.ts'
import { Heap } from './heap.ts'

/** ms; how far what is soon reaches. */
const SOON_MS = 250

export class Timeline {
  #now = 0
  #sequence = 0
  #happened = 0
  /** What is due before the horizon, and all else. */
  readonly #soon = new Heap()
  readonly #later = new Heap()
  #horizon = 0
  /** What was planned last, for when; and what is to happen next before anything else. */
  #last: Happening | undefined
  #lastTime = Number.NaN
  #present: Happening | undefined

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
    return this.#present === undefined ? Math.min(this.#soon.time, this.#later.time) : this.#now
  }

  /** Plans an event; a time that has passed means now. */
  at(time: number, run: () => void): void {
    if (time !== Number.POSITIVE_INFINITY) this.plan(time, new Call(run))
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#now + delayMs, run)
  }

  /** Plans what is not planned yet; a time that has passed means now. */
  plan(time: number, happening: Happening): void {
    if (Number.isNaN(time)) throw new Error('An event was planned at NaN')
    const due = Math.max(time, this.#now)
    if (due === this.#lastTime && this.#last !== undefined) this.#last.next = happening
    else (due < this.#horizon ? this.#soon : this.#later).push(due, this.#sequence++, happening)
    this.#last = happening
    this.#lastTime = due
  }

  /** Lets the next event happen. False when there is none. */
  step(): boolean {
    const happening = this.#present ?? this.#takeFirst()
    if (happening === undefined) return false
    this.#happened += 1
    this.#present = happening.next
    happening.next = undefined
    // Nothing can follow what happens now but by the heap.
    if (happening === this.#last) this.#last = undefined
    happening.happen()
    return true
  }

  /** Lets everything happen that is due by then, and time pass up to it. */
  advanceTo(time: number): void {
    while (this.next <= time) this.step()
    this.#now = Math.max(this.#now, time)
  }

  #takeFirst(): Happening | undefined {
    if (this.#soon.time === Number.POSITIVE_INFINITY) this.#lookAhead()
    const { time } = this.#soon
    if (time === Number.POSITIVE_INFINITY) return undefined
    this.#now = time
    return this.#soon.pop()
  }

  /** Nothing is left before the horizon: it moves on. */
  #lookAhead(): void {
    const later = this.#later
    if (later.time === Number.POSITIVE_INFINITY) return
    this.#horizon = later.time + SOON_MS
    while (later.time < this.#horizon) this.#soon.push(later.time, later.sequence, later.pop())
  }
}

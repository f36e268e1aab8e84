/** Owns swarms: gives the pure `Swarms` a clock, chance and a timer. In one process it is the whole bus. */
import type { Bus, Perform } from './bus.ts'
import { Swarms } from './swarms.ts'
import type { ConnectionInput, MoveInput, SwarmsOptions, SwarmsStats, TrackerInput } from './swarms.ts'

/** Silent members and old offers are looked for at least so often, though nobody sends anything. */
const TICK_MS = 30_000

export interface OwnerOptions extends Omit<SwarmsOptions, 'random'> {
  readonly perform: Perform
  /** Told of bugs. The connection at fault is closed, and all goes on. */
  readonly onError: (error: unknown) => void
}

export class Owner implements Bus {
  readonly #swarms: Swarms
  readonly #perform: Perform
  readonly #onError: OwnerOptions['onError']
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires (ms). */
  #timerAt = Number.POSITIVE_INFINITY

  constructor({ perform, onError, ...options }: OwnerOptions) {
    this.#swarms = new Swarms({ ...options, random: Math.random })
    this.#perform = perform
    this.#onError = onError
  }

  get stats(): SwarmsStats {
    return this.#swarms.stats
  }

  send(input: ConnectionInput | MoveInput): void {
    const now = performance.now()
    this.#step(input, now)
    this.#arm(now)
  }

  close(): void {
    clearTimeout(this.#timer)
    // So that no late input arms it again.
    this.#timerAt = Number.NEGATIVE_INFINITY
  }

  #step(input: TrackerInput, now: number): void {
    try {
      for (const effect of this.#swarms.step(input, now)) this.#perform(effect)
    } catch (error) {
      this.#onError(error)
      if (input.type === 'message' || input.type === 'pointer') this.#perform({ type: 'close', to: input.connection })
    }
  }

  /** A timer that fires early does no harm, so that it is moved only when it would be late. */
  #arm(now: number): void {
    const at = Math.min(this.#swarms.deadline, now + TICK_MS)
    if (this.#timerAt <= at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - now))
  }

  #tick(): void {
    const now = performance.now()
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#step({ type: 'tick' }, now)
    this.#arm(now)
  }
}

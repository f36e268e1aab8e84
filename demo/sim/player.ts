/** Plays a world: so much simulated time for each second of the viewer's, as far as the device keeps up. */
import type { World } from '../../test/sim/world.ts'

export interface PlayerEvents {
  /** Time has passed, or the world is another one: draw it. */
  frame(isPlaying: boolean): void
  /** Every visitor has the whole file. */
  complete(): void
  changed(isPlaying: boolean): void
}

/** Of a frame's 16 ms, what simulating may take. */
const BUDGET_MS = 9
/** A tab that was hidden does not catch up. */
const FRAME_MS_MAX = 100
const STEP_MS = 250
/** What is on its way when everybody is done is seen to arrive. */
const TAIL_MS = 1_500

export class Player {
  /** Simulated ms for each ms. */
  speed = 4
  #world: World
  readonly #events: PlayerEvents
  #isPlaying = false
  #lastFrameAt = 0
  #completeAt: number | undefined

  constructor(world: World, events: PlayerEvents) {
    this.#world = world
    this.#events = events
  }

  get isPlaying(): boolean {
    return this.#isPlaying
  }

  /** Shows another world, from its beginning. */
  load(world: World): void {
    this.#world = world
    this.#completeAt = undefined
    this.#events.frame(this.#isPlaying)
  }

  play(): void {
    if (this.#isPlaying) return
    this.#isPlaying = true
    this.#lastFrameAt = performance.now()
    this.#events.changed(true)
    requestAnimationFrame(() => this.#frame())
  }

  pause(): void {
    if (!this.#isPlaying) return
    this.#isPlaying = false
    this.#events.changed(false)
    this.#events.frame(false)
  }

  /** A quarter of a simulated second. */
  step(): void {
    this.pause()
    this.#world.runFor(STEP_MS)
    this.#noteCompletion()
    this.#events.frame(false)
  }

  #frame(): void {
    if (!this.#isPlaying) return
    const startedAt = performance.now()
    const elapsedMs = Math.min(FRAME_MS_MAX, startedAt - this.#lastFrameAt)
    this.#lastFrameAt = startedAt
    const { timeline } = this.#world
    const target = timeline.now + elapsedMs * this.speed
    while (timeline.next <= target && performance.now() - startedAt < BUDGET_MS) {
      for (let count = 0; count < 50 && timeline.next <= target; count++) timeline.step()
    }
    if (timeline.next > target) timeline.advanceTo(target)
    this.#noteCompletion()
    this.#events.frame(true)
    if (this.#completeAt !== undefined && timeline.now > this.#completeAt + TAIL_MS * this.speed) this.pause()
    else requestAnimationFrame(() => this.#frame())
  }

  #noteCompletion(): void {
    if (this.#completeAt !== undefined || !this.#world.isComplete) return
    this.#completeAt = this.#world.timeline.now
    this.#events.complete()
  }
}

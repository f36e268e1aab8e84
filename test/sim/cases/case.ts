/** A named scenario: a small world that shows one thing, in a fraction of a second, under the eyes of all checkers. */
import type { World } from '../world.ts'

export interface Case {
  readonly name: string
  /** What happens in it, in a line. */
  readonly summary: string
  /** ms of simulated time within which every leech is to be done. */
  readonly limitMs: number
  build(options: { readonly seed: number }): World
}

/** What a checker sees of a run, and how it objects. */
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { Member } from './member.ts'
import type { Token } from './token.ts'

export interface Watcher {
  /** An input is about to be handed to a member's swarm. */
  input?(member: Member, input: Input<Token>): void
  /** A member's swarm returned an effect, which is about to be performed. */
  effect?(member: Member, effect: Effect<Token>): void
  /** A member's session ended: its swarm is gone, its store stays. */
  stopped?(member: Member): void
  /** Every few seconds of simulated time: for rules about what lasts. */
  sample?(): void
  /** The run is over and the dust has settled. */
  end?(): void
}

/** A rule was broken. The message names the scenario's seed, the time, the member, and the last events. */
export class Violation extends Error {
  override readonly name = 'Violation'
  /** Which checker objected; `goal` where a run did not get where it was to get. */
  readonly checker: string
  readonly rule: string

  constructor(checker: string, rule: string, message: string) {
    super(message)
    this.checker = checker
    this.rule = rule
  }
}

/** Objects: throws a `Violation` that holds all that is needed to replay the run. */
export type Objection = (rule: string, member?: Member) => never

/** No byte is lost: what passed its check is saved, what is saved stays, and a new life finds what the last one kept. */
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Memory implements Watcher {
  readonly #world: World
  readonly #object: Objection
  /** Pieces under check, by id, in each member's present life. */
  readonly #checks = new PerMember(() => new Map<number, number>())
  /** Pieces that passed and are to be saved. */
  readonly #due = new PerMember(() => new Set<number>())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('memory')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type !== 'checked' || input.result !== 'good') return
    const piece = this.#checks.of(member).get(input.id)
    if (piece !== undefined) this.#due.of(member).add(piece)
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'check') {
      this.#checks.of(member).set(effect.id, effect.piece)
    } else if (effect.type === 'save') {
      this.#due.of(member).delete(effect.piece)
      if (member.disk.has(effect.piece)) this.#object(`saved piece ${effect.piece}, which was in the store`, member)
    }
  }

  stopped(member: Member): void {
    this.#checks.delete(member)
    this.#due.delete(member)
  }

  /** What passes is saved in the same step. */
  sample(): void {
    for (const member of this.#world.members) {
      for (const piece of this.#due.of(member))
        this.#object(`piece ${piece} passed its check and was not saved`, member)
    }
  }

  end(): void {
    for (const member of this.#world.members) {
      const { here, isResumed } = this.#world.neighbourhoods.of(member)
      const have = member.life?.swarm.have
      if (!isResumed || have === undefined || have.length === 0) continue
      for (let piece = 0; piece < here.length; piece++) {
        if (here.has(piece) && !have.has(piece)) this.#object(`piece ${piece} is here and forgotten`, member)
        if (here.has(piece) && !member.disk.has(piece)) this.#object(`piece ${piece} is gone from the store`, member)
      }
    }
  }
}

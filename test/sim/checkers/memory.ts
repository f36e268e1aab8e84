/** No byte is lost: what passed its check is saved, what is saved stays, and a new life finds what the last one kept. */
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Memory implements Watcher {
  readonly #world: World
  readonly #object: Objection
  /** Pieces under check, by id, in each member's present life. */
  readonly #checks = new Map<Member, Map<number, number>>()
  /** Pieces that passed and are to be saved. */
  readonly #due = new Map<Member, Set<number>>()

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('memory')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type !== 'checked' || input.result !== 'good') return
    const piece = this.#checks.get(member)?.get(input.id)
    if (piece !== undefined) setOf(this.#due, member).add(piece)
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'check') {
      const checks = this.#checks.get(member) ?? new Map<number, number>()
      checks.set(effect.id, effect.piece)
      this.#checks.set(member, checks)
    } else if (effect.type === 'save') {
      setOf(this.#due, member).delete(effect.piece)
      if (member.disk.has(effect.piece)) this.#object(`saved piece ${effect.piece}, which was in the store`, member)
    }
  }

  stopped(member: Member): void {
    this.#checks.delete(member)
    this.#due.delete(member)
  }

  /** What passes is saved in the same step. */
  sample(): void {
    for (const [member, pieces] of this.#due) {
      for (const piece of pieces) this.#object(`piece ${piece} passed its check and was not saved`, member)
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

function setOf(sets: Map<Member, Set<number>>, member: Member): Set<number> {
  let set = sets.get(member)
  if (set === undefined) {
    set = new Set()
    sets.set(member, set)
  }
  return set
}

/** Every check, load, save, hash and fetch has an id of its own, ends exactly once, and nothing is left at the end. */
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

class Ids {
  /** The highest id so far: ids rise, and so none is used twice. */
  last = 0
  readonly open = new Map<number, string>()
}

export class Endings implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #ids = new PerMember(() => new Ids())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('endings')
  }

  effect(member: Member, effect: Effect<Token>): void {
    switch (effect.type) {
      case 'check':
      case 'load':
      case 'save':
      case 'hash':
      case 'fetch': {
        const ids = this.#ids.of(member)
        if (effect.id <= ids.last) this.#object(`used id ${effect.id} after ${ids.last}`, member)
        ids.last = effect.id
        ids.open.set(effect.id, effect.type)
      }
    }
  }

  input(member: Member, input: Input<Token>): void {
    switch (input.type) {
      case 'checked':
      case 'loaded':
      case 'saved':
      case 'hashed':
      case 'fetch-ended':
        if (!this.#ids.of(member).open.delete(input.id)) {
          this.#object(`the simulator ended ${input.type} ${input.id} twice`, member)
        }
    }
  }

  stopped(member: Member): void {
    this.#ids.delete(member)
  }

  end(): void {
    for (const member of this.#world.members) {
      for (const [id, type] of this.#ids.of(member).open) {
        // Strangers may go on asking for blocks and hashes.
        if (type !== 'load' && type !== 'hash') this.#object(`${type} ${id} never ended`, member)
      }
    }
  }
}

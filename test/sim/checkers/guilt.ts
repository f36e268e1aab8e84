/** Bans hit only the guilty, and a polluter costs a victim at most one bad piece before its ban. */
import type { Effect } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Token } from '../token.ts'
import type { Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Guilt implements Watcher {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type !== 'report' || effect.report.type !== 'banned') return
    const { peerId, reason } = effect.report
    const banned = this.#world.members.find(other => other.peerId === peerId)
    if (banned?.options.disguise?.isGuilty !== true) {
      this.#world.object(`banned ${banned?.name ?? 'somebody unknown'}, who is innocent: ${reason}`, member)
    }
  }

  end(): void {
    const polluters = this.#world.members.filter(member => member.options.disguise?.isPolluter === true).length
    for (const member of this.#world.leeches) {
      const { damaged } = this.#world.ledger.of(member)
      if (damaged > polluters) this.#world.object(`took ${damaged} bad pieces from ${polluters} polluters`, member)
    }
  }
}

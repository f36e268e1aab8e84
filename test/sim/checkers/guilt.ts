/** Bans hit only the guilty, and a polluter costs a victim few bad pieces before its ban. */
import type { Effect } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Token } from '../token.ts'
import type { Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Guilt implements Watcher {
  readonly #world: World
  /** Bad pieces that each member took in its present life; bans do not outlive one. */
  readonly #damaged = new Map<Member, number>()

  constructor(world: World) {
    this.#world = world
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type !== 'report') return
    if (effect.report.type === 'damaged') this.#countDamage(member)
    if (effect.report.type !== 'banned') return
    const { peerId, reason } = effect.report
    const banned = this.#world.members.find(other => other.peerId === peerId)
    if (banned?.options.disguise?.isGuilty !== true) {
      this.#world.object(`banned ${banned?.name ?? 'somebody unknown'}, who is innocent: ${reason}`, member)
    }
  }

  stopped(member: Member): void {
    this.#damaged.delete(member)
  }

  #countDamage(member: Member): void {
    const damaged = (this.#damaged.get(member) ?? 0) + 1
    this.#damaged.set(member, damaged)
    const polluters = this.#world.members.filter(other => other.options.disguise?.isPolluter === true).length
    if (damaged > polluters * this.#world.badPiecesMax) {
      this.#world.object(`took ${damaged} bad pieces from ${polluters} polluters`, member)
    }
  }
}

/** What is sent to peers keeps to the upload cap: a second's worth, or one block, may gather. */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import type { Effect } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

class Purse {
  bytes = Number.POSITIVE_INFINITY
  at = 0
}

export class Spending implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #purses = new PerMember(() => new Purse())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('spending')
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type !== 'send' || effect.message.type !== 'piece') return
    const cap = this.#world.neighbourhoods.of(member).share?.uploadBytesPerSecond ?? 0
    if (cap === Number.POSITIVE_INFINITY) return
    const now = member.life?.now ?? 0
    const most = Math.max(cap, REQUEST_BYTES_MAX)
    const purse = this.#purses.of(member)
    purse.bytes = Math.min(most, purse.bytes + ((now - purse.at) * cap) / 1000) - effect.message.body.bytes
    purse.at = now
    if (purse.bytes < -1) this.#object(`sent ${-purse.bytes} bytes more than its cap of ${cap} a second`, member)
  }

  stopped(member: Member): void {
    this.#purses.delete(member)
  }
}

/** Requests in flight, connections, dials and unchoked peers stay within what was agreed and granted. */
import { SWARM_DEFAULTS } from '../../../src/options.ts'
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Bounds implements Watcher {
  readonly #world: World
  readonly #object: Objection
  /** Peers that each member dials, or whose offer it accepted. */
  readonly #pending = new PerMember(() => new Set<string>())
  readonly #offers = new Map<number, string>()

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('bounds')
  }

  input(member: Member, input: Input<Token>): void {
    switch (input.type) {
      case 'offered':
        this.#offers.set(input.offer, input.peerId)
        return
      case 'failed':
        this.#pending.of(member).delete(input.peerId)
        return
      case 'opened':
        this.#pending.of(member).delete(input.peerId)
        this.#countConnections(member)
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    switch (effect.type) {
      case 'dial': {
        const pending = this.#pending.of(member)
        pending.add(effect.peerId)
        const dialsMax = member.options.limits?.dialsMax ?? SWARM_DEFAULTS.dialsMax
        if (pending.size > dialsMax) this.#object(`dials ${pending.size} peers at a time`, member)
        this.#countConnections(member)
        return
      }
      case 'accept': {
        const peerId = this.#offers.get(effect.offer)
        if (peerId !== undefined) this.#pending.of(member).add(peerId)
        this.#countConnections(member)
        return
      }
      case 'send':
        this.#sent(member, effect)
    }
  }

  stopped(member: Member): void {
    this.#pending.delete(member)
  }

  #sent(member: Member, { peer, message }: Effect<Token> & { type: 'send' }): void {
    const { neighbours, share } = this.#world.neighbourhoods.of(member)
    const neighbour = neighbours.get(peer)
    if (neighbour === undefined) return this.#object(`sent to ${peer}, which is not open`, member)
    if (message.type === 'request' && neighbour.asked.size >= neighbour.requestsMax) {
      this.#object(`more than the ${neighbour.requestsMax} requests that ${peer} takes in flight`, member)
    }
    if (message.type !== 'unchoke') return
    let unchoked = neighbour.amChoking ? 1 : 0
    for (const { amChoking } of neighbours.values()) if (!amChoking) unchoked += 1
    if (unchoked > (share?.unchokesMax ?? 0)) this.#object(`${unchoked} peers unchoked`, member)
  }

  #countConnections(member: Member): void {
    const { neighbours, share } = this.#world.neighbourhoods.of(member)
    const connections = neighbours.size + this.#pending.of(member).size
    if (share !== undefined && connections > share.connectionsMax) {
      this.#object(`${connections} connections, ${share.connectionsMax} are granted`, member)
    }
  }
}

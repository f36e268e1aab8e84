/**
 * Bans hit only the guilty, and hold: nobody dials who is banned, or asks a web seed that sent a bad piece. A polluter
 * costs a victim few bad pieces before its ban.
 */
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import { isForged, type Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

/** What a member holds against others in its present life: bans do not outlive one. */
class Convicts {
  readonly peerIds = new Set<string>()
  readonly origins = new Set<string>()
  damaged = 0
  /** Web seeds by fetch; what they forged, by piece; and who forged the piece that was checked last. */
  readonly urls = new Map<number, string>()
  readonly forged = new Map<number, { readonly url: string; readonly body: Token }>()
  readonly forgedBy = new Map<number, string>()
}

export class Guilt implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #convicts = new PerMember(() => new Convicts())
  readonly #offers = new Map<number, string>()

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('guilt')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'offered') this.#offers.set(input.offer, input.peerId)
    const url = input.type === 'fetched' ? this.#convicts.of(member).urls.get(input.id) : undefined
    if (url !== undefined && input.type === 'fetched' && isForged(input.body)) {
      this.#convicts.of(member).forged.set(input.piece, { url, body: input.body })
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    switch (effect.type) {
      case 'dial':
        if (this.#convicts.of(member).peerIds.has(effect.peerId))
          this.#object(`dials ${effect.peerId}, which it banned`, member)
        return
      case 'accept': {
        const peerId = this.#offers.get(effect.offer)
        if (peerId !== undefined && this.#convicts.of(member).peerIds.has(peerId))
          this.#object(`accepts ${peerId}, which it banned`, member)
        return
      }
      case 'fetch':
        this.#convicts.of(member).urls.set(effect.id, effect.url)
        if (this.#convicts.of(member).origins.has(effect.url))
          this.#object(`asks ${effect.url} again, which sent a bad piece`, member)
        return
      case 'check':
        return this.#noteForger(member, effect)
      case 'report':
        if (effect.report.type === 'damaged') this.#countDamage(member, effect.report.piece)
        if (effect.report.type === 'banned') this.#judgeBan(member, effect.report)
    }
  }

  stopped(member: Member): void {
    this.#convicts.delete(member)
  }

  /** A piece may be forged by a web seed, and be checked as peers forged it. */
  #noteForger(member: Member, { piece, units }: { readonly piece: number; readonly units: readonly Token[] }): void {
    const { forged, forgedBy } = this.#convicts.of(member)
    const suspect = forged.get(piece)
    if (suspect !== undefined && units.some(unit => forgeryOf(unit) === forgeryOf(suspect.body))) {
      forgedBy.set(piece, suspect.url)
    } else {
      forgedBy.delete(piece)
    }
  }

  #judgeBan(member: Member, { peerId, reason }: { peerId: string; reason: string }): void {
    this.#convicts.of(member).peerIds.add(peerId)
    const banned = this.#world.members.find(other => other.peerId === peerId)
    if (banned?.options.disguise?.isGuilty === true) return
    this.#object(`banned ${banned?.name ?? 'somebody unknown'}, who is innocent: ${reason}`, member)
  }

  #countDamage(member: Member, piece: number): void {
    const convicts = this.#convicts.of(member)
    convicts.damaged += 1
    // A stranger may have asked for trouble.
    if (member.isHostile) return
    const url = convicts.forgedBy.get(piece)
    if (url !== undefined) convicts.origins.add(url)
    const { members, origins, badPiecesMax } = this.#world
    const peers = members.filter(other => other.options.disguise?.isPolluter === true).length
    const polluters = peers + [...origins.values()].filter(origin => origin.isPolluter).length
    if (convicts.damaged > polluters * badPiecesMax) {
      this.#object(`took ${convicts.damaged} bad pieces from ${polluters} polluters`, member)
    }
  }
}

function forgeryOf({ runs }: Token): number | undefined {
  return runs.find(({ forgery }) => forgery !== 0)?.forgery
}

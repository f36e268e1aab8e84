/**
 * Passes offers, answers and candidates between members, each only where it may go:
 * - a targeted offer goes to a peer that was named to its sender lately, and to few of them in one interval;
 * - only the addressee of an offer can answer it, once, and only the two exchange candidates.
 */
import { TRACKER_MESSAGE_LIMITS } from '../../src/protocol/tracker.ts'
import type { WireId } from '../../src/protocol/tracker.ts'
import type { CandidateRequest, SignalRequest, UntargetedOffer } from '../../src/protocol/tracker-request.ts'
import type { Outbox } from './effects.ts'
import { Offers } from './offers.ts'
import type { SwarmsLimits } from '../options.ts'
import type { Member } from './swarm.ts'

export class Relay {
  readonly #limits: SwarmsLimits
  readonly #random: () => number
  readonly #outbox: Outbox
  readonly #offers: Offers

  constructor(limits: SwarmsLimits, random: () => number, outbox: Outbox) {
    this.#limits = limits
    this.#random = random
    this.#outbox = outbox
    this.#offers = new Offers(limits)
  }

  /** Offers under way. */
  get count(): number {
    return this.#offers.count
  }

  expire(now: number): void {
    this.#offers.expire(now)
  }

  /** Chooses peers that `member` may dial from now on. */
  name(member: Member, count: number, now: number): Member[] {
    const chosen = member.swarm.choose(count, member, this.#random)
    if (chosen.length === 0) return chosen
    const named = member.named ?? new Map<WireId, number>()
    member.named = named
    for (const { peer } of chosen) {
      // Deleted first, so that the map stays in order of time.
      named.delete(peer.peerId)
      named.set(peer.peerId, now)
    }
    for (const [peerId, at] of named) {
      if (this.#isRecent(at, now) && named.size <= 2 * TRACKER_MESSAGE_LIMITS.peersMax) break
      named.delete(peerId)
    }
    return chosen
  }

  /** Hands each offer to a member of its own. */
  spread(member: Member, offers: readonly UntargetedOffer[], now: number): void {
    this.#openWindow(member, now)
    const count = Math.min(offers.length, this.#limits.offersPerIntervalMax - member.offers)
    if (count <= 0) return
    let index = 0
    for (const target of member.swarm.choose(count, member, this.#random)) {
      this.#offer(member, target, offers[index++]!, false, now)
    }
  }

  dial(member: Member, request: SignalRequest, target: Member | undefined, now: number): void {
    this.#openWindow(member, now)
    const { toPeerId } = request
    const connection = member.peer.connection.id
    const namedAt = member.named?.get(toPeerId)
    if (namedAt === undefined || !this.#isRecent(namedAt, now) || !target) {
      // One answer for both, so that nobody can probe who is here.
      const reason = 'That peer was not named to you lately, or has gone. Announce again for others.'
      this.#outbox.fail(connection, request, 'unknown-peer', reason)
      return
    }
    const dialled = member.dialled ?? new Set<WireId>()
    const isOneMore = !dialled.has(toPeerId) && dialled.size >= this.#limits.dialsPerIntervalMax
    if (isOneMore || member.offers >= this.#limits.offersPerIntervalMax) {
      const reason = `${this.#limits.dialsPerIntervalMax} peers may be dialled in ${this.#limits.intervalSeconds} s.`
      this.#outbox.fail(connection, request, 'limit', reason)
      return
    }
    member.dialled = dialled.add(toPeerId)
    this.#offer(member, target, request, request.trickle, now)
  }

  answer(member: Member, request: SignalRequest): void {
    const { infoHash, peerId, offerId, sdp, sdpText } = request
    const offer = this.#offers.answer(member, request.toPeerId, offerId)
    if (!offer) {
      const reason = 'No offer to you waits for this answer: it was answered, is too old, or its maker has gone.'
      this.#outbox.fail(member.peer.connection.id, request, 'unknown-offer', reason)
      return
    }
    const trickle = offer.trickle && request.trickle
    const reply = { type: 'answer', infoHash, peerId, offerId, sdp, sdpText, trickle } as const
    this.#outbox.send(offer.from.peer.connection.id, reply)
  }

  /** Late or surplus candidates are common and harmless: they are dropped without a word. */
  candidate(member: Member, request: CandidateRequest): void {
    const { infoHash, peerId, offerId, candidate } = request
    const target = this.#offers.candidateTarget(member, request.toPeerId, offerId)
    if (target)
      this.#outbox.send(target.peer.connection.id, { type: 'candidate', infoHash, peerId, offerId, candidate })
  }

  #offer(from: Member, to: Member, offer: UntargetedOffer, wantsTrickle: boolean, now: number): void {
    const { offerId, sdp, sdpText } = offer
    const trickle = wantsTrickle && from.canTrickle && to.canTrickle
    if (!this.#offers.add(from, to, offerId, trickle, now)) return
    from.offers++
    const { infoHash } = from.swarm
    const { peerId } = from.peer
    const reply = { type: 'offer', infoHash, peerId, offerId, sdp, sdpText, trickle } as const
    this.#outbox.send(to.peer.connection.id, reply)
  }

  #openWindow(member: Member, now: number): void {
    if (now - member.windowStart < this.#limits.intervalSeconds * 1000) return
    member.windowStart = now
    member.dialled = undefined
    member.offers = 0
  }

  #isRecent(at: number, now: number): boolean {
    return now - at < this.#limits.signalSeconds * 1000
  }
}

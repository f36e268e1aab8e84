/**
 * The offers under way: who offered what to whom, so that only the addressee can answer, and only the two can
 * exchange candidates.
 */
import type { WireId } from '../../src/protocol/tracker.ts'
import type { SwarmsLimits } from '../options.ts'
import type { Member } from './swarm.ts'

export interface Offer {
  readonly from: Member
  readonly to: Member
  readonly offerId: WireId
  readonly at: number
  /** Both sides have `trickle`, and the offerer means to use it. */
  readonly trickle: boolean
  isAnswered: boolean
  /** Candidates relayed so far, by their sender. */
  candidatesFromOfferer: number
  candidatesFromAnswerer: number
}

export class Offers {
  readonly #limits: Pick<SwarmsLimits, 'signalSeconds' | 'offersMax' | 'candidatesMax'>
  /** In order of time, so that the oldest are found first. */
  readonly #offers = new Map<string, Offer>()

  constructor(limits: Pick<SwarmsLimits, 'signalSeconds' | 'offersMax' | 'candidatesMax'>) {
    this.#limits = limits
  }

  get count(): number {
    return this.#offers.size
  }

  /** False when the same offer is under way already. */
  add(from: Member, to: Member, offerId: WireId, trickle: boolean, now: number): boolean {
    const key = keyOf(from.swarm.infoHash, from.peer.peerId, to.peer.peerId, offerId)
    const held = this.#offers.get(key)
    if (held && isAlive(held)) return false
    this.#offers.delete(key)
    if (this.#offers.size >= this.#limits.offersMax) this.#dropOldest()
    this.#offers.set(key, {
      from,
      to,
      offerId,
      at: now,
      trickle,
      isAnswered: false,
      candidatesFromOfferer: 0,
      candidatesFromAnswerer: 0,
    })
    return true
  }

  /** The offer that `answerer` may answer now, marked as answered; undefined when there is none. */
  answer(answerer: Member, offererId: WireId, offerId: WireId): Offer | undefined {
    const key = keyOf(answerer.swarm.infoHash, offererId, answerer.peer.peerId, offerId)
    const offer = this.#offers.get(key)
    if (!offer || !isAlive(offer) || offer.to !== answerer || offer.isAnswered) return undefined
    offer.isAnswered = true
    // Nothing can follow the answer unless candidates do.
    if (!offer.trickle) this.#offers.delete(key)
    return offer
  }

  /** To whom a candidate from `sender` goes: the other party. undefined: no such offer, or too many candidates. */
  candidateTarget(sender: Member, otherId: WireId, offerId: WireId): Member | undefined {
    const { infoHash } = sender.swarm
    const made = this.#offers.get(keyOf(infoHash, sender.peer.peerId, otherId, offerId))
    if (made?.trickle && made.from === sender && isAlive(made)) {
      return ++made.candidatesFromOfferer <= this.#limits.candidatesMax ? made.to : undefined
    }
    const received = this.#offers.get(keyOf(infoHash, otherId, sender.peer.peerId, offerId))
    if (received?.trickle && received.to === sender && isAlive(received)) {
      return ++received.candidatesFromAnswerer <= this.#limits.candidatesMax ? received.from : undefined
    }
    return undefined
  }

  expire(now: number): void {
    for (const [key, offer] of this.#offers) {
      if (now - offer.at < this.#limits.signalSeconds * 1000) return
      this.#offers.delete(key)
    }
  }

  #dropOldest(): void {
    for (const key of this.#offers.keys()) {
      this.#offers.delete(key)
      return
    }
  }
}

function isAlive(offer: Offer): boolean {
  return !offer.from.isGone && !offer.to.isGone
}

/** Every part is 20 characters long, so that no two offers share a key. */
function keyOf(infoHash: WireId, from: WireId, to: WireId, offerId: WireId): string {
  return infoHash + from + to + offerId
}

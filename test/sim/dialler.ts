/**
 * The connections that a life makes, as `src/net/dialer.ts` does: offers and answers go through the tracker, of two that
 * cross the smaller id's wins, and what does not come about is noticed by waiting.
 */
import { TRACKER_LIMITS } from '../../src/options.ts'
import type { Announcer } from './announcer.ts'
import type { Life } from './life.ts'
import type { Network, Offer } from './network.ts'
import type { Timeline } from './timeline.ts'

interface Attempt {
  readonly offer: Offer
  readonly initiator: boolean
  isAnswered: boolean
}

/** Between two offers of a flood to one peer. */
const FLOOD_MS = 1_000

export class Dialler {
  readonly #life: Life
  readonly #network: Network
  readonly #timeline: Timeline
  readonly #announcer: Announcer
  /** Peers that the tracker named. */
  readonly #paths = new Set<string>()
  /** One a peer. */
  readonly #attempts = new Map<string, Attempt>()
  /** Offers that wait for the swarm's word. */
  readonly #waiting = new Map<number, Offer>()

  constructor(life: Life, network: Network, timeline: Timeline, announcer: Announcer) {
    this.#life = life
    this.#network = network
    this.#timeline = timeline
    this.#announcer = announcer
  }

  found(peerIds: readonly string[], members: number): void {
    for (const peerId of peerIds) this.#paths.add(peerId)
    if (this.#life.member.options.floodsOffers) for (const peerId of peerIds) this.#flood(peerId)
    this.#life.input({ type: 'found', peerIds, members })
  }

  dial(peerId: string): void {
    if (this.#attempts.has(peerId)) return
    const isPossible = this.#paths.has(peerId) && !this.#isConnected(peerId)
    if (!isPossible || this.#attempts.size >= TRACKER_LIMITS.attemptsMax) return this.#fail(peerId)
    const offer = this.#network.offer(this.#life, peerId)
    this.#begin(peerId, offer, true)
    this.#announcer.signal('offer', peerId, offer.number)
  }

  offered(peerId: string, number: number): void {
    const offer = this.#network.offerOf(number)
    if (offer === undefined || this.#isConnected(peerId)) return
    const pending = this.#attempts.get(peerId)
    if (pending !== undefined) {
      // Glare: the smaller id's offer stays; a second offer of one side says that it has given up the first.
      if (pending.initiator && this.#life.peerId < peerId) return
      this.#attempts.delete(peerId)
      this.#answer(peerId, offer)
    } else if (this.#waiting.size < TRACKER_LIMITS.offersWaitingMax) {
      this.#waiting.set(number, offer)
      this.#life.input({ type: 'offered', offer: number, peerId })
    }
  }

  accept(number: number): void {
    const offer = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (offer !== undefined) this.#answer(offer.from.peerId, offer)
  }

  refuse(number: number): void {
    this.#waiting.delete(number)
  }

  answered(peerId: string, number: number): void {
    const attempt = this.#attempts.get(peerId)
    if (attempt?.offer.number !== number || !attempt.initiator || attempt.isAnswered) return
    attempt.isAnswered = true
    this.#network.answered(attempt.offer)
  }

  gone(peerId: string): void {
    this.#paths.delete(peerId)
    const attempt = this.#attempts.get(peerId)
    if (attempt?.initiator && !attempt.isAnswered) this.#end(peerId, attempt)
  }

  /** Offers that nobody stands behind, as many as the tracker lets through. */
  #flood(peerId: string): void {
    if (this.#life.isOver) return
    this.#announcer.signal('offer', peerId, this.#network.offer(this.#life, peerId).number)
    this.#timeline.after(FLOOD_MS, () => this.#flood(peerId))
  }

  isWaitingFor(peerId: string, offer: Offer): boolean {
    return !this.#life.isOver && this.#attempts.get(peerId)?.offer === offer
  }

  opened(peerId: string): void {
    this.#attempts.delete(peerId)
  }

  close(): void {
    this.#attempts.clear()
    this.#waiting.clear()
  }

  #answer(peerId: string, offer: Offer): void {
    this.#begin(peerId, offer, false)
    this.#announcer.signal('answer', peerId, offer.number)
  }

  #begin(peerId: string, offer: Offer, initiator: boolean): void {
    const attempt: Attempt = { offer, initiator, isAnswered: false }
    this.#attempts.set(peerId, attempt)
    this.#timeline.after(this.#network.dialTimeoutMs, () => this.#end(peerId, attempt))
  }

  #end(peerId: string, attempt: Attempt): void {
    if (this.#attempts.get(peerId) !== attempt) return
    this.#attempts.delete(peerId)
    this.#fail(peerId)
  }

  #fail(peerId: string): void {
    this.#timeline.after(0, () => this.#life.input({ type: 'failed', peerId }))
  }

  #isConnected(peerId: string): boolean {
    return this.#network.isConnected(this.#life, peerId)
  }
}

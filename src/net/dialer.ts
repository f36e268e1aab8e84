/**
 * The connections of one torrent: making them through trackers, and keeping one per peer.
 *
 * Two peers may try each other at once, through several trackers. Glare and duplicates are settled by peer id
 * alone, so that both sides come to the same end without a word (DESIGN, "The tracker protocol").
 */
import { TRACKER_LIMITS } from '../options.ts'
import type { MembershipEvents } from '../ports.ts'
import { Attempt, type AttemptContext, type AttemptEvents, type AttemptOptions } from './attempt.ts'
import type { Connection } from './connection.ts'
import { createOfferId } from './offer-id.ts'
import type { Slots } from './slots.ts'
import { Speculations } from './speculations.ts'
import type { IceCandidate, Signal, TrackerSession } from './tracker-types.ts'

export interface DialerOptions extends AttemptContext {
  /** Ours; 20 characters of latin-1. */
  readonly peerId: string
  readonly slots: Slots
}

type DialerEvents = Pick<MembershipEvents, 'offered' | 'opened' | 'failed'>

/** How a peer can be reached. */
interface Path {
  readonly session: TrackerSession
  /** It takes candidates after the offer; only peers of our kind do. */
  readonly trickles: boolean
}

/** An offer that the swarm has not answered yet. */
interface WaitingOffer {
  readonly signal: Signal
  readonly session: TrackerSession
  readonly candidates: IceCandidate[]
}

export class Dialer implements AttemptEvents {
  readonly #options: DialerOptions
  readonly #events: DialerEvents
  readonly #paths = new Map<string, Path>()
  readonly #attempts = new Set<Attempt>()
  readonly #speculations: Speculations
  readonly #waiting = new Map<number, WaitingOffer>()
  readonly #connections = new Map<string, Connection>()
  #offersCount = 0

  constructor(options: DialerOptions, events: DialerEvents) {
    this.#options = options
    this.#events = events
    this.#speculations = new Speculations(options.slots, (session, offerId) =>
      this.#attempt({ kind: 'speculation', offerId, session, trickle: false, isAsked: false }),
    )
  }

  // ------------------------------------------------------------------------------------ what the swarm says

  /** Ends in `opened` or `failed`. */
  dial(peerId: string): void {
    const path = this.#paths.get(peerId)
    const pending = this.#attemptTo(peerId)
    if (pending !== undefined) pending.isAsked = true
    else if (path === undefined || this.#connections.has(peerId)) this.#events.failed(peerId)
    else {
      const { session, trickles: trickle } = path
      this.#start({ kind: 'dial', offerId: createOfferId(), peerId, session, trickle })
    }
  }

  /** Ends in `opened` or `failed`. */
  accept(offer: number): void {
    const waiting = this.#waiting.get(offer)
    if (waiting === undefined) return
    this.#waiting.delete(offer)
    this.#answer(waiting)
  }

  refuse(offer: number): void {
    this.#waiting.delete(offer)
  }

  /** No more peers are wanted: offers that nobody has answered are taken back. */
  stopSpeculating(): void {
    this.#speculations.clear()
  }

  close(): void {
    this.#paths.clear()
    this.#waiting.clear()
    this.#speculations.clear()
    for (const attempt of this.#attempts) attempt.abandon()
    this.#attempts.clear()
    for (const connection of this.#connections.values()) connection.close('The torrent was closed.')
    this.#connections.clear()
  }

  // ---------------------------------------------------------------------------------- what the trackers say

  found(peerIds: readonly string[], trickling: ReadonlySet<string>, session: TrackerSession): string[] {
    const others = peerIds.filter(peerId => peerId !== this.#options.peerId)
    for (const peerId of others) {
      this.#paths.delete(peerId)
      this.#paths.set(peerId, { session, trickles: trickling.has(peerId) })
    }
    for (const [oldest] of this.#paths) {
      if (this.#paths.size <= TRACKER_LIMITS.pathsMax) break
      this.#paths.delete(oldest)
    }
    return others
  }

  gone(peerId: string, session: TrackerSession): void {
    if (this.#paths.get(peerId)?.session === session) this.#paths.delete(peerId)
    const attempt = this.#attemptTo(peerId)
    if (attempt?.kind === 'dial' && attempt.session === session && attempt.isOpenToAnswers) {
      attempt.fail()
    }
  }

  makeOffers(count: number, session: TrackerSession): Promise<{ offerId: string; sdp: string }[]> {
    return this.#speculations.offers(count, session)
  }

  offer(signal: Signal, session: TrackerSession): void {
    const { peerId } = signal
    if (this.#connections.has(peerId)) return
    const pending = this.#attemptTo(peerId)
    if (pending !== undefined) return this.#settleGlare(pending, { signal, session, candidates: [] })
    if (this.#waiting.size >= TRACKER_LIMITS.offersWaitingMax) return
    const offer = ++this.#offersCount
    this.#waiting.set(offer, { signal, session, candidates: [] })
    this.#events.offered(offer, peerId)
  }

  answer({ offerId, peerId, sdp }: Signal): void {
    const attempt = this.#attemptOf(offerId)
    if (attempt === undefined) return
    if (attempt.kind === 'speculation') {
      const pending = this.#attemptTo(peerId)
      // An offer that comes back from somebody we have already is still good for another.
      if (this.#connections.has(peerId)) return
      if (pending !== undefined) {
        // Each took the other's offer: again the smaller id's wins.
        if (pending.kind !== 'answer' || peerId < this.#options.peerId) return
        attempt.isAsked = pending.isAsked
        this.#abandon(pending)
      }
      this.#speculations.answered(attempt)
    }
    attempt.takeAnswer(peerId, sdp)
  }

  candidate({ offerId, peerId, candidate }: { offerId: string; peerId: string; candidate: IceCandidate }): void {
    for (const attempt of this.#attempts) {
      if (attempt.offerId === offerId && attempt.peerId === peerId) return attempt.takeCandidate(candidate)
    }
    for (const { signal, candidates } of this.#waiting.values()) {
      const isTheirs = signal.offerId === offerId && signal.peerId === peerId
      if (isTheirs && candidates.length < TRACKER_LIMITS.candidatesMax) candidates.push(candidate)
    }
  }

  // -------------------------------------------------------------------------------------- what attempts say

  speculated(attempt: Attempt, sdp: string): void {
    this.#speculations.ready(attempt, sdp)
  }

  opened(attempt: Attempt, connection: Connection): void {
    this.#attempts.delete(attempt)
    this.#speculations.forget(attempt)
    const { peerId } = connection
    // Another may have answered in its place.
    if (attempt.isAsked && attempt.peerId !== undefined && attempt.peerId !== peerId)
      this.#events.failed(attempt.peerId)
    const existing = this.#connections.get(peerId)
    if (existing !== undefined) {
      // An id that no tracker vouches for never displaces one that is connected.
      if (attempt.peerId !== peerId || !this.#displaces(connection, existing)) return connection.close('A duplicate.')
      existing.close('A duplicate.')
    }
    this.#connections.set(peerId, connection)
    connection.ended = () => {
      if (this.#connections.get(peerId) === connection) this.#connections.delete(peerId)
    }
    this.#events.opened(connection)
  }

  failed(attempt: Attempt): void {
    this.#attempts.delete(attempt)
    this.#speculations.forget(attempt)
    if (attempt.isAsked && attempt.peerId !== undefined) this.#events.failed(attempt.peerId)
  }

  // ------------------------------------------------------------------------------------------------ helpers

  /**
   * Our attempt and the peer's offer have crossed. Between peers of our kind the smaller id's offer wins. Others do
   * not know that rule: toward them ours stands. An offer of ours that has not left yet loses in any case.
   */
  #settleGlare(pending: Attempt, offer: WaitingOffer): void {
    const { peerId } = offer.signal
    const isOurKind = offer.signal.trickle || this.#paths.get(peerId)?.trickles === true
    // A peer of our kind offers once at a time: a second offer says that it has given up the first.
    if (pending.kind === 'answer' && !isOurKind) return
    if (pending.kind !== 'answer' && pending.isSent && (!isOurKind || this.#options.peerId < peerId)) return
    this.#abandon(pending)
    this.#answer(offer)
  }

  #abandon(attempt: Attempt): void {
    attempt.abandon()
    this.#attempts.delete(attempt)
    this.#speculations.forget(attempt)
  }

  #answer({ signal, session, candidates }: WaitingOffer): void {
    const { peerId, offerId, sdp, trickle } = signal
    const attempt = this.#start({ kind: 'answer', offerId, peerId, session, trickle })
    attempt?.takeOffer(sdp)
    for (const candidate of candidates) attempt?.takeCandidate(candidate)
  }

  /** As soon as there is a slot; unless there are so many before it that it would come too late. */
  #start(options: Omit<AttemptOptions, 'isAsked'> & { peerId: string }): Attempt | undefined {
    if (this.#attempts.size >= TRACKER_LIMITS.attemptsMax) {
      this.#events.failed(options.peerId)
      return undefined
    }
    const attempt = this.#attempt({ ...options, isAsked: true })
    attempt.slot = this.#options.slots.take(() => attempt.start())
    return attempt
  }

  #attempt(options: AttemptOptions): Attempt {
    const attempt = new Attempt(options, this.#options, this)
    this.#attempts.add(attempt)
    return attempt
  }

  /** The connection that the smaller id initiated stays; of two that one side initiated, the older. */
  #displaces(connection: Connection, existing: Connection): boolean {
    const isOursToStay = this.#options.peerId < connection.peerId
    return connection.initiator !== existing.initiator && connection.initiator === isOursToStay
  }

  #attemptTo(peerId: string): Attempt | undefined {
    for (const attempt of this.#attempts) if (attempt.peerId === peerId) return attempt
    return undefined
  }

  /** Offers of ours; those of others may carry any id. */
  #attemptOf(offerId: string): Attempt | undefined {
    for (const attempt of this.#attempts) if (attempt.offerId === offerId && attempt.kind !== 'answer') return attempt
    return undefined
  }
}

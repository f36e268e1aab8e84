/**
 * The connections of one torrent: making them through trackers, and keeping one per peer.
 *
 * Two peers may try each other at once, through several trackers. Glare and duplicates are settled by peer id
 * alone, so that both sides come to the same end without a word (DESIGN, "The tracker protocol").
 *
 * Trackers without `dial` are given offers before anybody is there to take them, each good for one answer. One that
 * nobody answered in time is handed out again under a new id instead of making another: connections are dear, and
 * the candidates in it are kept alive by the browser.
 */
import { CHANNEL_LIMITS, TRACKER_LIMITS } from '../options.ts'
import type { Membership, MembershipEvents } from '../ports.ts'
import { type Attempt, type AttemptContext, type AttemptOptions, createAttempt } from './attempt.ts'
import type { Connection } from './connection.ts'
import type { Slots } from './slots.ts'
import type { IceCandidate, Signal, TrackerEvents, TrackerSession } from './tracker-types.ts'

export interface DialerOptions extends AttemptContext {
  /** Ours; 20 characters of latin-1. */
  readonly peerId: string
  readonly slots: Slots
}

export interface Dialer
  extends Pick<Membership, 'dial' | 'accept' | 'refuse'>,
    Pick<Required<TrackerEvents>, 'found' | 'gone' | 'offer' | 'answer' | 'candidate' | 'makeOffers'> {
  /** No more peers are wanted: offers that nobody has answered are taken back. */
  stopSpeculating(): void
  close(): void
}

type DialerEvents = Pick<MembershipEvents, 'found' | 'offered' | 'opened' | 'failed'>

/** How a peer can be reached. It takes candidates after the offer (`trickle`) only if it is of our kind. */
type Path = Pick<AttemptOptions, 'session' | 'trickle'>

/** An offer that the swarm has not answered yet. */
interface WaitingOffer {
  readonly signal: Signal
  readonly session: TrackerSession
  readonly candidates: IceCandidate[]
}

export function createDialer(options: DialerOptions, events: DialerEvents): Dialer {
  const { peerId: ownId, slots } = options
  /** By peer id; those last heard of at the end. */
  const paths = new Map<string, Path>()
  const attempts = new Set<Attempt>()
  const waiting = new Map<number, WaitingOffer>()
  const connections = new Map<string, Connection>()
  let offersCount = 0

  const attemptTo = (peerId: string): Attempt | undefined => [...attempts].find(attempt => attempt.peerId === peerId)
  const speculations = (): Attempt[] => [...attempts].filter(({ peerId }) => peerId === undefined)

  /** As soon as there is a slot; unless there are so many before it that it would come too late. */
  function begin(wish: AttemptOptions): Attempt | undefined {
    if (wish.peerId !== undefined && attempts.size >= TRACKER_LIMITS.attemptsMax) {
      events.failed(wish.peerId)
      return undefined
    }
    const attempt = createAttempt(wish, options, {
      opened: connection => opened(attempt, connection),
      failed() {
        forget(attempt)
        if (attempt.isAsked && attempt.peerId !== undefined) events.failed(attempt.peerId)
      },
    })
    attempts.add(attempt)
    slots.take(attempt)
    return attempt
  }

  function forget(attempt: Attempt): void {
    attempts.delete(attempt)
    slots.release(attempt)
  }

  function abandon(attempt: Attempt): void {
    attempt.close()
    forget(attempt)
  }

  function answerOffer({ signal, session, candidates }: WaitingOffer): void {
    const { peerId, offerId, sdp, trickle } = signal
    const attempt = begin({ initiator: false, offerId, peerId, session, trickle, isAsked: true })
    attempt?.take({ type: 'offer', sdp })
    for (const candidate of candidates) attempt?.take({ type: 'candidate', candidate })
  }

  /**
   * Our attempt and the peer's offer have crossed. Between peers of our kind the smaller id's offer wins. Others do
   * not know that rule: toward them ours stands. An offer of ours that has not left yet loses in any case.
   */
  function settleGlare(pending: Attempt, offer: WaitingOffer): void {
    const { peerId, trickle } = offer.signal
    const isOurKind = trickle || paths.get(peerId)?.trickle === true
    // A peer of our kind offers once at a time: a second offer says that it has given up the first.
    const isOursToStay = pending.initiator ? pending.sdp !== undefined && (!isOurKind || ownId < peerId) : !isOurKind
    if (isOursToStay) return
    abandon(pending)
    answerOffer(offer)
  }

  function opened(attempt: Attempt, connection: Connection): void {
    forget(attempt)
    const { peerId, initiator } = connection
    // Another may have answered in its place.
    if (attempt.isAsked && attempt.peerId !== undefined && attempt.peerId !== peerId) events.failed(attempt.peerId)
    const existing = connections.get(peerId)
    if (existing !== undefined) {
      // The connection that the smaller id initiated stays; of two that one side initiated, the older. An id that no
      // tracker vouches for never displaces one that is connected.
      const isOursToStay = existing.initiator !== initiator && initiator === ownId < peerId
      if (attempt.peerId !== peerId || !isOursToStay) return connection.close('A duplicate.')
      existing.close('A duplicate.')
    }
    connections.set(peerId, connection)
    connection.ended = () => {
      if (connections.get(peerId) === connection) connections.delete(peerId)
    }
    events.opened(connection)
  }

  return {
    // ---------------------------------------------------------------------------------- what the swarm says

    dial(peerId) {
      const path = paths.get(peerId)
      const pending = attemptTo(peerId)
      if (pending !== undefined) pending.isAsked = true
      else if (path === undefined || connections.has(peerId)) events.failed(peerId)
      else begin({ initiator: true, offerId: createOfferId(), peerId, isAsked: true, ...path })
    },

    accept(offer) {
      const accepted = waiting.get(offer)
      waiting.delete(offer)
      if (accepted !== undefined) answerOffer(accepted)
    },

    refuse(offer) {
      waiting.delete(offer)
    },

    stopSpeculating() {
      for (const attempt of speculations()) abandon(attempt)
    },

    close() {
      paths.clear()
      waiting.clear()
      for (const attempt of attempts) abandon(attempt)
      for (const connection of connections.values()) connection.close('The torrent was closed.')
    },

    // -------------------------------------------------------------------------------- what the trackers say

    found(peerIds, trickling, members, session) {
      const others = peerIds.filter(peerId => peerId !== ownId)
      for (const peerId of others) {
        paths.delete(peerId)
        paths.set(peerId, { session, trickle: trickling.has(peerId) })
      }
      for (const [oldest] of paths) {
        if (paths.size <= TRACKER_LIMITS.pathsMax) break
        paths.delete(oldest)
      }
      events.found(others, members)
    },

    gone(peerId, session) {
      if (paths.get(peerId)?.session === session) paths.delete(peerId)
      const attempt = attemptTo(peerId)
      if (attempt?.session === session && attempt.initiator && !attempt.isAnswered) attempt.fail()
    },

    async makeOffers(count, session) {
      const nowMs = Date.now()
      const open = speculations().filter(attempt => attempt.session === session)
      const again = open
        .filter(({ sdp, handedAtMs }) => sdp !== undefined && nowMs - handedAtMs >= CHANNEL_LIMITS.speculationReuseMs)
        .slice(0, count)
      for (const attempt of again) {
        attempt.handedAtMs = nowMs
        attempt.offerId = createOfferId()
      }
      const offers: Attempt[] = [...again]
      const more = Math.min(count - again.length, TRACKER_LIMITS.offersMax - open.length, slots.speculationsLeft)
      for (let n = 0; n < more; n++) {
        offers.push(begin({ initiator: true, offerId: createOfferId(), session, trickle: false, isAsked: false })!)
      }
      await Promise.all(offers.map(({ described }) => described))
      return offers.filter(attempt => attempts.has(attempt)).map(({ offerId, sdp = '' }) => ({ offerId, sdp }))
    },

    offer(signal, session) {
      const { peerId } = signal
      const offer = { signal, session, candidates: [] }
      const pending = attemptTo(peerId)
      if (connections.has(peerId)) return
      if (pending !== undefined) return settleGlare(pending, offer)
      if (waiting.size >= TRACKER_LIMITS.offersWaitingMax) return
      waiting.set(++offersCount, offer)
      events.offered(offersCount, peerId)
    },

    answer({ offerId, peerId, sdp }) {
      // Offers of others may carry any id. The first answer is the one that counts.
      const attempt = [...attempts].find(attempt => attempt.offerId === offerId && attempt.initiator)
      if (attempt?.sdp === undefined || attempt.isAnswered) return
      if (attempt.peerId === undefined) {
        // An offer that comes back from somebody we have already is still good for another.
        if (connections.has(peerId)) return
        const pending = attemptTo(peerId)
        if (pending !== undefined) {
          // Each took the other's offer: again the smaller id's wins.
          if (pending.initiator || peerId < ownId) return
          attempt.isAsked = pending.isAsked
          abandon(pending)
        }
      } else if (attempt.peerId !== peerId) return
      attempt.takeAnswer(peerId, sdp)
    },

    candidate({ offerId, peerId, candidate }) {
      const attempt = [...attempts].find(attempt => attempt.offerId === offerId && attempt.peerId === peerId)
      if (attempt !== undefined) return attempt.take({ type: 'candidate', candidate })
      for (const { signal, candidates } of waiting.values()) {
        const isTheirs = signal.offerId === offerId && signal.peerId === peerId
        if (isTheirs && candidates.length < TRACKER_LIMITS.candidatesMax) candidates.push(candidate)
      }
    },
  }
}

/** A new offer's id: 20 characters of latin-1, at random, for whoever knows an offer's id may answer it. */
function createOfferId(): string {
  return String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
}

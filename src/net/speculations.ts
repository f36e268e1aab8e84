/**
 * Offers for trackers without `dial`: made before anybody is there to take them, each good for one answer.
 *
 * An offer that nobody answered in time is handed out again under a new id instead of making another: connections
 * are dear, and the candidates in it are kept alive by the browser.
 */
import { CHANNEL_LIMITS, TRACKER_LIMITS } from '../options.ts'
import type { Attempt } from './attempt.ts'
import { createOfferId } from './offer-id.ts'
import type { Slots } from './slots.ts'
import type { TrackerSession } from './tracker-types.ts'

export interface SpeculativeOffer {
  readonly offerId: string
  readonly sdp: string
}

interface Speculation {
  readonly attempt: Attempt
  sdp: string | undefined
  handedAtMs: number
  /** Called once: with the offer, or with nothing when it will not come. */
  ready: (offer: SpeculativeOffer | undefined) => void
}

export class Speculations {
  readonly #slots: Slots
  readonly #create: (session: TrackerSession, offerId: string) => Attempt
  /** Those that nobody has answered. */
  readonly #open = new Map<Attempt, Speculation>()

  constructor(slots: Slots, create: (session: TrackerSession, offerId: string) => Attempt) {
    this.#slots = slots
    this.#create = create
  }

  /** At most `count` offers, old and new; resolves when each has its candidates. */
  async offers(count: number, session: TrackerSession): Promise<SpeculativeOffer[]> {
    const now = Date.now()
    const again = [...this.#open.values()]
      .filter(({ attempt, sdp, handedAtMs }) => {
        const isStale = sdp !== undefined && now - handedAtMs >= CHANNEL_LIMITS.speculationReuseMs
        return attempt.session === session && isStale
      })
      .slice(0, count)
      .map(speculation => this.#hand(speculation, now))
    const mine = [...this.#open.keys()].filter(attempt => attempt.session === session).length
    const more = Math.min(count - again.length, TRACKER_LIMITS.offersMax - mine, this.#slots.speculationsLeft)
    const fresh = Array.from({ length: Math.max(0, more) }, () => this.#speculate(session, now))
    const ready = await Promise.all(fresh)
    return [...again, ...ready.filter(offer => offer !== undefined)]
  }

  /** An attempt has made its offer. */
  ready(attempt: Attempt, sdp: string): void {
    const speculation = this.#open.get(attempt)
    if (speculation === undefined) return
    speculation.sdp = sdp
    speculation.ready({ offerId: attempt.offerId, sdp })
  }

  /** Somebody has answered: from now on it is an attempt like any other. */
  answered(attempt: Attempt): void {
    this.#open.delete(attempt)
    if (attempt.slot !== undefined) this.#slots.commit(attempt.slot)
  }

  /** It opened or failed. */
  forget(attempt: Attempt): void {
    this.#open.get(attempt)?.ready(undefined)
    this.#open.delete(attempt)
  }

  /** Takes back every offer that nobody has answered. */
  clear(): void {
    for (const attempt of [...this.#open.keys()]) attempt.fail()
  }

  #speculate(session: TrackerSession, now: number): Promise<SpeculativeOffer | undefined> {
    const attempt = this.#create(session, createOfferId())
    attempt.slot = this.#slots.speculate(() => attempt.fail())
    return new Promise(ready => {
      this.#open.set(attempt, { attempt, sdp: undefined, handedAtMs: now, ready })
      attempt.start()
    })
  }

  #hand(speculation: Speculation, now: number): SpeculativeOffer {
    speculation.handedAtMs = now
    speculation.attempt.offerId = createOfferId()
    return { offerId: speculation.attempt.offerId, sdp: speculation.sdp ?? '' }
  }
}

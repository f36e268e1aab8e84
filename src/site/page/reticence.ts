/**
 * Whom a visitor tells its addresses, where it trusts its site's own seeders alone: those who have proven themselves. What it offers to
 * somebody whom a tracker named has no candidates; these follow once a proven answer has come (trickle ICE, RFC 8838).
 */
import { type Fields, isFields } from '../../protocol/tracker.ts'
import { filterDescription } from './candidates.ts'

/** Offers whose candidates wait, and proven ones that are remembered; a connection makes far fewer at a time. */
const OFFERS_MAX = 200
/** As many as a tracker hands on. */
const CANDIDATES_MAX = 20

export class Reticence {
  /** The visitor's peer id, once it has said anything. */
  ownId = ''
  readonly #proven = new Set<unknown>()
  readonly #waiting = new Map<unknown, string[]>()

  /** @returns what of a message may leave now; undefined: nothing */
  withhold(text: string): string | undefined {
    const fields = JSON.parse(text) as Fields
    const { candidate, offer, offers, offer_id: offerId, peer_id: peerId } = fields
    // A pointer has none.
    if (typeof peerId === 'string') this.ownId = peerId
    // They go to whom the tracker chooses, once, and would be of no use without their candidates.
    if (Array.isArray(offers)) return JSON.stringify({ ...fields, offers: [] })
    if (isFields(offer)) {
      return JSON.stringify({
        ...fields,
        offer: { ...offer, sdp: filterDescription(String(offer.sdp), () => undefined) },
      })
    }
    if (candidate === undefined || this.#proven.has(offerId)) return text
    const texts = this.#waiting.get(offerId) ?? []
    if (texts.length < CANDIDATES_MAX) texts.push(text)
    this.#waiting.set(offerId, texts)
    forgetOldest(this.#waiting)
    return undefined
  }

  /** Whoever answered this offer has proven itself. @returns what waited for that */
  prove(offerId: unknown): readonly string[] {
    this.#proven.add(offerId)
    forgetOldest(this.#proven)
    const texts = this.#waiting.get(offerId) ?? []
    this.#waiting.delete(offerId)
    return texts
  }
}

function forgetOldest(things: Set<unknown> | Map<unknown, unknown>): void {
  if (things.size <= OFFERS_MAX) return
  const [oldest] = things.keys()
  things.delete(oldest)
}

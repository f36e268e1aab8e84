/**
 * What clients say to a tracker: announces, targeted offers, answers, candidates and scrapes.
 */
import { TRACKER_MESSAGE_LIMITS } from '../options.ts'
import { sdpTexts, textOf } from './sdp-text.ts'
import {
  isFields,
  isSdpTooLong,
  isWireId,
  parseCandidate,
  parseCount,
  parseDescription,
  parseExtensions,
  parseFields,
  refused,
} from './tracker.ts'
import type { Candidate, Fields, Refused, TrackerExtension, WireId } from './tracker.ts'
import { parsePointer, parseSiteExtensions, parseSiteTotals, POINTER_BYTES_MAX } from './tracker-site.ts'
import type { PointerRequest, SiteTotals } from './tracker-site.ts'

export interface AnnounceRequest {
  readonly type: 'announce'
  readonly infoHash: WireId
  readonly peerId: WireId
  /** How many peers the client wants named, where it has `dial`; else it gets one for each offer. */
  readonly peersWanted: number
  readonly uploaded: number
  readonly downloaded: number
  /** Bytes still missing; null: not known yet, which is not a seed. */
  readonly left: number | null
  readonly event: 'started' | 'completed' | 'stopped' | 'update'
  /** Offers to whomever the tracker picks, each to one peer. */
  readonly offers: readonly UntargetedOffer[]
  /** undefined: a client that knows none. */
  readonly extensions?: readonly TrackerExtension[]
  /** What a visitor of a site took since it connected: `stats`. */
  readonly siteTotals?: SiteTotals
}

export interface UntargetedOffer {
  readonly offerId: WireId
  readonly sdp: string
  /** The same as JSON, as it came: `sdp-text.ts`. */
  readonly sdpText?: string
}

/** An offer to one peer that the tracker named (`dial`), or the answer to an offer. */
export interface SignalRequest {
  readonly type: 'offer' | 'answer'
  readonly infoHash: WireId
  readonly peerId: WireId
  readonly toPeerId: WireId
  readonly offerId: WireId
  readonly sdp: string
  /** The same as JSON, as it came. */
  readonly sdpText?: string
  /** Candidates follow. */
  readonly trickle: boolean
}

export interface CandidateRequest {
  readonly type: 'candidate'
  readonly infoHash: WireId
  readonly peerId: WireId
  readonly toPeerId: WireId
  readonly offerId: WireId
  readonly candidate: Candidate
}

export interface ScrapeRequest {
  readonly type: 'scrape'
  /** undefined: every swarm. */
  readonly infoHashes?: readonly WireId[]
}

export type TrackerRequest = AnnounceRequest | SignalRequest | CandidateRequest | ScrapeRequest

const BAD_POINTER = `A pointer has up to ${POINTER_BYTES_MAX} bytes, as latin-1.`

/** Reads one message of a client. Every field of the result is checked for form and bounds. */
export function parseTrackerRequest(text: string): TrackerRequest | PointerRequest | Refused {
  const fields = parseFields(text)
  if (typeof fields === 'string') return refused('bad-message', fields)
  switch (fields.action) {
    case 'announce':
      if (fields.answer !== undefined && fields.answer !== null) return parseSignal(fields, 'answer', text)
      if (fields.to_peer_id !== undefined && fields.to_peer_id !== null) return parseSignal(fields, 'offer', text)
      return parseAnnounce(fields, text)
    case 'candidate':
      return parseCandidateRequest(fields)
    case 'scrape':
      return parseScrape(fields)
    case 'pointer': {
      const pointer = parsePointer(fields)
      return pointer === undefined
        ? { ...refused('bad-pointer', BAD_POINTER), action: 'pointer' }
        : { type: 'pointer', pointer }
    }
    default:
      return refused('unknown-action', 'The action must be announce, candidate, scrape or pointer.', fields.info_hash)
  }
}

/** Writes one message to a tracker. */
export function encodeTrackerRequest(request: TrackerRequest): string {
  switch (request.type) {
    case 'announce':
      return JSON.stringify({
        action: 'announce',
        info_hash: request.infoHash,
        peer_id: request.peerId,
        numwant: request.peersWanted,
        uploaded: request.uploaded,
        downloaded: request.downloaded,
        left: request.left,
        event: request.event,
        extensions: request.extensions,
        offers:
          request.offers.length === 0
            ? undefined
            : request.offers.map(({ offerId, sdp }) => ({ offer: { type: 'offer', sdp }, offer_id: offerId })),
      })
    case 'offer':
    case 'answer':
    case 'candidate': {
      const { type } = request
      const isCandidate = type === 'candidate'
      return JSON.stringify({
        action: isCandidate ? type : 'announce',
        info_hash: request.infoHash,
        peer_id: request.peerId,
        to_peer_id: request.toPeerId,
        offer_id: request.offerId,
        [type]: isCandidate ? request.candidate : { type, sdp: request.sdp },
        trickle: (!isCandidate && request.trickle) || undefined,
      })
    }
    case 'scrape':
      return JSON.stringify({ action: 'scrape', info_hash: request.infoHashes })
  }
}

function parseAnnounce(fields: Fields, text: string): AnnounceRequest | Refused {
  const parties = parseParties(fields)
  if ('type' in parties) return parties
  const offers = parseOffers(fields, text)
  if ('type' in offers) return offers
  const extensions = parseExtensions(fields.extensions)
  const siteTotals = parseSiteTotals(fields.stats)
  const peersWanted = parseCount(fields.numwant) ?? TRACKER_MESSAGE_LIMITS.peersMax
  return {
    type: 'announce',
    // Not spread, as in `parseSignal`.
    infoHash: parties.infoHash,
    peerId: parties.peerId,
    peersWanted: Math.min(peersWanted, TRACKER_MESSAGE_LIMITS.peersMax),
    uploaded: parseCount(fields.uploaded) ?? 0,
    downloaded: parseCount(fields.downloaded) ?? 0,
    left: parseCount(fields.left) ?? null,
    event: parseEvent(fields.event),
    offers,
    ...(extensions && { extensions: [...extensions, ...parseSiteExtensions(fields.extensions)] }),
    ...(siteTotals && { siteTotals }),
  }
}

/** Absent, `update`, `paused` (BEP 21) and what later clients may send all say: still here. */
function parseEvent(value: unknown): AnnounceRequest['event'] {
  return value === 'started' || value === 'completed' || value === 'stopped' ? value : 'update'
}

/** Items without an offer or its id are skipped: WebTorrent's own tests send such. */
function parseOffers(fields: Fields, text: string): readonly UntargetedOffer[] | Refused {
  const items = fields.offers
  if (items === undefined || items === null) return []
  if (!Array.isArray(items) || items.length > TRACKER_MESSAGE_LIMITS.offersMax) {
    const reason = `The offers must be a list of ${TRACKER_MESSAGE_LIMITS.offersMax} at most.`
    return refused('bad-message', reason, fields.info_hash)
  }
  const texts = items.length === 0 ? [] : sdpTexts(text)
  const offers: UntargetedOffer[] = []
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    if (!isFields(item)) continue
    const sdp = parseDescription(item.offer, 'offer')
    if (sdp === undefined || !isWireId(item.offer_id)) continue
    if (isSdpTooLong(sdp)) return refused('bad-message', 'An SDP is too long.', fields.info_hash)
    // Where some have none, or more than one, it is not worth telling whose is whose.
    const sdpText = textOf(sdp, texts.length === items.length ? texts[index] : undefined)
    offers.push({ offerId: item.offer_id, sdp, sdpText })
  }
  return offers
}

function parseSignal(fields: Fields, type: 'offer' | 'answer', text: string): SignalRequest | Refused {
  const parties = parseParties(fields)
  if ('type' in parties) return parties
  const { to_peer_id: toPeerId, offer_id: offerId } = fields
  const sdp = parseDescription(fields[type], type)
  if (!isWireId(toPeerId) || !isWireId(offerId) || sdp === undefined) {
    const reason = `A message with an ${type} needs to_peer_id, offer_id and an ${type} with type and sdp.`
    return refused('bad-message', reason, parties.infoHash)
  }
  if (isSdpTooLong(sdp)) return refused('bad-message', 'An SDP is too long.', parties.infoHash)
  const texts = sdpTexts(text)
  const sdpText = textOf(sdp, texts.length === 1 ? texts[0] : undefined)
  // Not spread: that costs the tracker a twentieth of its time.
  const { infoHash, peerId } = parties
  return { type, infoHash, peerId, toPeerId, offerId, sdp, sdpText, trickle: fields.trickle === true }
}

function parseCandidateRequest(fields: Fields): CandidateRequest | Refused {
  const parties = parseParties(fields)
  if ('type' in parties) return parties
  const { to_peer_id: toPeerId, offer_id: offerId } = fields
  const candidate = parseCandidate(fields.candidate)
  if (!isWireId(toPeerId) || !isWireId(offerId) || candidate === undefined) {
    const reason = 'A candidate message needs to_peer_id, offer_id and a candidate.'
    return refused('bad-message', reason, parties.infoHash)
  }
  return { type: 'candidate', ...parties, toPeerId, offerId, candidate }
}

function parseScrape(fields: Fields): ScrapeRequest | Refused {
  const asked = fields.info_hash
  if (asked === undefined || asked === null) return { type: 'scrape' }
  const infoHashes: readonly unknown[] = Array.isArray(asked) ? asked : [asked]
  if (infoHashes.length > TRACKER_MESSAGE_LIMITS.scrapeMax || !infoHashes.every(isWireId)) {
    const reason = `A scrape takes up to ${TRACKER_MESSAGE_LIMITS.scrapeMax} infohashes, 20 bytes each, as latin-1.`
    return { ...refused('bad-message', reason), action: 'scrape' }
  }
  return { type: 'scrape', infoHashes: [...new Set(infoHashes)] }
}

function parseParties(fields: Fields): { infoHash: WireId; peerId: WireId } | Refused {
  const { info_hash: infoHash, peer_id: peerId } = fields
  if (!isWireId(infoHash)) return refused('bad-message', 'The info_hash must be 20 bytes as latin-1.')
  if (!isWireId(peerId)) return refused('bad-message', 'The peer_id must be 20 bytes as latin-1.', infoHash)
  return { infoHash, peerId }
}

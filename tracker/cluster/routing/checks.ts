/** Reads single items of a batch. What is not as it should be is undefined. PURE. */
import { fromLatin1 } from '../../../src/metainfo/bytes.ts'
import { textOf } from '../../../src/protocol/sdp-text.ts'
import type { FailureReply, SwarmCounts, TrackerReply } from '../../../src/protocol/tracker-reply.ts'
import type { AnnounceRequest, TrackerRequest, UntargetedOffer } from '../../../src/protocol/tracker-request.ts'
import { parseSiteExtensions, parseSiteTotals, POINTER_BYTES_MAX } from '../../../src/protocol/tracker-site.ts'
import {
  type Fields,
  isFields,
  isSdpTooLong,
  isWireId,
  parseCandidate,
  parseCount,
  parseExtensions,
  TRACKER_MESSAGE_LIMITS,
  type WireId,
} from '../../../src/protocol/tracker.ts'
import type { PointerVerdict, ToldPointer } from '../../swarms/sites.ts'
import { parseFigures } from './figures.ts'
import type { Item } from './items.ts'

/** The text of the next SDP of the batch. */
export type SdpTexts = () => string | undefined

const VERDICTS: readonly unknown[] = ['genuine', 'forged', 'untimely', 'busy'] satisfies PointerVerdict[]

export function parseItem(value: unknown, texts: SdpTexts): Item | undefined {
  if (!isFields(value)) return undefined
  const { type } = value
  const connection = parseCount(value.connection)
  const to = parseCount(value.to)
  switch (type) {
    case 'message': {
      const request = parseRequest(value.request, texts)
      return connection === undefined || !request ? undefined : { type, connection, request }
    }
    case 'restore': {
      const request = parseRequest(value.request, texts)
      return connection === undefined || request?.type !== 'announce' ? undefined : { type, connection, request }
    }
    case 'leave': {
      const { infoHash, peerId } = value
      const isWhole = connection !== undefined && isWireId(infoHash) && isWireId(peerId)
      return isWhole ? { type, connection, infoHash, peerId } : undefined
    }
    case 'pointer': {
      const told = parseTold(value.told)
      return connection === undefined || !told ? undefined : { type, connection, told }
    }
    case 'report': {
      const totals = parseSiteTotals(value.totals)
      const isCounted = value.isCounted === true
      return connection === undefined || !totals ? undefined : { type, connection, totals, isCounted }
    }
    case 'pong':
    case 'closed':
    case 'unvisit':
      return connection === undefined ? undefined : { type, connection }
    case 'scrape': {
      const scrape = parseCount(value.scrape)
      const infoHashes = value.infoHashes === undefined ? undefined : parseIds(value.infoHashes)
      if (scrape === undefined || (value.infoHashes !== undefined && !infoHashes)) return undefined
      return { type, scrape, ...(infoHashes && { infoHashes }) }
    }
    case 'retire': {
      const told = parseTold(value.told)
      return told && { type, told }
    }
    case 'send': {
      const reply = parseReply(value.reply, texts)
      return to === undefined || !reply ? undefined : { type, to, reply }
    }
    case 'refuse': {
      const reply = parseFailure(value.reply)
      return to === undefined || !reply ? undefined : { type, to, reply }
    }
    case 'ping':
    case 'close':
      return to === undefined ? undefined : { type, to }
    case 'scraped': {
      const scrape = parseCount(value.scrape)
      const swarms = parseSwarms(value.swarms)
      return scrape === undefined || !swarms ? undefined : { type, scrape, swarms }
    }
    case 'again': {
      const stream = parseCount(value.stream)
      return stream === undefined ? undefined : { type, stream }
    }
    case 'look':
      return { type }
    case 'figures': {
      const figures = parseFigures(value.figures)
      return figures && { type, figures }
    }
    default:
      return undefined
  }
}

function parseRequest(value: unknown, texts: SdpTexts): TrackerRequest | undefined {
  if (!isFields(value)) return undefined
  const { type, infoHash, peerId, toPeerId, offerId } = value
  if (type === 'announce') return parseAnnounce(value, texts)
  const sdp = type === 'candidate' ? undefined : parseSdp(value.sdp, texts)
  if (!isWireId(infoHash) || !isWireId(peerId) || !isWireId(toPeerId) || !isWireId(offerId)) return undefined
  const ids = { infoHash, peerId, toPeerId, offerId }
  switch (type) {
    case 'offer':
    case 'answer':
      return sdp && { type, ...ids, ...sdp, trickle: value.trickle === true }
    case 'candidate': {
      const candidate = parseCandidate(value.candidate)
      return candidate && { type, ...ids, candidate }
    }
    default:
      return undefined
  }
}

function parseAnnounce(value: Fields, texts: SdpTexts): AnnounceRequest | undefined {
  const { infoHash, peerId, event, left, offers: listed } = value
  const offers = parseOffers(listed, texts)
  const peersWanted = parseCount(value.peersWanted)
  if (!isWireId(infoHash) || !isWireId(peerId) || !offers || peersWanted === undefined) return undefined
  const extensions = parseExtensions(value.extensions)
  return {
    type: 'announce',
    infoHash,
    peerId,
    peersWanted: Math.min(peersWanted, TRACKER_MESSAGE_LIMITS.peersMax),
    uploaded: parseCount(value.uploaded) ?? 0,
    downloaded: parseCount(value.downloaded) ?? 0,
    left: parseCount(left) ?? null,
    event: event === 'started' || event === 'completed' || event === 'stopped' ? event : 'update',
    offers,
    ...(extensions && { extensions: [...extensions, ...parseSiteExtensions(value.extensions)] }),
  }
}

function parseOffers(value: unknown, texts: SdpTexts): UntargetedOffer[] | undefined {
  if (!Array.isArray(value)) return undefined
  const offers = (value as readonly unknown[]).map(item => {
    if (!isFields(item)) return undefined
    const sdp = parseSdp(item.sdp, texts)
    return sdp && isWireId(item.offerId) ? { offerId: item.offerId, ...sdp } : undefined
  })
  if (offers.length > TRACKER_MESSAGE_LIMITS.offersMax || offers.includes(undefined)) return undefined
  return offers as UntargetedOffer[]
}

function parseSdp(value: unknown, texts: SdpTexts): { sdp: string; sdpText: string } | undefined {
  if (typeof value !== 'string') return undefined
  const text = texts()
  return value === '' || isSdpTooLong(value) ? undefined : { sdp: value, sdpText: textOf(value, text) }
}

function parseReply(value: unknown, texts: SdpTexts): TrackerReply | undefined {
  if (!isFields(value)) return undefined
  const { type, infoHash, peerId, offerId } = value
  const bytes = type === 'pointer' ? parseBytes(value.pointer) : undefined
  const sdp = type === 'offer' || type === 'answer' ? parseSdp(value.sdp, texts) : undefined
  switch (type) {
    case 'announced':
      return parseAnnounced(value)
    case 'failed':
      return parseFailure(value)
    case 'pointer':
      return bytes && { type, pointer: bytes }
    default:
      break
  }
  if (!isWireId(infoHash) || !isWireId(peerId) || !isWireId(offerId)) return undefined
  const ids = { infoHash, peerId, offerId }
  if (type === 'offer' || type === 'answer') return sdp && { type, ...ids, ...sdp, trickle: value.trickle === true }
  const candidate = type === 'candidate' ? parseCandidate(value.candidate) : undefined
  return candidate && { type: 'candidate', ...ids, candidate }
}

function parseAnnounced(value: Fields): TrackerReply | undefined {
  const peers = parseIds(value.peers)
  const trickling = parseIds(value.trickling)
  if (!isWireId(value.infoHash) || !peers || !trickling) return undefined
  const extensions = parseExtensions(value.extensions)
  return {
    type: 'announced',
    infoHash: value.infoHash,
    intervalSeconds: parseCount(value.intervalSeconds),
    seeds: parseCount(value.seeds),
    leeches: parseCount(value.leeches),
    peers,
    trickling,
    ...(extensions && { extensions: [...extensions, ...parseSiteExtensions(value.extensions)] }),
  }
}

function parseFailure(value: unknown): FailureReply | undefined {
  if (!isFields(value)) return undefined
  const { action, infoHash, toPeerId, code, reason } = value
  if (action !== 'announce' && action !== 'scrape' && action !== 'pointer') return undefined
  if (typeof reason !== 'string' || reason.length > TRACKER_MESSAGE_LIMITS.reasonCharsMax) return undefined
  return {
    type: 'failed',
    action,
    reason,
    ...(isWireId(infoHash) && { infoHash }),
    ...(isWireId(toPeerId) && { toPeerId }),
    ...(typeof code === 'string' && /^[a-z-]{1,32}$/.test(code) && { code }),
  }
}

function parseTold(value: unknown): ToldPointer | undefined {
  if (!isFields(value) || !isFields(value.pointer) || !VERDICTS.includes(value.verdict)) return undefined
  const { infoHash, key, retired, isKilled } = value.pointer
  const bytes = parseBytes(value.pointer.bytes)
  const [version, expires] = [parseCount(value.pointer.version), parseCount(value.pointer.expires)]
  if (!bytes || version === undefined || expires === undefined || !isHash(infoHash) || !isHash(key)) return undefined
  // A link of a rotation alone has more bytes than that many pointers' worth of them would leave room for.
  if (!Array.isArray(retired) || retired.length > POINTER_BYTES_MAX / 64 || !retired.every(isHash)) return undefined
  const pointer = { bytes, version, expires, isKilled: isKilled === true, infoHash, key, retired }
  return { pointer, verdict: value.verdict as PointerVerdict }
}

/** The bytes of a pointer. */
function parseBytes(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' && value.length <= POINTER_BYTES_MAX ? fromLatin1(value) : undefined
}

function parseSwarms(value: unknown): SwarmCounts[] | undefined {
  if (!Array.isArray(value) || value.length > TRACKER_MESSAGE_LIMITS.scrapeMax) return undefined
  return (value as readonly unknown[]).flatMap(item => {
    if (!isFields(item) || !isWireId(item.infoHash)) return []
    const [seeds, leeches, downloads] = [item.seeds, item.leeches, item.downloads].map(count => parseCount(count) ?? 0)
    return [{ infoHash: item.infoHash, seeds: seeds!, leeches: leeches!, downloads: downloads! }]
  })
}

/** Lists of infohashes and of peer ids: none is longer than a scrape. */
function parseIds(value: unknown): WireId[] | undefined {
  if (!Array.isArray(value) || value.length > TRACKER_MESSAGE_LIMITS.scrapeMax) return undefined
  return value.every(isWireId) ? value : undefined
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/**
 * What a tracker says to clients: replies to announces and scrapes, relayed signals, failures and notices.
 */
import { TRACKER_MESSAGE_LIMITS } from '../options.ts'
import { readable } from './readable.ts'
import { encodeSignal } from './sdp-text.ts'
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
import type { Candidate, Fields, Refused, TrackerErrorCode, TrackerExtension, WireId } from './tracker.ts'
import { encodePointer } from './tracker-site.ts'
import type { PointerReply } from './tracker-site.ts'

export interface AnnounceReply {
  readonly type: 'announced'
  readonly infoHash: WireId
  /** undefined: the tracker gave none. */
  readonly intervalSeconds?: number | undefined
  readonly seeds?: number | undefined
  readonly leeches?: number | undefined
  /** What the tracker can do beyond WebTorrent's protocol; undefined: a tracker that knows no extensions. */
  readonly extensions?: readonly TrackerExtension[] | undefined
  /** Peers to dial. */
  readonly peers: readonly WireId[]
  /** Those of `peers` that take candidates after the offer. */
  readonly trickling: readonly WireId[]
  readonly iceServers?: readonly IceServer[] | undefined
  /** For people. */
  readonly warning?: string | undefined
}

/** A STUN or TURN server (RTCIceServer), checked. */
export interface IceServer {
  readonly urls: string[]
  readonly username?: string
  readonly credential?: string
}

/** An offer or answer of another peer. */
export interface SignalReply {
  readonly type: 'offer' | 'answer'
  readonly infoHash: WireId
  /** The peer it comes from. */
  readonly peerId: WireId
  readonly offerId: WireId
  readonly sdp: string
  /** The same as JSON, where it is passed on as it came. */
  readonly sdpText?: string | undefined
  readonly trickle: boolean
}

export interface CandidateReply {
  readonly type: 'candidate'
  readonly infoHash: WireId
  readonly peerId: WireId
  readonly offerId: WireId
  readonly candidate: Candidate
}

export interface SwarmCounts {
  readonly infoHash: WireId
  readonly seeds: number
  readonly leeches: number
  /** How many downloads were completed since the tracker knows the swarm. */
  readonly downloads: number
}

export interface ScrapeReply {
  readonly type: 'scraped'
  readonly swarms: readonly SwarmCounts[]
}

export interface FailureReply {
  readonly type: 'failed'
  readonly action: 'announce' | 'scrape' | 'pointer'
  readonly infoHash?: WireId | undefined
  /** undefined: the tracker gives none. Unknown codes of later versions are kept. */
  readonly code?: TrackerErrorCode | (string & {}) | undefined
  readonly reason: string
  /** The peer that could not be reached, for `unknown-peer` and `unknown-offer`. */
  readonly toPeerId?: WireId | undefined
}

/** The tracker goes away within this time; clients come back after it. */
export interface ShutdownReply {
  readonly type: 'shutdown'
  readonly seconds: number
}

export type TrackerReply =
  | AnnounceReply
  | SignalReply
  | CandidateReply
  | ScrapeReply
  | FailureReply
  | ShutdownReply
  | PointerReply

/**
 * Writes one message to a client. An `action` is always there: WebTorrent tears its socket down without one.
 */
export function encodeTrackerReply(reply: TrackerReply): string {
  switch (reply.type) {
    case 'announced': {
      const isDialing = reply.extensions?.includes('dial')
      return JSON.stringify({
        action: 'announce',
        interval: reply.intervalSeconds,
        info_hash: reply.infoHash,
        complete: reply.seeds,
        incomplete: reply.leeches,
        extensions: reply.extensions,
        peers: isDialing ? reply.peers : undefined,
        trickle: isDialing ? reply.trickling.map(peer => reply.peers.indexOf(peer)) : undefined,
        ice_servers: reply.iceServers,
        'warning message': reply.warning,
      })
    }
    case 'offer':
    case 'answer':
      return encodeSignal(reply)
    case 'candidate':
      return JSON.stringify({
        action: 'candidate',
        candidate: reply.candidate,
        offer_id: reply.offerId,
        peer_id: reply.peerId,
        info_hash: reply.infoHash,
      })
    case 'scraped': {
      const files = reply.swarms.map(({ infoHash, seeds, leeches, downloads }) => [
        infoHash,
        { complete: seeds, incomplete: leeches, downloaded: downloads },
      ])
      return JSON.stringify({ action: 'scrape', files: Object.fromEntries(files) })
    }
    case 'failed':
      return JSON.stringify({
        action: reply.action,
        info_hash: reply.infoHash,
        'failure reason': reply.reason,
        code: reply.code,
        to_peer_id: reply.toPeerId,
      })
    case 'shutdown':
      return JSON.stringify({ action: 'shutdown', seconds: reply.seconds })
    case 'pointer':
      return encodePointer(reply.pointer)
  }
}

/**
 * Reads one message of a tracker, any tracker. Every field of the result is checked for form and bounds.
 * Replies to scrapes are not read here, for a client makes none (`parseScrapeReply`), nor are pointers (`tracker-site.ts`).
 */
export function parseTrackerReply(text: string): Exclude<TrackerReply, ScrapeReply | PointerReply> | Refused {
  const fields = parseFields(text)
  if (typeof fields === 'string') return refused('bad-message', fields)
  if (fields['failure reason'] !== undefined) return parseFailure(fields)
  switch (fields.action) {
    case 'announce':
      return parseAnnounceReply(fields)
    case 'candidate':
      return parseRelayed(fields, 'candidate')
    case 'shutdown': {
      const seconds = parseCount(fields.seconds)
      if (seconds === undefined) return refused('bad-message', 'It does not say when it goes away.')
      return { type: 'shutdown', seconds }
    }
    case undefined:
      // Old trackers leave the action out.
      return parseAnnounceReply(fields)
    default:
      return refused('unknown-action', 'The tracker sent an unknown action.')
  }
}

/** Reads the reply to a scrape. */
export function parseScrapeReply(text: string): ScrapeReply | Refused {
  const fields = parseFields(text)
  if (typeof fields === 'string') return refused('bad-message', fields)
  if (!isFields(fields.files)) return refused('bad-message', 'A scrape reply has no files.')
  const swarms: SwarmCounts[] = []
  for (const [infoHash, counts] of Object.entries(fields.files).slice(0, TRACKER_MESSAGE_LIMITS.scrapeMax)) {
    if (!isWireId(infoHash) || !isFields(counts)) continue
    swarms.push({
      infoHash,
      seeds: parseCount(counts.complete) ?? 0,
      leeches: parseCount(counts.incomplete) ?? 0,
      downloads: parseCount(counts.downloaded) ?? 0,
    })
  }
  return { type: 'scraped', swarms }
}

function parseAnnounceReply(fields: Fields): AnnounceReply | SignalReply | CandidateReply | Refused {
  const infoHash = fields.info_hash
  if (!isWireId(infoHash)) return refused('bad-message', 'A reply names no infohash.')
  if (isFields(fields.offer)) return parseRelayed(fields, 'offer')
  if (isFields(fields.answer)) return parseRelayed(fields, 'answer')
  const listed: readonly unknown[] = Array.isArray(fields.peers) ? fields.peers : []
  const peers = [...new Set(listed.slice(0, TRACKER_MESSAGE_LIMITS.peersMax).filter(isWireId))]
  const trickling: readonly unknown[] = Array.isArray(fields.trickle) ? fields.trickle : []
  return {
    type: 'announced',
    infoHash,
    peers,
    trickling: peers.filter(peer => trickling.includes(listed.indexOf(peer))),
    intervalSeconds: parseCount(fields.interval) ?? parseCount(fields['min interval']),
    seeds: parseCount(fields.complete),
    leeches: parseCount(fields.incomplete),
    extensions: parseExtensions(fields.extensions),
    iceServers: parseIceServers(fields.ice_servers),
    warning: parseSentence(fields['warning message']),
  }
}

function parseRelayed(fields: Fields, type: 'offer' | 'answer' | 'candidate'): SignalReply | CandidateReply | Refused {
  const { info_hash: infoHash, peer_id: peerId, offer_id: offerId } = fields
  if (isWireId(infoHash) && isWireId(peerId) && isWireId(offerId)) {
    const ids = { infoHash, peerId, offerId }
    if (type === 'candidate') {
      const candidate = parseCandidate(fields.candidate)
      if (candidate !== undefined) return { type, ...ids, candidate }
    } else {
      const sdp = parseDescription(fields[type], type)
      if (sdp !== undefined && !isSdpTooLong(sdp)) return { type, ...ids, sdp, trickle: fields.trickle === true }
    }
  }
  return refused('bad-message', `The tracker relayed a broken ${type}.`, infoHash)
}

function parseFailure(fields: Fields): FailureReply {
  const { info_hash: infoHash, to_peer_id: toPeerId, code } = fields
  return {
    type: 'failed',
    action: fields.action === 'scrape' ? 'scrape' : 'announce',
    reason: parseSentence(fields['failure reason']) ?? 'no reason given',
    infoHash: isWireId(infoHash) ? infoHash : undefined,
    toPeerId: isWireId(toPeerId) ? toPeerId : undefined,
    code: typeof code === 'string' && /^[a-z-]{1,32}$/.test(code) ? code : undefined,
  }
}

/** What a tracker says to people. */
function parseSentence(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? readable(value, TRACKER_MESSAGE_LIMITS.reasonCharsMax) : undefined
}

/** Servers with at least one usable URL; the others are left out. */
function parseIceServers(value: unknown): IceServer[] | undefined {
  if (!Array.isArray(value)) return undefined
  const servers: IceServer[] = []
  for (const item of value.slice(0, TRACKER_MESSAGE_LIMITS.iceServersMax) as readonly unknown[]) {
    if (!isFields(item)) continue
    const listed: readonly unknown[] = Array.isArray(item.urls) ? item.urls : [item.urls]
    const urls = listed.slice(0, TRACKER_MESSAGE_LIMITS.iceServersMax).filter(isIceUrl)
    if (urls.length === 0) continue
    const { username, credential } = item
    servers.push({
      urls,
      ...(isCredential(username) && { username }),
      ...(isCredential(credential) && { credential }),
    })
  }
  return servers
}

function isIceUrl(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 512 && /^(stuns?|turns?):[^\s]+$/.test(value)
}

function isCredential(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 512
}

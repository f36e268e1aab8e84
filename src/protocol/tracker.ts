/**
 * What the two directions of the tracker protocol share: words, bounds and the checks of single fields.
 *
 * The protocol is WebTorrent's: JSON in WebSocket text frames, where `info_hash`, `peer_id` and `offer_id` are 20
 * bytes written as 20 latin-1 characters. Requests are in `tracker-request.ts`, replies in `tracker-reply.ts`.
 * What we add is in `tracker/PROTOCOL.md`, and is used only between parties that announced it.
 *
 * Nothing here throws on a stranger's input: a message that cannot be used becomes a `Refused`.
 */
import { TRACKER_LIMITS, TRACKER_MESSAGE_LIMITS } from '../options.ts'

/** Handed on for the tracker, which knows of this library only its protocol. */
export { TRACKER_LIMITS, TRACKER_MESSAGE_LIMITS }

/** 20 characters of latin-1, a char a byte: an infohash, peer id or offer id as it is on the wire. */
export type WireId = string

/**
 * What one side of a connection can do beyond WebTorrent's protocol, as it announces it:
 * `dial` (the tracker names peers, the client offers to one of them), `trickle` (candidates follow the offer),
 * `shutdown` (the tracker says when it goes away), `ice_servers` (the tracker lends its STUN and TURN servers).
 */
export type TrackerExtension = 'dial' | 'trickle' | 'shutdown' | 'ice_servers' | SiteExtension

/** What is between a tracker and a site's visitors alone: `tracker-site.ts`. */
export type SiteExtension = 'pointer' | 'stats'

/** Every extension of all clients that this version knows, in the order it announces them. */
export const TRACKER_EXTENSIONS: readonly TrackerExtension[] = ['dial', 'trickle', 'shutdown', 'ice_servers']

/** Why a tracker refuses, for programs. The `failure reason` beside it is for people. */
export type TrackerErrorCode =
  /** Not JSON, or a field of the wrong kind or out of bounds. Counts as a violation. */
  | 'bad-message'
  /** An `action` that this tracker does not know. Counts as a violation. */
  | 'unknown-action'
  /** The peer id belongs to another connection that is alive. */
  | 'peer-id-in-use'
  /** The peer id was not announced over this connection. */
  | 'not-your-peer'
  /** A targeted offer to a peer that was not named to this connection lately, or has gone. */
  | 'unknown-peer'
  /** An answer or candidate for an offer that is not there, is too old, or is somebody else's. */
  | 'unknown-offer'
  /** A pointer of a site that is none, or that its key has not signed. Counts as a violation. */
  | 'bad-pointer'
  /** The tracker does not serve this torrent, or not to whom has this token. */
  | 'not-allowed'
  /** More swarms, peers or offers than one connection, or the whole tracker, may have. */
  | 'limit'

/** A message that cannot be used, and why. */
export interface Refused {
  readonly type: 'refused'
  readonly code: TrackerErrorCode
  /** A sentence that says what is wrong. */
  readonly reason: string
  /** The infohash that the message was about, where it has one: clients match errors by it. */
  readonly infoHash?: WireId | undefined
  /** What it was about, where that is no announce. */
  readonly action?: 'scrape' | 'pointer'
}

/** A candidate as browsers make and take it (RTCIceCandidateInit), checked. An empty `candidate` ends the list. */
export interface Candidate {
  readonly candidate: string
  readonly sdpMid?: string | null
  readonly sdpMLineIndex?: number | null
  readonly usernameFragment?: string | null
}

/** A message as JSON gives it. */
export type Fields = Readonly<Record<string, unknown>>

export function refused(code: TrackerErrorCode, reason: string, infoHash?: unknown): Refused {
  return { type: 'refused', code, reason, infoHash: isWireId(infoHash) ? infoHash : undefined }
}

/** The fields of one message, or a sentence that says why it has none. */
export function parseFields(text: string): Fields | string {
  if (text.length > TRACKER_LIMITS.messageBytesMax) {
    return `A message may have ${TRACKER_LIMITS.messageBytesMax} bytes at most.`
  }
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : 'A message must be a JSON object.'
  } catch {
    return 'A message must be JSON.'
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isWireId(value: unknown): value is WireId {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an id is 20 arbitrary bytes
  return typeof value === 'string' && value.length === 20 && /^[\x00-\xff]*$/.test(value)
}

/** The SDP of `{ type, sdp }`; undefined when it is not a description of this type. */
export function parseDescription(value: unknown, type: 'offer' | 'answer'): string | undefined {
  if (!isFields(value) || value.type !== type || typeof value.sdp !== 'string' || value.sdp === '') return undefined
  return value.sdp
}

export function isSdpTooLong(sdp: string): boolean {
  return sdp.length > TRACKER_LIMITS.sdpBytesMax
}

/** The candidate reduced to the fields that browsers know; undefined when one of them is wrong. */
export function parseCandidate(value: unknown): Candidate | undefined {
  if (!isFields(value)) return undefined
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = value
  if (typeof candidate !== 'string' || candidate.length > TRACKER_MESSAGE_LIMITS.candidateCharsMax) return undefined
  if (!isShortText(sdpMid) || !isShortText(usernameFragment)) return undefined
  if (sdpMLineIndex !== undefined && sdpMLineIndex !== null) {
    if (typeof sdpMLineIndex !== 'number' || !Number.isInteger(sdpMLineIndex)) return undefined
    if (sdpMLineIndex < 0 || sdpMLineIndex > 65_535) return undefined
  }
  return {
    candidate,
    sdpMid: sdpMid ?? null,
    sdpMLineIndex: sdpMLineIndex ?? null,
    usernameFragment: usernameFragment ?? null,
  }
}

/** The extensions in a message that this version knows; undefined when the message has no such field. */
export function parseExtensions(value: unknown): readonly TrackerExtension[] | undefined {
  if (!Array.isArray(value)) return undefined
  const named = value.slice(0, TRACKER_MESSAGE_LIMITS.extensionsMax)
  return TRACKER_EXTENSIONS.filter(extension => named.includes(extension))
}

/** A count of bytes or peers; undefined when it is not one. */
export function parseCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.floor(value) : undefined
}

/** Absent, null, or text no longer than an ICE fragment may be (RFC 8839: 256 characters). */
function isShortText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === 'string' && value.length <= 256)
}

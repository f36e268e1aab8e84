/**
 * The kinds of messages on the peer wire (BEP 3, 6, 10, 52), and how long each may be before a byte of it is kept.
 *
 * A length is what the four-byte prefix says: the id and the payload. Most kinds have one exact length; the others
 * are bounded by what a torrent can need.
 */
import { METAINFO_LIMITS, REQUEST_BYTES_MAX, WIRE_LIMITS } from '../options.ts'
import type { WireMessageType } from './wire.ts'

/** `port` is read over, `extended` holds the messages of the extension protocol. */
export type WireKind = WireMessageType | 'port' | 'extended'

interface Kind {
  readonly type: WireKind
  /** How many of piece, begin and length it begins with, four bytes each. */
  readonly numbers: number
  /** Bytes after them. */
  readonly minBytes: number
  readonly maxBytes: number
}

/** Bytes of a hash request and of a hash reject: root and four numbers. */
export const HASH_RANGE_BYTES = 32 + 4 * 4

/** Uncle hashes of any proof: a tree over 2^53 bytes has fewer layers than this. */
export const PROOF_HASHES_MAX = 40

/** Bytes of the longest message of a kind that we do not know; it is skipped. */
const UNKNOWN_BYTES_MAX = 16 * 1024

const BITFIELD_BYTES_MAX = METAINFO_LIMITS.piecesMax / 8
const HASHES_BYTES_MAX = HASH_RANGE_BYTES + 32 * (WIRE_LIMITS.hashesMax + PROOF_HASHES_MAX)

/** By their ids. */
export const KINDS: Readonly<Partial<Record<number, Kind>>> = {
  0: kind('choke'),
  1: kind('unchoke'),
  2: kind('interested'),
  3: kind('not-interested'),
  4: kind('have', 1),
  5: kind('bitfield', 0, 1, BITFIELD_BYTES_MAX),
  6: kind('request', 3),
  7: kind('piece', 2, 1, REQUEST_BYTES_MAX),
  8: kind('cancel', 3),
  9: kind('port', 0, 2),
  13: kind('suggest', 1),
  14: kind('have-all'),
  15: kind('have-none'),
  16: kind('reject', 3),
  17: kind('allowed-fast', 1),
  // The extension's id, a small dict and 16 KiB of metadata, or an extended handshake.
  20: kind('extended', 0, 1, WIRE_LIMITS.extendedHandshakeBytesMax + 257),
  21: kind('hash-request', 0, HASH_RANGE_BYTES),
  22: kind('hashes', 0, HASH_RANGE_BYTES + 2 * 32, HASHES_BYTES_MAX),
  23: kind('hash-reject', 0, HASH_RANGE_BYTES),
}

/** No message is longer than this, whatever its kind. */
export const MESSAGE_BYTES_MAX = 1 + Math.max(BITFIELD_BYTES_MAX, 8 + REQUEST_BYTES_MAX, HASHES_BYTES_MAX)

/**
 * Whether a message of kind `id` may have `length` bytes (id and payload).
 * `pieceCount` is undefined until the torrent's layout is known.
 */
export function isLengthAllowed(id: number, length: number, pieceCount: number | undefined): boolean {
  const { type, numbers, minBytes, maxBytes } = KINDS[id] ?? kind('port', 0, 0, UNKNOWN_BYTES_MAX - 1)
  const bytes = length - 1 - 4 * numbers
  if (type === 'bitfield' && pieceCount !== undefined) return bytes === Math.ceil(pieceCount / 8)
  return bytes >= minBytes && bytes <= maxBytes && (type !== 'hashes' || (bytes - HASH_RANGE_BYTES) % 32 === 0)
}

function kind(type: WireKind, numbers = 0, minBytes = 0, maxBytes = minBytes): Kind {
  return { type, numbers, minBytes, maxBytes }
}

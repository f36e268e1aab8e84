/**
 * How long each message of the peer wire may be, before a byte of it is kept (BEP 3, 6, 10, 52).
 *
 * A length is what the four-byte prefix says: the id and the payload. All but four kinds of message have one
 * exact length; those four are bounded by what a torrent can need.
 */
import { METAINFO_LIMITS, REQUEST_BYTES_MAX, WIRE_LIMITS } from '../options.ts'

/** Ids on the wire, by the type of the message; `port` is read over, `extended` holds those of the extension protocol. */
export const MESSAGE_ID = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
  'hash-request': 21,
  hashes: 22,
  'hash-reject': 23,
} as const

/** Bytes of a hash request and of a hash reject: id, root, four numbers. */
export const HASH_REQUEST_BYTES = 1 + 32 + 4 * 4

/** Uncle hashes of any proof: a tree over 2^53 bytes has fewer layers than this. */
export const PROOF_HASHES_MAX = 40

/** Bytes of the longest message of a kind that we do not know; it is skipped. */
const UNKNOWN_BYTES_MAX = 16 * 1024

/** An extension message: id, extension's id, a small dict and 16 KiB of metadata, or an extended handshake. */
const EXTENDED_BYTES_MAX = 2 + WIRE_LIMITS.extendedHandshakeBytesMax + 256

const BITFIELD_BYTES_MAX = 1 + METAINFO_LIMITS.piecesMax / 8
const HASHES_BYTES_MAX = HASH_REQUEST_BYTES + 32 * (WIRE_LIMITS.hashesMax + PROOF_HASHES_MAX)

/** No message is longer than this, whatever its kind. */
export const MESSAGE_BYTES_MAX = Math.max(BITFIELD_BYTES_MAX, 9 + REQUEST_BYTES_MAX, HASHES_BYTES_MAX)

/**
 * Whether a message of kind `id` may have `length` bytes (id and payload).
 * `pieceCount` is undefined until the torrent's layout is known.
 */
export function isLengthAllowed(id: number, length: number, pieceCount: number | undefined): boolean {
  switch (id) {
    case MESSAGE_ID.choke:
    case MESSAGE_ID.unchoke:
    case MESSAGE_ID.interested:
    case MESSAGE_ID['not-interested']:
    case MESSAGE_ID['have-all']:
    case MESSAGE_ID['have-none']:
      return length === 1
    case MESSAGE_ID.have:
    case MESSAGE_ID.suggest:
    case MESSAGE_ID['allowed-fast']:
      return length === 5
    case MESSAGE_ID.request:
    case MESSAGE_ID.cancel:
    case MESSAGE_ID.reject:
      return length === 13
    case MESSAGE_ID.port:
      return length === 3
    case MESSAGE_ID.bitfield:
      return pieceCount === undefined
        ? length >= 2 && length <= BITFIELD_BYTES_MAX
        : length === 1 + Math.ceil(pieceCount / 8)
    case MESSAGE_ID.piece:
      return length >= 10 && length <= 9 + REQUEST_BYTES_MAX
    case MESSAGE_ID.extended:
      return length >= 2 && length <= EXTENDED_BYTES_MAX
    case MESSAGE_ID['hash-request']:
    case MESSAGE_ID['hash-reject']:
      return length === HASH_REQUEST_BYTES
    case MESSAGE_ID.hashes:
      return length >= HASH_REQUEST_BYTES + 64 && length <= HASHES_BYTES_MAX && (length - HASH_REQUEST_BYTES) % 32 === 0
    default:
      return length <= UNKNOWN_BYTES_MAX
  }
}

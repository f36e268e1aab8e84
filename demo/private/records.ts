/**
 * Records: the pieces of a sealed file, each of which opens by itself, so that ranges can be read.
 *
 * A record holds 16,368 bytes of plaintext, the last one of a file 1 to 16,368, and AES-GCM's tag (NIST SP 800-38D). A full
 * record is one leaf of a v2 torrent's tree (BEP 52). The nonce is the record's index and a mark on the last: the STREAM
 * construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, https://eprint.iacr.org/2015/189), as age has it. So a record that
 * was swapped, left out, moved or added does not open. A key is for one file, and never meets two plaintexts.
 */
import { PrivateShareError } from './errors.ts'

/** Bytes of AES-GCM's tag. */
export const TAG_BYTES = 16
/** Bytes of a full record: a leaf. */
export const RECORD_BYTES = 16_384
/** Bytes of plaintext in a full record. */
export const RECORD_PLAIN_BYTES = RECORD_BYTES - TAG_BYTES

const NONCE_BYTES = 12
/** Where the index stands in the nonce, big-endian. What is before it is zero. */
const NONCE_INDEX_AT = 3

export interface RecordPlace {
  /** From 0 on. */
  readonly index: number
  /** The last record of its file. */
  readonly isLast: boolean
}

/** How many records so many bytes of plaintext take: none for none. */
export function recordCount(plainBytes: number): number {
  return Math.ceil(plainBytes / RECORD_PLAIN_BYTES)
}

/** Bytes of a sealed file. */
export function cipherLength(plainBytes: number): number {
  return plainBytes + recordCount(plainBytes) * TAG_BYTES
}

/** Bytes of plaintext in a sealed file; undefined when no file is sealed to that length. */
export function plainLength(cipherBytes: number): number | undefined {
  const count = Math.ceil(cipherBytes / RECORD_BYTES)
  const plainBytes = cipherBytes - count * TAG_BYTES
  return plainBytes >= 0 && recordCount(plainBytes) === count ? plainBytes : undefined
}

/** The records, `first` to `end` (exclusive), that hold bytes `start` to `end` (exclusive) of plaintext. */
export function recordsOf(start: number, end: number): { readonly first: number; readonly end: number } {
  const first = Math.floor(start / RECORD_PLAIN_BYTES)
  return { first, end: Math.max(first, recordCount(end)) }
}

/** @param plain 1 to 16,368 bytes; fewer only in the last record */
export async function sealRecord(
  key: CryptoKey,
  plain: Uint8Array<ArrayBuffer>,
  place: RecordPlace,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(place) }, key, plain))
}

/** @throws PrivateShareError `damaged` when it is not what was sealed with this key at this place */
export async function openRecord(
  key: CryptoKey,
  sealed: Uint8Array<ArrayBuffer>,
  place: RecordPlace,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(place) }, key, sealed))
  } catch (cause) {
    throw new PrivateShareError('damaged', `Record ${place.index} does not open: it is not what was sealed.`, { cause })
  }
}

function nonceOf({ index, isLast }: RecordPlace): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setBigUint64(NONCE_INDEX_AT, BigInt(index))
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0
  return nonce
}

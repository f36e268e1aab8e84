/**
 * Hash request, hashes and hash reject (BEP 52, messages 21 to 23), in bytes.
 *
 * All three begin alike: the file's root (32 bytes), then base layer, index, length and proof layers, four bytes
 * each, most significant first. Message 22 goes on with the hashes.
 */
import type { HashRange } from './wire.ts'
import { HASH_RANGE_BYTES, PROOF_HASHES_MAX } from './wire-kinds.ts'

export type HashMessage =
  | ({ readonly type: 'hash-request' } & HashRange)
  | ({ readonly type: 'hashes'; readonly hashes: Uint8Array } & HashRange)
  | ({ readonly type: 'hash-reject' } & HashRange)

/** Hashes in the longest request that a well-behaved client makes (libtorrent's limit); more is a breach. */
const REQUEST_HASHES_MAX = 8192

/** The payload of a message 21, 22 or 23 (its id not included). */
export function encodeHashPayload(message: HashMessage): Uint8Array {
  const hashes = message.type === 'hashes' ? message.hashes : undefined
  const bytes = new Uint8Array(HASH_RANGE_BYTES + (hashes?.length ?? 0))
  const view = new DataView(bytes.buffer)
  bytes.set(message.piecesRoot, 0)
  const { baseLayer, index, length, proofLayers } = message
  for (const [n, value] of [baseLayer, index, length, proofLayers].entries()) view.setUint32(32 + 4 * n, value)
  if (hashes !== undefined) bytes.set(hashes, HASH_RANGE_BYTES)
  return bytes
}

/**
 * Reads a message 21, 22 or 23, id included, of a length that it may have. Undefined when it says something that no
 * torrent can mean. The root and the hashes are views of `frame`: they live as long as it does.
 */
export function decodeHashMessage(type: HashMessage['type'], frame: Uint8Array): HashMessage | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const range: HashRange = {
    piecesRoot: frame.subarray(1, 33),
    baseLayer: view.getUint32(33),
    index: view.getUint32(37),
    length: view.getUint32(41),
    proofLayers: view.getUint32(45),
  }
  if (!isPlausible(range)) return undefined
  if (type !== 'hashes') return { type, ...range }
  return { type, ...range, hashes: frame.subarray(1 + HASH_RANGE_BYTES) }
}

function isPlausible({ baseLayer, index, length, proofLayers }: HashRange): boolean {
  const isPowerOfTwo = length >= 2 && length <= REQUEST_HASHES_MAX && (length & (length - 1)) === 0
  return isPowerOfTwo && index % length === 0 && baseLayer <= PROOF_HASHES_MAX && proofLayers <= PROOF_HASHES_MAX
}

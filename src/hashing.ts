/**
 * Hashes of pieces, by WebCrypto: off the main thread in every browser, with many digests in flight.
 *
 * A page that is not a secure context has no `crypto.subtle`; there the library that hashes tree nodes does it all, slower and in turn.
 */
import { sha1 as slowSha1 } from '@noble/hashes/legacy.js'
import { sha256 as slowSha256 } from '@noble/hashes/sha2.js'
import { HASH_BYTES, merkleRoot } from './metainfo/merkle.ts'
import { BLOCK_BYTES } from './options.ts'

export interface HashesWanted {
  /** SHA-1 over the data and then zeros up to this many bytes (`layout.paddedBytes`); 0 or absent: it is not wanted. */
  readonly sha1Bytes?: number
  /** Leaves of the piece's SHA-256 subtree (`layout.leafCount`); 0 or absent: none are wanted. */
  readonly leafCount?: number
}

export interface PieceDigests {
  /** 20 bytes. */
  readonly sha1: Uint8Array | undefined
  /** 32 bytes each; those past the data are zeros (BEP 52). */
  readonly leaves: Uint8Array | undefined
  /** Of the subtree over the leaves, 32 bytes. */
  readonly root: Uint8Array | undefined
}

/**
 * Hashes a piece.
 * @param data of one piece, trailing padding left out; must not change until the promise settles
 */
export async function hashPiece(
  data: Uint8Array,
  { sha1Bytes = 0, leafCount = 0 }: HashesWanted,
): Promise<PieceDigests> {
  const [sha1, leaves] = await Promise.all([
    sha1Bytes > 0 ? digest('SHA-1', padded(data, sha1Bytes)) : undefined,
    leafCount > 0 ? hashLeaves(data, leafCount) : undefined,
  ])
  return { sha1, leaves, root: leaves && merkleRoot(leaves, 0, leafCount) }
}

/** Digests in flight for one piece: enough to keep every core busy, few enough that the copies WebCrypto takes stay small. */
const DIGESTS_IN_FLIGHT = 64

async function hashLeaves(data: Uint8Array, leafCount: number): Promise<Uint8Array> {
  const leaves = new Uint8Array(leafCount * HASH_BYTES)
  const blockCount = Math.ceil(data.length / BLOCK_BYTES)
  for (let first = 0; first < blockCount; first += DIGESTS_IN_FLIGHT) {
    const inFlight: Promise<void>[] = []
    for (let block = first; block < Math.min(first + DIGESTS_IN_FLIGHT, blockCount); block++) {
      const bytes = data.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)
      inFlight.push(digest('SHA-256', bytes).then(hash => leaves.set(hash, block * HASH_BYTES)))
    }
    await Promise.all(inFlight)
  }
  return leaves
}

function padded(data: Uint8Array, lengthBytes: number): Uint8Array {
  if (data.length >= lengthBytes) return data
  const whole = new Uint8Array(lengthBytes)
  whole.set(data)
  return whole
}

async function digest(algorithm: 'SHA-1' | 'SHA-256', data: Uint8Array): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) return algorithm === 'SHA-1' ? slowSha1(data) : slowSha256(data)
  return new Uint8Array(await subtle.digest(algorithm, data as Uint8Array<ArrayBuffer>))
}

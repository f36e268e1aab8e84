/**
 * SHA-256 Merkle trees of v2 files (BEP 52).
 *
 * Layer 0 holds the hashes of a file's 16 KiB blocks (the leaves); each layer above halves the count, up to the root. A tree is a power of
 * two wide: leaves past the end of the file are 32 zero bytes, and so every layer has one hash that stands for nothing but padding.
 * Only tree nodes are hashed here, synchronously; blocks of data are hashed by WebCrypto (`hashing.ts`).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { BLOCK_BYTES } from '../options.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import { powerOfTwoAtLeast } from './layout.ts'

/** Bytes of a hash. */
export const HASH_BYTES = 32
const PAIR_BYTES = 2 * HASH_BYTES

/** The layer above the leaves that a file's root is: 0 for a file of one block. `lengthBytes` must not be 0. */
export function treeHeight(lengthBytes: number): number {
  return log2(powerOfTwoAtLeast(Math.ceil(lengthBytes / BLOCK_BYTES)))
}

/** The layer whose hashes are those of whole pieces. */
export function pieceLayerHeight(pieceLength: number): number {
  return log2(pieceLength / BLOCK_BYTES)
}

/** The hash of a subtree that is all padding, by its layer. */
export function padHash(layer: number): Uint8Array {
  while (pads.length <= layer) {
    const below = pads[pads.length - 1]!
    pads.push(hashPair(below, below))
  }
  return pads[layer]!
}

const pads: Uint8Array[] = [new Uint8Array(HASH_BYTES)]

/** The node above two. */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes([left, right]))
}

/**
 * The root over `hashes`, which are the first of a layer.
 * @param layer which layer they are: decides the padding
 * @param width how wide the layer is, a power of two; 1 gives back the only hash
 */
export function merkleRoot(hashes: Uint8Array, layer: number, width: number): Uint8Array {
  const height = layer + log2(width)
  return new MerkleTree(hashes, layer, height).node(height, 0)!.slice()
}

/** The root of a file from the hashes of its pieces. */
export function rootOfPieceLayer(pieceRoots: Uint8Array, pieceLength: number): Uint8Array {
  return merkleRoot(pieceRoots, pieceLayerHeight(pieceLength), powerOfTwoAtLeast(pieceRoots.length / HASH_BYTES))
}

/** Whether `layer` holds exactly the piece hashes of the file with this root and length. */
export function isPieceLayer(
  layer: Uint8Array,
  piecesRoot: Uint8Array,
  lengthBytes: number,
  pieceLength: number,
): boolean {
  if (layer.length !== Math.ceil(lengthBytes / pieceLength) * HASH_BYTES) return false
  return equalBytes(rootOfPieceLayer(layer, pieceLength), piecesRoot)
}

/** A layer and all above it, kept to answer hash requests: twice the memory of the layer. */
export class MerkleTree {
  readonly #baseLayer: number
  readonly #layers: Uint8Array[]

  /** @param hashes the hashes of `baseLayer`, without the padding at its end */
  constructor(hashes: Uint8Array, baseLayer: number, height: number) {
    this.#baseLayer = baseLayer
    this.#layers = [hashes]
    for (let layer = baseLayer; layer < height; layer++) this.#layers.push(parents(this.#layers.at(-1)!, layer))
  }

  /** A node; padding past the end. undefined below the base layer or above the root. */
  node(layer: number, index: number): Uint8Array | undefined {
    const hashes = this.#layers[layer - this.#baseLayer]
    if (hashes === undefined) return undefined
    const offset = index * HASH_BYTES
    return offset < hashes.length ? hashes.subarray(offset, offset + HASH_BYTES) : padHash(layer)
  }
}

/** The layer above `nodes`; an odd one out is joined with padding. */
function parents(nodes: Uint8Array, layer: number): Uint8Array {
  const above = new Uint8Array(Math.ceil(nodes.length / PAIR_BYTES) * HASH_BYTES)
  for (let at = 0; at < nodes.length; at += PAIR_BYTES) {
    const pair = nodes.subarray(at, at + PAIR_BYTES)
    above.set(pair.length === PAIR_BYTES ? sha256(pair) : hashPair(pair, padHash(layer)), at / 2)
  }
  return above
}

/** Two to the power of a small whole number; pure code has no other powers. */
export function powerOfTwo(exponent: number): number {
  let power = 1
  for (let n = 0; n < exponent; n++) power *= 2
  return power
}

/** Of a power of two. */
export function log2(power: number): number {
  let exponent = 0
  for (let rest = power; rest > 1; rest /= 2) exponent++
  return exponent
}

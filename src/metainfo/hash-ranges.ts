/**
 * What hash requests ask for and what proves the answers (BEP 52, messages 21 to 23).
 *
 * An answer holds a run of hashes of one layer, then the uncles on the way from the run's own root upward. `proofLayers` counts the layers above
 * the base layer for which a proof is wanted; the run itself already accounts for the first log2(length) − 1 of them, so that
 * there are proofLayers − log2(length) + 1 uncles (as libtorrent counts).
 */
import { BLOCK_BYTES, WIRE_LIMITS } from '../options.ts'
import type { HashRange } from '../protocol/wire.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import type { Layout } from './layout.ts'
import { powerOfTwoAtLeast } from './layout.ts'
import { HASH_BYTES, hashPair, log2, merkleRoot, pieceLayerHeight, powerOfTwo, treeHeight } from './merkle.ts'

/** How many uncles follow the run. */
export function uncleCount({ length, proofLayers }: Pick<HashRange, 'length' | 'proofLayers'>): number {
  return Math.max(0, proofLayers - log2(length) + 1)
}

/** Whether a file of this many bytes has such a range. */
export function isRangeOf(range: HashRange, lengthBytes: number): boolean {
  const { baseLayer, index, length, proofLayers } = range
  if (lengthBytes === 0 || length < 2 || powerOfTwoAtLeast(length) !== length || index % length !== 0) return false
  const layersAbove = treeHeight(lengthBytes) - baseLayer
  return layersAbove > 0 && index + length <= powerOfTwo(layersAbove) && proofLayers < layersAbove
}

/** The requests that bring the piece hashes of a file, proven against its root. None for a file of a single piece. */
export function pieceLayerRanges(piecesRoot: Uint8Array, lengthBytes: number, pieceLength: number): HashRange[] {
  const pieceCount = Math.ceil(lengthBytes / pieceLength)
  if (pieceCount < 2) return []
  const baseLayer = pieceLayerHeight(pieceLength)
  const proofLayers = treeHeight(lengthBytes) - baseLayer - 1
  const ranges: HashRange[] = []
  for (let index = 0; index < pieceCount; index += WIRE_LIMITS.hashesMax) {
    const length = Math.max(2, Math.min(WIRE_LIMITS.hashesMax, powerOfTwoAtLeast(pieceCount - index)))
    ranges.push({ piecesRoot, baseLayer, index, length, proofLayers })
  }
  return ranges
}

/** The requests that bring the leaves of a piece, proven against the piece's hash. None for v1 and for a piece of one block. */
export function leafRanges(layout: Layout, piece: number): HashRange[] {
  const file = layout.fileOf(piece)
  const leafCount = layout.leafCount(piece)
  if (file === undefined || leafCount < 2) return []
  const piecesRoot = layout.files[file]!.piecesRoot!
  const firstLeaf = ((piece - layout.piecesOf(file).first) * layout.pieceLength) / BLOCK_BYTES
  const length = Math.min(leafCount, WIRE_LIMITS.hashesMax)
  const proofLayers = leafCount > length ? log2(leafCount) - 1 : 0
  return Array.from({ length: leafCount / length }, (_, n) => {
    return { piecesRoot, baseLayer: 0, index: firstLeaf + n * length, length, proofLayers }
  })
}

/** A node that is known for certain. */
export interface Anchor {
  readonly layer: number
  readonly hash: Uint8Array
}

/** Whether the answer to `range` leads to `anchor`: the run's root, joined with the uncles, is that very node. */
export function isProven(range: HashRange, hashes: Uint8Array, anchor: Anchor): boolean {
  const { baseLayer, index, length } = range
  const uncles = uncleCount(range)
  const runLayer = baseLayer + log2(length)
  if (hashes.length !== (length + uncles) * HASH_BYTES || runLayer + uncles !== anchor.layer) return false
  let node = merkleRoot(hashes.subarray(0, length * HASH_BYTES), baseLayer, length)
  let place = index / length
  for (let n = length; n < length + uncles; n++) {
    const uncle = hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES)
    node = place % 2 === 0 ? hashPair(node, uncle) : hashPair(uncle, node)
    place = Math.floor(place / 2)
  }
  return equalBytes(node, anchor.hash)
}

/**
 * The answer to a hash request that `isRangeOf` accepts.
 * @param node looks up a node of the file's tree; undefined where it is not known
 * @returns the run, then its uncles; undefined when one of them is not known
 */
export function answerRange(
  range: HashRange,
  node: (layer: number, index: number) => Uint8Array | undefined,
): Uint8Array | undefined {
  const { baseLayer, index, length } = range
  const hashes: Uint8Array[] = []
  for (let n = 0; n < length; n++) {
    const hash = node(baseLayer, index + n)
    if (hash === undefined) return undefined
    hashes.push(hash)
  }
  const uncles = uncleCount(range)
  let layer = baseLayer + log2(length)
  let place = index / length
  for (let n = 0; n < uncles; n++, layer++, place = Math.floor(place / 2)) {
    const uncle = node(layer, place % 2 === 0 ? place + 1 : place - 1)
    if (uncle === undefined) return undefined
    hashes.push(uncle)
  }
  return concatBytes(hashes)
}

/** Hashes of v2 trees (BEP 52) by WebCrypto alone: the worker has no room for a library that does it synchronously. */
import { concatBytes } from '../../metainfo/bytes.ts'
import { powerOfTwoAtLeast } from '../../metainfo/layout.ts'
import { HASH_BYTES } from '../../metainfo/merkle.ts'
import { BLOCK_BYTES } from '../../options.ts'

/** What stands for a block past the end. */
const NO_BLOCK = new Uint8Array(HASH_BYTES)

/** The hash of a piece. @param widthBytes that its subtree spans: the piece length, or the length of a file that is shorter */
export async function rootOfPiece(piece: Uint8Array, widthBytes: number): Promise<Uint8Array> {
  const leaves = await Promise.all(partsOf(piece, BLOCK_BYTES).map(sha256))
  return rootOver(leaves, powerOfTwoAtLeast(widthBytes / BLOCK_BYTES), NO_BLOCK)
}

/** The hash of a file from those of its pieces. */
export async function rootOfLayer(layer: Uint8Array, pieceLength: number): Promise<Uint8Array> {
  const noPiece = await rootOver([NO_BLOCK], pieceLength / BLOCK_BYTES, NO_BLOCK)
  return rootOver(partsOf(layer, HASH_BYTES), powerOfTwoAtLeast(layer.length / HASH_BYTES), noPiece)
}

async function rootOver(hashes: readonly Uint8Array[], width: number, pad: Uint8Array): Promise<Uint8Array> {
  for (; width > 1; width /= 2) {
    const pairs = partsOf(hashes, 2).map(([left, right = pad]) => sha256(concatBytes([left!, right])))
    pad = await sha256(concatBytes([pad, pad]))
    hashes = await Promise.all(pairs)
  }
  return hashes[0]!
}

/** Slices of so many items, the last one shorter. */
export function partsOf<List extends { readonly length: number; slice(start: number, end: number): List }>(
  list: List,
  length: number,
): List[] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, i) => list.slice(i * length, (i + 1) * length))
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

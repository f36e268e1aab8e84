/** Hashes what travels of a file: the root of its Merkle tree and the hashes of its pieces (BEP 52). */
import { ShoalError } from '../../errors.ts'
import { hashPiece } from '../../hashing.ts'
import { powerOfTwoAtLeast } from '../../metainfo/layout.ts'
import { HASH_BYTES, rootOfPieceLayer } from '../../metainfo/merkle.ts'
import { BLOCK_BYTES } from '../../options.ts'
import { BULK_BYTES_ABOVE } from '../../site/limits.ts'
import { contentPieceLength, type HashedContent } from '../../site/manifest-encode.ts'
import { type BlobLike, readBlob } from '../../store/blob-like.ts'

/** Pieces of one file that are read and hashed at a time. */
const PIECES_IN_FLIGHT = 8

export interface HashOptions {
  readonly signal: AbortSignal
  /** Told of every piece: its bytes. */
  readonly onBytes: (bytes: number) => void
  /** SHA-1s too, which a v1 half has of what is no bulk file. @default false */
  readonly wantsSha1?: boolean
}

/**
 * @param data at least a byte
 * @throws ShoalError `file-changed`, `aborted`
 */
export async function hashContent(
  data: BlobLike,
  { signal, onBytes, wantsSha1 = false }: HashOptions,
): Promise<HashedContent> {
  const length = data.size
  const pieceLength = contentPieceLength(length)
  const leafCount = powerOfTwoAtLeast(Math.ceil(Math.min(length, pieceLength) / BLOCK_BYTES))
  const pieceCount = Math.ceil(length / pieceLength)
  const layer = new Uint8Array(pieceCount * HASH_BYTES)
  const sha1s = wantsSha1 && length <= BULK_BYTES_ABOVE ? new Uint8Array(pieceCount * 20) : undefined
  let next = 0
  async function hashPieces(): Promise<void> {
    while (next < pieceCount) {
      if (signal.aborted) throw new ShoalError('aborted', 'The build was stopped.', { cause: signal.reason })
      const piece = next++
      const bytes = await readBlob(data.slice(piece * pieceLength, Math.min((piece + 1) * pieceLength, length)))
      const { root, sha1 } = await hashPiece(bytes, { leafCount, sha1Bytes: sha1s === undefined ? 0 : pieceLength })
      layer.set(root!, piece * HASH_BYTES)
      if (sha1 !== undefined) sha1s?.set(sha1, piece * 20)
      onBytes(bytes.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(PIECES_IN_FLIGHT, pieceCount) }, hashPieces))
  } finally {
    next = pieceCount
  }
  if (pieceCount === 1) return { length, piecesRoot: layer, layer: undefined, sha1s }
  return { length, piecesRoot: rootOfPieceLayer(layer, pieceLength), layer, sha1s }
}

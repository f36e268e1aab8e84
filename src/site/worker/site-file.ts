/** A listed file as pieces: what they must hash to, which of them are in the store, and their way there and back. */
import { toHex } from '../../metainfo/bytes.ts'
import { HASH_BYTES } from '../../metainfo/merkle.ts'
import { layerKey, pieceKey } from '../keys.ts'
import type { Listed } from '../table.ts'
import { partsOf, rootOfLayer, rootOfPiece } from './digest.ts'
import { findKeys, keepBytes, readBytes } from './shelf.ts'

export interface SiteFile {
  readonly listed: Listed
  readonly pieceCount: number
  /** The store holds a piece, whichever. */
  readonly hasAny: boolean
  /** Of its pieces, in hex. Rejects where they are not in the store: nothing can be verified then. */
  readonly hashes: Promise<readonly string[]>
  lengthOf(piece: number): number
  /** The store says so; reading it may still be a miss. */
  holds(piece: number): boolean
  isGenuine(piece: number, bytes: Uint8Array): Promise<boolean>
  /** Verified now; undefined when it is not there, or not what it should be. */
  readPiece(piece: number): Promise<Uint8Array | undefined>
  /** Keeps a genuine piece. Rejects where it is not kept, which is nobody's loss. */
  keepPiece(piece: number, bytes: Uint8Array): Promise<void>
}

/** @throws where there is no store */
export async function openFile(listed: Listed, scope: string): Promise<SiteFile> {
  const { rootHex, pieceBytes, storedBytes } = listed
  const pieceCount = Math.ceil(storedBytes / pieceBytes)
  const readHashes = async (): Promise<string[]> => {
    if (pieceCount === 1) return [rootHex]
    const layer = await readBytes(layerKey(scope, rootHex))
    if (toHex(await rootOfLayer(layer, pieceBytes)) !== rootHex) throw new Error()
    return partsOf(layer, HASH_BYTES).map(toHex)
  }
  const hashes = readHashes()
  // Who has no use for the file has none for them.
  hashes.catch(() => {})
  const keys = await findKeys(`${scope}/${rootHex}/`)
  const lengthOf = (piece: number): number => Math.min(pieceBytes, storedBytes - piece * pieceBytes)
  const keyOf = (piece: number): string => pieceKey(scope, rootHex, piece * pieceBytes, lengthOf(piece))
  const holds = (piece: number): boolean => keys.has(keyOf(piece))
  const isGenuine = async (piece: number, bytes: Uint8Array): Promise<boolean> => {
    if (bytes.length !== lengthOf(piece)) return false
    return toHex(await rootOfPiece(bytes, lengthOf(0))) === (await hashes)[piece]
  }
  return {
    listed,
    pieceCount,
    hasAny: keys.size > 0,
    hashes,
    lengthOf,
    holds,
    isGenuine,
    async readPiece(piece) {
      const bytes = holds(piece) && (await readBytes(keyOf(piece)).catch(() => undefined))
      return bytes && (await isGenuine(piece, bytes)) ? bytes : undefined
    },
    keepPiece: (piece, bytes) => keepBytes(keyOf(piece), bytes),
  }
}

/**
 * Bulk files: each larger one is a single-file v2 torrent whose info dict follows from the site's key, the file's root, its length and its
 * piece length alone. So it is the same swarm in every deploy. FORMAT.md, "Bulk".
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { encode } from '../metainfo/bencode.ts'
import { toHex } from '../metainfo/bytes.ts'
import { SITE_NAMES } from './limits.ts'

export interface BulkFile {
  /** Of the Merkle tree, 32 bytes. */
  readonly piecesRoot: Uint8Array
  /** Bytes. */
  readonly length: number
  readonly pieceLength: number
}

const PIECE_LENGTH_MIN = 256 * 1024
/** One IndexedDB value. */
const PIECE_LENGTH_MAX = 1024 * 1024
/** So many pieces keep the list of their hashes at 32 KiB. */
const PIECES_MAX = 1024

/** Bytes of a piece, by the file's length alone. */
export function bulkPieceLength(lengthBytes: number): number {
  let pieceLength = PIECE_LENGTH_MIN
  while (pieceLength < PIECE_LENGTH_MAX && lengthBytes > pieceLength * PIECES_MAX) pieceLength *= 2
  return pieceLength
}

/** The canonical info dict. @param siteKey see `siteKeyOf` */
export function bulkInfo(siteKey: Uint8Array, { piecesRoot, length, pieceLength }: BulkFile): Uint8Array {
  const name = toHex(piecesRoot)
  return encode({
    'file tree': { [name]: { '': { length, 'pieces root': piecesRoot } } },
    'meta version': 2,
    name,
    'piece length': pieceLength,
    'shoal site': siteKey,
  })
}

/** v2 infohash, 32 bytes. */
export function bulkInfoHash(siteKey: Uint8Array, file: BulkFile): Uint8Array {
  return sha256(bulkInfo(siteKey, file))
}

/** Where its .torrent lies, which has the hashes of its pieces: relative to the base. */
export function bulkTorrentPath(infoHash: Uint8Array): string {
  return `${SITE_NAMES.bulk}/${toHex(infoHash.subarray(0, 20))}.torrent`
}

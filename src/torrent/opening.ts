/** Opens the place where a torrent's pieces rest: the user's own files, the store, or memory where the store fails. */
import { type ShoalError, toShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { PieceStore, Store } from '../ports.ts'
import { blobPieces, type OwnFile } from '../store/blobs.ts'
import { memoryStore } from '../store/memory.ts'

export interface OpeningOptions {
  readonly layout: Layout
  /** Hex of the 20-byte wire infohash. */
  readonly infoHash: string
  /** The user's own files, when seeding. */
  readonly files: readonly OwnFile[] | undefined
  readonly store: Store
  readonly warn: (error: ShoalError) => void
}

export async function openPieces({ layout, infoHash, files, store, warn }: OpeningOptions): Promise<PieceStore> {
  if (files !== undefined) return blobPieces(layout, files, { onError: warn })
  try {
    return await store.open({ infoHash, layout })
  } catch (error) {
    // Private windows and full disks: the download goes on, and is gone with the page.
    warn(toShoalError(error, 'Pieces are kept in memory: the store does not open.'))
    return memoryStore().open({ infoHash, layout })
  }
}

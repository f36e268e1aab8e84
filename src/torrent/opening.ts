/**
 * Opens what a torrent lives on: its session in the swarm, and the place where its pieces rest (the user's own files, the
 * store, or memory where the store fails).
 */
import type { EngineOptions } from './engine-options.ts'
import { type ShoalError, toShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import type { Metainfo } from '../metainfo/metainfo.ts'
import type { PieceStore, Store } from '../ports.ts'
import { Session, type SessionEvents } from '../session.ts'
import { expectedHashes } from './sources.ts'
import { blobPieces, type OwnFile } from '../store/blobs.ts'
import { memoryStore } from '../store/memory.ts'
import { Vault } from '../vault.ts'

/** What is known of a torrent when its swarm is joined. */
export interface Known {
  /** 20 bytes. */
  readonly wireInfoHash: Uint8Array
  readonly metainfo: Metainfo | undefined
  readonly magnet: Magnet | undefined
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
}

export function openSession(options: EngineOptions, known: Known, events: SessionEvents): Session {
  const { peerId, random, network, origin, clock } = options
  const { wireInfoHash, metainfo, magnet, trackers, webSeeds } = known
  const swarm = { peerId, random, expected: expectedHashes(magnet), webSeeds, ...(metainfo && { metainfo }) }
  return new Session({ swarm, network, origin, wireInfoHash, trackers, clock }, events)
}

export interface OpeningOptions {
  readonly layout: Layout
  /** Hex of the 20-byte wire infohash. */
  readonly infoHash: string
  /** The user's own files, when seeding. */
  readonly files: readonly OwnFile[] | undefined
  readonly store: Store
  /** The piece's SHA-256 subtree root, as far as it is known. */
  readonly root: (piece: number) => Uint8Array | undefined
  readonly warn: (error: ShoalError) => void
}

export async function openVault(options: OpeningOptions): Promise<Vault> {
  const { layout, infoHash, root, warn } = options
  // Content is shared within one torrent only, so that nobody can probe what else is stored.
  return new Vault({ layout, infoHash, scope: infoHash, store: await openPieces(options), root, onRefused: warn })
}

async function openPieces({ layout, infoHash, files, store, warn }: OpeningOptions): Promise<PieceStore> {
  if (files !== undefined) return blobPieces(layout, files, { onError: warn })
  try {
    return await store.open({ infoHash, layout })
  } catch (error) {
    // Private windows and full disks: the download goes on, and is gone with the page.
    warn(toShoalError(error, 'Pieces are kept in memory: the store cannot be opened.'))
    return memoryStore().open({ infoHash, layout })
  }
}

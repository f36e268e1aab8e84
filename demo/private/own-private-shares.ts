/**
 * The private shares that were sent from this browser, across reloads: in a database of this page's own, for the library's
 * store would keep what it seeds as it is. A share is seeded again from the files themselves, or from the browser's copy.
 */
import { createStore, del, get, keys, set } from 'idb-keyval'
import type { Shoal, Torrent } from '../shoal.min.js'
import type { PlainBlob } from './cipher-blob.ts'
import { cipherFiles } from './cipher-files.ts'
import { cipherStore } from './cipher-store.ts'
import { openListing, readEnvelope } from './envelope.ts'
import { type KeyMaterial, SECRET_BYTES } from './keys.ts'
import { openSealed, type PrivateShare, type SealedShare } from './private-share.ts'

/** Why a file of a remembered share is not sent at the moment. */
export type FileTrouble =
  | 'changed' // it is another file now, and as it is now a new share: this one stays what it was
  | 'permission' // the browser wants to be asked again, which takes a click: `restore` again after that
  | 'gone' // it was moved, deleted, or cannot be read

export interface OwnPrivateShare extends PrivateShare {
  readonly torrent: Torrent
  readonly secret: Uint8Array<ArrayBuffer>
  /** Files that are not sent at the moment, by their path in `files`; more when a read finds one changed. */
  readonly troubles: ReadonlyMap<string, FileTrouble>
  /** Handles whose permission is to be asked for, in a click's handler: `handle.requestPermission({ mode: 'read' })`. */
  readonly askable: readonly FileSystemFileHandle[]
}

/** What was chosen: `ChosenFile` is one. */
export interface OwnSource {
  readonly data: Blob
  /** Remembered in place of the bytes. */
  readonly handle?: FileSystemFileHandle
}

export interface OwnPrivateShares {
  /** @param infoHash 64 hex digits */
  has(infoHash: string): Promise<boolean>
  /** Infohashes, 64 hex digits each. */
  all(): Promise<string[]>
  /**
   * Remembers a share that is `ready`. Files without a handle are copied by the browser, which takes time.
   * @param chosen as they were given to `sealFiles`, in that order
   */
  remember(share: SealedShare, chosen: readonly OwnSource[]): Promise<void>
  /**
   * Seeds a remembered share again. Nothing is hashed: what changed meanwhile shows when it is read, and is not sent.
   * @returns undefined when it is not remembered
   * @throws ShoalError `duplicate-torrent`, `closed`
   */
  restore(shoal: Pick<Shoal, 'add'>, infoHash: string): Promise<OwnPrivateShare | undefined>
  forget(infoHash: string): Promise<void>
}

interface RememberedFile {
  readonly data: Blob | FileSystemFileHandle
  /** As it was when it was sealed. */
  readonly size: number
  /** Milliseconds since the epoch, where the browser says. */
  readonly lastModified?: number
}

/** What it takes to seed a share again. */
export interface RememberedShare {
  readonly metainfo: Uint8Array
  /** With the stretched password, never the password. */
  readonly material: KeyMaterial
  readonly envelope: Uint8Array<ArrayBuffer>
  readonly files: readonly RememberedFile[]
}

/** Where shares are remembered, by their infohash. */
export interface ShareDatabase {
  get(infoHash: string): Promise<RememberedShare | undefined>
  set(infoHash: string, share: RememberedShare): Promise<void>
  delete(infoHash: string): Promise<void>
  keys(): Promise<string[]>
}

/** In IndexedDB, which holds files and their handles. */
export function shareDatabase(name = 'shoal-private-shares'): ShareDatabase {
  const store = createStore(name, 'shares')
  return {
    get: infoHash => get(infoHash, store),
    set: (infoHash, share) => set(infoHash, share, store),
    delete: infoHash => del(infoHash, store),
    keys: () => keys(store),
  }
}

export function ownPrivateShares(database: ShareDatabase = shareDatabase()): OwnPrivateShares {
  return {
    has: async infoHash => (await database.keys()).includes(infoHash),
    all: () => database.keys(),
    async remember({ torrent, material, envelope }, chosen) {
      const files = chosen.map(describe)
      await database.set(torrent.infoHash, { metainfo: torrent.metainfo, material, envelope, files })
    },
    async restore(shoal, infoHash) {
      const share = await database.get(infoHash)
      return share && restoreShare(shoal, share)
    },
    forget: infoHash => database.delete(infoHash),
  }
}

function describe({ data, handle }: OwnSource): RememberedFile {
  const { size } = data
  return { data: handle ?? data, size, ...(data instanceof File && { lastModified: data.lastModified }) }
}

async function restoreShare(shoal: Pick<Shoal, 'add'>, remembered: RememberedShare): Promise<OwnPrivateShare> {
  const { metainfo, material, envelope, files } = remembered
  const listing = await openListing(readEnvelope(envelope), material)
  const found = await Promise.all(files.map(findFile))
  const contents = found.map(content => (typeof content === 'string' ? undefined : content))
  const sealed = cipherFiles({ material, envelope, contents })
  // Nothing is wanted: what is missing here is the person's own, and not to be fetched from others.
  const torrent = shoal.add(metainfo, { store: cipherStore(number => sealed[number]), select: 'none' })
  const share = await openSealed({ torrent, listing, material })
  return {
    ...share,
    torrent,
    secret: material.slice(0, SECRET_BYTES),
    askable: files.flatMap(({ data }, i) => (found[i] === 'permission' && !(data instanceof Blob) ? [data] : [])),
    get troubles() {
      const troubles = new Map<string, FileTrouble>()
      for (const [i, { path, progress }] of share.files.entries()) {
        const content = found[i]
        // All of it was here: what is missing now did not match when it was read.
        const trouble = typeof content === 'string' ? content : progress < 1 ? 'changed' : undefined
        if (trouble !== undefined) troubles.set(path, trouble)
      }
      return troubles
    },
  }
}

/** As Chromium has it. */
type AskingHandle = FileSystemFileHandle & { queryPermission?(mode: { mode: 'read' }): Promise<PermissionState> }

/** A remembered file as it was, or why it cannot be read. */
async function findFile({ data, size, lastModified }: RememberedFile): Promise<PlainBlob | FileTrouble> {
  let file: Blob
  if (data instanceof Blob) file = data
  else {
    const state = (await (data as AskingHandle).queryPermission?.({ mode: 'read' })) ?? 'granted'
    if (state !== 'granted') return 'permission'
    try {
      file = await data.getFile()
    } catch {
      return 'gone'
    }
  }
  const isSame = file.size === size && (!(file instanceof File) || file.lastModified === lastModified)
  return isSame ? file : 'changed'
}

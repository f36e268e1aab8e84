/**
 * The store of Node: torrents as files in a folder, where people want them, and what is remembered of them beside.
 */
import { join, resolve } from 'node:path'
import { ShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { PieceStore, Store, TorrentRecord } from '../ports.ts'
import { ConfinedFolder, isInside } from './confined-folder.ts'
import { FileHandles } from './file-handles.ts'
import { FilePieces } from './file-pieces.ts'
import { TorrentRecords } from './torrent-records.ts'

export interface FileStoreOptions {
  /** Where the files go; made when absent. */
  readonly directory: string
  /** Where torrents are remembered. @default `.shoal` in `directory` */
  readonly stateDirectory?: string
}

/**
 * A store of plain files. Its pieces have `recheck` set: the session hashes what is there, so that a second run resumes after
 * any kind of end.
 *
 * Nothing outside the two directories is ever read or written. A file that lies in the way is overwritten, as the torrent
 * says. `remember` keeps the metainfo and not the sources: files on disk are found again by their paths.
 * @throws ShoalError `store-failed`, `quota`, `invalid-path` from its methods
 */
export function fileStore({ directory, stateDirectory }: FileStoreOptions): Store {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new ShoalError('invalid-argument', 'fileStore needs a directory to put files in.')
  }
  return new FileStore(resolve(directory), resolve(stateDirectory ?? join(directory, '.shoal')))
}

class FileStore implements Store {
  readonly #folder: ConfinedFolder
  readonly #stateDirectory: string
  readonly #records: TorrentRecords
  readonly #handles: FileHandles
  /** Places that open torrents write to, folded, with the torrent's infohash. */
  readonly #places = new Map<string, string>()
  readonly #open = new Set<PieceStore>()
  #isClosed = false

  constructor(directory: string, stateDirectory: string) {
    this.#folder = new ConfinedFolder(directory)
    this.#stateDirectory = stateDirectory
    this.#records = new TorrentRecords(stateDirectory)
    this.#handles = new FileHandles({ open: (path, mode) => this.#folder.open(path, mode) })
  }

  async open({ infoHash, layout }: { infoHash: string; layout: Layout }): Promise<PieceStore> {
    this.#assertOpen()
    const release = this.#claim(infoHash, layout)
    try {
      await this.#folder.create()
      const pieces = new FilePieces({
        layout,
        folder: this.#folder,
        handles: this.#handles,
        onClose: () => {
          release()
          this.#open.delete(pieces)
        },
      })
      await pieces.createEmptyFiles()
      this.#open.add(pieces)
      return pieces
    } catch (error) {
      release()
      throw error
    }
  }

  async remember(record: TorrentRecord): Promise<void> {
    this.#assertOpen()
    await this.#records.write(record)
  }

  async recall(infoHash: string): Promise<TorrentRecord | undefined> {
    this.#assertOpen()
    return this.#records.read(infoHash)
  }

  async recallAll(): Promise<TorrentRecord[]> {
    this.#assertOpen()
    return this.#records.readAll()
  }

  async forget(infoHash: string): Promise<void> {
    this.#assertOpen()
    await this.#records.remove(infoHash)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#open].map(pieces => pieces.close()))
    await this.#handles.close()
  }

  /** Two torrents must not write one file, and none what is remembered. Returns how to give the places back. */
  #claim(infoHash: string, layout: Layout): () => void {
    const stateDirectory = folded(this.#stateDirectory)
    const claimed: string[] = []
    const release = () => {
      for (const place of claimed) this.#places.delete(place)
    }
    for (const { path } of layout.files) {
      const place = folded(this.#folder.place(path))
      const owner = this.#places.get(place)
      if (owner !== undefined) {
        release()
        const message = `Another open torrent already writes ${path} in ${this.#folder.root}. Choose another folder for this one.`
        throw new ShoalError('store-failed', message, { details: { path, infoHash, owner } })
      }
      if (place === stateDirectory || isInside(place, stateDirectory)) {
        release()
        const message = `"${path}" lies where Shoal remembers torrents. Choose another folder, or another stateDirectory.`
        throw new ShoalError('invalid-path', message, { details: { path, infoHash } })
      }
      this.#places.set(place, infoHash)
      claimed.push(place)
    }
    return release
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ShoalError('closed', 'The store was closed; open a new client to go on.')
  }
}

/** One spelling for names that some file systems take for the same. */
function folded(place: string): string {
  return place.normalize('NFC').toLowerCase()
}

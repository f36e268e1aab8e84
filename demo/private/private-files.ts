/** The files of a private share as the page handles them: true names and lengths over the torrent's numbered files. */
import type { SharedFile } from '../shared-file.ts'
import type { StreamOptions, Torrent, TorrentFile } from '../shoal.min.js'
import { PrivateShareError } from './errors.ts'
import { fileKey, type KeyMaterial } from './keys.ts'
import type { ListedFile, Listing } from './listing.ts'
import { paddedLength } from './padding.ts'
import { plainStream } from './plain-stream.ts'
import { cipherLength } from './records.ts'

export interface PrivateFile extends SharedFile {
  /** MIME type, or '' where none is known. As the sender says: nothing to run anything by. */
  readonly type: string
}

/** File 0 of a torrent, when its files are numbered 0, 1, … as those of a private share are. */
export function listingFile(torrent: Torrent): TorrentFile | undefined {
  return numberedFiles(torrent)?.[0]
}

/**
 * @param torrent whose file list is known
 * @param material with the password mixed in, if there is one
 * @throws PrivateShareError `bad-listing` when the listing tells of other files than the torrent has
 */
export function privateFiles(torrent: Torrent, listing: Listing, material: KeyMaterial): PrivateFile[] {
  const [, ...sealed] = numberedFiles(torrent) ?? []
  if (sealed.length !== listing.files.length) {
    throw new PrivateShareError('bad-listing', 'The list of files tells of more or fewer files than there are.')
  }
  return listing.files.map((file, i) => {
    if (sealed[i]!.length !== cipherLength(paddedLength(file.length))) {
      throw new PrivateShareError('bad-listing', `The list of files gives a wrong length for ${file.path}.`)
    }
    return new OpenedFile(
      file,
      sealed[i]!,
      onceAsked(() => fileKey(material, i + 1)),
    )
  })
}

class OpenedFile implements PrivateFile {
  readonly path: string
  readonly name: string
  readonly length: number
  readonly type: string
  readonly #sealed: TorrentFile
  readonly #key: () => Promise<CryptoKey>

  constructor({ path, length, type }: ListedFile, sealed: TorrentFile, key: () => Promise<CryptoKey>) {
    this.path = path
    this.name = path.slice(path.lastIndexOf('/') + 1)
    this.length = length
    this.type = type
    this.#sealed = sealed
    this.#key = key
  }

  get progress(): number {
    return this.#sealed.progress
  }

  get priority(): number {
    return this.#sealed.priority
  }

  select(priority?: number): void {
    this.#sealed.select(priority)
  }

  deselect(): void {
    this.#sealed.deselect()
  }

  stream({ start = 0, end = this.length, signal }: StreamOptions = {}): ReadableStream<Uint8Array> {
    if (end > this.length) {
      throw new PrivateShareError('invalid-argument', `${this.path} has ${this.length} bytes, not ${end}.`)
    }
    return plainStream({ source: this.#sealed, key: this.#key, start, end, signal })
  }
}

/** In the order of their numbers: a torrent sorts "10" before "2". Undefined where a number is missing or a name is none. */
function numberedFiles({ files, name }: Torrent): TorrentFile[] | undefined {
  const byPath = new Map(files.map(file => [file.path, file]))
  const numbered: TorrentFile[] = []
  for (let number = 0; number < files.length; number++) {
    const file = byPath.get(`${name}/${number}`)
    if (file === undefined) return undefined
    numbered.push(file)
  }
  return numbered
}

function onceAsked(key: () => Promise<CryptoKey>): () => Promise<CryptoKey> {
  let asked: Promise<CryptoKey> | undefined
  return () => (asked ??= key())
}

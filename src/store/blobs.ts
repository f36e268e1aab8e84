/**
 * The user's own files as a store of pieces: seeding reads slices of them on demand, so that nothing is copied and memory
 * stays flat at any file size.
 */
import { assert, ShoalError } from '../errors.ts'
import type { FileSlice, Layout } from '../metainfo/layout.ts'
import { STORE_LIMITS } from '../options.ts'
import type { PieceRef, PieceStore } from '../ports.ts'
import type { BlobLike } from './blob-like.ts'
import { ReadAhead } from './read-ahead.ts'
import { closedStore } from './refusals.ts'

export interface OwnFile {
  /** As in the layout. */
  readonly path: string
  readonly data: BlobLike | Uint8Array
}

export interface BlobPiecesOptions {
  /** Told once for each file that is not, or no longer, what the torrent says: `file-changed`. */
  readonly onError?: (error: ShoalError) => void
}

/**
 * A read-only piece store over files, matched with the layout's by path. Files may be missing: their pieces are not there.
 * A file that changed or cannot be read makes its pieces misses from then on. `write` and `remove` are broken invariants.
 */
export function blobPieces(layout: Layout, files: readonly OwnFile[], options: BlobPiecesOptions = {}): PieceStore {
  return new BlobPieces(layout, files, options)
}

class BlobPieces implements PieceStore {
  /** What was hashed to make the torrent needs no second look; what changed since shows when it is read. */
  readonly recheck = false
  readonly #layout: Layout
  /** Readable files by their index in the layout. */
  readonly #files = new Map<number, BlobLike | Uint8Array>()
  readonly #ahead = new ReadAhead(STORE_LIMITS.readAheadRangesMax)
  readonly #onError: (error: ShoalError) => void
  #isClosed = false

  constructor(layout: Layout, files: readonly OwnFile[], { onError = () => {} }: BlobPiecesOptions) {
    this.#layout = layout
    this.#onError = onError
    const dataByPath = new Map(files.map(({ path, data }) => [path, data]))
    for (const [file, { path, length }] of layout.files.entries()) {
      const data = dataByPath.get(path)
      if (data === undefined) continue
      this.#files.set(file, data)
      const size = sizeOf(data)
      if (size !== length) this.#giveUp(file, new Error(`it has ${size} bytes, the torrent says ${length}`))
    }
  }

  async has(refs: readonly PieceRef[]): Promise<boolean[]> {
    this.#assertOpen()
    return refs.map(({ slices }) => slices.every(({ file }) => this.#files.has(file)))
  }

  async read({ length, slices }: PieceRef): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    const parts = await Promise.all(slices.map(slice => this.#readSlice(slice)))
    if (parts.length === 1 && parts[0]?.length === length) return parts[0]
    // What no slice covers is padding: zeros.
    const piece = new Uint8Array(length)
    for (const [index, part] of parts.entries()) {
      if (part === undefined) return undefined
      piece.set(part, slices[index]!.pieceOffset)
    }
    return piece
  }

  async write(): Promise<void> {
    assert(false, 'nothing is written to files that are being seeded')
  }

  async remove(): Promise<void> {
    assert(false, 'nothing is removed from files that are being seeded')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#files.clear()
    this.#ahead.clear()
  }

  async #readSlice({ file, offset, length }: FileSlice): Promise<Uint8Array | undefined> {
    const data = this.#files.get(file)
    if (data === undefined) return undefined
    if (data instanceof Uint8Array) return data.slice(offset, offset + length)
    try {
      const bytes = await this.#readBlob(data, { file, offset, length })
      if (bytes.length !== length) throw new Error(`${length} bytes at ${offset} read as ${bytes.length}`)
      return bytes
    } catch (error) {
      this.#giveUp(file, error)
      return undefined
    }
  }

  async #readBlob(data: BlobLike, { file, offset, length }: Omit<FileSlice, 'pieceOffset'>): Promise<Uint8Array> {
    if (length === data.size) return new Uint8Array(await data.arrayBuffer())
    const { readAheadBytes } = STORE_LIMITS
    const index = Math.floor(offset / readAheadBytes)
    const begin = index * readAheadBytes
    const end = Math.min(data.size, begin + readAheadBytes)
    if (length <= readAheadBytes / 2 && offset + length <= end) {
      const range = this.#ahead.use(`${file}/${index}`, () => readRange(data, begin, end))
      // A copy: a view would keep the whole range in memory.
      if (range !== undefined) return (await range).slice(offset - begin, offset - begin + length)
    }
    return readRange(data, offset, offset + length)
  }

  /** Browsers say NotReadableError of a File whose disk file has another size or time than when it was chosen. */
  #giveUp(file: number, cause: unknown): void {
    if (!this.#files.delete(file)) return
    if (cause instanceof ShoalError) {
      this.#onError(cause)
      return
    }
    const { path } = this.#layout.files[file]!
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `${path} is no longer the file that was shared (${why}). Share it again to seed what it is now.`
    this.#onError(new ShoalError('file-changed', message, { cause, details: { path } }))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}

async function readRange(data: BlobLike, begin: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await data.slice(begin, end).arrayBuffer())
}

function sizeOf(data: BlobLike | Uint8Array): number {
  return data instanceof Uint8Array ? data.length : data.size
}

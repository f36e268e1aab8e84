/**
 * The user's own files as a store of pieces: seeding reads slices of them on demand, so that nothing is copied and memory
 * stays flat at any file size.
 */
import { messageOf, ShoalError } from '../errors.ts'
import type { FileSlice, Layout } from '../metainfo/layout.ts'
import { STORE_LIMITS } from '../options.ts'
import type { PieceStore } from '../ports.ts'
import { type BlobLike, readBlob } from './blob-like.ts'
import { ReadAhead } from './read-ahead.ts'
import { closedStore } from './refusals.ts'

export interface OwnFile {
  /** As in the layout. */
  readonly path: string
  readonly data: BlobLike | Uint8Array
  /** Where `data` was read from: with `keep` it is remembered in place of a copy of the bytes. */
  readonly handle?: FileSystemFileHandle | undefined
}

export interface BlobPiecesOptions {
  /** Told once for each file that is not, or no longer, what the torrent says: `file-changed`. */
  readonly onError?: (error: ShoalError) => void
  /** All pieces are read, once and in order: more is read at a time. What is read is a view of it. @default false */
  readonly isInOrder?: boolean
}

/**
 * A read-only piece store over files, matched with the layout's by path. Files may be missing: their pieces are not there.
 * A file that changed or cannot be read makes its pieces misses from then on.
 */
export function blobPieces(
  layout: Layout,
  files: readonly OwnFile[],
  { onError = () => {}, isInOrder = false }: BlobPiecesOptions = {},
): PieceStore {
  /** Readable files by their index in the layout. */
  const readable = new Map<number, BlobLike | Uint8Array>()
  const rangeBytes = isInOrder ? STORE_LIMITS.readInOrderBytes : STORE_LIMITS.readAheadBytes
  // In order two are enough: pieces are read together where one range ends and the next begins.
  const ahead = new ReadAhead(isInOrder ? 2 : STORE_LIMITS.readAheadRangesMax, isInOrder)
  let isClosed = false

  /** Browsers say NotReadableError of a File whose disk file has another size or time than when it was chosen. */
  function giveUp(file: number, cause: unknown): void {
    if (!readable.delete(file)) return
    if (cause instanceof ShoalError) return onError(cause)
    const { path } = layout.files[file]!
    const message = `${path} is no longer the file that was shared (${messageOf(cause)}). Share it again.`
    onError(new ShoalError('file-changed', message, { cause, details: { path } }))
  }

  async function readSlice({ file, offset, length }: FileSlice): Promise<Uint8Array | undefined> {
    const data = readable.get(file)
    if (data === undefined) return undefined
    if (data instanceof Uint8Array) return data.slice(offset, offset + length)
    try {
      const bytes = await readAhead(data, file, offset, length)
      if (bytes.length !== length) throw new Error(`${length} bytes at ${offset} read as ${bytes.length}`)
      return bytes
    } catch (error) {
      giveUp(file, error)
      return undefined
    }
  }

  async function readAhead(data: BlobLike, file: number, offset: number, length: number): Promise<Uint8Array> {
    const begin = offset - (offset % rangeBytes)
    const end = Math.min(data.size, begin + rangeBytes)
    if (length < data.size && length <= rangeBytes / 2 && offset + length <= end) {
      const range = await ahead.use(`${file}/${begin}`, () => readBlob(data.slice(begin, end)))
      const bytes = range?.subarray(offset - begin, offset - begin + length)
      // A view keeps the whole range in memory, which is little where each is used once.
      if (bytes !== undefined) return isInOrder ? bytes : bytes.slice()
    }
    return readBlob(data.slice(offset, offset + length))
  }

  function assertOpen(): void {
    if (isClosed) throw closedStore()
  }

  const dataByPath = new Map(files.map(({ path, data }) => [path, data]))
  for (const [file, { path, length }] of layout.files.entries()) {
    const data = dataByPath.get(path)
    if (data === undefined) continue
    readable.set(file, data)
    const size = data instanceof Uint8Array ? data.length : data.size
    if (size !== length) giveUp(file, new Error(`it has ${size} bytes, the torrent says ${length}`))
  }

  return {
    // What was hashed to make the torrent needs no second look; what changed since shows when it is read.
    recheck: false,
    async has(refs) {
      assertOpen()
      return refs.map(({ slices }) => slices.every(({ file }) => readable.has(file)))
    },
    async read({ length, slices }) {
      assertOpen()
      const parts = await Promise.all(slices.map(readSlice))
      if (parts.length === 1 && parts[0]?.length === length) return parts[0]
      // What no slice covers is padding: zeros.
      const piece = new Uint8Array(length)
      for (const [index, part] of parts.entries()) {
        if (part === undefined) return undefined
        piece.set(part, slices[index]!.pieceOffset)
      }
      return piece
    },
    async write() {
      throw new Error('the files that are shared are not written to')
    },
    /** They are the user's. */
    async remove() {},
    async close() {
      isClosed = true
      readable.clear()
      ahead.clear()
    },
  }
}

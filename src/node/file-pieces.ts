/**
 * The pieces of one torrent in the files themselves, at the places where they belong.
 *
 * A file grows as its pieces come (with holes, where the file system has them), so its size says little about what is in it:
 * the session hashes what is there at opening. That also is what makes a kill at any moment harmless.
 */
import type { FileHandle } from 'node:fs/promises'
import { ShoalError } from '../errors.ts'
import type { FileSlice, Layout } from '../metainfo/layout.ts'
import type { PieceRef, PieceStore } from '../ports.ts'
import type { ConfinedFolder } from './confined-folder.ts'
import type { FileHandles } from './file-handles.ts'
import { writeFailed } from './write-failed.ts'

export interface FilePiecesOptions {
  /** Where each file lies in the folder, and its length. */
  readonly layout: Pick<Layout, 'files'>
  readonly folder: ConfinedFolder
  /** Opens paths of `folder`. */
  readonly handles: FileHandles
  /** Called once, when the pieces are closed. */
  onClose(): void
}

export class FilePieces implements PieceStore {
  readonly recheck = true
  readonly #options: FilePiecesOptions
  /** Files that were cut to their length, where something longer lay in their place. */
  readonly #cut = new Map<number, Promise<void>>()
  readonly #working = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(options: FilePiecesOptions) {
    this.#options = options
  }

  /** Empty files have no piece that would make them. */
  async createEmptyFiles(): Promise<void> {
    const { layout, folder, handles } = this.#options
    for (const [file, { path, length }] of layout.files.entries()) {
      if (length > 0) continue
      try {
        await handles.use(path, 'write', handle => this.#cutOnce(file, handle))
      } catch (error) {
        throw await writeFailed(folder.place(path), error)
      }
    }
  }

  /** Whether the files reach as far as the pieces; what is in them is for the session to see. */
  async has(refs: readonly PieceRef[]): Promise<boolean[]> {
    this.#assertOpen()
    const sizes = new Map<number, Promise<number>>()
    const sizeOf = (file: number) => {
      const size = sizes.get(file) ?? this.#sizeOf(file)
      sizes.set(file, size)
      return size
    }
    const isThere = async ({ file, offset, length }: FileSlice): Promise<boolean> => {
      const size = await sizeOf(file)
      const end = offset + length
      const fileLength = this.#options.layout.files[file]!.length
      // The end of a file that is too long counts as missing: writing it cuts the file.
      return size >= end && !(end === fileLength && size > fileLength)
    }
    return this.#track(
      Promise.all(refs.map(async ({ slices }) => (await Promise.all(slices.map(isThere))).every(Boolean))),
    )
  }

  async read({ length, slices }: PieceRef): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    const { layout, handles } = this.#options
    // What no slice covers is padding: zeros.
    const piece = new Uint8Array(length)
    const readSlice = async (slice: FileSlice): Promise<boolean> => {
      const part = piece.subarray(slice.pieceOffset, slice.pieceOffset + slice.length)
      const path = layout.files[slice.file]!.path
      return handles.use(path, 'read', handle => readFully(handle, part, slice.offset)).catch(() => false)
    }
    const areWhole = await this.#track(Promise.all(slices.map(readSlice)))
    return areWhole.every(Boolean) ? piece : undefined
  }

  /** Files cannot take all or none: pieces that were written before an error stay, and are found by the next recheck. */
  async write(entries: readonly { ref: PieceRef; bytes: Uint8Array }[]): Promise<void> {
    this.#assertOpen()
    const writes = entries.flatMap(({ ref, bytes }) => ref.slices.map(slice => this.#writeSlice(slice, bytes)))
    const results = await this.#track(Promise.allSettled(writes))
    const failed = results.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /**
   * Does nothing: a piece cannot be taken out of a file. The same place may also be known by another key, as when a file's
   * root was checked and its pieces get names of their own.
   */
  async remove(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.allSettled(this.#working)
    this.#options.onClose()
  }

  async #writeSlice({ file, offset, length, pieceOffset }: FileSlice, bytes: Uint8Array): Promise<void> {
    const { layout, folder, handles } = this.#options
    const { path } = layout.files[file]!
    try {
      await handles.use(path, 'write', async handle => {
        await this.#cutOnce(file, handle)
        await writeFully(handle, bytes.subarray(pieceOffset, pieceOffset + length), offset)
      })
    } catch (error) {
      throw await writeFailed(folder.place(path), error)
    }
  }

  #cutOnce(file: number, handle: FileHandle): Promise<void> {
    const cutting = this.#cut.get(file) ?? cutTo(handle, this.#options.layout.files[file]!.length)
    this.#cut.set(file, cutting)
    cutting.catch(() => this.#cut.delete(file))
    return cutting
  }

  async #sizeOf(file: number): Promise<number> {
    return (await this.#options.folder.sizeOf(this.#options.layout.files[file]!.path)) ?? 0
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work)
    try {
      return await work
    } finally {
      this.#working.delete(work)
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ShoalError('closed', 'The store was closed; open a new client to go on.')
  }
}

async function cutTo(handle: FileHandle, length: number): Promise<void> {
  const { size } = await handle.stat()
  if (size > length) await handle.truncate(length)
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

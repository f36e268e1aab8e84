/** A run of bytes of a file on disk, like a Blob of the browser: nothing is read before it is asked for. */
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { messageOf, ShoalError } from '../errors.ts'
import { STORE_LIMITS } from '../options.ts'
import type { BlobLike } from '../store/blob-like.ts'
import type { FileHandles } from './file-handles.ts'

export interface DiskBlobSource {
  readonly place: string
  /** Of the moment when the file was listed. */
  readonly stats: BigIntStats
  readonly handles: FileHandles
}

/**
 * @throws ShoalError `file-changed` from every reading method, when the file has another size or time than when it was
 * listed, is gone, or cannot be read any more
 */
export class DiskBlob implements BlobLike {
  readonly size: number
  readonly #source: DiskBlobSource
  readonly #begin: number

  constructor(source: DiskBlobSource, begin = 0, end = Number(source.stats.size)) {
    this.#source = source
    this.#begin = begin
    this.size = end - begin
  }

  /** Bounds beyond the end are taken as the end. */
  slice(begin: number, end: number): DiskBlob {
    const from = clamp(begin, 0, this.size)
    const to = clamp(end, from, this.size)
    return new DiskBlob(this.#source, this.#begin + from, this.#begin + to)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size)
    await this.#read(bytes, 0)
    return bytes.buffer
  }

  stream(): ReadableStream<Uint8Array> {
    let position = 0
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          const bytes = new Uint8Array(Math.min(STORE_LIMITS.streamChunkBytes, this.size - position))
          await this.#read(bytes, position)
          if (bytes.length > 0) controller.enqueue(bytes)
          position += bytes.length
          if (position === this.size) controller.close()
        },
      },
      // Nothing is read ahead of who reads.
      { highWaterMark: 0 },
    )
  }

  async #read(into: Uint8Array, position: number): Promise<void> {
    const { place, handles } = this.#source
    try {
      await handles.use(place, 'read', async handle => {
        await readFully(handle, into, this.#begin + position)
        // After reading: what changed before and what changed meanwhile both show.
        this.#assertSame(await handle.stat({ bigint: true }))
      })
    } catch (error) {
      throw error instanceof ShoalError ? error : this.#changed(error)
    }
  }

  #assertSame(now: BigIntStats): void {
    const { size, mtimeNs } = this.#source.stats
    if (now.size !== size) throw this.#changed(new Error(`it had ${size} bytes and has ${now.size}`))
    if (now.mtimeNs !== mtimeNs) throw this.#changed(new Error('it was written to'))
  }

  #changed(cause: unknown): ShoalError {
    const { place } = this.#source
    const message = `${place} changed since it was listed (${messageOf(cause)}). Share it again to seed what it is now.`
    return new ShoalError('file-changed', message, { cause, details: { path: place } })
  }
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw new Error(`it ends at byte ${position + done}`)
    done += bytesRead
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high))
}

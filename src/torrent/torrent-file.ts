/** One file of a torrent, as a user holds it: its progress, whether it is wanted, and its bytes. */
import { ShoalError } from '../errors.ts'
import type { LayoutFile } from '../metainfo/layout.ts'
import { STREAM_DEFAULTS } from '../options.ts'
import type { TorrentEngine } from './engine.ts'
import { receivedBytes } from './views.ts'

export interface ReadOptions {
  /** Stops the read; what was fetched stays. */
  readonly signal?: AbortSignal
}

export interface StreamOptions extends ReadOptions {
  /** First byte. @default 0 */
  readonly start?: number
  /** Byte after the last one. @default the file's length */
  readonly end?: number
}

export interface FileUrlOptions {
  /** An address that saves the file, whatever it is; otherwise one that shows it, where that is safe. @default false */
  readonly download?: boolean
  /** Media type to show it as. @default by its name's extension */
  readonly type?: string
}

/** Gives files addresses: `FileUrls` of `shoal/urls` does. */
export interface FileAddresser {
  url(file: TorrentFile, options?: FileUrlOptions): string
}

export class TorrentFile {
  /** Gives all files of all clients their addresses: set it before `url()` is called. */
  static urls: FileAddresser
  /** '/'-joined and safe to write; a folder's files begin with its name. */
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  /** Bytes. */
  readonly length: number
  readonly #index: number
  readonly #engine: TorrentEngine

  /** @internal Made by its torrent. */
  constructor(file: LayoutFile, index: number, engine: TorrentEngine) {
    this.path = file.path
    this.name = file.path.slice(file.path.lastIndexOf('/') + 1)
    this.length = file.length
    this.#index = index
    this.#engine = engine
  }

  /** 0 to 1: how much of the file is verified. */
  get progress(): number {
    return this.length === 0 ? 1 : receivedBytes(this.#engine, this.#index) / this.length
  }

  /** 0: not wanted. 1 (last) to 7 (first). */
  get priority(): number {
    return this.#engine.selection?.priority(this.#index) ?? 0
  }

  /** Wants the file. @param priority 1 (last) to 7 (first); up to 3 it can wait, and spares web seeds while peers deliver. @default 4 */
  select(priority: number = STREAM_DEFAULTS.filePriority): void {
    if (!Number.isInteger(priority) || priority < 1 || priority > 7) {
      throw new ShoalError('invalid-argument', `A priority is a whole number from 1 to 7, not ${priority}.`)
    }
    this.#engine.setPriority(this.#index, priority)
  }

  /** Wants the file no longer; what is there stays. */
  deselect(): void {
    this.#engine.setPriority(this.#index, 0)
  }

  /**
   * The file's bytes from `start` to `end` (exclusive), in order, as they are verified; what is missing is fetched first.
   * Reads ahead no further than the consumer and one piece.
   */
  stream({ start = 0, end = this.length, signal }: StreamOptions = {}): ReadableStream<Uint8Array> {
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end > this.length) {
      const message = `Bytes ${start} to ${end} are no range of the ${this.length} bytes of ${this.path}.`
      throw new ShoalError('invalid-argument', message)
    }
    let position = start
    let unwant = () => {}
    return new ReadableStream<Uint8Array>(
      {
        start: controller => {
          if (start === end) controller.close()
          else unwant = this.#engine.reader().want(this.#index, start, end)
        },
        pull: async controller => {
          try {
            const bytes = await this.#engine.reader().read(this.#index, position, end, signal)
            position += bytes.length
            controller.enqueue(bytes)
            if (position < end) return
            unwant()
            controller.close()
          } catch (error) {
            unwant()
            throw error
          }
        },
        cancel: () => unwant(),
      },
      { highWaterMark: 0 },
    )
  }

  /**
   * An address of the file, which a service worker answers: for a download that the browser itself writes to the disk, or for a frame that shows
   * it while it comes. See `FileUrls.url` of `shoal/urls`; `TorrentFile.urls = await FileUrls.open(…)` comes first, or this throws a TypeError.
   */
  url(options?: FileUrlOptions): string {
    return TorrentFile.urls.url(this, options)
  }

  /** The whole file, fetched first if it must be. For large files prefer `stream()`. */
  async blob(options: ReadOptions = {}): Promise<Blob> {
    const parts: Blob[] = []
    let pending: Uint8Array<ArrayBuffer>[] = []
    let pendingBytes = 0
    // Not every browser iterates over streams.
    const reader = this.stream(options).getReader()
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      pending.push(value as Uint8Array<ArrayBuffer>)
      pendingBytes += value!.length
      if (pendingBytes < STREAM_DEFAULTS.blobPartBytes) continue
      // Blobs of blobs: the browser may keep each part on disk, so that the file is never in this page's memory whole.
      parts.push(new Blob(pending))
      pending = []
      pendingBytes = 0
    }
    return new Blob([...parts, ...pending])
  }

  /** The whole file in memory, fetched first if it must be. */
  async arrayBuffer(options: ReadOptions = {}): Promise<ArrayBuffer> {
    return (await this.blob(options)).arrayBuffer()
  }
}

/** Remembers a torrent across reloads: its `.torrent`, the piece hashes learnt so far, and the files it is seeded from. */
import { type ShoalError, toShoalError } from '../errors.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import { encodeMetainfo, type Metainfo, parseMetainfo } from '../metainfo/metainfo.ts'
import type { Store, TorrentRecord } from '../ports.ts'
import type { OwnFile } from '../store/blobs.ts'
import { isInfoOf } from '../swarm/metadata.ts'

/** While piece hashes come in, making the record anew takes at most one part in this many of the time. */
const PAUSE_PER_WRITE = 10

export class Recorder {
  readonly #store: Store
  readonly #infoHash: string
  readonly #isKept: boolean
  readonly #warn: (error: ShoalError) => void
  #record: TorrentRecord | undefined
  #latest: (() => Metainfo) | undefined
  #writing: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setTimeout> | undefined
  #pauseMs = 0

  constructor(store: Store, infoHash: string, isKept: boolean, warn: (error: ShoalError) => void) {
    this.#store = store
    this.#infoHash = infoHash
    this.#isKept = isKept
    this.#warn = warn
  }

  /** Resolves when a torrent that is to be brought back would be; at once for others. */
  get kept(): Promise<void> {
    return this.#isKept ? this.#writing : Promise.resolve()
  }

  /** What is remembered of this torrent, if it is what the magnet asks for. */
  async recall(magnet: Magnet | undefined): Promise<Metainfo | undefined> {
    try {
      const record = await this.#store.recall(this.#infoHash)
      if (record === undefined) return undefined
      const metainfo = parseMetainfo(record.metainfo)
      return isInfoOf(metainfo.infoBytes, magnet ?? {}) ? metainfo : undefined
    } catch {
      // A store that cannot be read, or a record that was altered: the torrent begins anew.
      return undefined
    }
  }

  /** Writes the record; files are kept too when the torrent is to be seeded again after a reload. */
  async remember(metainfo: Metainfo, files: readonly OwnFile[] | undefined): Promise<void> {
    if (files !== undefined && !this.#isKept) return
    const sources = files?.flatMap(({ path, data, handle }): NonNullable<TorrentRecord['sources']> => {
      if (handle) return [{ path, data: handle }]
      if (data instanceof Uint8Array) return [{ path, data: new Blob([data as Uint8Array<ArrayBuffer>]) }]
      return data instanceof Blob ? [{ path, data }] : []
    })
    this.#record = {
      infoHash: this.#infoHash,
      metainfo: encodeMetainfo(metainfo),
      isKept: this.#isKept,
      addedAt: Date.now(),
      ...(sources && { sources }),
    }
    await this.#write()
  }

  /**
   * Piece hashes came in. They are written soon, at first at once: what was stored when a process is killed can only be
   * verified with them.
   */
  layersChanged(latest: () => Metainfo): void {
    if (this.#record === undefined) return
    this.#latest = latest
    this.#timer ??= setTimeout(() => void this.flush(), this.#pauseMs)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
    const startedAt = performance.now()
    const metainfo = this.#latest?.()
    this.#latest = undefined
    if (metainfo === undefined || this.#record === undefined) return
    this.#record = { ...this.#record, metainfo: encodeMetainfo(metainfo) }
    this.#pauseMs = PAUSE_PER_WRITE * (performance.now() - startedAt)
    await this.#write()
  }

  async forget(): Promise<void> {
    clearTimeout(this.#timer)
    this.#record = undefined
    await this.#writing
    await this.#store.forget(this.#infoHash).catch(() => {})
  }

  /** One write after another, so that the last one wins. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#record === undefined) return
      try {
        await this.#store.remember(this.#record)
      } catch (cause) {
        this.#warn(toShoalError(cause, 'This torrent will not be remembered after a reload.'))
      }
    })
    return this.#writing
  }
}

/** A torrent as a user holds it: what it is, how far it is, and what can be done with it. */
import type { ShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import { formatMagnet } from '../metainfo/magnet.ts'
import { encodeMetainfo, type Metainfo } from '../metainfo/metainfo.ts'
import { hexOf } from './sources.ts'
import type { TrackerStatus } from '../ports.ts'
import type { TorrentEngine } from './engine.ts'
import { TorrentFile } from './torrent-file.ts'
import {
  type PeerView,
  type TorrentEvents,
  type TorrentState,
  type TorrentStats,
  viewPeers,
  viewStats,
} from './views.ts'

type Listener<Name extends keyof TorrentEvents> = (event: CustomEvent<TorrentEvents[Name]>) => void

/** Made by `Shoal.seed()` and `Shoal.add()`. Events: see `TorrentEvents`. */
export class Torrent extends EventTarget implements AsyncDisposable {
  /**
   * The file list is known and the store is open; when seeding, the files are hashed.
   * Rejects with a ShoalError; never causes an unhandled rejection.
   */
  readonly ready: Promise<void>
  /** Everything selected is verified and kept. Rejects and is handled as `ready` is. */
  readonly done: Promise<void>
  readonly #engine: TorrentEngine
  #files: readonly TorrentFile[] = []

  /** @internal Made by the client. */
  constructor(engine: TorrentEngine) {
    super()
    this.#engine = engine
    this.ready = engine.ready
    this.done = engine.done
    engine.tell.emit = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  get state(): TorrentState {
    return this.#engine.state
  }

  /** What stopped the torrent. */
  get error(): ShoalError | undefined {
    return this.#engine.error
  }

  /** Hex: 40 digits (v1, hybrid) or 64 (v2). Empty while files are hashed or a `.torrent` is fetched. */
  get infoHash(): string {
    return this.infoHashV1 ?? this.infoHashV2 ?? ''
  }

  get infoHashV1(): string | undefined {
    return hexOf(this.#about?.infoHashV1)
  }

  get infoHashV2(): string | undefined {
    return hexOf(this.#about?.infoHashV2)
  }

  /** A link that others can add. Empty while files are hashed or a `.torrent` is fetched. */
  get magnetURI(): string {
    const { infoHashV1, infoHashV2, name } = this.#about ?? {}
    if (infoHashV1 === undefined && infoHashV2 === undefined) return ''
    const { trackers, webSeeds } = this.#engine
    return formatMagnet({
      infoHashV1,
      infoHashV2,
      name: name || undefined,
      trackers,
      webSeeds,
    })
  }

  /** The `.torrent`, with the piece hashes that are known. @throws ShoalError `metadata-unavailable` before `ready` */
  get metainfo(): Uint8Array {
    return encodeMetainfo(this.#engine.completeMetainfo)
  }

  get name(): string {
    return this.#about?.name ?? ''
  }

  get version(): 'v1' | 'v2' | 'hybrid' | undefined {
    return this.#layout?.version
  }

  /** Bytes of all files. 0 until the file list is known. */
  get length(): number {
    return this.#layout?.totalBytes ?? 0
  }

  /** Bytes. */
  get pieceLength(): number {
    return this.#layout?.pieceLength ?? 0
  }

  get pieceCount(): number {
    return this.#layout?.pieceCount ?? 0
  }

  /** Empty until the file list is known. */
  get files(): readonly TorrentFile[] {
    const layout = this.#layout
    if (this.#files.length === 0 && layout !== undefined) {
      this.#files = layout.files.map((file, index) => new TorrentFile(file, index, this.#engine))
    }
    return this.#files
  }

  /** 0 to 1, of what is selected; while hashing or checking, of that. */
  get progress(): number {
    return this.#engine.progress
  }

  /** Verified pieces: one bit each, most significant first. A copy. */
  get bitfield(): Uint8Array {
    return this.#engine.session?.swarm.have.bytes.slice() ?? new Uint8Array(0)
  }

  get stats(): TorrentStats {
    return viewStats(this.#engine.session, this.#engine.missingBytes)
  }

  get peers(): readonly PeerView[] {
    const { session } = this.#engine
    return session === undefined ? [] : viewPeers(session)
  }

  get trackers(): readonly TrackerStatus[] {
    return [...this.#engine.trackerStates.values()]
  }

  /** Requests and sends nothing until `resume()`; connections stay. */
  pause(): void {
    this.#engine.setPaused(true)
  }

  resume(): void {
    this.#engine.setPaused(false)
  }

  /**
   * Leaves the swarm. What was stored stays, and the same torrent added again goes on from it.
   * @param options.forget deletes the stored pieces and the record of the torrent too
   */
  close(options: { forget?: boolean } = {}): Promise<void> {
    return this.#engine.close(options.forget === true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  override addEventListener<Name extends keyof TorrentEvents>(
    type: Name,
    listener: Listener<Name> | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: ((event: never) => void) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options)
  }

  /** What is known: all of it, or what the link says. */
  get #about(): Metainfo | Magnet | undefined {
    return this.#engine.metainfo ?? this.#engine.magnet
  }

  get #layout(): Layout | undefined {
    return this.#engine.metainfo?.layout
  }
}

/**
 * The life of one torrent behind its public face: from what the user gave to a session in a swarm, and out again.
 *
 * hashing or fetching → joining (file list from peers) → checking (what the store holds) → downloading → seeding
 */
import type { EngineHost, EngineOptions } from './engine-options.ts'
import { ShoalError, toShoalError } from '../errors.ts'
import { openPieces } from './opening.ts'
import { outcomeOf } from './outcomes.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import type { Metainfo } from '../metainfo/metainfo.ts'
import { isSameShare } from '../swarm/budget.ts'
import type { Demand, Report, Share } from '../swarm/events.ts'
import type { TrackerStatus } from '../ports.ts'
import { toHex } from '../metainfo/bytes.ts'
import { deferred } from '../deferred.ts'
import { Reader } from './reader.ts'
import { Recorder } from './recorder.ts'
import { initialSelection, Selection } from './selection.ts'
import { Session } from '../session.ts'
import { Vault } from '../vault.ts'
import { type Origins, union, withLayers, withSources, wireHashOf } from './sources.ts'
import { Teller } from './teller.ts'
import type { TorrentState } from './views.ts'

export class TorrentEngine {
  readonly trackerStates = new Map<string, TrackerStatus>()
  /** Hex of the 20-byte wire infohash, once it is known. */
  infoHash: string | undefined
  session: Session | undefined
  metainfo: Metainfo | undefined
  magnet: Magnet | undefined
  selection: Selection | undefined
  error: ShoalError | undefined
  /** What it could use of what the client has. */
  demand: Demand = { connections: Number.POSITIVE_INFINITY, unchokes: 1, isDownloading: true }
  readonly #options: EngineOptions
  readonly #host: EngineHost
  readonly #stop = new AbortController()
  /** Ends when the torrent does. */
  readonly signal = this.#stop.signal
  readonly #ready = deferred()
  readonly #done = deferred()
  readonly ready = this.#ready.promise
  readonly done = this.#done.promise
  readonly tell = new Teller()
  #reader: Reader | undefined
  #recorder: Recorder | undefined
  #phase: 'hashing' | 'joining' | 'checking' | 'running' = 'joining'
  #phaseProgress = 0
  #isPaused = false
  #isClosed = false
  #closing: Promise<void> | undefined
  #share: Share | undefined

  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options
    this.#host = host
    // Whoever does not await these is told by the `error` event.
    for (const promise of [this.ready, this.done]) promise.catch(() => {})
  }

  get trackers(): readonly string[] {
    return this.metainfo?.trackers.flat() ?? union(this.magnet?.trackers, this.#options.trackers)
  }

  get webSeeds(): readonly string[] {
    return this.metainfo?.webSeeds ?? union(this.magnet?.webSeeds, this.#options.webSeeds)
  }

  get state(): TorrentState {
    if (this.#isClosed) return 'closed'
    if (this.error !== undefined) return 'stopped'
    if (this.#phase !== 'running') return this.#phase
    this.#applySelection()
    if (this.#isPaused) return 'paused'
    return this.session?.swarm.isDone ? 'seeding' : 'downloading'
  }

  get progress(): number {
    if (this.#phase !== 'running') return this.#phaseProgress
    const selectedBytes = this.selection?.selectedBytes ?? 0
    return selectedBytes === 0 ? 1 : 1 - this.missingBytes / selectedBytes
  }

  /** Bytes selected and not verified yet. */
  get missingBytes(): number {
    this.#applySelection()
    const pieces = this.session?.swarm.transfer?.pieces
    return pieces === undefined ? 0 : (this.selection?.missingBytes(pieces.missing) ?? 0)
  }

  /** With every piece layer that is known by now. @throws ShoalError what stopped the torrent, or `metadata-unavailable` */
  get completeMetainfo(): Metainfo {
    if (this.metainfo === undefined) throw this.#notReady()
    return withLayers(this.metainfo, this.session?.swarm.transfer?.pieces.hashes)
  }

  /** Runs from what the user gave to the swarm. Failures end in `ready`, `done` and the `error` event. */
  async run(phase: 'hashing' | 'joining', origins: Promise<Origins>): Promise<void> {
    this.#enter(phase)
    try {
      const found = await origins
      this.signal.throwIfAborted()
      await this.#join(found)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Progress of hashing files or checking the store. */
  readonly advanced = (share: number): void => {
    this.#phaseProgress = share
    this.#tellProgress(share === 1)
  }

  /** A new share of what the client has; kept from the swarm where it changes nothing. */
  grant(share: Share): void {
    if (this.#share && isSameShare(share, this.#share)) return
    this.#share = share
    this.session?.input({ type: 'granted', share })
  }

  reader(): Reader {
    if (this.#reader === undefined) throw this.#notReady()
    return this.#reader
  }

  /** Tells of what the torrent goes on from. */
  readonly warn = (error: ShoalError): void => {
    if (!this.#isClosed) this.tell.emit('warning', { error })
  }

  setPriority(file: number, priority: number): void {
    this.selection?.set(file, priority)
    // With all that this turn selects, files come by the thousand; before that if somebody looks.
    queueMicrotask(this.#tellState)
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.session?.input({ type: 'policy', policy: { isPaused } })
    this.#tellState()
  }

  /** Ends everything with an error. */
  fail(cause: unknown): void {
    if (this.#isClosed || this.error !== undefined) return
    const error = toShoalError(cause, 'The torrent could not go on.')
    this.error = error
    this.#settle(error)
    this.tell.emit('error', { error })
    this.#tellState()
    this.#stop.abort()
    void this.session?.close()
  }

  close(forgets: boolean): Promise<void> {
    this.#closing ??= this.#close(forgets)
    return this.#closing
  }

  async #close(forgets: boolean): Promise<void> {
    this.#settle(new ShoalError('closed', 'The torrent was closed before it was done.'))
    if (forgets) await this.session?.vault?.clear().catch(() => {})
    await (forgets ? this.#recorder?.forget() : this.#recorder?.flush())
    this.#isClosed = true
    this.#stop.abort()
    await this.session?.close()
    this.#host.closed()
    this.#tellState()
    this.tell.emit('close', undefined)
  }

  async #join(origins: Origins): Promise<void> {
    const { magnet, files, warnings = [] } = origins
    const { store, isKept, network, origin, peerId, random } = this.#options
    const wireInfoHash = wireHashOf(origins)
    this.infoHash = this.#host.identified(toHex(wireInfoHash))
    this.magnet = magnet
    for (const warning of warnings) this.warn(new ShoalError('invalid-argument', warning))
    this.#enter('joining')
    this.#recorder = new Recorder(store, this.infoHash, isKept, this.warn)
    const metainfo = origins.metainfo && withSources(origins.metainfo, this.trackers, this.webSeeds)
    this.metainfo = metainfo
    // The store is asked while trackers and peers are sought: it takes a browser some tens of milliseconds to open it.
    const recalling = metainfo ? Promise.resolve(metainfo) : this.#recorder.recall(magnet)
    const swarm = { peerId, random, expected: magnet ?? {}, webSeeds: this.webSeeds, metainfo }
    this.session = new Session(
      { swarm, network, origin, wireInfoHash, trackers: this.trackers, clock: () => performance.now() },
      {
        open: opened => void this.#open(opened, files, recalling).catch(error => this.fail(error)),
        report: report => this.#report(report),
        ask: demand => {
          this.demand = demand
          this.#host.demanded()
        },
        warning: this.warn,
        tracker: status => {
          this.trackerStates.set(status.url, status)
          this.tell.emit('tracker', { status })
        },
      },
    )
    if (this.#isPaused) this.session.input({ type: 'policy', policy: { isPaused: true } })
    this.#share = this.#host.share()
    this.session.start(this.#share)
    const known = await recalling
    // No peer is needed to know the files of a torrent that was here before.
    if (known && !this.signal.aborted) this.session.input({ type: 'metainfo', metainfo: known })
  }

  async #open(opened: Metainfo, files: Origins['files'], recalling: Promise<Metainfo | undefined>): Promise<void> {
    const infoHash = this.infoHash!
    this.metainfo ??= withSources(opened, this.trackers, this.webSeeds)
    const { layout } = this.metainfo
    this.#enter('checking')
    const known = await recalling
    // Peers may have been faster with the file list; the hashes that are remembered prove what is stored all the same.
    if (known) this.session!.swarm.transfer!.pieces.hashes.addLayers(known.pieceLayers)
    const store = await openPieces({ layout, infoHash, files, store: this.#options.store, warn: this.warn })
    const root = (piece: number) => this.session?.swarm.transfer?.pieces.hashes.root(piece)
    const vault = new Vault({ layout, infoHash, store, root, onRefused: this.warn })
    this.selection = new Selection(layout, initialSelection(this.#options.select, this.magnet))
    this.#reader = new Reader(this.session!, layout)
    const have = await vault.inventory({ isNew: !known, signal: this.signal, onProgress: this.advanced })
    void this.#recorder!.remember(this.metainfo, files)
    // Wants come before the store's answer: whether all is there is judged by them.
    this.#applySelection()
    if (this.signal.aborted) return vault.close()
    this.session!.resume(vault, have)
    this.#phase = 'running'
    this.#ready.resolve()
    this.tell.emit('ready', undefined)
    this.#tellState()
    this.#reader!.arrived()
  }

  #report(report: Report): void {
    switch (report.type) {
      case 'piece':
        this.#reader?.arrived()
        this.tell.emit('piece', { index: report.piece, source: report.source })
        return this.#tellProgress(false)
      case 'done':
        return void this.#finished()
      case 'peers':
        this.tell.emit('peer', { peers: this.session!.swarm.peers.size })
        return this.#tellState()
      case 'undone':
        return this.#tellState()
      case 'layer':
        return this.#recorder?.layersChanged(() => this.completeMetainfo)
      default: {
        const outcome = outcomeOf(report)
        return outcome && (outcome.isFatal ? this.fail(outcome.error) : this.warn(outcome.error))
      }
    }
  }

  async #finished(): Promise<void> {
    if (this.selection?.isEmpty && this.metainfo!.layout.files.length > 0) return this.#tellState()
    this.#recorder?.layersChanged(() => this.completeMetainfo)
    // The store's answer may itself say that all is there: `ready` goes first.
    if (this.#phase !== 'running') await this.ready.catch(() => {})
    await this.#recorder?.kept
    if (this.#isClosed || this.error !== undefined) return
    this.#tellProgress(true)
    this.#done.resolve()
    this.#tellState()
    this.tell.emit('done', undefined)
  }

  #notReady(): ShoalError {
    return this.error ?? new ShoalError('metadata-unavailable', 'The file list is not known yet. Wait for `ready`.')
  }

  #applySelection(): void {
    for (const input of this.selection?.changes() ?? []) this.session?.input(input)
  }

  #enter(phase: 'hashing' | 'joining' | 'checking'): void {
    this.#phase = phase
    this.#phaseProgress = 0
    this.#tellState()
  }

  readonly #tellState = (): void => this.tell.state(this.state)

  #tellProgress(isLast: boolean): void {
    this.tell.progress(() => this.progress, isLast)
  }

  #settle(error: ShoalError): void {
    this.#ready.reject(error)
    this.#done.reject(error)
    this.#reader?.fail(error)
  }
}

/**
 * The life of one torrent behind its public face: from what the user gave to a session in a swarm, and out again.
 *
 * hashing or fetching → joining (file list from peers) → checking (what the store holds) → downloading → seeding
 */
import { ShoalError } from './errors.ts'
import type { Magnet } from './metainfo/magnet.ts'
import type { Metainfo } from './metainfo/metainfo.ts'
import type { ExpectedHashes } from './swarm/metadata.ts'
import type { Demand, Report, Share } from './swarm/events.ts'
import type { Random } from './swarm/random.ts'
import type { Network, Origin, Store, TrackerStatus } from './ports.ts'
import { toHex } from './metainfo/bytes.ts'
import { deferred } from './deferred.ts'
import { Reader } from './reader.ts'
import { Recorder } from './recorder.ts'
import { Selection } from './selection.ts'
import { Session } from './session.ts'
import { type Origins, blobPieces, withSources, wireHashOf } from './sources.ts'
import { Vault } from './vault.ts'
import type { TorrentEvents, TorrentState } from './views.ts'

export interface EngineOptions {
  readonly peerId: string
  readonly network: Network
  readonly origin: Origin
  readonly store: Store
  readonly random: Random
  readonly clock: () => number
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  /** Files wanted at first. @default 'all' */
  readonly select?: 'all' | 'none'
  /** Remembered for `restore()`. */
  readonly isKept: boolean
}

/** What an engine tells its client. */
export interface EngineHost {
  /** The infohash is known: refuse a second torrent of it. @throws ShoalError `duplicate-torrent` */
  identified(engine: TorrentEngine, infoHash: string): void
  demand(engine: TorrentEngine, demand: Demand): void
  share(engine: TorrentEngine): Share
  closed(engine: TorrentEngine): void
}

type Emit = <Name extends keyof TorrentEvents>(name: Name, detail: TorrentEvents[Name]) => void

const PROGRESS_INTERVAL_MS = 100

export class TorrentEngine {
  readonly ready: Promise<void>
  readonly done: Promise<void>
  readonly trackerStates = new Map<string, TrackerStatus>()
  session: Session | undefined
  metainfo: Metainfo | undefined
  magnet: Magnet | undefined
  selection: Selection | undefined
  error: ShoalError | undefined
  readonly #options: EngineOptions
  readonly #host: EngineHost
  readonly #stop = new AbortController()
  readonly #ready = deferred()
  readonly #done = deferred()
  #emit: Emit = () => {}
  #reader: Reader | undefined
  #recorder: Recorder | undefined
  #phase: 'hashing' | 'joining' | 'checking' | 'running' = 'joining'
  #lastState: TorrentState | undefined
  #phaseProgress = 0
  #isPaused = false
  #isClosed = false
  #isWanted: (piece: number) => boolean = () => true
  #selectedBytes = 0
  #progressAt = Number.NEGATIVE_INFINITY
  #wantCount = 0
  #share: Share | undefined

  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options
    this.#host = host
    this.ready = this.#ready.promise
    this.done = this.#done.promise
    // Whoever does not await these is told by the `error` event; they never count as unhandled.
    this.ready.catch(() => {})
    this.done.catch(() => {})
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get trackers(): readonly string[] {
    return this.metainfo?.trackers.flat() ?? [...new Set([...(this.magnet?.trackers ?? []), ...this.#options.trackers])]
  }

  get webSeeds(): readonly string[] {
    return this.metainfo?.webSeeds ?? [...new Set([...(this.magnet?.webSeeds ?? []), ...this.#options.webSeeds])]
  }

  get state(): TorrentState {
    if (this.#isClosed) return 'closed'
    if (this.error !== undefined) return 'stopped'
    if (this.#phase !== 'running') return this.#phase
    if (this.#isPaused) return 'paused'
    return this.session?.swarm.isDone ? 'seeding' : 'downloading'
  }

  get progress(): number {
    if (this.#phase !== 'running') return this.#phaseProgress
    return this.#selectedBytes === 0 ? 1 : 1 - this.missingBytes / this.#selectedBytes
  }

  /** Bytes selected and not verified yet. */
  get missingBytes(): number {
    const pieces = this.session?.swarm.transfer?.pieces
    if (pieces === undefined || pieces.missing.count === 0) return 0
    let bytes = 0
    for (let piece = 0; piece < pieces.layout.pieceCount; piece++) {
      if (pieces.missing.has(piece) && this.#isWanted(piece)) bytes += pieces.layout.pieceBytes(piece)
    }
    return bytes
  }

  /** With every piece layer that is known by now. */
  get completeMetainfo(): Metainfo | undefined {
    const hashes = this.session?.swarm.transfer?.pieces.hashes
    if (this.metainfo === undefined || hashes === undefined) return this.metainfo
    const layers = new Map(this.metainfo.pieceLayers)
    for (const [file, { piecesRoot }] of this.metainfo.layout.files.entries()) {
      const layer = hashes.layer(file)
      if (layer !== undefined && piecesRoot !== undefined) layers.set(toHex(piecesRoot), layer)
    }
    return withSources(this.metainfo, [], [], layers)
  }

  connect(emit: Emit): void {
    this.#emit = emit
  }

  /** Runs from what the user gave to the swarm. Failures end in `ready`, `done` and the `error` event. */
  async run(phase: 'hashing' | 'joining', origins: Promise<Origins>): Promise<void> {
    this.#phase = phase
    this.#tellState()
    try {
      const found = await origins
      this.signal.throwIfAborted()
      await this.#join(found)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Progress of hashing, before there is a swarm. */
  hashed(share: number): void {
    this.#phaseProgress = share
    this.#tellProgress(share === 1)
  }

  /** A new share of what the client has; kept from the swarm where it changes nothing. */
  grant(share: Share): void {
    const last = this.#share
    const isSame = last !== undefined && (Object.keys(share) as (keyof Share)[]).every(key => share[key] === last[key])
    this.#share = share
    if (!isSame) this.session?.input({ type: 'granted', share })
  }

  reader(): Reader {
    if (this.#reader !== undefined) return this.#reader
    throw (
      this.error ??
      new ShoalError('metadata-unavailable', 'The file list is not known yet. Wait for `ready` before reading.')
    )
  }

  warn(error: ShoalError): void {
    if (!this.#isClosed) this.#emit('warning', { error })
  }

  setPriority(file: number, priority: number): void {
    this.selection?.set(file, priority)
    this.#applySelection()
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.session?.input({ type: 'policy', policy: { isPaused } })
    this.#tellState()
  }

  /** Ends everything with an error. */
  fail(cause: unknown): void {
    if (this.#isClosed || this.error !== undefined) return
    const error = asShoalError(cause)
    this.error = error
    this.#settle(error)
    this.#emit('error', { error })
    this.#tellState()
    void this.session?.close()
  }

  async close(forgets: boolean): Promise<void> {
    if (this.#isClosed) return
    this.#settle(new ShoalError('closed', 'The torrent was closed before it was done.'))
    if (forgets) {
      await this.session?.vault?.clear().catch(() => {})
      await this.#recorder?.forget()
    } else {
      await this.#recorder?.flush()
    }
    this.#isClosed = true
    this.#stop.abort()
    await this.session?.close()
    this.#host.closed(this)
    this.#tellState()
    this.#emit('close', undefined)
  }

  async #join(origins: Origins): Promise<void> {
    const wireInfoHash = wireHashOf(origins)
    const infoHash = toHex(wireInfoHash)
    this.#host.identified(this, infoHash)
    this.magnet = origins.magnet
    this.#recorder = new Recorder(this.#options.store, infoHash, this.#options.isKept, error => this.warn(error))
    // A torrent that was here before is joined with what is remembered of it: no peer is needed to know its files.
    const known = origins.metainfo ?? (await this.#recorder.recall(origins.magnet))
    const { trackers, webSeeds } = this.#options
    const own = [...(origins.magnet?.trackers ?? []), ...trackers]
    const metainfo = known && withSources(known, own, [...(origins.magnet?.webSeeds ?? []), ...webSeeds])
    this.metainfo = metainfo
    this.#phase = 'joining'
    const { peerId, random, network, origin, clock } = this.#options
    const expected: ExpectedHashes = {
      ...(origins.magnet?.infoHashV1 && { v1: origins.magnet.infoHashV1 }),
      ...(origins.magnet?.infoHashV2 && { v2: origins.magnet.infoHashV2 }),
    }
    this.session = new Session(
      {
        swarm: { peerId, random, expected, webSeeds: this.webSeeds, ...(metainfo && { metainfo }) },
        network,
        origin,
        wireInfoHash,
        trackers: this.trackers,
        clock,
      },
      {
        open: opened => this.#open(opened, infoHash, origins),
        resumed: () => this.#opened(),
        report: report => this.#report(report),
        ask: demand => this.#host.demand(this, demand),
        warning: error => this.warn(error),
        tracker: status => {
          this.trackerStates.set(status.url, status)
          this.#emit('tracker', { status })
        },
        failed: error => this.fail(error),
      },
    )
    if (this.#isPaused) this.session.input({ type: 'policy', policy: { isPaused: true } })
    this.#tellState()
    this.#share = this.#host.share(this)
    this.session.start(this.#share)
  }

  async #open(
    opened: Metainfo,
    infoHash: string,
    { files, magnet }: Origins,
  ): Promise<{ vault: Vault; have: Uint8Array }> {
    this.metainfo ??= withSources(opened, [...(magnet?.trackers ?? []), ...this.#options.trackers], this.webSeeds)
    const { layout } = this.metainfo
    this.#phase = 'checking'
    this.#phaseProgress = 0
    this.#tellState()
    const onError = (error: ShoalError) => this.warn(error)
    const store = files ? blobPieces(layout, files, { onError }) : await this.#options.store.open({ infoHash, layout })
    const vault = new Vault({
      layout,
      infoHash,
      scope: infoHash,
      store,
      root: piece => this.session?.swarm.transfer?.pieces.hashes.root(piece),
      onRefused: error => this.warn(error),
    })
    this.selection = new Selection(layout, this.#options.select === 'none' ? [] : magnet?.selectOnly)
    this.#reader = new Reader(this.session!, layout)
    const have = await vault.inventory(share => {
      this.#phaseProgress = share
      this.#tellProgress(false)
    }, this.signal)
    await this.#recorder!.remember(this.metainfo, files)
    // Wants come before the store's answer: whether all is there is judged by them.
    this.#applySelection()
    return { vault, have }
  }

  #opened(): void {
    this.#phase = 'running'
    this.#ready.resolve()
    this.#emit('ready', undefined)
    this.#tellState()
    this.#reader!.arrived()
  }

  #report(report: Report): void {
    switch (report.type) {
      case 'piece':
        this.#reader?.arrived()
        this.#emit('piece', { index: report.piece, source: report.source })
        return this.#tellProgress(false)
      case 'done':
        return this.#finished()
      case 'undone':
      case 'peers':
        if (report.type === 'peers') this.#emit('peer', { peers: this.session!.swarm.peers.size })
        return this.#tellState()
      case 'layer':
        return this.#recorder?.layersChanged(() => this.completeMetainfo)
      case 'damaged':
        return this.warn(
          new ShoalError('protocol', 'Discarded 1 damaged piece; fetching it again.', { details: { ...report } }),
        )
      case 'banned':
        return this.warn(new ShoalError('protocol', `Blocked a peer: it ${report.reason}.`, { details: { ...report } }))
      case 'inconsistent': {
        const message =
          'The two halves of this hybrid torrent describe different content, so neither can be trusted. Ask for a new torrent.'
        return this.fail(new ShoalError('inconsistent-hashes', message, { details: { piece: report.piece } }))
      }
      case 'unreadable':
        return this.fail(report.error)
      case 'web-seed-failed':
        return this.warn(
          new ShoalError('web-seed-failed', `The web seed ${report.url} is not asked any more.`, {
            details: { url: report.url },
          }),
        )
      case 'unavailable': {
        if (report.pieces === 0) return
        const message = `Nobody connected has ${report.pieces} of the missing pieces. They are fetched as soon as somebody who has them comes.`
        return this.warn(new ShoalError('peer-unreachable', message, { details: { pieces: report.pieces } }))
      }
    }
  }

  #finished(): void {
    if (this.selection?.isEmpty && this.metainfo!.layout.files.length > 0) return this.#tellState()
    this.#recorder?.layersChanged(() => this.completeMetainfo)
    // The store's answer may itself say that all is there: `ready` goes first.
    void this.ready.then(
      () => {
        this.#tellProgress(true)
        this.#done.resolve()
        this.#tellState()
        this.#emit('done', undefined)
      },
      () => {},
    )
  }

  #applySelection(): void {
    const { selection, session, metainfo } = this
    if (selection === undefined || session === undefined || metainfo === undefined) return
    const wants = selection.wants()
    for (let id = wants.length + 1; id <= this.#wantCount; id++) session.input({ type: 'unwant', id })
    this.#wantCount = wants.length
    this.#isWanted = selection.pieces()
    this.#selectedBytes = 0
    for (const { first, end } of wants) {
      for (let piece = first; piece < end; piece++) this.#selectedBytes += metainfo.layout.pieceBytes(piece)
    }
    for (const want of wants) session.input({ type: 'want', ...want })
    this.#tellState()
  }

  #tellState(): void {
    const { state } = this
    if (state === this.#lastState) return
    this.#lastState = state
    this.#emit('state', { state })
  }

  #tellProgress(isLast: boolean): void {
    const now = this.#options.clock()
    if (!isLast && now - this.#progressAt < PROGRESS_INTERVAL_MS) return
    this.#progressAt = now
    this.#emit('progress', { progress: this.progress })
  }

  #settle(error: ShoalError): void {
    this.#ready.reject(error)
    this.#done.reject(error)
    this.#reader?.fail(error)
  }
}

function asShoalError(cause: unknown): ShoalError {
  if (cause instanceof ShoalError) return cause
  if (cause instanceof DOMException && cause.name === 'AbortError')
    return new ShoalError('aborted', 'Stopped.', { cause })
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ShoalError('store-failed', `The torrent could not go on: ${message}`, { cause })
}

/** Shoal: seeds and adds torrents. The one place where network, stores, web seeds and swarms are wired together. */
import type { CreateFile, CreateOptions } from './create.ts'
import { ShoalError } from './errors.ts'
import { toHex } from './metainfo/bytes.ts'
import { createNetwork } from './net/network.ts'
import { createOrigin } from './net/origin.ts'
import { BUDGET_DEFAULTS, CLIENT_LIMITS, PEER_ID_PREFIX } from './options.ts'
import { browserPlatform, type Platform } from './platform.ts'
import type { Network, Origin, Store } from './ports.ts'
import { fetchTorrent, hashFiles, isTorrentUrl, readSource, recordOrigins, seedFiles } from './torrent/sources.ts'
import { memoryStore } from './store/memory.ts'
import { divide } from './swarm/budget.ts'
import type { Share } from './swarm/events.ts'
import { seededRandom } from './swarm/random.ts'
import { Torrent } from './torrent/torrent.ts'
import { TorrentEngine } from './torrent/engine.ts'

export interface ShoalOptions {
  /** WebSocket trackers (`ws:`, `wss:`) that every torrent announces to, beside its own. @default [] */
  readonly trackers?: readonly string[]
  /** STUN and TURN servers. @default [] (the trackers may name some) */
  readonly iceServers?: readonly RTCIceServer[]
  /** `relay`: only TURN relays are used, so that peers never see this machine's address. @default 'all' */
  readonly iceTransportPolicy?: RTCIceTransportPolicy
  /** Where pieces rest. @default IndexedDB in browsers, memory in Node */
  readonly store?: 'indexeddb' | 'memory' | Store
  /** Connections of all torrents together. @default 60 */
  readonly connectionsMax?: number
  /** Peers served at a time, of all torrents together. @default 8 */
  readonly unchokesMax?: number
  /** @default Infinity: no cap */
  readonly uploadBytesPerSecond?: number
  /** Bytes of pieces that are not finished, checked and stored yet, of all torrents together. @default 64 MiB */
  readonly bufferBytesMax?: number
}

export interface SeedOptions extends Omit<CreateOptions, 'onProgress'> {
  /**
   * Remember the files in the store, so that `restore()` seeds them again after a reload; `done` says that they are.
   * Of a file that comes with its `handle` no copy is kept; it is read again where the browser still grants that.
   * @default false
   */
  readonly keep?: boolean
}

export interface AddOptions {
  readonly trackers?: readonly string[]
  readonly webSeeds?: readonly string[]
  /** Files wanted at first; more with `file.select()`. @default 'all', or what the magnet's `so` says */
  readonly select?: 'all' | 'none'
  /** Bring it back with `restore()`. @default false */
  readonly keep?: boolean
  /** Where this torrent's pieces rest. @default the client's store */
  readonly store?: Store
  /** Closes the torrent. */
  readonly signal?: AbortSignal
}

/** A client: all its torrents share trackers' sockets, connections, and limits. Nothing is opened before the first torrent. */
export class Shoal implements AsyncDisposable {
  readonly #options: ShoalOptions
  readonly #platform: Platform
  readonly #budget: Share
  readonly #peerId = randomPeerId()
  readonly #members = new Map<TorrentEngine, Torrent>()
  readonly #network: Network
  readonly #origin: Origin
  #store: Store | undefined
  #isClosed = false
  #isDividing = false

  /** @throws ShoalError `invalid-argument` */
  constructor(options: ShoalOptions = {}, platform: Platform = browserPlatform()) {
    checkOptions(options)
    const { iceServers = [], iceTransportPolicy } = options
    const { WebSocket, fetch } = platform
    this.#options = options
    this.#platform = platform
    this.#budget = budgetOf(options)
    this.#network = createNetwork({ peerId: this.#peerId, iceServers, iceTransportPolicy, WebSocket })
    this.#origin = createOrigin({ fetch })
  }

  get torrents(): readonly Torrent[] {
    return [...this.#members.values()]
  }

  /**
   * Hashes files and shares them for as long as this client lives. Returns at once; `ready` says when the link works.
   * @throws ShoalError `invalid-argument`, `closed`
   */
  seed(files: ArrayLike<File> | Iterable<File | CreateFile>, options: SeedOptions = {}): Torrent {
    const list = seedFiles(files)
    const { keep = false, signal, trackers = [], ...creation } = options
    const all = [...(this.#options.trackers ?? []).map(url => [url]), ...trackers]
    const { engine, torrent } = this.#create({ keep }, signal)
    const onProgress = (done: number, total: number) => engine.advanced(total === 0 ? 1 : done / total)
    const hashing = hashFiles(list, { ...creation, trackers: all, signal: engine.signal, onProgress })
    void engine.run('hashing', hashing)
    return torrent
  }

  /**
   * Joins a torrent: a magnet link, an infohash, the bytes of a `.torrent`, or the URL of one. Returns at once.
   * A torrent that this client has already ends with `duplicate-torrent` in `ready` and `done`.
   * @throws ShoalError `invalid-magnet`, `invalid-torrent`, `invalid-argument`, `closed`
   */
  add(source: string | URL | Uint8Array, options: AddOptions = {}): Torrent {
    const isUrl = isTorrentUrl(source)
    const known = isUrl ? undefined : readSource(source as string | Uint8Array)
    const { engine, torrent } = this.#create(options, options.signal)
    if (known?.magnet) engine.magnet = known.magnet
    const origins = known ?? fetchTorrent(String(source), this.#platform.fetch, engine.signal)
    void engine.run('joining', Promise.resolve(origins))
    return torrent
  }

  /** Brings back the torrents that were kept: what was seeded is seeded again, what was downloaded goes on. */
  async restore(): Promise<Torrent[]> {
    const records = await this.#openStore().recallAll()
    const kept = records.filter(({ infoHash, isKept }) => isKept && !this.#has(infoHash))
    return kept.map(record => {
      const { engine, torrent } = this.#create({ keep: true })
      void engine.run('joining', recordOrigins(record))
      return torrent
    })
  }

  /** Closes every torrent, socket and store. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#members.keys()].map(engine => engine.close(false)))
    await this.#network.close()
    await this.#store?.close()
    this.#store = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #create(
    { trackers = [], webSeeds = [], store = this.#openStore(), select, keep = false }: Omit<AddOptions, 'signal'>,
    signal?: AbortSignal,
  ): { engine: TorrentEngine; torrent: Torrent } {
    this.#assertOpen()
    const engine: TorrentEngine = new TorrentEngine(
      {
        peerId: this.#peerId,
        network: this.#network,
        origin: this.#origin,
        store,
        random: seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!),
        trackers: [...(this.#options.trackers ?? []), ...trackers],
        webSeeds,
        isKept: keep,
        select,
      },
      {
        identified: infoHash => this.#identified(infoHash),
        demanded: () => this.#redivide(),
        share: () => this.#shares().get(engine)!,
        closed: () => {
          this.#members.delete(engine)
          this.#redivide()
        },
      },
    )
    const torrent = new Torrent(engine)
    this.#members.set(engine, torrent)
    const onAbort = () => engine.fail(new ShoalError('aborted', 'The torrent was stopped.', { cause: signal?.reason }))
    if (signal?.aborted) queueMicrotask(onAbort)
    else signal?.addEventListener('abort', onAbort, { once: true, signal: engine.signal })
    return { engine, torrent }
  }

  #openStore(): Store {
    this.#assertOpen()
    const { store = 'indexeddb' } = this.#options
    if (store === 'memory') this.#store ??= memoryStore()
    else this.#store ??= store === 'indexeddb' ? this.#platform.defaultStore() : store
    return this.#store
  }

  #has(infoHash: string): boolean {
    return [...this.#members.keys()].some(engine => engine.infoHash === infoHash && engine.error === undefined)
  }

  #identified(infoHash: string): string {
    if (!this.#has(infoHash)) return infoHash
    const message = 'This client has that torrent already. Use the one in `shoal.torrents`, or close it first.'
    throw new ShoalError('duplicate-torrent', message, { details: { infoHash } })
  }

  /** Demands that come while shares are handed out are answered by one more round, not one each. */
  #redivide(): void {
    if (this.#isDividing) return
    this.#isDividing = true
    queueMicrotask(() => {
      this.#isDividing = false
      for (const [engine, share] of this.#shares()) engine.grant(share)
    })
  }

  #shares(): Map<TorrentEngine, Share> {
    const engines = [...this.#members.keys()]
    const demands = engines.map(({ demand }) => {
      return { ...demand, connections: Math.min(demand.connections, CLIENT_LIMITS.connectionsPerTorrent) }
    })
    const shares = divide(this.#budget, demands)
    return new Map(engines.map((engine, i) => [engine, shares[i]!]))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ShoalError('closed', 'This client was closed. Make a new Shoal.')
  }
}

/** Ours, new in each session: nothing ties them together. */
export function randomPeerId(): string {
  return PEER_ID_PREFIX + toHex(crypto.getRandomValues(new Uint8Array((20 - PEER_ID_PREFIX.length) / 2)))
}

/** What all torrents share. @throws ShoalError `invalid-argument` */
function budgetOf(options: ShoalOptions): Share {
  const budget: { -readonly [K in keyof Share]: number } = { ...BUDGET_DEFAULTS }
  for (const name of Object.keys(budget) as (keyof Share)[]) {
    const value = options[name] ?? budget[name]
    if (!(typeof value === 'number' && value >= 0)) {
      throw new ShoalError('invalid-argument', `${name} must be a number from 0 on, not ${value}.`)
    }
    budget[name] = value
  }
  return budget
}

/** @throws ShoalError `invalid-argument` */
function checkOptions(options: ShoalOptions): void {
  const { store } = options
  const isStore = typeof store === 'object' && store !== null && 'open' in store
  if (store !== undefined && store !== 'indexeddb' && store !== 'memory' && !isStore) {
    throw new ShoalError('invalid-argument', `store is 'indexeddb', 'memory' or a Store, not ${String(store)}.`)
  }
  for (const url of options.trackers ?? []) {
    if (typeof url === 'string' && /^wss?:\/\//i.test(url)) continue
    throw new ShoalError('invalid-argument', `Trackers are ws:// or wss:// URLs; ${String(url)} is none.`)
  }
}

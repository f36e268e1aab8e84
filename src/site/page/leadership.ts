/** What the tab that leads does for all: follows the deploys, joins the swarms as far as it may, and serves the worker. */
import { type ShoalError, toShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { createNetwork } from '../../net/network.ts'
import { createOrigin } from '../../net/origin.ts'
import { PEER_ID_PREFIX } from '../../options.ts'
import { indexedDBStore } from '../../store/indexeddb.ts'
import { layerKey, SITE_STORE_NAME } from '../keys.ts'
import type { Manifest } from '../manifest.ts'
import { originFetch } from '../origin-urls.ts'
import { siteUrl } from '../paths.ts'
import { readPolicy, type SitePolicy } from '../policy.ts'
import { type SiteSwarm, swarmOf, swarmsOf, withTorrent } from '../swarms.ts'
import { Deploys } from './deploys.ts'
import { serveWorker } from './leader-port.ts'
import { Ledger } from './ledger.ts'
import type { Notebook } from './notes.ts'
import { type Permission, permit } from './permission.ts'
import { Resources } from './resources.ts'
import { SiteSwarms } from './site-swarms.ts'
import { type FileStats, NO_STATS, type SiteStats } from './stats.ts'
import { siteSockets } from './tracker-socket.ts'
import type { Loaded } from './words.ts'

export interface LeadershipOptions {
  readonly manifestUrl: URL
  readonly keyHex: string
  readonly notebook: Notebook
  /** Hands the worker a port to this tab, where there is a worker. */
  introduce(port: MessagePort): void
  /** Says a word to the worker, which browsers stop after 30 s without one. */
  keepAwake(): void
  /** A page is being loaded. */
  isLoading(): boolean
  warning(error: ShoalError): void
  deployed(manifest: Manifest): void
  /** The site does without Shoal from now on, until a pointer says otherwise. */
  ended(): void
}

/** As many as a page has. */
const EARLY_MAX = 1_000
/** How often what was sent today is looked at. */
const ALLOWANCE_MS = 1_000
/** Bulk files whose piece hashes are fetched before anybody asks for them, at most 32 KiB each. Those of others are once a page has used them. */
const BULK_AHEAD_MAX = 32

export class Leadership {
  readonly #options: LeadershipOptions
  readonly #store = indexedDBStore({ name: SITE_STORE_NAME })
  readonly #resources = new Resources()
  readonly #ledger = new Ledger()
  readonly #deploys: Deploys
  #manifest: Manifest | undefined
  #policy: SitePolicy | undefined
  #permission: Permission | undefined
  /** By their addresses. */
  #paths = new Map<string, string>()
  #bulk = new Map<string, SiteSwarm>()
  #swarms: SiteSwarms | undefined
  #pointer: Uint8Array | undefined
  #tellPointer = (): void => {}
  #stopServing = (): void => {}
  #timer: ReturnType<typeof setInterval> | undefined
  /** Of what these swarms have sent. */
  #notedBytes = 0
  /** Resources that pages loaded before it was known which are listed. */
  #early: Loaded[] = []
  #hasEnded = false

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.#deploys = new Deploys({
      manifestUrl: options.manifestUrl,
      keyHex: options.keyHex,
      memory: options.notebook,
      onDeploy: manifest => void this.#deployed(manifest).catch(error => this.#fail(error)),
      onEnd: isGone => void this.#stopped(isGone),
      onRefused: options.warning,
      onPointer: bytes => {
        this.#pointer = bytes
        this.#tellPointer()
      },
    })
  }

  get stats(): SiteStats {
    const { originBytes, cacheBytes, workerBytes } = this.#resources
    const { peers, origin, ...rest } = this.#swarms?.totals ?? NO_STATS
    return {
      ...rest,
      peers,
      origin: origin + originBytes,
      cache: cacheBytes + Math.max(0, workerBytes - peers - origin),
      version: this.#manifest?.version,
      isOn: this.#swarms !== undefined,
      files: this.#ledger.stats(path => this.#describe(path)),
    }
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#spend() && this.review(), ALLOWANCE_MS)
    await this.#deploys.watch()
  }

  /** The visitor, the device or the day has changed. */
  review(): void {
    if (this.#hasEnded || !this.#policy || !this.#manifest) return
    const { connection } = navigator as { connection?: { saveData?: boolean; type?: string } }
    const { notebook } = this.#options
    this.#permission = permit({
      policy: this.#policy,
      consent: notebook.consent,
      refusesSharing: (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true,
      draw: notebook.draw,
      connection,
      isTouch: matchMedia('(pointer: coarse)').matches,
      sentTodayBytes: notebook.sentTodayBytes,
    })
    if (this.#permission.connects) this.#swarms ??= this.#openSwarms(this.#policy, this.#manifest)
    else if (this.#swarms) void this.#closeSwarms()
    const { uploads, leftTodayBytes } = this.#permission
    // No more in the next second than may be sent today: so the last of it is not overdrawn.
    this.#swarms?.setUpload(uploads ? Math.min(this.#policy.uploadBytesPerSecond, leftTodayBytes) : 0)
  }

  /** The worker looks for who leads. */
  meetWorker(): void {
    this.#stopServing()
    this.#stopServing = () => {}
    // Without swarms there is nothing that the origin has not.
    if (!this.#swarms) return
    const { port1, port2 } = new MessageChannel()
    this.#options.introduce(port2)
    this.#stopServing = serveWorker(port1, this.#swarms, this.#options.keepAwake)
  }

  /** Pages loaded these: what is listed is counted, and given to peers from now on. */
  async used(resources: readonly Loaded[]): Promise<void> {
    if (!this.#manifest) {
      this.#early.push(...resources.slice(0, EARLY_MAX - this.#early.length))
      return
    }
    for (const resource of resources) {
      const path = this.#paths.get(resource.url.split(/[?#]/, 1)[0]!)
      const file = path === undefined ? undefined : this.#manifest?.files.get(path)
      if (!file) continue
      this.#ledger.add(file.path, ...this.#resources.count(file, resource))
      try {
        await this.#keep(file.path, resource.url)
      } catch {
        // The cache has let it go, or the store has: others have it.
      }
    }
  }

  /** Fetches a listed file into the store. @returns false where that is not for peers to do */
  async prefetch(url: string): Promise<boolean> {
    const path = this.#paths.get(url)
    if (path === undefined || !this.#swarms) return false
    await this.#swarms.prefetch(path)
    return true
  }

  async end(): Promise<void> {
    this.#hasEnded = true
    clearInterval(this.#timer)
    this.#deploys.close()
    await this.#closeSwarms()
    await this.#store.close()
  }

  async #deployed(manifest: Manifest): Promise<void> {
    this.#policy = readPolicy(manifest.policy)
    this.#manifest = manifest
    this.#paths = new Map([...manifest.files.keys()].map(path => [siteUrl(manifest.base, path), path]))
    this.#options.deployed(manifest)
    this.review()
    if (this.#swarms) await this.#swarms.follow(manifest)
    void this.used(this.#early.splice(0))
    const [shared, ...bulk] = swarmsOf(manifest)
    await this.#putLayers(shared!)
    this.#bulk = new Map(bulk.map(swarm => [swarm.id, this.#bulk.get(swarm.id) ?? swarm]))
    for (const swarm of bulk.slice(0, BULK_AHEAD_MAX)) await this.#learn(swarm)
  }

  #openSwarms(policy: SitePolicy, manifest: Manifest): SiteSwarms {
    const { base, siteKey } = manifest
    const sockets = siteSockets(WebSocket, {
      candidates: () => ({ lan: policy.allowsLan, relayOnly: policy.isRelayOnly }),
      pointer: () => this.#pointer,
      onPointer: bytes => void this.#deploys.take(bytes),
      totals: () => this.stats,
    })
    this.#tellPointer = sockets.tellPointer
    // New in each session: nothing ties the visits of a browser together.
    const peerId = PEER_ID_PREFIX + toHex(crypto.getRandomValues(new Uint8Array((20 - PEER_ID_PREFIX.length) / 2)))
    const iceTransportPolicy = policy.isRelayOnly ? 'relay' : 'all'
    const swarms = new SiteSwarms({
      scope: toHex(siteKey),
      store: this.#store,
      network: createNetwork({ peerId, iceTransportPolicy, WebSocket: sockets.WebSocket }),
      origin: createOrigin({ fetch: originFetch(base, (url, init) => fetch(url, init)) }),
      peerId,
      visitorsMin: policy.visitorsMin,
      isLoading: this.#options.isLoading,
      originRate: () => this.#resources.originRate,
      warning: error => this.#options.warning(error),
      came: (path, source, bytes) => this.#ledger.add(path, source, bytes),
    })
    void swarms.follow(manifest)
    for (const swarm of this.#bulk.values()) swarms.know(swarm)
    this.#swarms = swarms
    this.meetWorker()
    return swarms
  }

  #describe(path: string): Pick<FileStats, 'url' | 'bytes' | 'verified'> | undefined {
    const file = this.#manifest?.files.get(path)
    if (!file) return undefined
    const url = siteUrl(this.#manifest!.base, path)
    return { url, bytes: file.contentLength, verified: this.#swarms?.verifiedBytes(path) ?? 0 }
  }

  async #closeSwarms(): Promise<void> {
    const swarms = this.#swarms
    this.#spend()
    this.#notedBytes = 0
    this.#swarms = undefined
    this.meetWorker()
    await swarms?.leave()
  }

  async #keep(path: string, url: string): Promise<void> {
    const swarms = this.#swarms
    const file = this.#manifest?.files.get(path)
    if (!swarms || !file) return
    if (file.swarm.kind === 'bulk') await this.#learn(swarmOf([...this.#bulk.values()], file))
    if ((await swarms.use(path)) || file.encoding) return
    // What the page has loaded lies in the browser's cache: it is not downloaded again.
    const cached = await fetch(url, { cache: 'only-if-cached', mode: 'same-origin' }).catch(() => undefined)
    if (cached?.status === 200 && cached.body) await swarms.ingest(path, cached.body)
  }

  /** The worker verifies pieces by these. */
  async #putLayers({ metainfo }: SiteSwarm): Promise<void> {
    const { layout, pieceLayers } = metainfo
    const scope = toHex(this.#manifest!.siteKey)
    const entries = [...pieceLayers].map(([rootHex, bytes], piece) => {
      return { ref: { piece, key: layerKey(scope, rootHex), length: bytes.length, slices: [] }, bytes }
    })
    const pieces = await this.#store.open({ infoHash: scope, layout })
    try {
      const known = await pieces.has(entries.map(({ ref }) => ref))
      await pieces.write(entries.filter((_, i) => !known[i]))
    } finally {
      await pieces.close()
    }
  }

  /** Fetches the hashes of a bulk file's pieces, once. */
  async #learn({ id, torrentPath }: SiteSwarm): Promise<void> {
    const swarm = this.#bulk.get(id)
    if (!swarm || swarm.metainfo.pieceLayers.size > 0) return
    const response = await fetch(siteUrl(this.#manifest!.base, torrentPath!)).catch(() => undefined)
    if (!response?.ok) return
    const whole = withTorrent(swarm, new Uint8Array(await response.arrayBuffer()))
    this.#bulk.set(id, whole)
    await this.#putLayers(whole)
    this.#swarms?.know(whole)
  }

  async #stopped(isGone: boolean): Promise<void> {
    await this.#closeSwarms()
    this.#manifest = undefined
    if (isGone) this.#options.notebook.accepted = undefined
    this.#options.ended()
  }

  /** Notes what was sent since it was looked at last. @returns whether anything was */
  #spend(): boolean {
    const uploadedBytes = this.#swarms?.totals.uploaded ?? 0
    const sentBytes = uploadedBytes - this.#notedBytes
    if (sentBytes <= 0) return false
    this.#notedBytes = uploadedBytes
    this.#options.notebook.addSent(sentBytes)
    return true
  }

  #fail(error: unknown): void {
    if (!this.#hasEnded) this.#options.warning(toShoalError(error, 'The site goes on without peers.'))
  }
}

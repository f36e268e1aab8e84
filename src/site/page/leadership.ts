/** What the tab that leads does for all: follows the deploys, joins the swarms as far as it may, and serves the worker. */
import { randomPeerId } from '../../client.ts'
import { type ShoalError, toShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { createNetwork } from '../../net/network.ts'
import { createOrigin } from '../../net/origin.ts'
import { IndexedDBStore } from '../../store/indexeddb.ts'
import { SITE_STORE_NAME } from '../keys.ts'
import type { Manifest } from '../manifest.ts'
import type { SiteFile } from '../manifest-fields.ts'
import { originFetch } from '../origin-urls.ts'
import { siteUrl } from '../paths.ts'
import { readPolicy, type SitePolicy } from '../policy.ts'
import { Deploys } from './deploys.ts'
import { Layers } from './layers.ts'
import { type Serving, serveWorker } from './leader-port.ts'
import { Ledger } from './ledger.ts'
import type { Notebook } from './notes.ts'
import { PageDatabase } from './page-database.ts'
import { permit } from './permission.ts'
import { proofSockets } from './seeder-proof.ts'
import { SiteSwarms } from './site-swarms.ts'
import { type FileStats, NO_STATS, type SiteStats } from './stats.ts'
import { Tally } from './tally.ts'
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

/** Of former lives of the worker: those before the last few owe nothing that anybody waits for. */
const SERVINGS_MAX = 4
/** As many as a page has. */
const EARLY_MAX = 1_000
/** How often what was sent today is looked at. */
const ALLOWANCE_MS = 1_000

export class Leadership {
  readonly #options: LeadershipOptions
  readonly #database = new PageDatabase(SITE_STORE_NAME)
  readonly #store = new IndexedDBStore(this.#database)
  readonly #ledger = new Ledger()
  readonly #deploys: Deploys
  /** One for all sessions, for it knows what each tracker has been told. */
  readonly #sockets = siteSockets(proofSockets(WebSocket, { keys: () => this.#policy?.trustedKeys ?? [] }), {
    candidates: () => ({ lan: this.#policy?.allowsLan === true, relayOnly: this.#policy?.isRelayOnly === true }),
    pointer: () => this.#pointer,
    onPointer: bytes => void this.#deploys.take(bytes),
    totals: () => this.stats,
  })
  #manifest: Manifest | undefined
  #policy: SitePolicy | undefined
  /** By their addresses. */
  #paths = new Map<string, string>()
  #layers: Layers | undefined
  #swarms: SiteSwarms | undefined
  #pointer: Uint8Array | undefined
  /** Ports to the worker; the last one is that of its present life. */
  #servings: Serving[] = []
  #timer: ReturnType<typeof setInterval> | undefined
  /** Of what these swarms have sent. */
  #notedBytes = 0
  /** What this tab fetches itself, of which the browser tells as of all that a page loads. */
  readonly #fetching = new Tally()
  /** Files that were looked for in the browser's cache. */
  readonly #triedUrls = new Set<string>()
  /** Resources that pages loaded before it was known which are listed. */
  #early: Loaded[] = []
  #expectedVersion = 0
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
        this.#sockets.tellPointer()
      },
    })
  }

  get stats(): SiteStats {
    return {
      ...NO_STATS,
      ...this.#swarms?.totals,
      ...this.#ledger.totals,
      version: this.#manifest?.version,
      isOn: this.#swarms !== undefined,
      hasBadge: this.#policy?.hasBadge === true && this.#swarms !== undefined,
      files: this.#ledger.files(file => this.#describe(file)),
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
    const { connects, uploadBytesPerSecond } = permit({
      policy: this.#policy,
      consent: notebook.consent,
      refusesSharing: (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true,
      draw: notebook.draw,
      connection,
      isTouch: matchMedia('(pointer: coarse)').matches,
      sentTodayBytes: notebook.sentTodayBytes,
    })
    if (connects) this.#swarms ??= this.#openSwarms(this.#policy, this.#manifest)
    else if (this.#swarms) void this.#closeSwarms()
    this.#swarms?.setUpload(uploadBytesPerSecond)
  }

  /** A page of this deploy was loaded: where it is newer than what is believed, the pointer is. */
  expect(version: number): void {
    if (!(version > Math.max(this.#expectedVersion, this.#options.notebook.accepted?.version ?? 0))) return
    this.#expectedVersion = version
    void this.#deploys.look()
  }

  /** The worker looks for who leads. */
  meetWorker(): void {
    for (const serving of this.#servings) serving.retire()
    // Without swarms there is nothing that the origin has not.
    if (!this.#swarms) return
    const { port1, port2 } = new MessageChannel()
    this.#options.introduce(port2)
    const next = serveWorker(port1, this.#swarms, this.#options.keepAwake)
    this.#servings = [...this.#servings.slice(1 - SERVINGS_MAX), next]
  }

  /** Pages loaded these: what is listed is counted, and given to peers from now on. @param isOwn this tab did */
  async used(resources: readonly Loaded[], isOwn: boolean): Promise<void> {
    if (!this.#manifest) return void this.#early.push(...resources.slice(0, EARLY_MAX - this.#early.length))
    for (const resource of resources) {
      const url = resource.url.split(/[?#]/, 1)[0]!
      const file = this.#manifest?.files.get(this.#paths.get(url) ?? '')
      if (!file || (isOwn && resource.isByScript && this.#fetching.delete(url))) continue
      // As it travels: what the worker gives is inflated.
      const bodyBytes = resource.isByWorker
        ? (resource.bodyBytes * file.contentLength) / file.length
        : resource.bodyBytes
      this.#ledger.loaded(file, { ...resource, bodyBytes })
      try {
        await this.#keep(file, url, resource.bodyBytes >= file.contentLength)
      } catch {
        // The cache has let it go, or the store has: others have it.
      }
    }
  }

  /** Fetches a listed file into the store. @returns false where that is not for peers to do */
  async prefetch(url: string): Promise<boolean> {
    const file = this.#manifest?.files.get(this.#paths.get(url) ?? '')
    if (!file || !this.#swarms) return false
    await this.#learn(file)
    return this.#swarms.prefetch(file.path)
  }

  /** The page is about to be frozen, and must hold nothing that others wait for. */
  freeze(): void {
    this.#database.abandon()
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
    const layers = new Layers(this.#store, manifest, this.#layers)
    this.#layers = layers
    this.#options.deployed(manifest)
    // Before there is a leader for the worker to ask: what it cannot verify it can only pass on.
    await layers.putShared()
    this.review()
    if (this.#swarms) await this.#swarms.follow(manifest, layers.known)
    void this.used(this.#early.splice(0), false)
    await layers.fetchAhead(swarm => this.#swarms?.know(swarm))
  }

  #openSwarms(policy: SitePolicy, manifest: Manifest): SiteSwarms {
    const { base, siteKey } = manifest
    // New in each session: nothing ties the visits of a browser together.
    const peerId = randomPeerId()
    const iceTransportPolicy = policy.isRelayOnly ? 'relay' : 'all'
    const swarms = new SiteSwarms({
      scope: toHex(siteKey),
      store: this.#store,
      network: createNetwork({ peerId, iceTransportPolicy, WebSocket: this.#sockets.WebSocket }),
      origin: createOrigin({ fetch: originFetch(base, (url, init) => this.#fetch(url, init)) }),
      peerId,
      visitorsMin: policy.visitorsMin,
      isLoading: this.#options.isLoading,
      ledger: this.#ledger,
      warning: error => this.#options.warning(error),
    })
    void swarms.follow(manifest, this.#layers?.known ?? [])
    this.#swarms = swarms
    this.meetWorker()
    return swarms
  }

  #describe({ path }: SiteFile): Pick<FileStats, 'url' | 'verified'> {
    return {
      url: siteUrl(new URL('.', this.#options.manifestUrl).href, path),
      verified: this.#swarms?.verifiedBytes(path) ?? 0,
    }
  }

  async #closeSwarms(): Promise<void> {
    const swarms = this.#swarms
    this.#spend()
    this.#notedBytes = 0
    this.#swarms = undefined
    for (const serving of this.#servings.splice(0)) serving.stop()
    await swarms?.leave()
  }

  /** What a page has used is given to peers; what lies in the browser's cache is not downloaded again for that. */
  async #keep(file: SiteFile, url: string, isWhole: boolean): Promise<void> {
    const swarms = this.#swarms
    if (!swarms) return
    await this.#learn(file)
    if ((await swarms.use(file.path)) || file.encoding) return
    // Chromium's console tells of every miss: what the worker made is in the store, and what a page broke off in no cache.
    if (!isWhole || this.#triedUrls.has(url)) return
    this.#triedUrls.add(url)
    const cached = await this.#fetch(url, { cache: 'only-if-cached', mode: 'same-origin' }).catch(() => undefined)
    if (cached?.status === 200 && cached.body) await swarms.ingest(file.path, cached.body)
  }

  async #learn(file: SiteFile): Promise<void> {
    const swarm = await this.#layers?.learn(file)
    if (swarm) this.#swarms?.know(swarm)
  }

  /** A fetch of ours, which is no page's. */
  #fetch(url: string, init: RequestInit): Promise<Response> {
    this.#fetching.add(url)
    return fetch(url, init)
  }

  async #stopped(isGone: boolean): Promise<void> {
    await this.#closeSwarms()
    this.#manifest = undefined
    if (isGone) {
      this.#options.notebook.accepted = undefined
      this.#layers = undefined
      this.#database.delete()
    }
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

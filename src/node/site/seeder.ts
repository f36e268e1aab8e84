/** A peer that has a whole site: its swarm and that of each bulk file, from deploy to deploy. */
import type { Shoal } from '../../client.ts'
import { ShoalError } from '../../errors.ts'
import type { Manifest } from '../../site/manifest.ts'
import { originUrl } from '../../site/origin-urls.ts'
import { type SiteSwarm, torrentOf } from '../../site/swarms.ts'
import type { DeployTrust } from './deploy-trust.ts'
import type { Deploy, SiteSource, Supply } from './site-source.ts'

/** As `Shoal.add` returns it. */
type Torrent = ReturnType<Shoal['add']>

export interface SeederOptions {
  readonly shoal: Shoal
  readonly source: SiteSource
  readonly trust: DeployTrust
  /** A deploy begins to be served, or the owner has stopped the site. */
  readonly onDeploy: (deploy: Deploy) => void
  readonly onWarning: (sentence: string) => void
}

/** Sums over all swarms. */
export interface SeederFigures {
  /** What is going on in the one that is farthest behind. */
  readonly phase: 'idle' | 'preparing' | 'checking' | 'downloading' | 'seeding'
  readonly swarms: number
  readonly peers: number
  /** Bytes of all files, and how many of them are here. */
  readonly lengthBytes: number
  readonly presentBytes: number
  /** Since the start. */
  readonly uploadedBytes: number
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
}

interface Open {
  readonly key: string
  readonly swarm: SiteSwarm
  readonly torrent: Torrent
  /** All of it is here; false: it never will be. */
  readonly whole: Promise<boolean>
}

export class SiteSeeder {
  readonly #options: SeederOptions
  readonly #open = new Map<string, Open>()
  /** Bytes, in swarms that were left. */
  #uploadedBefore = 0
  /** The source is looking what it has of a deploy. */
  #isPreparing = false
  /** A pointer that a tracker brought, and what ends the wait for it. */
  #heard: Uint8Array | undefined
  #wake = new AbortController()
  /** The deploy whose swarms are open. */
  #manifest: Manifest | undefined

  constructor(options: SeederOptions) {
    this.#options = options
  }

  /** Opens the swarms of the deploy that holds. @throws what `SiteSource.look` and `supply` throw */
  async start(): Promise<void> {
    const deploy = await this.#options.source.look()
    if (deploy !== undefined) await this.#apply(deploy)
  }

  /** Goes on with the deploys that follow, until the source is stopped; what is refused is told, and changes nothing. */
  async follow(): Promise<never> {
    const { source, onWarning } = this.#options
    for (let told = ''; ; ) {
      await source.changed(this.#wake.signal)
      const heard = this.#heard
      this.#heard = undefined
      this.#wake = new AbortController()
      try {
        const deploy = await source.look(heard)
        if (deploy !== undefined) await this.#apply(deploy)
        told = ''
      } catch (error) {
        if (!(error instanceof ShoalError) || error.code === 'aborted') throw error
        if (error.message !== told) onWarning(error.message)
        told = error.message
        // Visitors refuse it too.
        if (error.code === 'site-expired') await this.#leave([...this.#open.values()])
      }
    }
  }

  /** A tracker brought a pointer: what it says is looked at now. One that is not the owner's is passed over. */
  async hear(pointer: Uint8Array): Promise<void> {
    if (!(await this.#options.trust.isNews(pointer))) return
    this.#heard = pointer
    this.#wake.abort()
  }

  get figures(): SeederFigures {
    const all = [...this.#open.values()].map(({ torrent }) => torrent)
    const sum = (of: (torrent: Torrent) => number): number => all.reduce((total, torrent) => total + of(torrent), 0)
    // Each look at them goes through all pieces.
    const stats = all.map(torrent => torrent.stats)
    const sumOf = (of: (stats: Torrent['stats']) => number): number =>
      stats.reduce((total, each) => total + of(each), 0)
    return {
      phase: this.#isPreparing ? 'preparing' : phaseOf(all),
      swarms: all.length,
      peers: sum(({ peers }) => peers.length),
      lengthBytes: sum(({ length }) => length),
      presentBytes: sum(({ length, progress }) => length * progress),
      uploadedBytes: this.#uploadedBefore + sumOf(each => each.uploadedBytes),
      uploadBytesPerSecond: sumOf(each => each.uploadBytesPerSecond),
      downloadBytesPerSecond: sumOf(each => each.downloadBytesPerSecond),
    }
  }

  async #apply(deploy: Deploy): Promise<void> {
    const { onDeploy } = this.#options
    if (deploy.kind === 'killed') {
      onDeploy(deploy)
      this.#manifest = undefined
      return this.#leave([...this.#open.values()])
    }
    const { manifest } = deploy
    const supplies = await this.#prepare(manifest)
    const keys = new Set(supplies.map(({ key }) => key))
    const ids = new Set(supplies.map(({ swarm }) => swarm.id))
    const former = [...this.#open.values()].filter(({ key }) => !keys.has(key))
    // A client joins a swarm once; and what never became whole is of no use any more.
    await this.#leave(former.filter(({ swarm, torrent }) => ids.has(swarm.id) || torrent.state !== 'seeding'))
    const isNew = this.#manifest !== manifest
    this.#manifest = manifest
    for (const supply of supplies) if (!this.#open.has(supply.key)) this.#join(supply, manifest.base)
    if (isNew) onDeploy(deploy)
    void this.#settle(manifest, supplies)
  }

  async #prepare(manifest: Manifest): Promise<Supply[]> {
    this.#isPreparing = true
    try {
      return await this.#options.source.supply(manifest)
    } finally {
      this.#isPreparing = false
    }
  }

  /** Once the new deploy is whole, the former ones are left. Until then visitors of old pages are served from them. */
  async #settle(manifest: Manifest, supplies: readonly Supply[]): Promise<void> {
    const keys = new Set(supplies.map(({ key }) => key))
    const arrived = await Promise.all([...keys].map(key => this.#open.get(key)!.whole))
    if (this.#manifest !== manifest || arrived.includes(false)) return
    await this.#leave([...this.#open.values()].filter(({ key }) => !keys.has(key)))
    await this.#options.source.settle(manifest).catch(error => this.#options.onWarning(String(error)))
  }

  #join({ key, swarm, store, isFetched }: Supply, base: string): void {
    const { shoal, onWarning } = this.#options
    const torrent = shoal.add(torrentOf(swarm), { store, select: isFetched ? 'all' : 'none' })
    const tell = ({ message, details }: ShoalError): void =>
      onWarning(typeof details.url === 'string' ? message.replace(details.url, originUrl(base, details.url)) : message)
    torrent.addEventListener('warning', ({ detail }) => tell(detail.error))
    torrent.addEventListener('error', ({ detail }) => tell(detail.error))
    const whole = (isFetched ? torrent.done : torrent.ready).then(
      () => true,
      () => false,
    )
    this.#open.set(key, { key, swarm, torrent, whole })
  }

  async #leave(former: readonly Open[]): Promise<void> {
    for (const { key, torrent } of former) {
      this.#open.delete(key)
      this.#uploadedBefore += torrent.stats.uploadedBytes
    }
    await Promise.all(former.map(({ torrent }) => torrent.close()))
  }
}

function phaseOf(torrents: readonly Torrent[]): SeederFigures['phase'] {
  const states = new Set(torrents.map(({ state }) => state))
  if (states.has('joining') || states.has('checking')) return 'checking'
  if (states.has('downloading')) return 'downloading'
  return states.has('seeding') ? 'seeding' : 'idle'
}

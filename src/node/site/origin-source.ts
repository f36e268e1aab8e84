/** A site's own server as the source of a seeder: what is missing comes from there and from peers, and rests in a folder. */
import { join } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { SITE_LIMITS, SITE_NAMES } from '../../site/limits.ts'
import type { Manifest } from '../../site/manifest.ts'
import type { Fetch } from '../../site/origin-urls.ts'
import { siteUrl } from '../../site/paths.ts'
import { type SiteSwarm, swarmsOf } from '../../site/swarms.ts'
import { BulkTorrents } from './bulk-torrents.ts'
import { ContentStore } from './content-store.ts'
import type { DeployTrust } from './deploy-trust.ts'
import { fetchBounded } from './fetch-bounded.ts'
import { recallDeploy, rememberDeploy } from './site-memory.ts'
import { type Deploy, pause, retryMs, type SiteSource, type Supply, swarmKey } from './site-source.ts'

export interface OriginSourceOptions {
  /** Ends in '/'. */
  readonly base: string
  /** Where contents, and the deploy that was believed last, are kept. */
  readonly folder: string
  readonly trust: DeployTrust
  readonly fetch: Fetch
  /** Between two looks at the pointer; a tenth more or less, so that seeders do not come all at once. */
  readonly pollMs: number
  readonly signal: AbortSignal
  readonly onWarning: (sentence: string) => void
}

const JITTER = 0.1
/** .torrents fetched at a time. */
const FETCHES_MAX = 8

export class OriginSource implements SiteSource {
  readonly #options: OriginSourceOptions
  readonly #contents: ContentStore
  readonly #bulk: BulkTorrents
  #hasLooked = false
  /** Looks in a row that brought nothing to believe. */
  #failures = 0

  constructor(options: OriginSourceOptions) {
    this.#options = options
    this.#contents = new ContentStore(join(options.folder, 'contents'))
    this.#bulk = new BulkTorrents(join(options.folder, 'bulk'))
  }

  /** A server that is away is no reason not to serve what is kept. */
  async look(heard?: Uint8Array): Promise<Deploy | undefined> {
    try {
      const deploy = await this.#fetchDeploy(heard)
      this.#failures = 0
      return deploy
    } catch (error) {
      this.#failures++
      const isAway = error instanceof ShoalError && error.code === 'web-seed-failed'
      const kept = isAway && !this.#hasLooked ? await recallDeploy(this.#options.folder) : undefined
      if (kept === undefined) throw error
      const deploy = await this.#options.trust.check(kept.pointer, async () => kept.manifest)
      this.#options.onWarning(`${(error as ShoalError).message} What is kept from the last run is served.`)
      return deploy
    } finally {
      this.#hasLooked = true
    }
  }

  async changed(wake: AbortSignal): Promise<void> {
    const { signal } = this.#options
    // A deploy that was heard of may take a moment to reach every server of the site.
    const pollMs = Math.min(this.#options.pollMs, retryMs(this.#failures))
    await pause(pollMs * (1 + JITTER * (2 * Math.random() - 1)), signal, wake)
  }

  async supply(manifest: Manifest): Promise<Supply[]> {
    const swarms: SiteSwarm[] = []
    const left = swarmsOf(manifest)
    while (left.length > 0)
      swarms.push(...(await Promise.all(left.splice(0, FETCHES_MAX).map(swarm => this.#withHashes(swarm)))))
    return swarms.map(swarm => ({ key: swarmKey(swarm), swarm, store: this.#contents.store, isFetched: true }))
  }

  async settle(manifest: Manifest): Promise<void> {
    const roots = [...manifest.files.values()].map(({ piecesRoot }) => toHex(piecesRoot))
    await this.#contents.keepOnly(new Set(roots))
    await this.#bulk.keepOnly(swarmsOf(manifest))
  }

  async close(): Promise<void> {
    await this.#contents.store.close()
  }

  async #fetchDeploy(heard: Uint8Array | undefined): Promise<Deploy | undefined> {
    const { folder, base, trust } = this.#options
    const pointer = heard ?? (await this.#fetch(SITE_NAMES.pointer, SITE_LIMITS.pointerBytesMax))
    let manifest: Uint8Array | undefined
    const deploy = await trust.check(pointer, async () => {
      manifest = await this.#fetch(SITE_NAMES.manifest, SITE_LIMITS.manifestBytesMax)
      return manifest
    })
    if (deploy !== undefined)
      await rememberDeploy(folder, base, trust.accepted!, { pointer, ...(manifest && { manifest }) })
    return deploy
  }

  #fetch(path: string, bytesMax: number): Promise<Uint8Array> {
    const { base, fetch, signal } = this.#options
    return fetchBounded(siteUrl(base, path), { bytesMax, fetch, signal })
  }

  /** Without them peers have to be asked, which takes longer, and the server alone is of no use. */
  async #withHashes(swarm: SiteSwarm): Promise<SiteSwarm> {
    const { base, fetch, signal, onWarning } = this.#options
    try {
      return await this.#bulk.complete(swarm, { base, fetch, signal })
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error
      onWarning(`${error.message} Its hashes are asked of peers.`)
      return swarm
    }
  }
}

/** The hashes of pieces, by which the service worker verifies: those of the site's swarm come with the manifest, those of each bulk file are fetched. */
import { toHex } from '../../metainfo/bytes.ts'
import type { Store } from '../../ports.ts'
import { layerKey } from '../keys.ts'
import type { Manifest } from '../manifest.ts'
import type { SiteFile } from '../manifest-fields.ts'
import { siteUrl } from '../paths.ts'
import { type SiteSwarm, swarmOf, swarmsOf, withTorrent } from '../swarms.ts'

/** Bulk files whose piece hashes are fetched before anybody asks for them, at most 32 KiB each. Those of others are once a page has used them. */
const AHEAD_MAX = 32

export class Layers {
  readonly #store: Store
  readonly #manifest: Manifest
  readonly #shared: SiteSwarm
  /** By their ids; with hashes where these have come. */
  readonly #bulk: Map<string, SiteSwarm>

  /** @param before of the deploy before: what stays the same is not fetched again */
  constructor(store: Store, manifest: Manifest, before?: Layers) {
    this.#store = store
    this.#manifest = manifest
    const [shared, ...bulk] = swarmsOf(manifest)
    this.#shared = shared!
    this.#bulk = new Map(bulk.map(swarm => [swarm.id, (before ? before.#bulk.get(swarm.id) : undefined) ?? swarm]))
  }

  /** Bulk files' swarms whose hashes are here. */
  get known(): SiteSwarm[] {
    return [...this.#bulk.values()].filter(isKnown)
  }

  /** Puts what came with the manifest into the store. */
  putShared(): Promise<void> {
    return this.#put(this.#shared)
  }

  /** Fetches what may soon be needed. @param learnt told of each that has come */
  async fetchAhead(learnt: (swarm: SiteSwarm) => void): Promise<void> {
    for (const { files } of [...this.#bulk.values()].slice(0, AHEAD_MAX)) {
      const swarm = await this.learn(files[0]!)
      if (swarm) learnt(swarm)
    }
  }

  /** Fetches the hashes of a bulk file's pieces, once. @returns its swarm with them, when they are new */
  async learn(file: SiteFile): Promise<SiteSwarm | undefined> {
    if (file.swarm.kind === 'shared') return undefined
    const swarm = swarmOf([...this.#bulk.values()], file)
    if (isKnown(swarm)) return undefined
    const response = await fetch(siteUrl(this.#manifest.base, swarm.torrentPath!)).catch(() => undefined)
    if (!response?.ok) return undefined
    const whole = withTorrent(swarm, new Uint8Array(await response.arrayBuffer()))
    this.#bulk.set(swarm.id, whole)
    await this.#put(whole)
    return whole
  }

  async #put({ metainfo }: SiteSwarm): Promise<void> {
    const { layout, pieceLayers } = metainfo
    const scope = toHex(this.#manifest.siteKey)
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
}

function isKnown({ metainfo }: SiteSwarm): boolean {
  return metainfo.pieceLayers.size > 0
}

/** The hashes of bulk files' pieces: from .torrents that are kept in a folder, or fetched from the site's server. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { METAINFO_LIMITS } from '../../options.ts'
import { siteUrl } from '../../site/paths.ts'
import { type SiteSwarm, torrentOf, withTorrent } from '../../site/swarms.ts'
import { fetchBounded, type FetchOptions } from './fetch-bounded.ts'
import { replaceFile } from './staging.ts'

export class BulkTorrents {
  readonly #folder: string

  /** @param folder made when absent; nothing else may lie in it */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * The swarm with its hashes. Nothing is trusted: the root of the file vouches for them.
   * @throws ShoalError `web-seed-failed`, `invalid-torrent`, `site-format`
   */
  async complete(
    swarm: SiteSwarm,
    { base, ...access }: { readonly base: string } & Pick<FetchOptions, 'fetch' | 'signal'>,
  ): Promise<SiteSwarm> {
    const { torrentPath } = swarm
    if (torrentPath === undefined) return swarm
    const place = join(this.#folder, nameOf(swarm))
    const kept = await readFile(place).catch(() => undefined)
    if (kept !== undefined) {
      try {
        return withTorrent(swarm, new Uint8Array(kept))
      } catch {
        // A damaged one is fetched anew.
      }
    }
    const bytes = await fetchBounded(siteUrl(base, torrentPath), {
      ...access,
      bytesMax: METAINFO_LIMITS.metadataBytesMax,
    })
    const whole = withTorrent(swarm, bytes)
    await mkdir(this.#folder, { recursive: true })
    await replaceFile(place, torrentOf(whole))
    return whole
  }

  /** Deletes those of other swarms. */
  async keepOnly(swarms: readonly SiteSwarm[]): Promise<void> {
    const wanted = new Set(swarms.map(nameOf))
    const names = await readdir(this.#folder).catch(() => [])
    const former = names.filter(name => !wanted.has(name))
    await Promise.all(former.map(name => rm(join(this.#folder, name), { recursive: true })))
  }
}

function nameOf({ id }: SiteSwarm): string {
  return `${id}.torrent`
}

/**
 * Where a site's own server has the files of the site's torrent, for whoever fetches them as from a web seed.
 *
 * BEP 19 appends the torrent's name and the path to a web seed's address, which cannot express every base (FORMAT.md, `url-list`). So a client is
 * given an address that lies in no site, and its platform's `fetch` is wrapped: what is asked for under that address is fetched from where the
 * file is. Nothing has to be kept, and one wrapped `fetch` serves all deploys of a site.
 *
 *     new Shoal(options, { ...platform, fetch: originFetch(base, fetch) }).add(torrentOf(swarm))
 *
 * Bulk files need none of this: theirs are torrents of one file, to which nothing is appended.
 */
import { SITE_NAMES } from './limits.ts'
import { siteUrl } from './paths.ts'

/** As in `Platform`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The web seed of the site's torrent. No file of a site can lie there: the name of the manifest is reserved. */
export function originSeed(base: string): string {
  return `${base}${SITE_NAMES.manifest}/`
}

/** The address of what is asked for under the web seed's; every other address stays as it is. */
export function originUrl(base: string, url: string): string {
  const seed = originSeed(base)
  if (!url.startsWith(seed)) return url
  // The first name is the torrent's.
  const [, ...names] = url.slice(seed.length).split('/').map(decodeURIComponent)
  return siteUrl(base, names.join('/'))
}

/** @param fetch of the platform */
export function originFetch(base: string, fetch: Fetch): Fetch {
  return (url, init) => fetch(originUrl(base, url), init)
}

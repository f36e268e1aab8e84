/** Which addresses from torrents and magnets are kept. Where they lead is checked when they are used (`blocked-address`). */
import { METAINFO_LIMITS } from '../options.ts'

export const WEB_SEED_PROTOCOLS = ['http:', 'https:']
/** Those that reach trackers from a browser. */
export const SOCKET_PROTOCOLS = ['ws:', 'wss:']
const TRACKER_PROTOCOLS = [...SOCKET_PROTOCOLS, ...WEB_SEED_PROTOCOLS, 'udp:']

/** The trackers among `urls`, tier by tier (BEP 12): each once, empty tiers left out. A string is a tier of its own. */
export function trackerTiers(urls: Iterable<string | Iterable<string>>): string[][] {
  const seen = new Set<string>()
  const tiers: string[][] = []
  for (const tier of urls) {
    const kept = keep(typeof tier === 'string' ? [tier] : tier, TRACKER_PROTOCOLS, seen)
    if (kept.length > 0) tiers.push(kept)
    if (seen.size === METAINFO_LIMITS.urlsMax) break
  }
  return tiers
}

/** The web seeds among `urls`, each once. */
export function webSeedUrls(urls: Iterable<string>): string[] {
  return keep(urls, WEB_SEED_PROTOCOLS, new Set())
}

function keep(urls: Iterable<string>, protocols: readonly string[], seen: Set<string>): string[] {
  const kept: string[] = []
  for (const url of urls) {
    if (seen.size === METAINFO_LIMITS.urlsMax) break
    if (seen.has(url) || !isUrl(url, protocols)) continue
    seen.add(url)
    kept.push(url)
  }
  return kept
}

/** Whether `text` is an address, not too long, with a host and one of these protocols (`https:`). */
export function isUrl(text: string, protocols: readonly string[]): boolean {
  if (text.length > METAINFO_LIMITS.urlCharactersMax || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocols.includes(protocol) && hostname !== ''
}

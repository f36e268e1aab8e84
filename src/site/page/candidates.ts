/**
 * Which addresses of ours a peer is told, and which of a peer's the browser may try. A visitor of a site came for a page: unless the owner
 * asks for peers on the local network (`lan`), no address of it leaves, and none is looked for, about which browsers ask their user.
 *
 * Candidates are lines of text (RFC 8839) in descriptions, and on their own where they are trickled.
 */

export interface CandidatePolicy {
  /** Peers on the local network may be found: host candidates and private addresses are let through. */
  readonly lan: boolean
  /** Only relay candidates leave, so that no peer sees an address of ours. */
  readonly relayOnly: boolean
}

/** The candidate as it may leave; undefined when it may not. */
export type CandidateFilter = (candidate: string) => string | undefined

const CANDIDATE = /^candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ (\S+)/i

/** Not to be reached over the internet (RFC 6890); one out of 2000::/3 is, but for 6to4 and documentation. */
const PRIVATE_IPV4 = /^(0|10|127|169\.254|192\.168|192\.0\.[02]|198\.1[89]|198\.51\.100|203\.0\.113|22[4-9]|2[345]\d)\./
const PRIVATE_IPV4_RANGES = /^(100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])|172\.(1[6-9]|2\d|3[01]))\./
const PUBLIC_IPV6 = /^\[[23](?!001:db8:|002:)/

/** What leaves. What cannot be read does not. */
export function outgoing({ lan, relayOnly }: CandidatePolicy): CandidateFilter {
  return candidate => {
    const [, address, type] = CANDIDATE.exec(candidate) ?? []
    if (address === undefined || type === undefined) return undefined
    if (relayOnly ? type !== 'relay' : !lan && (type === 'host' || address.endsWith('.local'))) return undefined
    return relayOnly || !lan ? hideBase(candidate) : candidate
  }
}

/** What the browser may try of a peer's. */
export function incoming({ lan }: CandidatePolicy): CandidateFilter {
  return candidate => (lan || isPublic(CANDIDATE.exec(candidate)?.[1] ?? '') ? candidate : undefined)
}

/** A description without the candidates that the filter refuses, and without the default address, which repeats one of them. */
export function filterDescription(sdp: string, filter: CandidateFilter): string {
  const lines = sdp.split(/\r?\n/).flatMap(line => {
    if (line.startsWith('c=')) return 'c=IN IP4 0.0.0.0'
    if (!line.startsWith('a=candidate:')) return line
    const kept = filter(line.slice(2))
    return kept === undefined ? [] : `a=${kept}`
  })
  return lines.join('\r\n')
}

/** A candidate also names the address that it was made from: the local one, or the one that the relay was reached from. */
function hideBase(candidate: string): string {
  return candidate.replace(/ raddr \S+ rport \d+/i, ' raddr 0.0.0.0 rport 0')
}

/** Names are not: they would be looked up, those of the local network by asking all of it. */
function isPublic(address: string): boolean {
  // The URL parser knows every way to write an address, and writes it in one.
  const url = `http://${address.includes(':') ? `[${address}]` : address}`
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  if (hostname.startsWith('[')) return PUBLIC_IPV6.test(hostname)
  return /^[\d.]+$/.test(hostname) && !PRIVATE_IPV4.test(hostname) && !PRIVATE_IPV4_RANGES.test(hostname)
}

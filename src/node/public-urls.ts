/** Keeps torrents from making a server fetch what only the server can reach (server-side request forgery). */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { ShoalError } from '../errors.ts'

/** IANA's special-purpose registries (RFC 6890 and its updates): addresses that are not public hosts. */
const NOT_PUBLIC = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4')
  // The same addresses, mapped into IPv6 and behind NAT64.
  NOT_PUBLIC.addSubnet(`::ffff:${network}`, 96 + bits, 'ipv6')
  NOT_PUBLIC.addSubnet(`64:ff9b::${network}`, 96 + bits, 'ipv6')
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['2001:db8::', 32],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv6')
}

/** Redirects followed. */
const REDIRECTS_MAX = 5

/**
 * Fetches from public hosts only, and checks every redirect.
 * @throws ShoalError `blocked-address` where a URL is not http(s), or its host has an address that is not public
 */
export async function publicFetch(url: string, init: RequestInit): Promise<Response> {
  let next = url
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    await requirePublic(next)
    const response = await fetch(next, { ...init, redirect: 'manual' })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) return response
    await response.body?.cancel()
    if (!URL.canParse(location, next)) break
    next = new URL(location, next).href
  }
  throw new ShoalError('blocked-address', `${url} is not fetched: it redirects too often, or to nowhere.`, {
    details: { url },
  })
}

/** Whether a URL may be fetched by `publicFetch`, so far as its host shows. */
export function isPublicUrl(url: string): Promise<boolean> {
  return requirePublic(url).then(
    () => true,
    () => false,
  )
}

async function requirePublic(url: string): Promise<void> {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw blocked(url, 'only http and https are fetched')
  const host = hostname.replace(/^\[|\]$/g, '')
  // A host that does not resolve is refused by the fetch itself, with its own error.
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => [])
  for (const { address } of addresses) {
    if (!isPublicAddress(address)) throw blocked(url, `${address} is not a public address`)
  }
}

/** @param address IPv4 or IPv6, with or without a zone */
export function isPublicAddress(address: string): boolean {
  return !NOT_PUBLIC.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function blocked(url: string, why: string): ShoalError {
  const message = `${url} is not fetched: ${why}. Pass allowPrivateAddresses to allow it.`
  return new ShoalError('blocked-address', message, { details: { url } })
}

/** Which addresses torrents may make a server connect to: not those that only the server can reach (server-side request forgery). */
import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

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

/** @param address IPv4 or IPv6, with or without a zone */
export function isPublicAddress(address: string): boolean {
  return !NOT_PUBLIC.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** Of a URL. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

/**
 * A lookup that fails where a name has an address that is not allowed. What was checked is what is connected to: a name that resolves to
 * something else a moment later gains nothing. Addresses are not looked up, and must be checked before.
 * @param refusal the error that the connection fails with
 */
export function guardedLookup(
  isAllowed: (address: string) => boolean,
  refusal: (address: string) => Error,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const refused = addresses.find(({ address }) => !isAllowed(address))
      if (refused) return callback(refusal(refused.address), [])
      if (options.all) return callback(null, addresses)
      const { address, family } = addresses[0]!
      callback(null, address, family)
    })
  }
}

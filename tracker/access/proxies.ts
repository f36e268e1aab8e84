/** Who a client is where proxies stand before the tracker: the last address of `X-Forwarded-For` that is none of the operator's own proxies. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/** `10.0.0.0/8`, `fd00::/8` or a single address. */
export function isCidr(text: string): boolean {
  const [address = '', bits, more] = text.split('/')
  const family = isIP(address)
  return (
    family !== 0 &&
    more === undefined &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  )
}

/**
 * Read from the right: each proxy adds whom it saw, and what stands left of the last one that is trusted may be anybody's invention.
 * @param trusted addresses and networks, as `isCidr` has them
 */
export function clientAddressBehind(trusted: readonly string[]): (request: IncomingMessage) => string | undefined {
  const list = new BlockList()
  for (const cidr of trusted) {
    const [address = '', bits] = cidr.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return request => {
    let address = plain(request.socket.remoteAddress ?? '')
    const named = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    while (named.length > 0 && isIP(address) !== 0 && isTrusted(address)) {
      const before = plain(named.pop()!.trim())
      // A proxy that names nobody we can tell is who we talk to.
      if (isIP(before) === 0) break
      address = before
    }
    return address === '' ? undefined : address
  }
}

/** Without the prefix of IPv4 mapped into IPv6, brackets and port, which some proxies add. */
function plain(text: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? []
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? []
  return (bracketed ?? withPort ?? text).replace(/^::ffff:(?=\d+\.)/i, '')
}

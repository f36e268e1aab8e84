/**
 * What is known of the addresses that connect: how many connections they have, how much they send, and how often
 * they broke the protocol.
 */
import { isIPv6 } from 'node:net'
import type { ServerLimits } from '../options.ts'
import { TokenBucket } from './token-bucket.ts'

/** One address: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer gets. */
export interface Address {
  readonly key: string
  readonly bucket: TokenBucket
  /** For checks of signatures. */
  readonly checks: TokenBucket
  connections: number
  violations: number
  /** When the first of `violations` was counted (ms). */
  violationsSince: number
  bannedUntil: number
}

export class Addresses {
  readonly #limits: ServerLimits
  /** The longest unseen first. */
  readonly #addresses = new Map<string, Address>()
  /** Connections of each network that has any. */
  readonly #networks = new Map<string, number>()

  constructor(limits: ServerLimits) {
    this.#limits = limits
  }

  /** The record of a remote address as sockets give it. */
  of(remoteAddress: string | undefined, now: number): Address {
    const key = addressKey(remoteAddress)
    const { messagesPerSecondPerAddress: rate, messagesBurstPerAddress: burst } = this.#limits
    const { pointerChecksPerSecondPerAddress: checkRate, pointerChecksBurstPerAddress: checkBurst } = this.#limits
    const address = this.#addresses.get(key) ?? {
      key,
      bucket: new TokenBucket(rate, burst, now),
      checks: new TokenBucket(checkRate, checkBurst, now),
      connections: 0,
      violations: 0,
      violationsSince: now,
      bannedUntil: 0,
    }
    this.#addresses.delete(key)
    this.#addresses.set(key, address)
    if (this.#addresses.size > this.#limits.addressesMax) this.#forgetOne()
    return address
  }

  /** Whether as many are connected from there as may be. */
  isFull({ key, connections }: Address): boolean {
    const { connectionsPerAddressMax, connectionsPerNetworkMax } = this.#limits
    const ofNetwork = this.#networks.get(networkOf(key)) ?? 0
    return connections >= connectionsPerAddressMax || ofNetwork >= connectionsPerNetworkMax
  }

  connected(address: Address): void {
    this.#count(address, 1)
  }

  disconnected(address: Address): void {
    this.#count(address, -1)
  }

  isBanned(address: Address, now: number): boolean {
    return address.bannedUntil > now
  }

  /** Counts a malformed message; too many within `banSeconds` ban the address. True: this one did. */
  violate(address: Address, now: number): boolean {
    const banMs = this.#limits.banSeconds * 1000
    if (now - address.violationsSince >= banMs) {
      address.violations = 0
      address.violationsSince = now
    }
    address.violations++
    const { violationsPerAddressMax: max } = this.#limits
    if (max === 0 || address.violations < max) return false
    const isNew = !this.isBanned(address, now)
    address.bannedUntil = now + banMs
    return isNew
  }

  bannedCount(now: number): number {
    let count = 0
    for (const address of this.#addresses.values()) if (this.isBanned(address, now)) count++
    return count
  }

  /** Forgets addresses of which nothing need be known any more. */
  sweep(now: number): void {
    const banMs = this.#limits.banSeconds * 1000
    for (const [key, address] of this.#addresses) {
      const isSpotless = address.violations === 0 || now - address.violationsSince >= banMs
      if (address.connections > 0 || this.isBanned(address, now) || !isSpotless) continue
      if (address.bucket.isFull(now) && address.checks.isFull(now)) this.#addresses.delete(key)
    }
  }

  #count(address: Address, change: 1 | -1): void {
    address.connections += change
    const network = networkOf(address.key)
    const connections = (this.#networks.get(network) ?? 0) + change
    if (connections > 0) this.#networks.set(network, connections)
    else this.#networks.delete(network)
  }

  #forgetOne(): void {
    for (const [key, address] of this.#addresses) {
      if (address.connections > 0) continue
      this.#addresses.delete(key)
      return
    }
  }
}

/** An IPv4 address as it is, also when mapped into IPv6; the first 64 bits of any other IPv6 address. */
export function addressKey(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return 'local'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress)
  if (mapped) return mapped[1]!
  if (!isIPv6(remoteAddress)) return remoteAddress
  const [head = '', tail] = remoteAddress.toLowerCase().replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** The IPv4 /24 or IPv6 /48 that an address of `addressKey` is in: what is handed out to one site. */
function networkOf(key: string): string {
  const isNetwork = key.endsWith('::/64')
  return isNetwork ? key.split(':', 3).join(':') : key.split('.', 3).join('.')
}

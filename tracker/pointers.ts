/** The pointers of sites, as the tracker judges them: by their signature and the time. Visitors check all of FORMAT.md themselves. */
import { createPublicKey, verify } from 'node:crypto'
import { toHex } from '../src/metainfo/bytes.ts'
import { SITE_LIMITS } from '../src/site/limits.ts'
import { readPointer } from '../src/site/pointer.ts'
import { type Purpose, withPurpose } from '../src/site/signature.ts'
import { type Address, TokenBucket } from './addresses.ts'
import type { ServerLimits } from './options.ts'
import type { PointerReader, PointerVerdict, SitePointer } from './sites.ts'

export class Pointers implements PointerReader {
  readonly #addressOf: (connection: number) => Address | undefined
  /** For all addresses together. */
  readonly #checks: TokenBucket

  constructor(limits: ServerLimits, addressOf: (connection: number) => Address | undefined) {
    this.#addressOf = addressOf
    const { pointerChecksPerSecond, pointerChecksBurst } = limits
    this.#checks = new TokenBucket(pointerChecksPerSecond, pointerChecksBurst, performance.now())
  }

  read(bytes: Uint8Array): SitePointer | undefined {
    try {
      const { version, expires, isKilled, infoHash, key, rotated } = readPointer(bytes).pointer
      const retired = rotated.map(link => toHex(link.key))
      return { bytes, version, expires, isKilled, infoHash: toHex(infoHash), key: toHex(key), retired }
    } catch {
      return undefined
    }
  }

  check({ bytes, version, expires }: SitePointer, connection: number): PointerVerdict {
    const nowSeconds = Date.now() / 1000
    if (expires <= nowSeconds || version > nowSeconds + SITE_LIMITS.versionAheadSecondsMax) return 'untimely'
    const now = performance.now()
    if (!this.#addressOf(connection)?.checks.tryTake(now) || !this.#checks.tryTake(now)) return 'busy'
    const { pointer, signature, signed } = readPointer(bytes)
    const { key, rotated } = pointer
    const isGenuine =
      isSigned('pointer', signed, { key, signature }) &&
      rotated.every((link, i) => isSigned('rotation', rotated[i + 1]?.key ?? key, link))
    return isGenuine ? 'genuine' : 'forged'
  }
}

/** As WebCrypto checks it for pages, but at once. */
function isSigned(purpose: Purpose, message: Uint8Array, by: { key: Uint8Array; signature: Uint8Array }): boolean {
  try {
    const x = Buffer.from(by.key).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, withPurpose(purpose, message), key, by.signature)
  } catch {
    // These bytes are no key.
    return false
  }
}

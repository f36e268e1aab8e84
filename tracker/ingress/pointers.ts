/**
 * The pointers of sites, as the tracker judges them where they come in: by their signature and the time. Visitors check all of
 * FORMAT.md themselves.
 */
import { createPublicKey, verify } from 'node:crypto'
import { toHex, toLatin1 } from '../../src/metainfo/bytes.ts'
import { SITE_LIMITS } from '../../src/site/limits.ts'
import { readPointer } from '../../src/site/pointer.ts'
import { type Purpose, withPurpose } from '../../src/site/signature.ts'
import type { ServerLimits } from '../options.ts'
import type { PointerVerdict, SitePointer, ToldPointer } from '../swarms/sites.ts'
import type { Address } from './addresses.ts'
import { TokenBucket } from './token-bucket.ts'

export class Pointers {
  readonly #rememberedMax: number
  /** For all addresses together. */
  readonly #checks: TokenBucket
  /** Those whose signature was checked and holds, the longest known first: all visitors of a deploy tell the same one. */
  readonly #genuine = new Set<string>()

  constructor(limits: ServerLimits) {
    const { pointerChecksPerSecond, pointerChecksBurst, pointersRememberedMax } = limits
    this.#rememberedMax = pointersRememberedMax
    this.#checks = new TokenBucket(pointerChecksPerSecond, pointerChecksBurst, performance.now())
  }

  /** undefined: these bytes are no pointer. */
  judge(bytes: Uint8Array, from: Address): ToldPointer | undefined {
    const pointer = read(bytes)
    return pointer && { pointer, verdict: this.#verdict(pointer, from) }
  }

  #verdict({ bytes, version, expires }: SitePointer, from: Address): PointerVerdict {
    const nowSeconds = Date.now() / 1000
    if (expires <= nowSeconds || version > nowSeconds + SITE_LIMITS.versionAheadSecondsMax) return 'untimely'
    const name = toLatin1(bytes)
    if (this.#genuine.has(name)) return 'genuine'
    const now = performance.now()
    if (!from.checks.tryTake(now) || !this.#checks.tryTake(now)) return 'busy'
    const { pointer, signature, signed } = readPointer(bytes)
    const { key, rotated } = pointer
    const isGenuine =
      isSigned('pointer', signed, { key, signature }) &&
      rotated.every((link, i) => isSigned('rotation', rotated[i + 1]?.key ?? key, link))
    if (!isGenuine) return 'forged'
    this.#genuine.add(name)
    if (this.#genuine.size > this.#rememberedMax) this.#forgetOne()
    return 'genuine'
  }

  #forgetOne(): void {
    for (const name of this.#genuine) {
      this.#genuine.delete(name)
      return
    }
  }
}

/** Believes it for the moment; undefined when it is none. */
function read(bytes: Uint8Array): SitePointer | undefined {
  try {
    const { version, expires, isKilled, infoHash, key, rotated } = readPointer(bytes).pointer
    const retired = rotated.map(link => toHex(link.key))
    return { bytes, version, expires, isKilled, infoHash: toHex(infoHash), key: toHex(key), retired }
  } catch {
    return undefined
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

/**
 * Believes deploys as a visitor does: manifest and pointer are verified against the key and against what was believed before.
 * Without a key the first one that is seen is trusted from then on.
 */
import { equalBytes } from '../../metainfo/bytes.ts'
import { type Manifest, readManifest, verifyManifest } from '../../site/manifest.ts'
import { checkPair, readPointer, verifyPointer } from '../../site/pointer.ts'
import { refuseSite } from '../../site/refusal.ts'
import type { Accepted } from '../../site/trust.ts'
import { nowSeconds } from './head.ts'
import type { Deploy } from './site-source.ts'

export interface DeployTrustOptions {
  /** Key that pages name; undefined: the first that is seen. */
  readonly key: Uint8Array | undefined
  /** Where the deploy was fetched from, ends in '/'; undefined: wherever the manifest says that it belongs. */
  readonly base: string | undefined
  /** What was believed in an earlier run. */
  readonly accepted?: Accepted | undefined
  /** Unix seconds. @default the system's clock */
  readonly now?: () => number
}

export class DeployTrust {
  readonly #options: DeployTrustOptions
  readonly #now: () => number
  #accepted: Accepted | undefined
  #manifest: Manifest | undefined
  #pointer: Uint8Array = new Uint8Array(0)

  constructor(options: DeployTrustOptions) {
    this.#options = options
    this.#accepted = options.accepted
    this.#now = options.now ?? nowSeconds
  }

  /** What to keep for the next run. */
  get accepted(): Accepted | undefined {
    return this.#accepted
  }

  /** What was believed last, byte for byte. */
  get pointer(): Uint8Array | undefined {
    return this.#pointer.length === 0 ? undefined : this.#pointer
  }

  /** Whether a pointer that anybody brought is the owner's, and newer than what is believed. */
  async isNews(pointerBytes: Uint8Array): Promise<boolean> {
    const accepted = this.#accepted
    if (accepted === undefined || equalBytes(pointerBytes, this.#pointer)) return false
    return verifyPointer(pointerBytes, this.#trust(accepted.key)).then(
      () => true,
      () => false,
    )
  }

  /**
   * @param load called when the pointer names another manifest than before
   * @returns undefined: the pointer is that of before
   * @throws ShoalError `site-…`; what was believed stays as it was
   */
  async check(pointerBytes: Uint8Array, load: () => Promise<Uint8Array>): Promise<Deploy | undefined> {
    if (equalBytes(pointerBytes, this.#pointer)) {
      if (this.#accepted!.expires > this.#now()) return undefined
      refuseSite('site-expired', 'it has expired; its owner renews it with shoal sign --renew')
    }
    const known = readPointer(pointerBytes).pointer
    const deploy = known.isKilled ? await this.#checkKill(pointerBytes) : await this.#checkPair(pointerBytes, load)
    this.#pointer = pointerBytes
    return deploy
  }

  async #checkKill(bytes: Uint8Array): Promise<Deploy> {
    const { pointer, accepted } = await verifyPointer(bytes, this.#trust(readPointer(bytes).pointer.key))
    this.#accepted = accepted
    this.#manifest = undefined
    return { kind: 'killed', version: pointer.version }
  }

  async #checkPair(pointerBytes: Uint8Array, load: () => Promise<Uint8Array>): Promise<Deploy> {
    const { manifestHash } = readPointer(pointerBytes).pointer
    const isKnown = this.#manifest !== undefined && equalBytes(this.#manifest.hash, manifestHash)
    const known = isKnown ? { manifest: this.#manifest!, accepted: this.#accepted } : await this.#verify(await load())
    const { manifest } = known
    // A pointer remembers fewer keys than a manifest; who follows the manifest trusts its key.
    const trust = { key: manifest.key, nowSeconds: this.#now(), accepted: known.accepted }
    const { pointer, accepted } = await verifyPointer(pointerBytes, trust)
    checkPair(pointer, manifest)
    this.#accepted = accepted
    this.#manifest = manifest
    return { kind: 'manifest', manifest }
  }

  async #verify(bytes: Uint8Array): Promise<{ manifest: Manifest; accepted: Accepted }> {
    const own = readManifest(bytes).manifest
    return verifyManifest(bytes, { ...this.#trust(own.key), base: this.#options.base ?? own.base })
  }

  /** @param first the key that is trusted when none was named or seen */
  #trust(first: Uint8Array): { key: Uint8Array; nowSeconds: number; accepted: Accepted | undefined } {
    const accepted = this.#accepted
    return { key: this.#options.key ?? accepted?.key ?? first, nowSeconds: this.#now(), accepted }
  }
}

/**
 * Which deploy holds: the pointer, the manifest it names, and what becomes of them. Whatever is not what it should be is refused, with
 * one sentence in the console; the deploy of before goes on, or the plain site.
 */
import { concatBytes, equalBytes, fromHex } from '../../metainfo/bytes.ts'
import { messageOf, ShoalError } from '../../errors.ts'
import { SITE_LIMITS, SITE_NAMES } from '../limits.ts'
import { type Manifest, verifyManifest } from '../manifest.ts'
import { checkPair, type Pointer, verifyPointer } from '../pointer.ts'
import type { Accepted } from '../trust.ts'

export interface DeployOptions {
  /** Address of the manifest; its folder is the base of the site. */
  readonly manifestUrl: URL
  /** The key that the page pins, in hex. */
  readonly keyHex: string
  readonly memory: { accepted: Accepted | undefined }
  onDeploy(manifest: Manifest): void
  /** The owner stopped it, or it is no more: `isGone` when there is no pointer at all. */
  onEnd(isGone: boolean): void
  onRefused(error: ShoalError): void
  /** Another pointer is believed; its bytes, for whoever hands it on. */
  onPointer(bytes: Uint8Array): void
}

/** Between two looks at the origin, spread by a quarter: visitors that came together do not come together again. */
const LOOK_MS = 15 * 60_000

export class Deploys {
  readonly #options: DeployOptions
  readonly #base: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #pointer: Pointer | undefined
  /** One after the other: what was believed last is judged by. */
  #taking: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: DeployOptions) {
    this.#options = options
    this.#base = new URL('.', options.manifestUrl).href
  }

  /** Looks now, and from time to time. */
  async watch(): Promise<void> {
    await this.look()
    if (this.#isClosed) return
    this.#timer = setTimeout(() => void this.watch(), LOOK_MS * (0.75 + Math.random() / 2))
  }

  /** A pointer that somebody handed on. */
  take(bytes: Uint8Array): Promise<void> {
    this.#taking = this.#taking.then(async () => {
      try {
        if (!this.#isClosed) await this.#takePointer(bytes)
      } catch (error) {
        if (!this.#isClosed) this.#options.onRefused(error as ShoalError)
      }
    })
    return this.#taking
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  /** Looks at the origin now. */
  async look(): Promise<void> {
    const response = await fetch(new URL(SITE_NAMES.pointer, this.#base), { cache: 'no-cache' }).catch(() => undefined)
    if (response?.status === 404 || response?.status === 410) return this.#miss(response.url)
    // The origin is down, or busy: what is believed already may go on, and it is asked again.
    if (!response?.ok) return
    await this.take(await readBounded(response, SITE_LIMITS.pointerBytesMax))
  }

  #miss(url: string): void {
    // The same one may come back.
    this.#pointer = undefined
    const what = `There is no pointer at ${url}: the site goes on without peers.`
    this.#options.onRefused(
      new ShoalError('site-gone', `${what} Where Shoal is not wanted any more, take its tag out.`),
    )
    this.#options.onEnd(true)
  }

  async #takePointer(bytes: Uint8Array): Promise<void> {
    const { memory, onPointer } = this.#options
    const { pointer, accepted } = await verifyPointer(bytes, this.#trust)
    const known = this.#pointer
    if (known && equalBytes(known.manifestHash, pointer.manifestHash) && known.isKilled === pointer.isKilled) return
    const manifest = pointer.isKilled ? undefined : await this.#fetchManifest(pointer)
    if (this.#isClosed) return
    memory.accepted = accepted
    this.#pointer = pointer
    onPointer(bytes)
    if (manifest) this.#options.onDeploy(manifest)
    else this.#options.onEnd(false)
  }

  async #fetchManifest(pointer: Pointer): Promise<Manifest> {
    let refusal: unknown
    // What the browser has kept may be of an earlier deploy.
    for (const cache of ['default', 'reload'] as const) {
      try {
        const response = await fetch(this.#options.manifestUrl, { cache })
        if (!response.ok) throw new Error(`the server answered ${response.status}`)
        const bytes = await readBounded(response, SITE_LIMITS.manifestBytesMax)
        const { manifest } = await verifyManifest(bytes, { ...this.#trust, base: this.#base })
        checkPair(pointer, manifest)
        return manifest
      } catch (error) {
        refusal = error
      }
    }
    if (refusal instanceof ShoalError) throw refusal
    throw new ShoalError('site-mismatch', `The site's manifest could not be fetched: ${messageOf(refusal)}.`)
  }

  get #trust() {
    const { keyHex, memory } = this.#options
    const key = fromHex(keyHex) ?? new Uint8Array()
    return { key, nowSeconds: Math.floor(Date.now() / 1000), accepted: memory.accepted }
  }
}

/** As much as may be, and a byte more of what is too long. */
async function readBounded(response: Response, bytesMax: number): Promise<Uint8Array> {
  const reader = response.body!.getReader()
  const parts: Uint8Array[] = []
  for (let left = bytesMax + 1; left > 0; ) {
    const { value } = await reader.read()
    if (value === undefined) break
    parts.push(value)
    left -= value.length
  }
  await reader.cancel()
  return concatBytes(parts)
}

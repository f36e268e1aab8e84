/** Asks a live site how it serves its files, and says what will stand in the way of Shoal. Nothing is changed. */
import { messageOf } from '../../errors.ts'
import { BULK_BYTES_ABOVE, SITE_NAMES } from '../../site/limits.ts'
import type { Manifest } from '../../site/manifest.ts'
import { type SiteFile, torrentPath } from '../../site/manifest-fields.ts'
import { originOf, siteUrl } from '../../site/paths.ts'
import { cspComplaints, cspNeeds } from './csp.ts'
import { padPath, padsOf } from './pads.ts'

/** What a probe found. */
export interface Findings {
  /** Facts, one a line. */
  readonly facts: readonly string[]
  /** What stands in the way, each with what to do. */
  readonly warnings: readonly string[]
}

/** An origin that takes longer is no origin to measure. */
const TIMEOUT_MS = 10_000

/** Asks for the page at the base, the worker, and of each host for a listed file and a twin. */
export async function probeSite(manifest: Manifest, signal: AbortSignal): Promise<Findings> {
  const facts: string[] = []
  const warnings: string[] = []
  const probe = new Probe(manifest, facts, warnings, signal)
  await probe.worker(await probe.page())
  const files = [...manifest.files.values()].sort((a, b) => a.contentLength - b.contentLength)
  for (const origin of [undefined, ...manifest.origins]) {
    const there = files.filter(({ path }) => originOf(path) === origin)
    const plain = there.find(({ encoding }) => encoding === undefined)
    const twin = there.find(({ encoding }) => encoding === 'gzip')
    if (plain !== undefined) await probe.range(plain)
    const any = twin ?? plain
    if (any !== undefined) await probe.encodings(any)
    if (twin !== undefined) await probe.twin(twin)
  }
  const [pad] = padsOf(manifest)
  if (pad !== undefined) await probe.pad(pad)
  signal.throwIfAborted()
  return { facts, warnings }
}

class Probe {
  readonly #manifest: Manifest
  readonly #facts: string[]
  readonly #warnings: string[]
  readonly #signal: AbortSignal

  constructor(manifest: Manifest, facts: string[], warnings: string[], signal: AbortSignal) {
    this.#manifest = manifest
    this.#facts = facts
    this.#warnings = warnings
    this.#signal = signal
  }

  /** The headers of the page: isolation, and what its policy allows. @returns whether it is isolated */
  async page(): Promise<boolean> {
    const { base, metainfo, origins } = this.#manifest
    const response = await this.#ask(base)
    if (response === undefined) return false
    const { headers, status } = response
    const coep = headers.get('cross-origin-embedder-policy')
    const csp = headers.get('content-security-policy')
    this.#facts.push(`${base} answers ${status}; COEP: ${coep ?? 'none'}; CSP: ${csp ?? 'none in its headers'}`)
    const needs = cspNeeds(metainfo.trackers.flat(), origins)
    if (csp !== null) this.#warnings.push(...cspComplaints(csp, needs, new URL(base).origin))
    const isSecure = base.startsWith('https:') || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(base).hostname)
    if (!isSecure) this.#warnings.push('the site has no HTTPS: browsers run no service worker there')
    return coep !== null && coep !== 'unsafe-none'
  }

  /** The worker's own headers: browsers are strict with its type, with isolation, and with a policy that comes with it. */
  async worker(isIsolated: boolean): Promise<void> {
    const name = SITE_NAMES.worker
    const response = await this.#askFile(name)
    if (response === undefined) return
    const type = normalType(response.headers.get('content-type'))
    if (!/^(?:text|application)\/(?:x-)?javascript(?:;|$)/.test(type))
      this.#warnings.push(`${name} is served as ${type}: browsers run it as text/javascript only`)
    const coep = response.headers.get('cross-origin-embedder-policy') ?? 'unsafe-none'
    if (isIsolated && coep === 'unsafe-none')
      this.#warnings.push(`pages are isolated by COEP: send the same header with ${name}, or browsers block it`)
    const needs = [{ directive: 'connect-src', sources: ["'self'"] } as const]
    const complaints = cspComplaints(
      response.headers.get('content-security-policy') ?? '',
      needs,
      new URL(this.#manifest.base).origin,
    )
    for (const complaint of complaints) this.#warnings.push(`${name}: ${complaint}`)
  }

  /** A byte of a file: how ranges are answered, and what other origins may do with it. */
  async range(file: SiteFile): Promise<void> {
    const response = await this.#askFile(file.path, {
      Range: 'bytes=0-0',
      'Accept-Encoding': 'identity',
      Origin: new URL(this.#manifest.base).origin,
    })
    if (response === undefined) return
    const { headers, status } = response
    const range = headers.get('content-range')
    const corp = headers.get('cross-origin-resource-policy') ?? 'none'
    const timing = headers.get('timing-allow-origin') ?? 'none'
    const isRange = status === 206 && range !== null
    this.#sharing(file, headers)
    this.#facts.push(
      `${file.path}: ${isRange ? 'ranges are answered' : `a range is answered with ${status}`}; CORP: ${corp}; Timing-Allow-Origin: ${timing}`,
    )
    if (!isRange) {
      const isLarge = file.contentLength > BULK_BYTES_ABOVE ? ' and large files cannot be sought in' : ''
      this.#warnings.push(`ranges are not supported: a missing piece costs its whole file${isLarge}`)
    } else if (range !== `bytes 0-0/${file.contentLength}`)
      this.#warnings.push(`${file.path} has another length there (${range}): deploy what was built, then probe again`)
    if (headers.get('content-encoding') !== null)
      this.#warnings.push('files are compressed even where that was refused: their pieces would not verify')
    if (normalType(headers.get('content-type')) !== normalType(file.type))
      this.#warnings.push(
        `${file.path} is served as ${headers.get('content-type')}, and listed as ${file.type}: correct one, with "types" in shoal.config.json`,
      )
  }

  /** Of a file on another host: whether pages may read it, and see which range they were sent (Fetch, CORS). */
  #sharing({ path }: SiteFile, headers: Headers): void {
    const origin = originOf(path)
    if (origin === undefined) return
    const own = new URL(this.#manifest.base).origin
    const allowed = headers.get('access-control-allow-origin')
    if (allowed !== '*' && allowed !== own)
      this.#warnings.push(
        `${origin} shares its files with ${allowed ?? 'nobody'}: send Access-Control-Allow-Origin: ${own}`,
      )
    const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/\s*,\s*/)
    if (!exposed.includes('*') && !exposed.includes('content-range'))
      this.#warnings.push(`${origin} hides which range it sends: send Access-Control-Expose-Headers: Content-Range`)
    if (headers.get('timing-allow-origin') === null)
      this.#warnings.push(
        `${origin} hides how much it sent: send Timing-Allow-Origin: ${own}, or its bytes are not counted`,
      )
  }

  /** What a browser is sent. */
  async encodings(file: SiteFile): Promise<void> {
    const response = await this.#askFile(file.path, { 'Accept-Encoding': 'gzip, br, zstd' })
    if (response === undefined) return
    const encoding = response.headers.get('content-encoding') ?? 'none'
    this.#facts.push(`${file.path}: encoding for browsers: ${encoding}`)
    if (file.encoding === 'gzip' && (encoding === 'br' || encoding === 'zstd'))
      this.#facts.push(`${encoding} is smaller than the gzip twin that peers send: what is saved is less than it seems`)
  }

  /** A twin must come as it is. */
  async twin(file: SiteFile): Promise<void> {
    const path = torrentPath(file.path, file.encoding)
    const response = await this.#askFile(path, {
      'Accept-Encoding': 'gzip',
      Range: `bytes=0-${file.contentLength - 1}`,
    })
    if (response === undefined) return
    const encoding = response.headers.get('content-encoding')
    if (encoding !== null)
      this.#warnings.push(
        `${path} is sent with Content-Encoding ${encoding}: browsers would inflate it and no piece would verify; serve .gz files as they are, or build with --no-twins`,
      )
  }

  /** Servers often keep back what begins with a dot. */
  async pad(lengthBytes: number): Promise<void> {
    const path = padPath(lengthBytes)
    const response = await this.#ask(siteUrl(this.#manifest.base, path))
    if (response !== undefined && !response.ok)
      this.#warnings.push(
        `${path} is answered with ${response.status}: serve what lies in .pad/, or clients of version 1 never end`,
      )
  }

  async #askFile(path: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
    const response = await this.#ask(siteUrl(this.#manifest.base, path), headers)
    if (response === undefined || response.ok) return response
    this.#warnings.push(`${path} is answered with ${response.status}: deploy what was built, then probe again`)
    return undefined
  }

  async #ask(url: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
    try {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)])
      const response = await fetch(url, { headers, signal })
      // The headers say it all.
      await response.body?.cancel()
      return response
    } catch (error) {
      this.#warnings.push(`${url} could not be asked (${messageOf(error)})`)
      return undefined
    }
  }
}

/** `text/css;charset=UTF-8` is `text/css; charset=utf-8`. */
function normalType(type: string | null): string {
  return (type ?? 'nothing').toLowerCase().replaceAll(' ', '')
}

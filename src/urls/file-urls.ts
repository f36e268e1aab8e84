/**
 * URLs of files that are in a page, or still on their way to it: for downloads that the browser itself writes to the disk, and for frames that
 * show images, films, sounds, text and PDFs meanwhile. A service worker with a scope of its own answers them.
 */
import { ShoalError } from '../errors.ts'
import type { FileUrlOptions, TorrentFile } from '../torrent/torrent-file.ts'
import { inertTypeOf } from './inert-types.ts'
import { holdLock, lockOf, newKey, newOwner, type PageCall, partsOf, URL_LIMITS, type UrlRequest } from './messages.ts'
import { serve } from './serve.ts'

export interface FileUrlsOptions {
  /** Where `dist/shoal-urls-sw.js` is served. */
  readonly worker: string | URL
  /** Path that nothing else is served under; at or below the worker's folder, and never the page's own. @default the worker's folder */
  readonly scope?: string | URL
}

/** What a URL can stand for: a torrent's file is one. `stream` rejects rather than end short. */
export type UrlFile = Pick<TorrentFile, 'name' | 'length'> & {
  stream(options: {
    readonly start: number
    readonly end: number
    readonly signal: AbortSignal
  }): ReadableStream<Uint8Array>
}

interface Entry {
  readonly file: UrlFile
  readonly type: string | undefined
  readonly isDownload: boolean
}

export class FileUrls {
  readonly #registration: ServiceWorkerRegistration
  /** Beginning of every URL: scope and what the worker calls this page. */
  readonly #base: string
  readonly #owner: string
  readonly #release: () => void
  readonly #entries = new Map<string, Entry>()
  /** Each ends a request that is being answered. */
  readonly #serving = new Set<AbortController>()
  #staying: ReturnType<typeof setInterval> | undefined

  private constructor(registration: ServiceWorkerRegistration, clientId: string, owner: string, release: () => void) {
    this.#registration = registration
    this.#base = `${registration.scope}${clientId}/`
    this.#owner = owner
    this.#release = release
    navigator.serviceWorker.addEventListener('message', this.#onMessage)
    navigator.serviceWorker.startMessages()
  }

  /**
   * Registers the worker, and waits until it works.
   * @throws ShoalError `no-file-urls` where there are no service workers (private windows of some browsers, pages without HTTPS), or this
   *   one could not start
   */
  static async open({
    worker,
    scope = new URL('.', new URL(worker, location.href)),
  }: FileUrlsOptions): Promise<FileUrls> {
    try {
      const registration = await navigator.serviceWorker.register(worker, { scope: new URL(scope, location.href).href })
      const clientId = await introduce(await activeWorker(registration))
      const owner = newOwner()
      return new FileUrls(registration, clientId, owner, await holdLock(lockOf(owner)))
    } catch (cause) {
      const message = `This browser, or this window, has no service worker that could give files addresses (${String(cause)}).`
      throw new ShoalError('no-file-urls', message, { cause })
    }
  }

  /**
   * An address of the file, for frames, links and new tabs; within this page it is none for `<img>` or `<video>`, whose requests the worker
   * of the page's own scope would answer. Good until `revoke`, `close` or the page's end.
   *
   * A frame shows images, films, sounds, plain text and PDFs, without script, and whatever else is saved. Ranges are answered, and bytes that
   * are missing are waited for.
   */
  url(file: UrlFile, { download = false, type = inertTypeOf(file.name) }: FileUrlOptions = {}): string {
    const key = newKey(this.#owner)
    this.#entries.set(key, { file, type: type?.toLowerCase(), isDownload: download })
    // What saves it is the header; here the name is for people, and a path of dots would lead elsewhere.
    const name = file.name.replace(/\p{Cs}|^\.+$/gu, '_')
    return `${this.#base}${key}/${encodeURIComponent(name)}`
  }

  /** Ends an address: nobody can open it any more. What is being answered goes on. */
  revoke(url: string): void {
    this.#entries.delete(partsOf(url, this.#registration.scope)?.key ?? '')
  }

  /** Ends every address, and what is being answered. The worker stays registered, for other pages and the next visit. */
  close(): void {
    navigator.serviceWorker.removeEventListener('message', this.#onMessage)
    this.#entries.clear()
    for (const serving of this.#serving) serving.abort()
    this.#release()
  }

  readonly #onMessage = ({ data, ports, source }: MessageEvent): void => {
    const { kind, key = '', lock = '' } = Object(data) as Partial<UrlRequest>
    const [port] = ports
    if (kind !== 'shoal-urls-request' || !key.startsWith(this.#owner) || port === undefined) return
    const entry = this.#entries.get(key)
    if (entry === undefined) return port.postMessage({ kind: 'lost' })
    const serving = new AbortController()
    this.#serving.add(serving)
    this.#stay(source ?? this.#registration.active)
    const { file, type, isDownload } = entry
    const facts = { name: file.name, sizeBytes: file.length, type, isDownload }
    serve({ port, lock, file, facts, signal: serving.signal }).then(() => {
      this.#serving.delete(serving)
      if (this.#serving.size > 0) return
      clearInterval(this.#staying)
      this.#staying = undefined
    })
  }

  /** Keeps the worker from being stopped for being idle: chunks are no events to it. */
  #stay(worker: MessageEventSource | null): void {
    const call = (): void => (worker as ServiceWorker | null)?.postMessage('shoal-urls-stay' satisfies PageCall)
    call()
    this.#staying ??= setInterval(call, URL_LIMITS.stayEveryMs)
  }
}

function activeWorker(registration: ServiceWorkerRegistration): Promise<ServiceWorker> {
  const { active, waiting, installing } = registration
  if (active !== null) return Promise.resolve(active)
  const worker = waiting ?? installing
  return new Promise((resolve, reject) => {
    if (worker === null) return reject(new Error('it is gone'))
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(worker)
      else if (worker.state === 'redundant') reject(new Error('it could not be installed'))
    })
  })
}

/** @returns what the worker calls this page */
function introduce(worker: ServiceWorker): Promise<string> {
  const { port1, port2 } = new MessageChannel()
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it does not answer')), URL_LIMITS.answerMs)
    port1.onmessage = ({ data }) => {
      clearTimeout(timer)
      resolve(String(data))
    }
    worker.postMessage('shoal-urls-who' satisfies PageCall, [port2])
  }).finally(() => port1.close())
}

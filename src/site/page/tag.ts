/**
 * A site's script tag: `dist/shoal.js`, all that loads before a page is painted. It registers the worker, tells it of which deploy the page is, and
 * makes `window.shoal`; the rest, `shoal-page.js`, is loaded when the page is idle, or when the page asks `window.shoal` for something.
 *
 *     <script async src="/shoal.js" data-manifest="/shoal.torrent" data-key="…" data-version="…"></script>
 *
 * `data-worker="own"` says that the site's own worker has `importScripts('/shoal-sw.js')`.
 */
import type { FromPage } from '../bridge.ts'
import type { Agent, Tag } from './agent.ts'
import { openChannel, tabChannelName } from './words.ts'

type Listener = (event: CustomEvent) => void

/**
 * `window.shoal`. Events: `stats` (SiteStats), `deploy` ({ version }), `leader` ({ epoch }), `warning` ({ error }).
 */
export interface SiteApi extends EventTarget {
  /** The visitor agrees to exchange files with others, or no more. Remembered by this browser. */
  consent(isGranted: boolean): Promise<void>
  /** Bytes by source: of this browser's visit, all tabs together. */
  stats(): ReturnType<Agent['stats']>
  /** Fetches listed files ahead, from other visitors where these have them. */
  prefetch(...urls: string[]): Promise<void>
  addEventListener(type: string, listener: Listener | EventListenerOrEventListenerObject | null): void
}

/** A page is idle when nothing has come for so long; or after so long, whatever comes. */
const QUIET_MS = 300
const QUIET_MS_MAX = 3_000

const script = document.currentScript as HTMLScriptElement
const { manifest = '/shoal.torrent', key = '', version = '', worker: whose } = script.dataset
const manifestUrl = new URL(manifest, location.href)
const workerUrl = new URL('shoal-sw.js', manifestUrl)
/** Set while the site does without Shoal. */
const offName = `shoal off ${manifestUrl.href}`
const { serviceWorker } = navigator
const channel = openChannel(tabChannelName(manifestUrl.href))
const pageNumber = Math.random()

let registering: Promise<ServiceWorkerRegistration | undefined> | undefined
let agent: Promise<Agent> | undefined

const isOwn = (worker: ServiceWorker | null | undefined): boolean => worker?.scriptURL === workerUrl.href

const registrationOf = (): Promise<ServiceWorkerRegistration | undefined> =>
  serviceWorker?.getRegistration(workerUrl.href) ?? Promise.resolve(undefined)

function introduce(): void {
  serviceWorker.controller?.postMessage(['shoal-page', Number(version)] satisfies FromPage)
}

async function register(): Promise<ServiceWorkerRegistration | undefined> {
  const found = await registrationOf()
  const other = found && (found.active ?? found.waiting ?? found.installing)
  if (!other || isOwn(other)) return serviceWorker.register(workerUrl, { updateViaCache: 'none' })
  if (whose !== 'own')
    warn(
      `another service worker (${other.scriptURL}) is registered here, and left alone. For Shoal it must call importScripts('${workerUrl.pathname}') and shoalFetch(event); say so by data-worker="own".`,
    )
  return found
}

function warn(sentence: string): void {
  console.warn(`Shoal: ${sentence}`)
}

const tag: Tag = {
  manifestUrl,
  keyHex: key,
  version: Number(version),
  async worker() {
    const found = await registering
    return found && (found.active ?? serviceWorker.controller)
  },
  async register(isNew = false) {
    remember(false)
    registering ??= register().catch(error => void warn(`the service worker is not registered: ${error.message}`))
    const found = await registering
    if (isNew && isOwn(found?.active)) await found?.update().catch(() => {})
  },
  async retire() {
    remember(true)
    registering = undefined
    const found = await registrationOf()
    if (isOwn(found?.active)) await found?.unregister()
  },
  raise(name, detail) {
    shoal.dispatchEvent(new CustomEvent(name, { detail }))
  },
}

function remember(isOff: boolean): void {
  try {
    if (isOff) localStorage.setItem(offName, '1')
    else localStorage.removeItem(offName)
  } catch {
    // Blocked: it is found out anew with each page.
  }
}

function isOff(): boolean {
  try {
    return localStorage.getItem(offName) !== null
  } catch {
    return false
  }
}

function load(): Promise<Agent> {
  const url = new URL('shoal-page.js', script.src).href
  agent ??= import(url).then(({ startAgent }: { startAgent(tag: Tag): Agent }) => startAgent(tag))
  return agent
}

const shoal = Object.assign(new EventTarget(), {
  consent: async (isGranted: boolean) => (await load()).consent(isGranted),
  stats: async () => (await load()).stats(),
  prefetch: async (...urls: string[]) => (await load()).prefetch(urls),
}) as SiteApi

;(globalThis as { shoal?: SiteApi }).shoal = shoal

channel.postMessage(['loading', pageNumber])
if (serviceWorker) {
  serviceWorker.addEventListener('message', ({ data }) => Array.isArray(data) && data[0] === 'shoal-who' && introduce())
  serviceWorker.addEventListener('controllerchange', introduce)
  introduce()
} else warn('this browser has no service workers here (https is needed): the site is served without peers.')

async function whenLoaded(): Promise<void> {
  channel.postMessage(['loaded', pageNumber])
  await quiet()
  // A worker that is fetched and started any sooner takes the line, and a core, from what is painted.
  if (serviceWorker && !isOff()) tag.register()
  const idle = globalThis.requestIdleCallback ?? setTimeout
  idle(() => void load().catch(error => warn(`the page script cannot be loaded: ${error.message}`)))
}

/** Resolves when nothing has come for a while: pages go on loading after the event, and nobody tells what is under way. */
async function quiet(): Promise<void> {
  const startedAt = performance.now()
  for (let count = -1; performance.now() - startedAt < QUIET_MS_MAX; ) {
    const { length } = performance.getEntriesByType('resource')
    if (length === count) return
    count = length
    await new Promise(resolve => setTimeout(resolve, QUIET_MS))
  }
}

if (document.readyState === 'complete') void whenLoaded()
else addEventListener('load', whenLoaded)

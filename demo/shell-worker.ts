/**
 * The share page's service worker: it keeps the page's own files for when there is no network, and takes what other apps
 * share. What the network has comes first, so that a deploy shows at once. Nothing but the page's own files passes through it.
 */
import { ASK_SHARED } from './share-target.ts'

interface LifecycleEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface PageRequestEvent extends LifecycleEvent {
  readonly request: Request
  respondWith(answer: Promise<Response> | Response): void
}

/** TypeScript's library has either pages or workers. */
interface WorkerScope {
  readonly registration: { readonly scope: string }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LifecycleEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: PageRequestEvent) => void): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

const CACHE = 'shoal-shell'
const SHELL = ['./', 'style.css', 'share.css', 'share.js', 'shoal.min.js', 'icon.svg', 'manifest.webmanifest']
/** Beside the page itself: no folder below, where other workers and sites are, and nothing that a server computes. */
const OWN_FILE = /^[\w-]*(?:\.(?:html|css|js|min\.js|svg|png|webmanifest))?$/

const scope = self as unknown as WorkerScope
/** What an app shared, until the page that it opens asks. */
let shared: File[] = []
let handOver = (): void => undefined

scope.addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then(cache => cache.addAll(SHELL))
      .then(() => scope.skipWaiting()),
  )
})

scope.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (!url.href.startsWith(scope.registration.scope)) return
  const path = url.pathname.slice(new URL(scope.registration.scope).pathname.length)
  if (request.method === 'POST' && path === 'share-target') {
    event.respondWith(take(request))
    // A worker that has nothing to do is ended, and what it holds is lost.
    event.waitUntil(new Promise<void>(resolve => (handOver = resolve)))
  } else if (request.method === 'GET' && isOwn(path)) {
    event.respondWith(answer(request, path))
  }
})

scope.addEventListener('message', event => {
  if (event.data !== ASK_SHARED || event.source === null) return
  ;(event.source as unknown as { postMessage(data: unknown): void }).postMessage(shared)
  shared = []
  handOver()
})

function isOwn(path: string): boolean {
  return path === '' || (path.includes('.') && OWN_FILE.test(path))
}

async function take(request: Request): Promise<Response> {
  const form = await request.formData()
  shared = form.getAll('files').filter(item => item instanceof File)
  return Response.redirect(`${scope.registration.scope}?shared`, 303)
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE)
  // One page, whatever follows its name.
  const key = path === '' ? './' : path
  try {
    const response = await fetch(request)
    // Where there is no room for a copy the page goes without: it has come.
    if (response.ok && response.type === 'basic') await cache.put(key, response.clone()).catch(() => undefined)
    return response
  } catch (error) {
    const kept = await cache.match(key)
    if (kept === undefined) throw error
    return kept
  }
}

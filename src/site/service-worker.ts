/**
 * A site's service worker: `dist/shoal-sw.js`, in which the build puts the site's table.
 *
 * It answers requests for listed files, decides so at once, and leaves everything else alone: what it does not answer goes its way as if it were not
 * there, and whatever throws ends in the plain answer of the origin. It is stopped and started as browsers like: nothing that it remembers counts.
 *
 * A site with a worker of its own calls `importScripts('/shoal-sw.js')` in it, and `if (!shoalFetch(event)) …` where it handles 'fetch'.
 */
import { BRIDGE_LIMITS, readFromPage, type ToPage } from './bridge.ts'
import { answerTo, pathOf } from './http.ts'
import { SITE_STORE_NAME } from './keys.ts'
import { findListed, type Table, TABLE_MARKER } from './table.ts'
import { followLeader, type Leader } from './worker/leader.ts'
import { respond } from './worker/respond.ts'
import { findKeys } from './worker/shelf.ts'
import type { FetchEvent, WorkerScope } from './worker/scope.ts'

const worker = globalThis as unknown as WorkerScope

// The build puts an object in the place of the text, which must not be known to whatever compresses this.
worker.shoalTable = TABLE_MARKER
const { version, scope, routes, types, files = {} } = worker.shoalTable as Table

/** Versions of pages by the ids of their clients; one that is not here, or no number, may have told the worker's former life. */
const versions = new Map<string, number>()

/** Paths whose files the origin has other bytes of. */
const distrusted = new Set<string>()

/** Otherwise this script is part of a worker that calls `shoalFetch` itself. */
const isAlone = /\/shoal-sw/.test(worker.location.pathname)

/** No page has said that it has the tag; of a worker of the site's own none needs to. */
let isTagless = isAlone
let leader: Leader | undefined
let epoch = 0
/** The search for a leader, which is over when one is found or had its time. */
let searching: Promise<unknown> | undefined
let onLeader: (() => void) | undefined

/** Answers the event where it is for a listed file. @returns false where it did not: it is the caller's */
function shoalFetch(event: FetchEvent): boolean {
  const { request } = event
  const path = pathOf(request, worker.location.origin)
  if (!path || distrusted.has(path)) return false
  const listed = findListed({ files, types }, path)
  if (!listed) return false
  // Asks pages for their versions too, when this is the first event of a life.
  searching ??= search()
  if (isTagless && !versions.has(event.clientId)) {
    versions.set(event.clientId, Number.NaN)
    event.waitUntil(leaveIfTagless())
  }
  const answer = answerTo(request, listed)
  if (!answer || !(listed.isImmutable || versions.get(event.clientId) === version)) return false
  let end!: () => void
  event.waitUntil(
    new Promise<void>(resolve => {
      end = resolve
    }),
  )
  // Scripts, styles, fonts and images.
  const isPainted = /^[sfi]/.test(request.destination)
  event.respondWith(
    respond({
      fetching: event,
      listed,
      siteScope: scope,
      answer,
      isPainted,
      finding: isPainted ? leader : searching.then(() => leader),
      needLeader: () => leader ?? meet(BRIDGE_LIMITS.successionMs),
      distrust: () => distrusted.add(path),
      endErrand: end,
    }).catch(() => {
      end()
      return fetch(request)
    }),
  )
  return true
}

async function search(): Promise<unknown> {
  for (const page of await worker.clients.matchAll()) page.postMessage(['shoal-who', version] satisfies ToPage)
  return meet(BRIDGE_LIMITS.discoveryMs)
}

/** Waits for a leader to show itself. Of several who wait at a time all but the last hear of it when their time is over. */
async function meet(milliseconds: number): Promise<Leader | undefined> {
  await new Promise<void>(resolve => {
    onLeader = resolve
    setTimeout(resolve, milliseconds)
  })
  return leader
}

/** Two pages that have no tag, and none that has: the site does without Shoal from now on. */
async function leaveIfTagless(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, BRIDGE_LIMITS.introductionMs))
  if (isTagless && versions.size > 1) {
    worker.registration.unregister()
    indexedDB.deleteDatabase(SITE_STORE_NAME)
  }
}

worker.addEventListener('message', ({ data, source, ports }) => {
  const [word, number] = readFromPage(data) ?? []
  if (number === undefined) return
  if (word === 'shoal-page') {
    isTagless = false
    if (versions.size >= BRIDGE_LIMITS.pagesMax) versions.clear()
    versions.set(source.id, number)
  } else if (ports[0] && number >= epoch) {
    // The one before it still gives what it owes, while it can.
    const next = followLeader(ports[0], word => {
      if (leader !== next) return
      leader = undefined
      // Who takes over from one that says bye comes by itself; one that was silent is asked for with the next request.
      searching = word && searching
    })
    leader = next
    epoch = number
    onLeader?.()
    // Of nothing, while nobody waits: the next page finds the database open.
    findKeys(' ').catch(() => {})
  }
})

worker.shoalFetch = shoalFetch

if (isAlone) {
  worker.addEventListener('install', event => {
    // Pages of the former version may stay: they are answered by what they say of themselves. Browsers that know no routes go without.
    event.waitUntil(Promise.allSettled([worker.skipWaiting(), event.addRoutes?.(routes)]))
  })
  worker.addEventListener('activate', event => event.waitUntil(worker.clients.claim()))
  worker.addEventListener('fetch', shoalFetch)
}

/** One visitor's loads of pages, timed by the browser itself, with Shoal or without. */
import type { Browser, BrowserContext, CDPSession, Page } from 'puppeteer-core'
import type { FileStats } from '../../src/site/page/stats.ts'
import { openPage, untilOn, untilStats, visit } from '../e2e/support/deployed-site.ts'
import { shapeNetwork } from '../e2e/support/network.ts'
import type { Scope } from '../e2e/support/scope.ts'
import type { LoadSite } from './load-site.ts'

/** Since the navigation began, in ms. */
export interface Load {
  /** Largest contentful paint. */
  readonly lcpMs: number
  readonly loadMs: number
  /** Of listed files that the page has in it or fetches at once. */
  readonly lastByteMs: number
}

/** Pictures that are asked for one after the other, long after the load. */
export interface Later {
  readonly lastByteMs: number
  /** Of their bytes; 0 without Shoal. */
  readonly peersShare: number
}

/** A first visit and a second one to the same page, with nobody else there. */
export interface Alone {
  readonly cold: Load
  readonly warm: Load
}

/** A visit to two pages, and to two galleries on the second of them; the origin is busy when the last one is looked at. */
export interface AmongOthers {
  readonly first: Load
  readonly second: Load
  /** What came from peers, of all that the second page loaded. */
  readonly secondShare: number
  readonly later: Later
  readonly busy: Later
}

/** What a busy origin sends to each visitor: 2 Mbit/s. */
const BUSY_BYTES_PER_SECOND = 250_000
/** Half a second each. */
const BUSY_PICTURES = 4
/** A visitor's line as their peers see it: 40 ms of round trip, 10 Mbit/s up. Both together bring no more than the origin's 20. */
const PEER_LINE = { latencyMs: 20, uploadBytesPerSecond: 1_250_000 }

export async function visitAlone(browser: Browser, load: LoadSite, isOn: boolean): Promise<Alone> {
  return withVisitor(browser, async (page, devtools) => {
    const url = load.page('first', isOn)
    const cold = await loaded(page, url)
    if (isOn) {
      await untilOn(page)
      await untilStats(page, ({ files }) => files.length > 0 && files.every(isKept))
    }
    await page.goto('about:blank')
    // Browsers stop a worker half a minute after its last event: a second visit starts it anew.
    await devtools.send('ServiceWorker.stopAllWorkers')
    return { cold, warm: await loaded(page, url) }
  })
}

/** @param load there are others, see `bringOthers` */
export async function visitAmongOthers(browser: Browser, load: LoadSite, isOn: boolean): Promise<AmongOthers> {
  return withVisitor(browser, async page => {
    const first = await loaded(page, load.page('first', isOn))
    if (isOn) await untilOn(page)
    const second = await loaded(page, load.page('second', isOn))
    const secondShare = isOn ? await shareOf(page) : 0
    const later = await lookedThrough(page, load.galleries[0])
    const { downloadBytesPerSecond } = load.line
    load.line.downloadBytesPerSecond = BUSY_BYTES_PER_SECOND
    try {
      return {
        first,
        second,
        secondShare,
        later,
        busy: await lookedThrough(page, load.galleries[1].slice(0, BUSY_PICTURES)),
      }
    } finally {
      load.line.downloadBytesPerSecond = downloadBytesPerSecond
    }
  })
}

/** What came compressed before there was a worker is left to the browser's cache. */
function isKept({ url, verified, bytes }: FileStats): boolean {
  return verified === bytes || url.endsWith('.json')
}

async function shareOf(page: Page): Promise<number> {
  await untilOn(page)
  const { peers, origin } = await untilStats(page, ({ peers, origin }) => peers + origin > 0)
  return peers / (peers + origin)
}

/** So many visitors come, who have and give everything until the scope ends. */
export async function bringOthers(scope: Scope, browser: Browser, load: LoadSite, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { page } = await visit(scope, browser, load.page('first', true), page => shapeNetwork(page, PEER_LINE))
    await untilOn(page)
    await page.evaluate(urls => shoal.prefetch(...urls), [...load.urls])
    await untilStats(page, ({ files }) => {
      return files.length === load.urls.length && files.every(({ bytes, verified }) => verified === bytes)
    })
  }
}

async function withVisitor<T>(
  browser: Browser,
  work: (page: Page, devtools: CDPSession, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.createBrowserContext()
  try {
    const page = await openPage(context, 'about:blank')
    const devtools = await page.createCDPSession()
    await devtools.send('ServiceWorker.enable')
    return await work(page, devtools, context)
  } finally {
    await context.close()
  }
}

async function loaded(page: Page, url: string): Promise<Load> {
  await page.goto(url)
  return page.evaluate(async () => {
    await globalThis.arrived
    const lcpMs = await new Promise<number>(resolve => {
      const observer = new PerformanceObserver(list => {
        for (const entry of list.getEntries() as (PerformanceEntry & { id: string })[])
          if (entry.id === 'hero') resolve(entry.startTime)
      })
      observer.observe({ type: 'largest-contentful-paint', buffered: true })
    })
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    while (navigation!.loadEventEnd === 0) await new Promise(resolve => setTimeout(resolve))
    const files = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(({ name }) =>
      new URL(name).pathname.startsWith('/assets/'),
    )
    return {
      lcpMs,
      loadMs: navigation!.loadEventStart,
      lastByteMs: Math.max(...files.map(({ responseEnd }) => responseEnd)),
    }
  })
}

async function lookedThrough(page: Page, urls: readonly string[]): Promise<Later> {
  return page.evaluate(
    async urls => {
      const before = await globalThis.shoal?.stats()
      const startedAt = performance.now()
      for (const url of urls) {
        const picture = new Image()
        picture.src = url
        await new Promise((resolve, reject) => {
          picture.onload = resolve
          picture.onerror = reject
        })
      }
      const lastByteMs = performance.now() - startedAt
      if (!before) return { lastByteMs, peersShare: 0 }
      const { peers, origin } = await shoal.stats()
      const [fromPeers, fromOrigin] = [peers - before.peers, origin - before.origin]
      return { lastByteMs, peersShare: fromPeers / (fromPeers + fromOrigin) }
    },
    [...urls],
  )
}

declare global {
  /** What the page's script fetches is here. */
  var arrived: Promise<unknown>
}

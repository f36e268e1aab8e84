/** How Shoal starts in a page: after everything else, in silence, and without moving anything. On a slow processor, where it would be seen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { type DeployedSite, deploySite, hashOf, untilOn, visit } from './support/deployed-site.ts'
import { payloadBytes, pictureBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const PICTURE = 'assets/one-0a1b2c3d.png'
const MODEL = 'assets/many-1a2b3c4d.bin'
const FILES = { [PICTURE]: pictureBytes(1, 40_000), [MODEL]: payloadBytes(2, 0, 300_000) }
const BODY = `<h1>A site</h1><img src="/${PICTURE}" alt="" width="300" height="200"><p>Words below.</p>`
const POLICY = { consent: 'automatic', lan: 1, badge: 1 }

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))
const tracker = startShoalTracker(scope)

async function arrange(t: Lifetime): Promise<DeployedSite> {
  return deploySite(t, { files: FILES, trackers: [(await tracker).url], policy: POLICY, body: BODY })
}

/** Whatever the console shows, plain logs too. */
function listen(page: Page): string[] {
  const lines: string[] = []
  page.on('console', message => lines.push(`${message.type()}: ${message.text()}`))
  return lines
}

const hasBadge = (page: Page): Promise<unknown> => page.waitForSelector('shoal-badge')

for (const name of BROWSER_NAMES) {
  describe(`a good site in ${name}`, () => {
    it('asks for no more than the tag before the load event, and says nothing', async t => {
      const site = await arrange(t)
      let lines: string[] = []
      const { page, noise } = await visit(t, await browsers[name]!, site.url, async page => {
        lines = listen(page)
        await page.evaluateOnNewDocument(() => {
          addEventListener('load', () => {
            globalThis.registered = navigator.serviceWorker.getRegistration().then(found => found !== undefined)
          })
        })
      })
      assert.equal(await page.evaluate(() => globalThis.registered), false)
      await untilOn(page)
      await hasBadge(page)
      await hashOf(page, MODEL)
      const [loadedAt, askedAt] = await page.evaluate(() => {
        const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
        const script = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/shoal-page.js'))
        return [navigation!.loadEventStart, script!.startTime]
      })
      assert.ok(askedAt! >= loadedAt!, `asked for at ${askedAt} ms, loaded at ${loadedAt} ms`)
      for (const path of ['shoal.js', 'shoal-page.js', 'shoal-sw.js', 'shoal.pointer', 'shoal.torrent'])
        assert.equal(site.countOf(`/${path}`), 1, path)
      // A second page of the same visit, which a worker answers for.
      await page.reload()
      await untilOn(page)
      await hashOf(page, MODEL)
      assert.deepEqual([lines, noise], [[], []])
    })
  })
}

it('moves nothing on a processor four times as slow, with its badge', async t => {
  const site = await arrange(t)
  const { page } = await visit(t, await browsers.chromium!, site.url, async page => {
    const devtools = await page.createCDPSession()
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await page.evaluateOnNewDocument(() => {
      globalThis.shifts = []
      new PerformanceObserver(list => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) shifts.push(entry.value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
  })
  await untilOn(page)
  await hasBadge(page)
  await hashOf(page, MODEL)
  // Frames in which the badge was painted have been told of.
  await page.evaluate(
    () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
  )
  assert.deepEqual(await page.evaluate(() => shifts), [])
  // The observer sees what moves.
  await page.evaluate(() => {
    const moving = document.createElement('div')
    moving.style.height = '100px'
    document.body.prepend(moving)
  })
  await page.waitForFunction(() => shifts.length > 0)
})

declare global {
  /** A worker was registered when the page had loaded. */
  var registered: Promise<boolean>
  var shifts: number[]
}

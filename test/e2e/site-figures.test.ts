/** What visitors took from where, as the tracker shows it to the owner: their word, summed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTracker } from '../../tracker/index.ts'
import { launchBrowser } from './support/browser.ts'
import { deploySite, untilReady, untilStats, visit } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope } from './support/scope.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')

const MODEL = 'assets/model-1a2b3c4d.bin'
const LENGTH = 900_000

describe('the figures of a site', () => {
  it('are at the tracker when its visitors have gone, each byte once', { timeout: 120_000 }, async t => {
    const tracker = await startTracker({ port: 0, host: 'localhost', limits: { reportersMin: 2 } })
    t.after(() => tracker.close())
    const files = { [MODEL]: payloadBytes(1, 0, LENGTH) }
    const site = await deploySite(t, { files, trackers: [tracker.url] })
    const pages = []
    for (const source of ['origin', 'peers'] as const) {
      const { page } = await visit(t, await chromium, site.url)
      pages.push(page)
      await untilReady(page)
      await untilStats(page, ({ isOn }) => isOn)
      // The second one has nobody but the first.
      if (source === 'peers') site.cut()
      await page.evaluate(path => void shoal.prefetch(path), `/${MODEL}`)
      await untilStats(page, stats => stats[source] === LENGTH)
    }
    for (const page of pages) await page.goto('about:blank')
    while (tracker.stats().connections > 0) await new Promise(resolve => setImmediate(resolve))
    const [figures, ...others] = tracker.stats().sites
    assert.deepEqual(others, [])
    assert.equal(figures?.key, site.keyHex)
    assert.deepEqual([figures.reporters, figures.visitors, figures.offload], [2, 0, 0.5])
    assert.deepEqual(figures.bytes, { peers: LENGTH, origin: LENGTH, cache: 0, wasted: 0, duplicates: 0 })
  })
})

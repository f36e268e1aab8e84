/** A site served by its visitors: the page script, the worker, tracker and origin together. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { deploySite, untilReady, untilStats, visit } from './support/deployed-site.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')

const IMAGES = Array.from({ length: 6 }, (_, i) => `assets/photo-${i}0a1b2c3.png`)
const FILES: Record<string, Uint8Array> = Object.fromEntries([
  ...IMAGES.map(path => [path, randomBytes(300_000)] as const),
  ['assets/model-1f2e3d4c.bin', randomBytes(2_500_000)],
])

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What a page gets for a path, by its hash. */
const get = (page: Page, path: string): Promise<string> =>
  page.evaluate(async path => {
    const bytes = await (await fetch(path)).arrayBuffer()
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
  }, `/${path}`)

describe('a site of visitors', () => {
  it('first from the origin, once; then from the first visitor', async t => {
    const tracker = await startShoalTracker(t)
    const site = await deploySite(t, {
      files: FILES,
      trackers: [tracker.url],
      body: IMAGES.map(path => `<img src="/${path}">`).join(''),
    })
    const first = await visit(t, await chromium, site.url)
    await untilReady(first.page)
    for (const path of Object.keys(FILES)) assert.equal(await get(first.page, path), sha256(FILES[path]!))
    const second = await visit(t, await chromium, site.url)
    await untilReady(second.page)
    await second.page.evaluate(paths => shoal.prefetch(...paths), ['/assets/model-1f2e3d4c.bin'])
    assert.equal(await get(second.page, 'assets/model-1f2e3d4c.bin'), sha256(FILES['assets/model-1f2e3d4c.bin']!))
    const { files } = await untilStats(second.page, ({ peers }) => peers > 2_000_000)
    const model = files.find(({ url }) => url.endsWith('/assets/model-1f2e3d4c.bin'))!
    const { bytes, verified, peers, origin } = model
    assert.deepEqual(
      { bytes, verified, sum: peers + origin },
      { bytes: 2_500_000, verified: 2_500_000, sum: 2_500_000 },
    )
    assert.ok(peers > 2_000_000, `${peers} bytes from peers`)
  })
})

/** A site served by its visitors: the page script, the worker, tracker and origin together. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { ALL } from './support/all.ts'
import { launchBrowser } from './support/browser.ts'
import { type DeployedSite, deploySite, untilStats, visit, hashOf, sha256, untilOn } from './support/deployed-site.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))

const PHOTOS = Array.from({ length: 4 }, (_, i) => `assets/photo-${i}0a1b2c3.png`)
const BULK = ['assets/model-1f2e3d4c.bin', 'assets/film-5a6b7c8d.mp4', 'assets/scene-9e8f7a6b.json']
const FILES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(PHOTOS.map(path => [path, randomBytes(200_000)] as const)),
  'assets/model-1f2e3d4c.bin': randomBytes(1_500_000),
  // Larger than 8 MiB: a swarm of its own.
  'assets/film-5a6b7c8d.mp4': randomBytes(9_000_000),
  // Travels as its gzip twin.
  'assets/scene-9e8f7a6b.json': Buffer.from(randomBytes(300_000).toString('hex')),
}
/** Asked for as the page is parsed. */
const BODY = `<script>for (const path of ${JSON.stringify(PHOTOS)}) fetch(path).then(body => body.blob())</script>`
/** Without the usual cap, which is a line's of 8 Mbit/s. */
const POLICY = { consent: 'automatic', lan: 1, 'upload-rate': 100_000_000, 'upload-day': 1_000_000_000 }

const prefetch = (page: Page, paths: readonly string[]): Promise<void> =>
  page.evaluate(paths => shoal.prefetch(...paths), [...paths])

/** Of a picture, painted. */
const widthOf = (page: Page, path: string): Promise<number> =>
  page.evaluate(async path => {
    const image = new Image()
    image.src = path
    await image.decode()
    return image.naturalWidth
  }, path)

for (const name of BROWSER_NAMES) {
  describe(`a site of visitors in ${name}`, () => {
    it('comes from the origin once, then from those who were there, and at last without the origin', async t => {
      const browser = await browsers[name]!
      const tracker = await startShoalTracker(t)
      const site = await deploySite(t, { files: FILES, trackers: [tracker.url], policy: POLICY, body: BODY })
      const first = await visit(t, browser, site.url)
      await untilOn(first.page)
      for (const path of BULK) assert.equal(await hashOf(first.page, path), sha256(FILES[path]!))
      const { files, peers } = await untilStats(first.page, ({ files }) => {
        return files.length === Object.keys(FILES).length && files.every(({ bytes, verified }) => verified === bytes)
      })
      // What was painted by plain HTTP, before there was a worker, was taken from the browser's cache; the twin is all that came of the last.
      for (const { url, bytes } of files) assert.equal(site.bytesOf(new URL(url).pathname), bytes, url)
      assert.equal(peers, 0)

      const bulkBytes = BULK.reduce((sum, path) => sum + site.bytesOf(`/${path}`), 0)
      for (let visitor = 2; visitor <= (ALL || name === 'chromium' ? 6 : 3); visitor++) {
        const before = BULK.map(path => site.bytesOf(`/${path}`))
        const { page, noise } = await visit(t, browser, site.url)
        await untilOn(page)
        await prefetch(page, BULK)
        for (const path of BULK) assert.equal(await hashOf(page, path), sha256(FILES[path]!))
        const sentBytes = BULK.reduce((sum, path, i) => sum + site.bytesOf(`/${path}`) - before[i]!, 0)
        assert.ok(
          sentBytes <= 0.2 * bulkBytes,
          `visitor ${visitor} took ${sentBytes} of ${bulkBytes} bytes from the origin`,
        )
        const stats = await untilStats(page, ({ peers }) => peers >= 0.8 * bulkBytes)
        assert.equal(stats.isOn, true)
        assert.deepEqual(noise, [])
      }

      site.cut(path => path === '/')
      await first.page.reload()
      for (const path of Object.keys(FILES)) assert.equal(await hashOf(first.page, path), sha256(FILES[path]!), path)
    })
  })
}

it('has what the next page painted from the origin, before anybody led, without asking for it again', async t => {
  const tracker = await startShoalTracker(t)
  const files = {
    'assets/next-7b8c9d0e.webp': await readFile('demo/cdn/made/coral.webp'),
    'assets/logo.jpg': await readFile('demo/cdn/made/agate.jpg'),
  }
  const paths = Object.keys(files)
  const body = `<script>if (location.search) for (const path of ${JSON.stringify(paths)}) document.write('<img src=' + path + '>')</script>`
  const site = await deploySite(t, { files, trackers: [tracker.url], policy: POLICY, body })
  const { page } = await visit(t, await browsers.chromium!, site.url)
  await untilOn(page)
  await page.goto(`${site.url}?next`)
  await untilOn(page)
  const stats = await untilStats(
    page,
    ({ files }) => files.length === 2 && files.every(file => file.verified === file.bytes),
  )
  assert.equal(
    stats.origin,
    Object.values(files).reduce((sum, { length }) => sum + length, 0),
  )
  for (const path of paths) assert.equal(site.bytesOf(`/${path}`), files[path as keyof typeof files].length, path)
})

it('paints what others have once the origin is gone, by a worker that has just been started', async t => {
  const browser = await browsers.chromium!
  const tracker = await startShoalTracker(t)
  const path = 'assets/next-7b8c9d0e.webp'
  const files = {
    [path]: await readFile('demo/cdn/made/coral.webp'),
    'assets/model-1f2e3d4c.bin': randomBytes(100_000),
  }
  const site = await deploySite(t, { files, trackers: [tracker.url], policy: POLICY })
  const first = await visit(t, browser, site.url)
  await untilOn(first.page)
  await prefetch(first.page, Object.keys(files))
  const { page } = await visit(t, browser, site.url)
  await untilOn(page)
  // By then both are connected: whoever leads waits for nobody.
  await prefetch(page, ['assets/model-1f2e3d4c.bin'])
  site.cut(path => path === '/')
  const session = await page.createCDPSession()
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.stopAllWorkers')
  assert.equal(await widthOf(page, path), 1200)
})

for (const [what, fail] of [
  ['is gone', site => site.cut(path => !path.startsWith('/assets/'))],
  ['answers 503', (site, path) => site.answer(`/${path}`, { status: 503, body: Buffer.from('busy') })],
] satisfies [string, (site: DeployedSite, path: string) => void][]) {
  it(`brings what others have to a visitor who comes when the origin ${what}, before they are connected`, async t => {
    const browser = await browsers.chromium!
    const tracker = await startShoalTracker(t)
    const path = 'assets/next-7b8c9d0e.webp'
    const files = { [path]: await readFile('demo/cdn/made/coral.webp') }
    const site = await deploySite(t, { files, trackers: [tracker.url], policy: POLICY })
    const first = await visit(t, browser, site.url)
    await untilOn(first.page)
    await prefetch(first.page, [path])
    fail(site, path)
    const { page } = await visit(t, browser, site.url)
    await page.waitForFunction(() => shoal.stats().then(({ isOn }) => isOn))
    assert.equal(await widthOf(page, path), 1200)
  })
}

it('costs the origin little more than one copy when eight come at once', async t => {
  const browser = await browsers.chromium!
  const tracker = await startShoalTracker(t)
  const site = await deploySite(t, { files: FILES, trackers: [tracker.url], policy: POLICY })
  // Browsers take seconds to open eight pages, visitors are to come within two: none goes before all can.
  let waiting = 8
  let open = (): void => {}
  const opened = new Promise<void>(resolve => (open = resolve))
  const untilAllCan = (): Promise<void> => {
    if (--waiting === 0) open()
    return opened
  }
  const pages = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { page } = await visit(t, browser, site.url, untilAllCan)
      await untilOn(page)
      await prefetch(page, BULK)
      return page
    }),
  )
  for (const page of pages) for (const path of BULK) assert.equal(await hashOf(page, path), sha256(FILES[path]!))
  const copyBytes = BULK.reduce((sum, path) => sum + (path.endsWith('json') ? 0 : FILES[path]!.length), 0)
  const share = site.assetBytes / copyBytes
  t.diagnostic(`the origin sent ${share.toFixed(2)} copies`)
  const stats = await Promise.all(pages.map(page => page.evaluate(() => shoal.stats())))
  const told = stats.map(({ origin, peers, connections }) => ({ origin, peers, connections }))
  const sent = Object.keys(FILES).map(path => [path, site.bytesOf(`/${path}`), site.countOf(`/${path}`)])
  assert.ok(share <= 1.5, `the origin sent ${share.toFixed(2)} copies: ${JSON.stringify({ sent, told })}`)
})

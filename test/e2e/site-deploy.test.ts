/** What a deploy costs visitors, and that pages of different deploys live side by side. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { deploySite, openPage, untilReady, untilStats, visit, hashOf, sha256 } from './support/deployed-site.ts'
import { payloadBytes, pictureBytes } from './support/payload.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const tracker = startShoalTracker(scope)

/** Forty images, and one file whose address stays the same from deploy to deploy. */
const IMAGES = Array.from({ length: 40 }, (_, i) => `assets/photo-${(i + 0x1000_0000).toString(16)}.png`)
const STATE = 'state.bin'
const IMAGE_BYTES = 90_000
/** Larger than 8 MiB: a swarm of its own. */
const FILM = 'assets/film-5a6b7c8d.mp4'
const film = payloadBytes(5, 0, 9_000_000)
const image = (i: number): Uint8Array => pictureBytes(i, IMAGE_BYTES)
const state = (version: number): Uint8Array => payloadBytes(1_000 + version, 0, 200_000)

const body = (images: readonly string[]): string => images.map(path => `<img src="/${path}" alt="">`).join('')

async function assertImages(page: Page, images: readonly string[]): Promise<void> {
  await page.waitForFunction(() => [...document.images].every(image => image.complete))
  const shown = await page.evaluate(() => [...document.images].filter(image => image.naturalWidth === 1).length)
  assert.equal(shown, images.length)
}

describe('a deploy that changes one of forty files', () => {
  it('costs visitors who were here before that file alone; pages of before go on; no page gets bytes of another deploy', async t => {
    const site = await deploySite(t, {
      files: Object.fromEntries([...IMAGES.map((path, i) => [path, image(i)] as const), [STATE, state(1)]]),
      trackers: [(await tracker).url],
      body: body(IMAGES),
    })
    const old = await visit(t, await chromium, site.url)
    await untilReady(old.page)
    await untilStats(old.page, ({ isOn }) => isOn)
    await assertImages(old.page, IMAGES)
    assert.equal(await hashOf(old.page, STATE), sha256(state(1)))
    // All of it is in the store.
    await old.page.evaluate(
      paths => shoal.prefetch(...paths),
      [...IMAGES, STATE].map(path => `/${path}`),
    )

    const changed = 'assets/photo-2fffffff.png'
    const images = [...IMAGES.slice(0, -1), changed]
    const imageBytes = () => [...IMAGES, changed].reduce((sum, path) => sum + site.bytesOf(`/${path}`), 0)
    const before = imageBytes()
    const version = await site.deploy({ [changed]: image(99), [STATE]: state(2) }, undefined, body(images))
    const page = await openPage(old.context, site.url)
    await assertImages(page, images)
    await untilStats(page, stats => stats.version === version)
    assert.equal(imageBytes() - before, IMAGE_BYTES)
    for (const [i, path] of images.entries())
      assert.equal(await hashOf(page, path), sha256(path === changed ? image(99) : image(i)))

    // The page of before has what never changes. Of the rest it gets what it always had, until the worker is replaced, or what the server has.
    assert.equal(await hashOf(old.page, IMAGES[39]!), sha256(image(39)))
    for (let i = 0; i < 3; i++) {
      assert.equal(await hashOf(page, STATE), sha256(state(2)))
      assert.ok([state(1), state(2)].map(sha256).includes(await hashOf(old.page, STATE)))
    }
    assert.deepEqual(old.noise, [])
  })
})

describe('a visitor who comes after a deploy', () => {
  it('gets what did not change from those who still have the old one', async t => {
    const files = Object.fromEntries(IMAGES.map((path, i) => [path, image(i)] as const))
    const paths = IMAGES.map(path => `/${path}`)
    const site = await deploySite(t, { files: { ...files, [FILM]: film }, trackers: [(await tracker).url] })
    const old = await visit(t, await chromium, site.url)
    await untilStats(old.page, ({ isOn }) => isOn)
    await old.page.evaluate(paths => shoal.prefetch(...paths), [...paths, `/${FILM}`])
    const sentBytes = () => [...paths, `/${FILM}`].reduce((sum, path) => sum + site.bytesOf(path), 0)
    const before = sentBytes()

    await site.deploy({ [STATE]: state(2) })
    const { page } = await visit(t, await chromium, site.url)
    await untilStats(page, ({ isOn }) => isOn)
    await page.evaluate(paths => shoal.prefetch(...paths), [...paths, `/${FILM}`])
    const wantedBytes = IMAGES.length * IMAGE_BYTES + film.length
    const { peers } = await untilStats(page, ({ peers, origin }) => peers + origin >= wantedBytes)
    t.diagnostic(
      `${peers} of ${wantedBytes} bytes came from the visitor of before, ${sentBytes() - before} from the origin`,
    )
    assert.ok(peers >= 0.8 * wantedBytes, `${peers} of ${wantedBytes} bytes`)
    assert.ok(sentBytes() - before <= 0.2 * wantedBytes)
  })
})

/** The bridge between the service worker and the tab that leads: pieces come from it, and whatever it does, pages get the site's bytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { fillStore, visitListed } from './support/listed-page.ts'
import { type ListedFile, type ListedSite, SITE_VERSION, startListedSite } from './support/listed-site.ts'
import type { LeaderOptions } from './support/page/site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'

const MANY = '/assets/many.bin'
const PLAIN = '/assets/plain.bin'
const SEED = 3
const LENGTH = 2_500_000
const PIECE = 65536
const PIECES = Math.ceil(LENGTH / PIECE)

const many = payloadBytes(SEED, 0, LENGTH)
const files: Record<string, ListedFile> = {
  [MANY]: { bytes: many, type: 'application/octet-stream' },
  [PLAIN]: { bytes: payloadBytes(4, 0, 70_000), type: 'text/plain', isImmutable: false },
}

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const ask = (page: Page, path: string) => page.evaluate(path => site.ask({ path }), path)

async function arrange(t: Lifetime, browser: string): Promise<{ origin: ListedSite; page: Page }> {
  const origin = await startListedSite(t, files)
  const page = await visitListed(t, { browser: await browsers[browser]!, origin, worker: '/shoal-sw.js' })
  await page.evaluate(facts => site.putLayer(facts), origin.facts[MANY]!)
  return { origin, page }
}

const lead = (page: Page, origin: ListedSite, options: Partial<LeaderOptions> = {}): Promise<void> =>
  page.evaluate(options => site.lead(options), {
    epoch: 1,
    files: { [origin.facts[MANY]!.rootHex]: { seed: SEED, length: LENGTH, pieceLength: PIECE } },
    ...options,
  })

const heard = async (page: Page, word: string) =>
  (await page.evaluate(() => site.heard())).filter(([said]) => said === word)

for (const browser of BROWSER_NAMES) {
  describe(`in ${browser}`, () => {
    it('gives the leader’s pieces, and asks the origin for nothing', async t => {
      const { origin, page } = await arrange(t, browser)
      await lead(page, origin)
      assert.equal((await ask(page, MANY)).body, sha256(many))
      assert.equal(origin.count(MANY), 0)
      // No more is ever sent ahead than the credit of the get and what was granted since.
      const [get] = await heard(page, 'get')
      assert.deepEqual(get, ['get', 1, origin.facts[MANY]!.rootHex, 0, PIECES, 16])
      assert.ok((await heard(page, 'ping')).length > 0)
    })

    it('joins the leader’s pieces with those of the store', async t => {
      const { origin, page } = await arrange(t, browser)
      await fillStore(page, origin, { path: MANY, bytes: many, pieces: [0, 1, 5, 6] })
      await lead(page, origin)
      assert.equal((await ask(page, MANY)).body, sha256(many))
      assert.equal(origin.count(MANY), 0)
      assert.deepEqual(
        (await heard(page, 'get')).map(([, , , first, end]) => [first, end]),
        [
          [2, 5],
          [7, PIECES],
        ],
      )
    })

    for (const [what, options] of [
      ['lies', { manner: 'lies' }],
      ['is silent', { manner: 'silent' }],
      ['has nothing', { manner: 'none' }],
      ['sends more than it may', { manner: 'floods' }],
      ['leaves', { manner: 'bye' }],
      ['stops in the middle', { diesAfter: 7 }],
    ] as const) {
      it(`asks the origin where the leader ${what}`, async t => {
        const { origin, page } = await arrange(t, browser)
        await lead(page, origin, options)
        assert.equal((await ask(page, MANY)).body, sha256(many))
        if (what === 'sends more than it may') return
        assert.equal(origin.count(MANY), 1)
      })
    }

    it('tells the leader what it took from the origin', async t => {
      const { origin, page } = await arrange(t, browser)
      await lead(page, origin, { manner: 'none' })
      await ask(page, MANY)
      await page.waitForFunction(count => site.heard().filter(([word]) => word === 'kept').length === count, {}, PIECES)
      const kept = await heard(page, 'kept')
      assert.deepEqual(
        kept.map(([, , piece]) => piece).sort((a, b) => Number(a) - Number(b)),
        Array.from({ length: PIECES }, (_, piece) => piece),
      )
      assert.equal((await page.evaluate(facts => site.storedPieces(facts), origin.facts[MANY]!)).length, PIECES)
    })

    it('follows the highest epoch', async t => {
      const { origin, page } = await arrange(t, browser)
      await lead(page, origin, { epoch: 5 })
      assert.equal((await ask(page, MANY)).body, sha256(many))
      // Does not get the lead, or nobody would be asked but it.
      await lead(page, origin, { epoch: 4, manner: 'lies' })
      assert.equal((await ask(page, MANY)).body, sha256(many))
      assert.equal((await heard(page, 'get')).length + origin.count(MANY), 1)
    })

    it('serves what has no immutable URL to pages of its version alone', async t => {
      const { origin, page } = await arrange(t, browser)
      await fillStore(page, origin, { path: PLAIN, bytes: files[PLAIN]!.bytes })
      for (const version of [SITE_VERSION - 1, SITE_VERSION + 1]) {
        await page.evaluate(version => site.beVersion(version), version)
        const before = origin.count(PLAIN)
        await ask(page, PLAIN)
        assert.equal(origin.count(PLAIN), before + 1)
      }
      await page.evaluate(version => site.beVersion(version), SITE_VERSION)
      const before = origin.count(PLAIN)
      assert.equal((await ask(page, PLAIN)).body, sha256(files[PLAIN]!.bytes))
      assert.equal(origin.count(PLAIN), before)
    })
  })
}

it('finds the leader again after the worker was stopped', async t => {
  const { origin, page } = await arrange(t, 'chromium')
  await lead(page, origin)
  assert.equal((await ask(page, MANY)).body, sha256(many))
  const session = await page.createCDPSession()
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.stopAllWorkers')
  assert.equal((await ask(page, MANY)).body, sha256(many))
  assert.ok((await page.evaluate(() => site.whoCount)) >= 1)
  assert.equal(origin.count(MANY), 0)
})

/** Whatever goes wrong around the service worker, the page gets the site's bytes, or an error: never others, never fewer. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { fillStore, visitListed } from './support/listed-page.ts'
import { type ListedFile, type ListedSite, startListedSite } from './support/listed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'

const MANY = '/assets/many.bin'
const ONE = '/assets/one.bin'
const TEXT = '/assets/text.json'
const PIECE = 65536

const many = payloadBytes(1, 0, 600_000)
const json = new TextEncoder().encode(JSON.stringify(Array.from({ length: 9_000 }, (_, i) => i * i)))
const files: Record<string, ListedFile> = {
  [MANY]: { bytes: many, type: 'application/octet-stream' },
  [ONE]: { bytes: payloadBytes(2, 0, 30_000), type: 'application/octet-stream' },
  [TEXT]: { bytes: json, type: 'application/json', pieceLength: 16384, hasTwin: true },
}

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A site of its own for each test, since it is made to misbehave, and a page of it. */
async function arrange(
  t: Lifetime,
  browser: string,
  worker = '/shoal-sw.js',
): Promise<{ origin: ListedSite; page: Page; fill(path: string, pieces?: readonly number[]): Promise<void> }> {
  const origin = await startListedSite(t, files)
  const page = await visitListed(t, { browser: await browsers[browser]!, origin, worker })
  const fill = (path: string, pieces?: readonly number[]): Promise<void> =>
    fillStore(page, origin, { path, bytes: files[path]!.bytes, pieces })
  return { origin, page, fill }
}

const ask = (page: Page, path: string) => page.evaluate(path => site.ask({ path }), path)

for (const browser of BROWSER_NAMES) {
  describe(`in ${browser}`, () => {
    it('fetches a piece anew that was altered in the store, and that alone', async t => {
      const { origin, page, fill } = await arrange(t, browser)
      await fill(MANY)
      await page.evaluate(facts => site.alterPiece(facts, 4), origin.facts[MANY]!)
      assert.equal((await ask(page, MANY)).body, sha256(many))
      assert.deepEqual(
        origin.requests.map(({ range }) => range),
        [`bytes=${4 * PIECE}-${5 * PIECE - 1}`],
      )
    })

    it('goes on without a database that is deleted, and keeps pieces in the new one', async t => {
      const { origin, page, fill } = await arrange(t, browser)
      await fill(MANY)
      assert.equal((await ask(page, MANY)).body, sha256(many))
      await page.evaluate(() => site.deleteStore())
      assert.equal((await ask(page, MANY)).body, sha256(many))
      await fill(MANY, [])
      assert.equal((await ask(page, MANY)).body, sha256(many))
      await page.evaluate(facts => site.untilStored(facts, 10), origin.facts[MANY]!)
    })

    it('passes everything on where there is no database to be had', async t => {
      const { origin, page } = await arrange(t, browser)
      await page.evaluate(() => site.blockStore())
      for (const path of [MANY, ONE, TEXT]) {
        const { status, body, headers } = await ask(page, path)
        assert.deepEqual([status, body], [200, sha256(files[path]!.bytes)])
        // Its own answer, from the first byte to the last.
        assert.match(headers.etag!, /^"[\da-f]{16}"$/)
        assert.equal(origin.count(path), 1)
      }
    })

    it('passes everything on where there is no WebCrypto', async t => {
      const { page, fill } = await arrange(t, browser, '/own-without-crypto.js')
      for (const path of [MANY, ONE]) {
        await fill(path)
        const { status, body } = await ask(page, path)
        assert.deepEqual([status, body], [200, sha256(files[path]!.bytes)])
      }
    })

    it('errs where the origin’s bytes change in the middle of an answer, and leaves the file to the origin from then on', async t => {
      const { origin, page, fill } = await arrange(t, browser)
      await fill(MANY, [0, 1, 2])
      const changed = payloadBytes(9, 0, many.length)
      origin.change(MANY, changed)
      const mixed = await ask(page, MANY)
      assert.deepEqual([mixed.status, mixed.body], [200, 'failed'])
      assert.equal((await ask(page, MANY)).body, sha256(changed))
    })

    it('gives the origin’s new bytes where nothing was promised yet', async t => {
      const { origin, page, fill } = await arrange(t, browser)
      await fill(MANY, [3])
      const changed = payloadBytes(9, 0, 300_000)
      origin.change(MANY, changed)
      assert.equal((await ask(page, MANY)).body, sha256(changed))
      origin.change(ONE, changed)
      assert.equal((await ask(page, ONE)).body, sha256(changed))
      assert.deepEqual(await page.evaluate(facts => site.storedPieces(facts), origin.facts[ONE]!), [])
    })

    it('gives the file where its twin is not what was listed', async t => {
      const { origin, page, fill } = await arrange(t, browser)
      await fill(TEXT, [])
      origin.change(`${TEXT}.gz`, payloadBytes(9, 0, 5_000))
      assert.equal((await ask(page, TEXT)).body, sha256(json))
    })

    for (const [what, pieces] of [
      ['of the origin’s', [0]],
      ['of the origin’s and the store’s', [0, 7]],
    ] as const) {
      it(`errs where the connection breaks in an answer ${what}`, async t => {
        const { origin, page, fill } = await arrange(t, browser)
        await fill(MANY, pieces)
        const { stalled, go } = origin.stallOnce(MANY, 2 * PIECE + 9)
        const asking = ask(page, MANY)
        await stalled
        go()
        assert.equal((await asking).body, 'failed')
        assert.equal((await ask(page, MANY)).body, sha256(many))
      })

      it(`hangs up when the page gives up an answer ${what}`, async t => {
        const { origin, page, fill } = await arrange(t, browser)
        await fill(MANY, pieces)
        const { stalled, hungUp } = origin.stallOnce(MANY, 2 * PIECE)
        const leaving = page.evaluate(path => site.askAndLeave(path), MANY)
        await Promise.all([stalled, leaving])
        await hungUp
      })
    }

    it('serves within a worker of the site’s own, and leaves it the rest', async t => {
      const { origin, page, fill } = await arrange(t, browser, '/own.js')
      await fill(MANY)
      assert.equal((await ask(page, MANY)).body, sha256(many))
      assert.equal(origin.count(MANY), 0)
      assert.equal(await page.evaluate(async () => (await fetch('/own/words')).text()), 'of its own')
    })
  })
}

it('is passed by for what is not listed, where the browser can route', async t => {
  const { origin, page, fill } = await arrange(t, 'chromium')
  await fill(ONE)
  const routeOf = (path: string): Promise<string> =>
    page.evaluate(async path => {
      await (await fetch(path)).arrayBuffer()
      const entry = performance.getEntriesByName(new URL(path, location.href).href).at(-1)
      return (entry as PerformanceResourceTiming & { workerMatchedSourceType: string }).workerMatchedSourceType
    }, path)
  assert.equal(await routeOf(ONE), '')
  assert.equal(await routeOf('/kit.js'), 'network')
  assert.equal(origin.count(ONE), 0)
})

/** The tabs of one visitor: one of them leads for all, and another takes over when it is gone. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import {
  type DeployedSite,
  deploySite,
  openPage,
  untilReady,
  untilStats,
  visit,
  hashOf,
  sha256,
  untilOn,
} from './support/deployed-site.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { type RunningTracker, startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium', { hasWindows: true })

const FILM = 'assets/film-5a6b7c8d.mp4'
const MODELS = Array.from({ length: 12 }, (_, i) => `assets/model-${i.toString(16)}f2e3d4c.bin`)
const FILES: Readonly<Record<string, Uint8Array>> = {
  [FILM]: randomBytes(9_000_000),
  ...Object.fromEntries(MODELS.map(path => [path, randomBytes(200_000)])),
}

/** Members of all swarms, as the tracker counts them. */
async function members({ url }: RunningTracker): Promise<number> {
  const stats = await (await fetch(`${url.replace('ws:', 'http:')}/stats.json`)).json()
  return stats.peers
}

/** Resolves when the tracker has one peer again: who has led and wakes up takes its leave. */
async function untilOneMember(tracker: RunningTracker): Promise<void> {
  while ((await members(tracker)) !== 1) await new Promise(resolve => setTimeout(resolve, 20))
}

/** Resolves when this tab leads. */
const leads = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise<void>(resolve => shoal.addEventListener('leader', () => resolve())))

/** Resolves with the time at which one of these tabs leads. */
const electedAt = (...pages: readonly Page[]): Promise<number> =>
  Promise.race(pages.map(page => leads(page).then(() => page.evaluate(() => Date.now()))))

/** What the first of the tabs may take to notice that nobody leads, and to lead. */
const ELECTION_MS = 2_000

/** Has this tab write for ever, as soon as it writes anything: nobody else can use the store. Nothing but `abort` ends that. */
function keepWriting(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { transaction: begin } = IDBDatabase.prototype
    let tell = (): void => {}
    globalThis.writing = new Promise(resolve => {
      tell = resolve
    })
    IDBDatabase.prototype.transaction = function (...options) {
      const transaction = begin.apply(this, options)
      const goOn = (): void => {
        tell()
        transaction.objectStore('places').get('').onsuccess = goOn
      }
      if (options[1] === 'readwrite') goOn()
      return transaction
    }
  })
}

/** Blocks a tab in the middle of a write, for a while. */
function block(page: Page, ms: number): Promise<void> {
  return page.evaluate(async ms => {
    const database = await new Promise<IDBDatabase>(resolve => {
      const request = indexedDB.open('shoal-site')
      request.onsuccess = () => resolve(request.result)
    })
    const transaction = database.transaction([...database.objectStoreNames], 'readwrite')
    await new Promise(resolve => {
      transaction.oncomplete = resolve
      transaction.objectStore('places').get('').onsuccess = () => {
        for (const end = performance.now() + ms; performance.now() < end; );
      }
    })
    database.close()
  }, ms)
}

declare global {
  var writing: Promise<void>
}

interface Scene {
  readonly site: DeployedSite
  readonly tracker: RunningTracker
  /** The first leads; the last one is in front. */
  readonly tabs: readonly [Page, Page, Page]
}

async function threeTabs(t: Lifetime): Promise<Scene> {
  const tracker = await startShoalTracker(t)
  const site = await deploySite(t, { files: FILES, trackers: [tracker.url] })
  const { context, page } = await visit(t, await chromium, site.url)
  await untilOn(page)
  const second = await openPage(context, site.url)
  await untilReady(second)
  const third = await openPage(context, site.url)
  await untilReady(third)
  return { site, tracker, tabs: [page, second, third] }
}

describe('tabs of one visitor', () => {
  it('are one peer together', async t => {
    const { tracker, tabs } = await threeTabs(t)
    for (const tab of tabs) assert.equal((await untilStats(tab, ({ isOn }) => isOn)).isOn, true)
    assert.equal(await members(tracker), 1)
  })

  it('go on under another leader when the first is closed while it delivers', async t => {
    const { tabs } = await threeTabs(t)
    const [first, second, third] = tabs
    const elected = Promise.race([leads(second), leads(third)])
    const film = hashOf(third, FILM)
    await first.close()
    assert.equal(await film, sha256(FILES[FILM]!))
    await elected
    await untilStats(third, ({ isOn }) => isOn)
    for (const path of MODELS) assert.equal(await hashOf(third, path), sha256(FILES[path]!))
  })

  it('go on under another leader when the first is reloaded while it delivers', async t => {
    const { tabs } = await threeTabs(t)
    const [first, second, third] = tabs
    const elected = Promise.race([leads(second), leads(third)])
    const film = hashOf(third, FILM)
    const reloading = first.reload()
    assert.equal(await film, sha256(FILES[FILM]!))
    await reloading
    await elected
    for (const path of MODELS) assert.equal(await hashOf(first, path), sha256(FILES[path]!))
  })

  it('go on under another leader when the first is frozen while it delivers, and writes', async t => {
    const { tracker, tabs } = await threeTabs(t)
    const [first, second, third] = tabs
    await keepWriting(first)
    const election = electedAt(second, third)
    const film = hashOf(third, FILM)
    await first.evaluate(() => writing)
    const devtools = await first.createCDPSession()
    const frozenAt = Date.now()
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    const waitedMs = (await election) - frozenAt
    assert.ok(waitedMs < ELECTION_MS, `${waitedMs} ms`)
    assert.equal(await film, sha256(FILES[FILM]!))
    await untilStats(third, ({ isOn }) => isOn)
    for (const path of MODELS) assert.equal(await hashOf(third, path), sha256(FILES[path]!))

    // It wakes up as one of the others.
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await untilStats(first, ({ isOn }) => isOn)
    await untilOneMember(tracker)
  })

  it('go on under another leader when the first is blocked while it delivers, and writes', async t => {
    const { tracker, tabs } = await threeTabs(t)
    const [first, second, third] = tabs
    const election = electedAt(second, third)
    const film = hashOf(third, FILM)
    const blockedAt = Date.now()
    const blocking = block(first, 4 * ELECTION_MS)
    const waitedMs = (await election) - blockedAt
    assert.ok(waitedMs < ELECTION_MS, `${waitedMs} ms`)
    for (const path of MODELS.slice(0, 3)) assert.equal(await hashOf(third, path), sha256(FILES[path]!))
    assert.equal(await film, sha256(FILES[FILM]!))
    assert.ok(Date.now() - blockedAt < 4 * ELECTION_MS)

    await blocking
    await untilStats(third, ({ isOn }) => isOn)
    for (const path of MODELS) assert.equal(await hashOf(first, path), sha256(FILES[path]!))
    await untilOneMember(tracker)
  })

  it('wear a badge where the owner wants one', async t => {
    const policy = { consent: 'automatic', lan: 1, badge: 1 }
    const site = await deploySite(t, { files: FILES, trackers: ['ws://127.0.0.1:9'], policy })
    const { page } = await visit(t, await chromium, site.url)
    const text = await page.waitForFunction(() => document.querySelector('shoal-badge')?.shadowRoot?.textContent)
    assert.equal(await text.jsonValue(), '0 % from visitors')
  })

  it('stay in the browser’s back/forward cache, and take part again after it', async t => {
    const tracker = await startShoalTracker(t)
    const site = await deploySite(t, { files: FILES, trackers: [tracker.url] })
    const { page } = await visit(t, await chromium, site.url)
    await untilOn(page)
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        ;(globalThis as { wasKept?: boolean }).wasKept = persisted
      })
    })
    await page.goto('about:blank')
    await page.goBack()
    assert.equal(await page.evaluate(() => (globalThis as { wasKept?: boolean }).wasKept), true)
    await untilStats(page, ({ isOn }) => isOn)
    assert.equal(await hashOf(page, FILM), sha256(FILES[FILM]!))
    assert.equal(await members(tracker), 1)
  })
})

/** The owner ends Shoal on a site: visitors who are connected stop, the site goes on by plain HTTP, and a later deploy brings it back. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import {
  type DeployedSite,
  deploySite,
  openPage,
  untilReady,
  untilStats,
  type Visitor,
  visit,
} from './support/deployed-site.ts'
import { payloadBytes, pictureBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

/** What the owner is promised, in ms. */
const REACHES_MS = 60_000

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const tracker = startShoalTracker(scope)

const FILES = {
  'assets/picture-0a1b2c3d.png': pictureBytes(1, 400_000),
  'assets/model-1a2b3c4d.bin': payloadBytes(2, 0, 900_000),
  'assets/later-2a3b4c5d.bin': payloadBytes(3, 0, 100_000),
}

/** A site with two visitors, the second of whom has fetched something from the first. */
async function arrange(t: Lifetime): Promise<{ site: DeployedSite; visitors: Visitor[] }> {
  const site = await deploySite(t, {
    files: FILES,
    trackers: [(await tracker).url],
    body: '<img src="/assets/picture-0a1b2c3d.png" alt="">',
  })
  const arrive = async (): Promise<Visitor> => {
    const visitor = await visit(t, await chromium, site.url)
    await untilStats(visitor.page, ({ isOn }) => isOn)
    await visitor.page.evaluate(() => shoal.prefetch('/assets/model-1a2b3c4d.bin'))
    return visitor
  }
  const visitors = [await arrive(), await arrive()]
  await untilStats(visitors[1]!.page, ({ peers }) => peers > 0)
  return { site, visitors }
}

/** Nothing is kept of what was stored. */
async function untilForgotten(page: Page): Promise<void> {
  await page.waitForFunction(async () => (await indexedDB.databases()).length === 0)
}

/** The page does without Shoal: no worker, no tracker, nobody connected. */
async function untilPlain(page: Page): Promise<void> {
  await untilStats(page, ({ isOn, connections }) => !isOn && connections === 0)
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0)
}

async function assertServedByHttp(page: Page, site: DeployedSite): Promise<void> {
  const path = '/assets/later-2a3b4c5d.bin'
  const before = site.countOf(path)
  const length = await page.evaluate(
    async url => (await (await fetch(url)).arrayBuffer()).byteLength,
    `${path}?${before}`,
  )
  assert.equal(length, FILES['assets/later-2a3b4c5d.bin'].length)
  assert.equal(site.countOf(path), before + 1)
}

describe('a kill', () => {
  it('reaches visitors who are connected as soon as trackers are told; a later deploy brings the site back', async t => {
    const { site, visitors } = await arrange(t)
    await site.run('sign', 'site', '--kill')
    const killedAt = performance.now()
    await site.run('publish', 'site')
    for (const { page } of visitors) await untilPlain(page)
    assert.ok(performance.now() - killedAt < REACHES_MS)
    for (const { page, noise } of visitors) {
      await assertServedByHttp(page, site)
      assert.deepEqual(noise, [])
    }

    const version = await site.deploy({})
    for (const { page } of visitors) {
      await page.reload()
      await untilStats(page, stats => stats.isOn && stats.version === version)
      await untilReady(page)
    }
  })

  it('holds for who comes later, time and again', async t => {
    const { site } = await arrange(t)
    await site.run('sign', 'site', '--kill')
    const { page, noise } = await visit(t, await chromium, site.url)
    await untilPlain(page)
    await page.reload()
    await untilPlain(page)
    await assertServedByHttp(page, site)
    assert.deepEqual(noise, [])
  })
})

describe('a site whose pointer is gone', () => {
  it('forgets Shoal: no worker, nothing stored; a later deploy brings it back', async t => {
    const { site, visitors } = await arrange(t)
    const { page } = visitors[1]!
    site.answer('/shoal.pointer', { status: 410, body: new Uint8Array() })
    await page.reload()
    await untilPlain(page)
    await untilForgotten(page)
    await assertServedByHttp(page, site)

    site.answer('/shoal.pointer', undefined)
    const version = await site.deploy({})
    await page.reload()
    await untilStats(page, stats => stats.isOn && stats.version === version)
    await untilReady(page)
    await page.evaluate(() => shoal.prefetch('/assets/model-1a2b3c4d.bin'))
    await untilStats(page, ({ files }) => files.some(({ bytes, verified }) => bytes > 400_000 && bytes === verified))
  })
})

describe('a site whose pages have no tag any more', () => {
  it('forgets Shoal with the second of them that is loaded', async t => {
    const { site, visitors } = await arrange(t)
    const { context, page } = visitors[1]!
    const untagged = new TextEncoder().encode('<!doctype html><img src="/assets/picture-0a1b2c3d.png" alt="">')
    site.answer('/untagged.html', { status: 200, body: untagged })
    const address = `${site.url}untagged.html`
    const devtools = await page.createCDPSession()
    await devtools.send('ServiceWorker.enable')
    const load = async (): Promise<Page> => {
      const other = await openPage(context, address)
      await other.waitForFunction(() => document.images[0]?.complete)
      return other
    }

    await page.goto(address)
    // Browsers do so half a minute after its last event; in its former life it has heard of a tag.
    await devtools.send('ServiceWorker.stopAllWorkers')
    await load()
    const last = await load()
    await last.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0)
    await untilForgotten(last)
  })
})

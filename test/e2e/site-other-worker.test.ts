/** A site that has a service worker of its own keeps it, and may take Shoal's into it. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { type DeployedSite, deploySite, untilStats, type Visitor, visit } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const tracker = startShoalTracker(scope)

const FILE = 'assets/model-0a1b2c3d.bin'
const OWN = "addEventListener('activate', event => event.waitUntil(clients.claim()));"
const ANSWERS =
  "if (new URL(event.request.url).pathname === '/own/words') event.respondWith(new Response('of its own'))"

/** A site, and a visitor on whose browser its own worker is registered, before the site's pages have the tag. */
async function arrange(t: Lifetime, worker: string): Promise<{ site: DeployedSite; visitor: Visitor }> {
  const files = { [FILE]: payloadBytes(1, 0, 300_000) }
  const site = await deploySite(t, { files, trackers: [(await tracker).url] })
  site.answer('/own.js', { body: Buffer.from(worker) })
  site.answer('/', { body: Buffer.from('<!doctype html><title>Before</title><link rel="icon" href="data:,">') })
  const visitor = await visit(t, await chromium, site.url)
  await visitor.page.evaluate(async () => {
    await navigator.serviceWorker.register('/own.js')
    await navigator.serviceWorker.ready
  })
  return { site, visitor }
}

async function assertKeepsItsOwn(page: Page): Promise<void> {
  assert.equal(await page.evaluate(async () => (await fetch('/own/words')).text()), 'of its own')
  const scripts = await page.evaluate(async () =>
    (await navigator.serviceWorker.getRegistrations()).map(({ active }) => new URL(active!.scriptURL).pathname),
  )
  assert.deepEqual(scripts, ['/own.js'])
}

describe('a worker of the site’s own', () => {
  it('is left alone, and one warning says how it can take part', async t => {
    const { site, visitor } = await arrange(t, `${OWN} addEventListener('fetch', event => { ${ANSWERS} })`)
    site.answer('/', undefined)
    await visitor.page.reload()
    await untilStats(visitor.page, ({ version }) => version !== undefined)
    await assertKeepsItsOwn(visitor.page)
    assert.equal(visitor.noise.length, 1)
    assert.match(visitor.noise[0]!, /importScripts\('\/shoal-sw.js'\).*shoalFetch\(event\)/)
  })

  it('that calls shoalFetch serves listed files from the store, and a page that says so is not warned', async t => {
    const worker = `importScripts('/shoal-sw.js'); ${OWN} addEventListener('fetch', event => { if (!shoalFetch(event)) { ${ANSWERS} } })`
    const { site, visitor } = await arrange(t, worker)
    const { page } = visitor
    const html = Buffer.from(
      (await readFile(join(site.folder, 'index.html'), 'utf8')).replace(
        '<script async',
        '<script async data-worker="own"',
      ),
    )
    site.answer('/', { body: html })
    await page.reload()
    await untilStats(page, ({ isOn }) => isOn)
    await page.evaluate(path => shoal.prefetch(path), `/${FILE}`)
    const before = site.countOf(`/${FILE}`)
    const length = await page.evaluate(async path => (await (await fetch(path)).arrayBuffer()).byteLength, `/${FILE}`)
    assert.equal(length, 300_000)
    assert.equal(site.countOf(`/${FILE}`), before)
    await assertKeepsItsOwn(page)
    assert.deepEqual(visitor.noise, [])
  })
})

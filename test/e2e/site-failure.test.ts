/** Whatever goes wrong with Shoal, the site's pages load as if it were not there, and the console says so in one sentence. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { signDeploy } from '../../src/node/site/deploy.ts'
import { readKeyFile } from '../../src/node/site/key-file.ts'
import { readManifest } from '../../src/site/manifest.ts'
import { withHead } from '../../src/site/manifest-encode.ts'
import { swarmsOf } from '../../src/site/swarms.ts'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser, profileFolder } from './support/browser.ts'
import {
  type DeployedSite,
  deploySite,
  openPage,
  untilReady,
  untilStats,
  type Visitor,
  visit,
} from './support/deployed-site.ts'
import { HostilePeer } from './support/hostile-peer.ts'
import { payloadBytes, pictureBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))
const tracker = startShoalTracker(scope)

const FILES: Record<string, Uint8Array> = {
  'assets/one-0a1b2c3d.png': pictureBytes(1, 40_000),
  'assets/many-1a2b3c4d.bin': payloadBytes(2, 0, 700_000),
  'assets/words.json': new TextEncoder().encode(JSON.stringify(Array.from({ length: 9_000 }, (_, i) => i * i))),
}

/** Listed, and on no page. */
const LATER = 'assets/later-4a5b6c7d.bin'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function arrange(t: Lifetime, trackerUrl?: string): Promise<DeployedSite> {
  const [picture, ...others] = Object.keys(FILES).map(path => `/${path}`)
  const body = `<img src="${picture}" alt=""><script>for (const path of ${JSON.stringify(others)}) fetch(path)</script>`
  const files = { ...FILES, [LATER]: payloadBytes(4, 0, 500_000) }
  return deploySite(t, { files, trackers: [trackerUrl ?? (await tracker).url], body })
}

/** The page has loaded, and gets every listed file as it is. */
async function assertLoads(page: Page): Promise<void> {
  assert.equal(await page.title(), 'A site')
  for (const [path, bytes] of Object.entries(FILES)) {
    const got = await page.evaluate(async path => {
      const bytes = await (await fetch(path)).arrayBuffer()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
    }, `/${path}`)
    assert.equal(got, sha256(bytes), path)
  }
}

/** Browsers say so themselves. */
const BROWSERS_OWN =
  /^(Failed to load resource|WebSocket connection to|Error: Failed to get service worker registration)/

const isOurs = (line: string): boolean => !BROWSERS_OWN.test(line)

/** The page loads, and then said this and nothing else. */
async function assertWarns({ page, noise }: Visitor, pattern: RegExp): Promise<void> {
  await page.waitForFunction(() => globalThis.warnings?.length > 0)
  await assertLoads(page)
  const lines = noise.filter(isOurs)
  assert.equal(lines.length, 1, lines.join(' | '))
  assert.match(lines[0]!, pattern)
}

declare global {
  var warnings: unknown[]
}

/** Notes warnings from the beginning. */
const watch = (page: Page): Promise<unknown> =>
  page.evaluateOnNewDocument(() => {
    const { warn } = console
    globalThis.warnings = []
    console.warn = (...words) => {
      warnings.push(words)
      warn(...words)
    }
  })

interface Arrival {
  /** @default Chromium */
  readonly browser?: Browser | undefined
  readonly prepare?: (page: Page) => Promise<unknown>
}

async function arrive(t: Lifetime, site: DeployedSite, { browser, prepare }: Arrival = {}): Promise<Visitor> {
  return visit(t, browser ?? (await browsers.chromium!), site.url, async page => {
    await watch(page)
    await prepare?.(page)
  })
}

/** In the browser's own profile, which has settings that contexts beside it have not. */
async function arriveFirst(browser: Browser, site: DeployedSite): Promise<Visitor> {
  const context = browser.defaultBrowserContext()
  const noise: string[] = []
  return { context, noise, page: await openPage(context, site.url, noise, watch) }
}

/** The worker answers for this page. */
async function untilControlled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller)
}

/** Counts the WebSockets that a page opens. */
async function countSockets(page: Page): Promise<{ reach(count: number): Promise<void> }> {
  const devtools = await page.createCDPSession()
  let sockets = 0
  let seen = (): void => {}
  devtools.on('Network.webSocketCreated', () => {
    sockets++
    seen()
  })
  await devtools.send('Network.enable')
  return {
    async reach(count) {
      while (sockets < count) {
        await new Promise<void>(resolve => {
          seen = resolve
        })
      }
    },
  }
}

for (const name of BROWSER_NAMES) {
  describe(`the manifest, in ${name},`, () => {
    const enter = async (t: Lifetime, site: DeployedSite) => arrive(t, site, { browser: await browsers[name] })

    it('altered in one byte', async t => {
      const site = await arrange(t)
      const bytes = await readFile(join(site.folder, 'shoal.torrent'))
      bytes[bytes.indexOf('policy') + 12]! ^= 1
      site.answer('/shoal.torrent', { body: bytes })
      await assertWarns(await enter(t, site), /^Shoal: .*altered/)
    })

    it('of an older deploy', async t => {
      const site = await arrange(t)
      const names = ['shoal.torrent', 'shoal.pointer']
      const old = await Promise.all(names.map(name => readFile(join(site.folder, name))))
      await site.deploy({ 'assets/more-2a3b4c5d.bin': payloadBytes(3, 0, 50_000) })
      const visitor = await enter(t, site)
      await untilStats(visitor.page, ({ version }) => version !== undefined)
      for (const [i, name] of names.entries()) site.answer(`/${name}`, { body: old[i]! })
      await visitor.page.reload()
      // What was being loaded is broken off, and Firefox says so.
      visitor.noise.length = 0
      await assertWarns(visitor, /^Shoal: .*older/)
    })
    it('expired', async t => {
      const site = await arrange(t)
      const key = await readKeyFile(join(site.folder, '../shoal.key'))
      const bytes = await readFile(join(site.folder, 'shoal.torrent'))
      const { version } = readManifest(bytes).manifest
      const head = { version, expires: Math.floor(Date.now() / 1000) - 60, key: key.key, rotated: key.rotated }
      const { files } = await signDeploy(withHead(bytes, head), key.sign!)
      for (const { path, bytes } of files) site.answer(`/${path}`, { body: bytes })
      await assertWarns(await enter(t, site), /^Shoal: .*expired/)
    })

    it('without a pointer', async t => {
      const site = await arrange(t)
      site.answer('/shoal.pointer', { status: 404, body: new Uint8Array() })
      await assertWarns(await enter(t, site), /^Shoal: .*pointer/)
    })
  })
}

describe('the browser', () => {
  it('without WebRTC', async t => {
    const off = (page: Page) => page.evaluateOnNewDocument('delete globalThis.RTCPeerConnection')
    await assertWarns(await arrive(t, await arrange(t), { prepare: off }), /^Shoal: .*WebRTC/)
  })

  it('without WebRTC, as Firefox’s users turn it off', async t => {
    const firefox = await launchBrowser(t, 'firefox', { preferences: { 'media.peerconnection.enabled': false } })
    await assertWarns(await arrive(t, await arrange(t), { browser: firefox }), /^Shoal: .*WebRTC/)
  })

  it('without IndexedDB', async t => {
    const off = (page: Page) =>
      page.evaluateOnNewDocument(() => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('Blocked.', 'SecurityError')
        }
      })
    await assertWarns(await arrive(t, await arrange(t), { prepare: off }), /^Shoal: .*storage/)
  })

  it('without IndexedDB in the worker either', async t => {
    const site = await arrange(t)
    const off = 'IDBFactory.prototype.open = () => { throw new DOMException("Blocked.", "SecurityError") };'
    const worker = await readFile(join(site.folder, 'shoal-sw.js'))
    site.answer('/shoal-sw.js', { body: Buffer.concat([Buffer.from(off), worker]) })
    const visitor = await arrive(t, site, { prepare: page => page.evaluateOnNewDocument(off) })
    await untilControlled(visitor.page)
    await assertWarns(visitor, /^Shoal: .*storage/)
  })

  it('without any storage, as users of Firefox block it', async t => {
    const firefox = await launchBrowser(t, 'firefox', { preferences: { 'network.cookie.cookieBehavior': 2 } })
    await assertWarns(await arrive(t, await arrange(t), { browser: firefox }), /^Shoal: .*service worker/)
  })

  it('without any storage, as users of Chromium block it', async t => {
    const profile = await profileFolder(t)
    await mkdir(join(profile, 'Default'))
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
    await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(preferences))
    const chromium = await launchBrowser(t, 'chromium', { profile, hasWindows: true })
    await assertWarns(await arriveFirst(chromium, await arrange(t)), /^Shoal: .*service worker/)
  })

  it('with a full quota', async t => {
    const site = await arrange(t)
    const full = async (page: Page): Promise<void> => {
      const devtools = await page.createCDPSession()
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 60_000 })
    }
    await assertWarns(await arrive(t, site, { prepare: full }), /^Shoal: There is no space left/)
  })

  it('stopping the worker, which they do when they like: no word of it', async t => {
    const site = await arrange(t)
    const { page, noise } = await arrive(t, site)
    await untilReady(page)
    const devtools = await page.createCDPSession()
    await devtools.send('ServiceWorker.enable')
    for (let i = 0; i < 3; i++) {
      await devtools.send('ServiceWorker.stopAllWorkers')
      await assertLoads(page)
    }
    assert.deepEqual(noise, [])
  })
})

describe('the tracker', () => {
  it('killed: it is looked for again and again, and told of once', async t => {
    const dying = await startShoalTracker(t)
    const site = await arrange(t, dying.url)
    const visitor = await arrive(t, site)
    await untilStats(visitor.page, ({ version }) => version !== undefined)
    const tries = await countSockets(visitor.page)
    await dying.stop()
    await tries.reach(3)
    await assertWarns(visitor, /^Shoal: The tracker at localhost:\d+ cannot be reached/)
  })
})

describe('another visitor', () => {
  it('who lies is not asked any more', async t => {
    const site = await arrange(t)
    const bytes = new Uint8Array(await readFile(join(site.folder, 'shoal.torrent')))
    const { metainfo } = swarmsOf(readManifest(bytes).manifest)[0]!
    const answer = ({ length }: { length: number }): Uint8Array => new Uint8Array(length).fill(0x55)
    const liar = new HostilePeer(t, { tracker: (await tracker).url, metainfo, answer })
    const visitor = await arrive(t, site)
    await untilStats(visitor.page, ({ isOn }) => isOn)
    await visitor.page.evaluate(path => shoal.prefetch(path), `/${LATER}`)
    await assertWarns(visitor, /^Shoal: Blocked a peer: it sent bad data/)
    assert.ok(liar.sentBlocks > 0)
    // What was not genuine came for nothing, and not twice.
    const { wasted, duplicates } = await untilStats(visitor.page, ({ wasted }) => wasted > 0)
    assert.ok(wasted > duplicates, `${wasted} wasted, ${duplicates} twice`)
  })
})

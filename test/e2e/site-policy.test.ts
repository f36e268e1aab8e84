/** What a site's policy, the visitor and the device allow holds, counted where it leaves the browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { type DeployedSite, deploySite, untilStats } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'
import { type WatchedVisitor, watchedVisit } from './support/watched-visitor.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const tracker = startShoalTracker(scope)

const FILE = 'assets/model-0a1b2c3d.bin'
const FILE_BYTES = 3_000_000
const OTHER = 'assets/other-1a2b3c4d.bin'

type Policy = Readonly<Record<string, number | string>>

async function arrange(t: Lifetime, policy: Policy): Promise<DeployedSite> {
  const files = { [FILE]: payloadBytes(1, 0, FILE_BYTES), [OTHER]: payloadBytes(2, 0, 100_000) }
  return deploySite(t, { files, trackers: [(await tracker).url], policy })
}

async function arrive(
  t: Lifetime,
  site: DeployedSite,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<WatchedVisitor> {
  const visitor = await watchedVisit(t, await chromium, site, prepare)
  await untilStats(visitor.page, ({ version }) => version !== undefined)
  return visitor
}

const fetchWhole = (page: Page, path: string): Promise<void> => page.evaluate(url => shoal.prefetch(url), `/${path}`)

/** The page uses the site, wants what others may have, and nothing of Shoal is to be seen outside it. */
async function assertAlone({ page, ...visitor }: WatchedVisitor): Promise<void> {
  for (const path of [FILE, OTHER]) await fetchWhole(page, path)
  const { isOn, peers, uploaded, connections } = await page.evaluate(() => shoal.stats())
  assert.deepEqual({ isOn, peers, uploaded, connections }, { isOn: false, peers: 0, uploaded: 0, connections: 0 })
  assert.equal(visitor.sockets, 0)
  assert.equal(await visitor.connectionsMade(), 0)
}

describe('consent', () => {
  it('is waited for: no tracker, no connection, no byte up before it is given, nor after it is taken back', async t => {
    const site = await arrange(t, { lan: 1 })
    const first = await arrive(t, site)
    await assertAlone(first)
    await first.page.evaluate(() => shoal.consent(true))
    await untilStats(first.page, ({ isOn }) => isOn)
    await first.untilSaid(/"event":"started"/)

    const second = await arrive(t, site, page => page.evaluateOnNewDocument(() => localStorage.clear()))
    await second.page.evaluate(() => shoal.consent(true))
    await untilStats(second.page, ({ isOn }) => isOn)
    // What the first one used before it agreed is used by its page, and may be given.
    await fetchWhole(first.page, OTHER)
    await fetchWhole(second.page, OTHER)
    await untilStats(second.page, ({ connections }) => connections > 0)
    await second.page.evaluate(() => shoal.consent(false))
    await untilStats(second.page, ({ isOn, connections }) => !isOn && connections === 0)
    await untilStats(first.page, ({ connections }) => connections === 0)
  })

  it('is refused by Global Privacy Control, whatever the page says', async t => {
    const site = await arrange(t, { consent: 'automatic', lan: 1 })
    await (await arrive(t, site)).untilSaid(/"event":"started"/)
    const visitor = await arrive(t, site, page =>
      page.evaluateOnNewDocument(() =>
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
      ),
    )
    await visitor.page.evaluate(() => shoal.consent(true))
    await assertAlone(visitor)
  })
})

describe('a device that saves data', () => {
  it('takes from others, and gives nothing', async t => {
    const site = await arrange(t, { consent: 'automatic', lan: 1 })
    const giver = await arrive(t, site)
    await fetchWhole(giver.page, FILE)
    const saver = await arrive(t, site, async page => {
      const devtools = await page.createCDPSession()
      await devtools.send('Emulation.setDataSaverOverride', { dataSaverEnabled: true })
    })
    assert.equal(
      await saver.page.evaluate(() => (navigator as { connection?: { saveData: boolean } }).connection?.saveData),
      true,
    )
    await fetchWhole(saver.page, FILE)
    await untilStats(saver.page, ({ peers }) => peers > 0)
    await giver.context.close()
    const taker = await arrive(t, site)
    await fetchWhole(taker.page, FILE)
    const { peers } = await taker.page.evaluate(() => shoal.stats())
    assert.equal(peers, 0)
    assert.equal((await saver.page.evaluate(() => shoal.stats())).uploaded, 0)
  })
})

describe('the caps', () => {
  it('of a second hold within 5 %', async t => {
    const cap = 256 * 1024
    const site = await arrange(t, { consent: 'automatic', lan: 1, 'upload-rate': cap })
    const giver = await arrive(t, site)
    await fetchWhole(giver.page, FILE)
    const taker = await arrive(t, site)
    const fetching = fetchWhole(taker.page, FILE)
    const samples: { at: number; bytes: number }[] = []
    await untilStats(giver.page, ({ uploaded }) => {
      if (uploaded > 0) samples.push({ at: performance.now(), bytes: uploaded })
      return uploaded > FILE_BYTES * 0.7
    })
    const [first, last] = [samples[0]!, samples.at(-1)!]
    const rate = ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
    assert.ok(rate < cap * 1.05, `${rate} bytes a second`)
    assert.ok(rate > cap * 0.7, `${rate} bytes a second`)
    await fetching
  })

  it('of a day hold within 5 %', async t => {
    const cap = 1_000_000
    const site = await arrange(t, { consent: 'automatic', lan: 1, 'upload-day': cap })
    const giver = await arrive(t, site)
    await fetchWhole(giver.page, FILE)
    const taker = await arrive(t, site)
    await fetchWhole(taker.page, FILE)
    await taker.context.close()
    const { uploaded } = await giver.page.evaluate(() => shoal.stats())
    assert.ok(uploaded > cap * 0.7 && uploaded < cap * 1.05, `${uploaded} bytes`)
    // The day goes on after a reload.
    await giver.page.reload()
    const next = await arrive(t, site)
    for (const { page } of [giver, next]) await fetchWhole(page, FILE)
    assert.equal((await giver.page.evaluate(() => shoal.stats())).uploaded, 0)
  })
})

describe('addresses', () => {
  it('of the local network do not leave the page, where they are not asked for', async t => {
    const site = await arrange(t, { consent: 'automatic' })
    const first = await arrive(t, site)
    await fetchWhole(first.page, FILE)
    const second = await arrive(t, site)
    const fetching = fetchWhole(second.page, FILE)
    await second.untilSaid(/"sdp"/)
    await first.untilSaid(/"answer"/)
    await fetching
    for (const text of [...first.said, ...second.said]) assert.doesNotMatch(text, /typ host|\.local/)
  })
})

describe('the rollout', () => {
  for (const [draw, isIn] of [
    [29, true],
    [31, false],
  ] as const) {
    it(`of 30 percent has ${isIn ? '' : 'not '}who drew ${draw}`, async t => {
      const site = await arrange(t, { consent: 'automatic', lan: 1, rollout: 30 })
      const visitor = await arrive(t, site, page =>
        page.evaluateOnNewDocument(
          (name, draw) => localStorage.setItem(name, JSON.stringify({ draw })),
          `shoal ${site.url}shoal.torrent`,
          draw,
        ),
      )
      if (isIn) await visitor.untilSaid(/"event":"started"/)
      else await assertAlone(visitor)
    })
  }
})

describe('a smallest number of visitors', () => {
  it('is waited for until anybody is called', async t => {
    const site = await arrange(t, { consent: 'automatic', lan: 1, 'visitors-min': 3 })
    const [first, second] = [await arrive(t, site), await arrive(t, site)]
    await first.untilSaid(/"event":"started"/)
    await second.untilSaid(/"event":"started"/)
    for (const { page } of [first, second]) await fetchWhole(page, FILE)
    for (const visitor of [first, second]) assert.equal(await visitor.connectionsMade(), 0)
    const third = await arrive(t, site)
    await fetchWhole(third.page, FILE)
    await untilStats(third.page, ({ peers }) => peers > 0)
  })
})

/** What a site's policy, the visitor and the device allow holds, counted where it leaves the browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { policyStage, FILE, fetchWhole, OTHER } from './support/policy-stage.ts'
import { untilStats } from './support/deployed-site.ts'
import type { WatchedVisitor } from './support/watched-visitor.ts'

const { arrange, arrive } = policyStage()

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

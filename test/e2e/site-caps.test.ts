/** How much a visitor gives at the most, counted where it leaves the browser: mostly a matter of waiting. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { untilStats } from './support/deployed-site.ts'
import { FILE, FILE_BYTES, fetchWhole, policyStage } from './support/policy-stage.ts'

const { arrange, arrive } = policyStage()

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

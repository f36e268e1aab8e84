/** The ground that the other end-to-end tests stand on holds: payloads, isolation, shaped networks, hidden tabs. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser, openTab, openVisitor } from './support/browser.ts'
import { shapeNetwork } from './support/network.ts'
import { payloadBytes, payloadChunks } from './support/payload.ts'
import { fileScope } from './support/scope.ts'
import { startSite } from './support/site.ts'

const PAYLOAD = { seed: 7, length: 5_000_003 }

const scope = fileScope()
const site = await startSite(scope, { modules: { '/raw.js': 'test/bench/page/raw.ts' } })

describe('payloads', () => {
  it('can be made from any place on', () => {
    const whole = Buffer.concat([...payloadChunks(PAYLOAD.seed, PAYLOAD.length)])
    assert.deepEqual(Buffer.from(payloadBytes(PAYLOAD.seed, 4_194_300, 1000)), whole.subarray(4_194_300, 4_195_300))
  })

  for (const name of BROWSER_NAMES) {
    it(`are the same in Node and ${name}`, async t => {
      const page = await openVisitor(t, await launchBrowser(t, name), site.url)
      const inPage = await page.evaluate(async payload => {
        const file = kit.payload(payload)
        const altered = new File([file.slice(0, 4_999_999), 'x', file.slice(5_000_000)], 'altered')
        return {
          sha256: await kit.sha256(file),
          isPayload: await kit.isPayload(file, payload),
          isAlteredPayload: await kit.isPayload(altered, payload),
        }
      }, PAYLOAD)
      const hash = createHash('sha256')
      for (const chunk of payloadChunks(PAYLOAD.seed, PAYLOAD.length)) hash.update(chunk)
      assert.deepEqual(inPage, { sha256: hash.digest('hex'), isPayload: true, isAlteredPayload: false })
    })
  }
})

describe('visitors', () => {
  for (const name of BROWSER_NAMES) {
    it(`share no storage in ${name}`, async t => {
      const browser = await launchBrowser(t, name)
      const [one, other] = [await openVisitor(t, browser, site.url), await openVisitor(t, browser, site.url)]
      await one.evaluate(() => localStorage.setItem('mine', 'yes'))
      assert.equal(await other.evaluate(() => localStorage.getItem('mine')), null)
    })
  }

  it('are in front, until they open another tab', async t => {
    const browser = await launchBrowser(t, 'chromium', { hasWindows: true })
    const [one, other] = [await openVisitor(t, browser, site.url), await openVisitor(t, browser, site.url)]
    await openTab(one.browserContext(), site.url)
    await one.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50 })
    assert.equal(await other.evaluate(() => document.visibilityState), 'visible')
  })
})

it('a page with a latency of 50 ms has round trips of 100 ms over WebRTC', async t => {
  const browser = await launchBrowser(t, 'chromium')
  const [one, other] = [await openVisitor(t, browser, site.url), await openVisitor(t, browser, site.url)]
  for (const page of [one, other]) {
    await page.addScriptTag({ type: 'module', url: '/raw.js' })
    await page.waitForFunction(() => globalThis.raw !== undefined)
  }
  await shapeNetwork(other, { latencyMs: 50 })
  const answer = await other.evaluate(sdp => raw.answer(sdp), await one.evaluate(() => raw.offer()))
  await one.evaluate(sdp => raw.connect(sdp), answer)
  const roundTripMs = await one.evaluate(() => raw.roundTripMs())
  assert.ok(roundTripMs >= 95 && roundTripMs <= 150, `${roundTripMs} ms`)
})

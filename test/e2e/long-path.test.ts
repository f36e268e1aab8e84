/** Peers who are far away: every connection knows it from its first block on, and is sent to in small messages. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { CHANNEL_LIMITS } from '../../src/options.ts'
import { launchBrowser, openVisitor } from './support/browser.ts'
import { DIARY_MODULES, withDiary } from './support/diary-page.ts'
import { shapeNetwork } from './support/network.ts'
import { fileScope } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const site = startSite(scope, { modules: DIARY_MODULES })
const browser = launchBrowser(scope, 'chromium', { hasWindows: true })

const PAYLOAD = { seed: 21, length: 500_000 }
/** One after the other: browsers nominate pairs in an order that chance has a part in. */
const LEECHES = 8
/** Added to what leaves the seeder and to what reaches it. */
const LATENCY_MS = 20

it('every connection on a long path carries small messages', async t => {
  const visitor = async (): Promise<Page> => withDiary(await openVisitor(t, await browser, (await site).url))
  const seeder = await visitor()
  await shapeNetwork(seeder, { latencyMs: LATENCY_MS })
  await seeder.evaluate(() => {
    const { send } = RTCDataChannel.prototype
    const largest = new Map<RTCDataChannel, number>()
    kit.kept.set('largest', largest)
    RTCDataChannel.prototype.send = function (message: never) {
      const { byteLength } = message as Uint8Array
      largest.set(this, Math.max(byteLength, largest.get(this) ?? 0))
      return send.call(this, message)
    }
  })
  const magnet = await seeder.evaluate(
    async ({ url, payload }) => {
      const { Shoal } = await kit.shoal()
      const torrent = new Shoal({ trackers: [url] }).seed([kit.payload(payload)])
      await diaryOf(torrent).within('ready', torrent.ready)
      return torrent.magnetURI
    },
    { url: (await tracker).url, payload: PAYLOAD },
  )
  for (let i = 0; i < LEECHES; i++) {
    const leech = await visitor()
    await leech.evaluate(async magnet => {
      const { Shoal } = await kit.shoal()
      const torrent = new Shoal().add(magnet)
      await diaryOf(torrent).within('done', torrent.done)
    }, magnet)
    await leech.browserContext().close()
  }
  const largest = await seeder.evaluate(() => [...(kit.kept.get('largest') as Map<unknown, number>).values()])
  assert.equal(largest.length, LEECHES)
  assert.ok(Math.max(...largest) <= CHANNEL_LIMITS.pacedMessageBytes, largest.join())
})

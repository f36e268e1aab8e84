/** A file of 64 MiB between every pair of places that peers live in, by magnet and by `.torrent`. */
import { describe, it } from 'node:test'
import { launchBrowser } from './support/browser.ts'
import { payloadFile } from './support/content.ts'
import { assertArrived, PEER_MODULES, shoalInNode, shoalInPage, type TestPeer, within } from './support/peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const STEP_MS_MAX = 90_000

const scope = fileScope()
const { url: siteUrl } = await startSite(scope, { modules: PEER_MODULES })
const trackers = [(await startShoalTracker(scope)).url]
const browsers = {
  Chromium: await launchBrowser(scope, 'chromium'),
  Firefox: await launchBrowser(scope, 'firefox'),
}

type Place = keyof typeof browsers | 'Node'

const PAIRS: Readonly<Record<Place, readonly Place[]>> = {
  Chromium: ['Chromium', 'Firefox', 'Node'],
  Firefox: ['Chromium'],
  Node: ['Chromium', 'Node'],
}

const content = payloadFile('large.bin', { seed: 64, length: 64 * 1024 * 1024 })

async function peerIn(place: Place, lifetime: Lifetime, role: string): Promise<TestPeer> {
  const name = `${role} in ${place}`
  if (place === 'Node') return shoalInNode(lifetime, name, { trackers })
  return shoalInPage(lifetime, name, { browser: browsers[place], siteUrl, trackers })
}

describe('a file of 64 MiB', () => {
  for (const [from, places] of Object.entries(PAIRS) as [Place, readonly Place[]][]) {
    it(`arrives from ${from} in ${places.join(', ')}`, async t => {
      const seeder = await peerIn(from, t, 'seeder')
      const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content))
      for (const to of places) {
        for (const source of [{ magnet: shared.magnet }, { torrent: shared.torrent }]) {
          const way = Object.keys(source)[0]
          await t.test(`${from} → ${to} by ${way}`, async step => {
            const leech = await peerIn(to, step, 'leech')
            await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
              assertArrived(await leech.download(source), content)
            })
            await leech.close()
          })
        }
      }
    })
  }
})

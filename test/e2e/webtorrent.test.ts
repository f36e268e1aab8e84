/** WebTorrent, as published, downloads from us and we from it: both links, files and folders, both trackers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALL } from './support/all.ts'
import { launchBrowser } from './support/browser.ts'
import { type Content, payloadFile, payloadFolder } from './support/content.ts'
import { assertArrived, PEER_MODULES, shoalInNode, shoalInPage, webTorrentInPage, within } from './support/peers.ts'
import { fileScope } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startBittorrentTracker, startShoalTracker } from './support/trackers.ts'

const STEP_MS_MAX = 60_000

const scope = fileScope()
const { url: siteUrl } = await startSite(scope, { modules: PEER_MODULES })
const browser = await launchBrowser(scope, 'chromium')
const TRACKERS = {
  'our tracker': [(await startShoalTracker(scope)).url],
  "bittorrent-tracker's server": [(await startBittorrentTracker(scope)).url],
}

/** The folder's files end in the middle of pieces, so that a hybrid pads each; one is empty, one has a name of its own kind. */
const CONTENTS: readonly Content[] = [
  payloadFile('single.bin', { seed: 8, length: 8_000_001 }),
  payloadFolder('folder', {
    'a/first.bin': 3_000_017,
    'a/empty.txt': 0,
    'b/exact.bin': 1_048_576,
    'b/deep/ünïcode 名.bin': 70_000,
    'last.bin': 1,
  }),
]

for (const [where, trackers] of Object.entries(TRACKERS)) {
  const page = { browser, siteUrl, trackers }

  // The other server every time by magnet alone.
  const links = ({ magnet, torrent }: { magnet: string; torrent: string }) =>
    ALL || where === 'our tracker' ? [{ magnet }, { torrent }] : [{ magnet }]

  describe(`WebTorrent and Shoal, through ${where}`, () => {
    for (const content of CONTENTS) {
      it(`WebTorrent downloads a hybrid ${content.name} from us`, async t => {
        const seeder = await shoalInPage(t, 'Shoal, seeding', page)
        const options = { version: 'hybrid', pieceLength: 32_768 } as const
        const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content, options))
        assert.equal(Buffer.from(shared.torrent, 'base64').includes('.pad'), content.files.length > 1)
        for (const source of links(shared)) {
          await t.test(`by ${Object.keys(source)[0]}`, async step => {
            const leech = await webTorrentInPage(step, 'WebTorrent, downloading', page)
            await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
              assertArrived(await leech.download(source), content)
            })
            await leech.close()
          })
        }
      })

      it(`we download ${content.name} from WebTorrent`, async t => {
        const seeder = await webTorrentInPage(t, 'WebTorrent, seeding', page)
        const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content))
        for (const source of links(shared)) {
          await t.test(`by ${Object.keys(source)[0]}`, async step => {
            const leech = await shoalInPage(step, 'Shoal, downloading', page)
            await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
              assertArrived(await leech.download(source), content)
            })
            await leech.close()
          })
        }
        await t.test('by magnet in Node', async step => {
          const leech = shoalInNode(step, 'Shoal in Node, downloading', { trackers })
          await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
            assertArrived(await leech.download({ magnet: shared.magnet }), content)
          })
        })
      })
    }

    for (const seeding of ['Shoal', 'WebTorrent'] as const) {
      it(`two of each complete together, one of ${seeding} seeding`, async t => {
        const content = payloadFile('swarm.bin', { seed: 9, length: 6_000_011 })
        const peers = await Promise.all([
          shoalInPage(t, 'Shoal 1', page),
          shoalInPage(t, 'Shoal 2', page),
          webTorrentInPage(t, 'WebTorrent 1', page),
          webTorrentInPage(t, 'WebTorrent 2', page),
        ])
        const seeder = peers.find(({ name }) => name.startsWith(seeding))!
        const leeches = peers.filter(peer => peer !== seeder)
        await within(STEP_MS_MAX, 'a swarm of four', peers, async () => {
          const { magnet } = await seeder.seed(content)
          const downloads = await Promise.all(leeches.map(leech => leech.download({ magnet })))
          for (const download of downloads) assertArrived(download, content)
        })
      })
    }
  })
}

/**
 * BitTorrent v2 by magnet alone: the file list comes from peers, and so do the hashes of the pieces, in runs of up to
 * 512 with proofs.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTorrent } from '../../src/index.ts'
import { ALL } from './support/all.ts'
import { launchBrowser } from './support/browser.ts'
import { type Content, payloadFile, payloadFolder } from './support/content.ts'
import { type Download, fromBase64, type Shared } from './support/peer-types.ts'
import {
  assertArrived,
  PEER_MODULES,
  shoalInNode,
  shoalInPage,
  type TestPeer,
  webTorrentInPage,
  within,
} from './support/peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const STEP_MS_MAX = 60_000
const PIECE_LENGTH = 16_384

const scope = fileScope()
const { url: siteUrl } = await startSite(scope, { modules: PEER_MODULES })
const trackers = [(await startShoalTracker(scope)).url]
const browsers = {
  Chromium: await launchBrowser(scope, 'chromium'),
  Firefox: await launchBrowser(scope, 'firefox'),
}

type Place = keyof typeof browsers | 'Node'

/** Three runs of hashes, the last of them short. */
const file = payloadFile('many-pieces.bin', { seed: 21, length: 1100 * PIECE_LENGTH + 5 })

/** Runs of all kinds: more than one, one that is short, a piece without a layer, nothing at all. */
const folder = payloadFolder('kinds', {
  'more-than-a-run.bin': 600 * PIECE_LENGTH + 1,
  'a-run.bin': 512 * PIECE_LENGTH,
  'two-pieces.bin': PIECE_LENGTH + 1,
  'deep/one-piece.bin': PIECE_LENGTH,
  'deep/empty.bin': 0,
  'deep/small.bin': 7,
})

async function peerIn(place: Place, lifetime: Lifetime, role: string): Promise<TestPeer> {
  const name = `${role} in ${place}`
  if (place === 'Node') return shoalInNode(lifetime, name, { trackers })
  return shoalInPage(lifetime, name, { browser: browsers[place], siteUrl, trackers })
}

/** The downloader ends up with the very layers that the seeder computed. */
function assertLayers(download: Download, shared: Shared): void {
  const { pieceLayers } = parseTorrent(fromBase64(shared.torrent))
  assert.ok([...pieceLayers.values()].some(layer => layer.length / 32 > 512))
  const layersOf = (layers: ReadonlyMap<string, Uint8Array>): object =>
    Object.fromEntries([...layers].map(([root, layer]) => [root, Buffer.from(layer).toString('hex')]))
  assert.deepEqual(layersOf(parseTorrent(fromBase64(download.torrent)).pieceLayers), layersOf(pieceLayers))
}

function assertVersion({ magnet }: Shared, version: 'v2' | 'hybrid'): void {
  assert.match(magnet, /xt=urn:btmh:1220/)
  assert.equal(/xt=urn:btih:/.test(magnet), version === 'hybrid')
}

async function transfer(
  lifetime: Lifetime,
  way: { from: Place; to: Place; content: Content; version: 'v2' | 'hybrid' },
): Promise<void> {
  const seeder = await peerIn(way.from, lifetime, 'seeder')
  const leech = await peerIn(way.to, lifetime, 'leech')
  await within(STEP_MS_MAX, 'a transfer by magnet', [seeder, leech], async () => {
    const shared = await seeder.seed(way.content, { version: way.version, pieceLength: PIECE_LENGTH })
    assertVersion(shared, way.version)
    const download = await leech.download({ magnet: shared.magnet })
    assertArrived(download, way.content)
    assertLayers(download, shared)
    assert.deepEqual(download.warnings, [])
  })
}

for (const version of ['v2', 'hybrid'] as const) {
  describe(`a ${version} magnet`, () => {
    // Each every time with one version, and with the other on demand.
    if (ALL || version === 'v2')
      it('brings a file of 1,101 pieces from Chromium to Firefox', async t => {
        await transfer(t, { from: 'Chromium', to: 'Firefox', content: file, version })
      })

    it('brings a folder from Node to Chromium', async t => {
      await transfer(t, { from: 'Node', to: 'Chromium', content: folder, version })
    })

    it('brings a folder from Node to Node', async t => {
      await transfer(t, { from: 'Node', to: 'Node', content: folder, version })
    })

    if (ALL || version === 'hybrid')
      it('goes on from a peer that had the hashes from another', async t => {
        const first = await peerIn('Node', t, 'first')
        const second = await peerIn('Chromium', t, 'second')
        const third = await peerIn('Node', t, 'third')
        await within(STEP_MS_MAX, 'a chain of three', [first, second, third], async () => {
          const shared = await first.seed(file, { version, pieceLength: PIECE_LENGTH })
          assertArrived(await second.download({ magnet: shared.magnet }), file)
          await first.close()
          const download = await third.download({ magnet: shared.magnet })
          assertArrived(download, file)
          assertLayers(download, shared)
        })
      })
  })
}

describe('a hybrid magnet whose only source is WebTorrent', () => {
  for (const content of ALL ? [file, folder] : [file]) {
    it(`brings ${content.name}, without hashes from anybody`, async t => {
      const first = await peerIn('Node', t, 'first')
      const page = { browser: browsers.Chromium, siteUrl, trackers }
      const second = await webTorrentInPage(t, 'WebTorrent', page)
      const third = await peerIn('Chromium', t, 'third')
      await within(STEP_MS_MAX, 'a chain of three', [first, second, third], async () => {
        const shared = await first.seed(content, { version: 'hybrid', pieceLength: PIECE_LENGTH })
        assertVersion(shared, 'hybrid')
        assertArrived(await second.download({ magnet: shared.magnet }), content)
        await first.close()
        const download = await third.download({ magnet: shared.magnet })
        assertArrived(download, content)
        assertLayers(download, shared)
        assert.deepEqual(download.warnings, [])
      })
    })
  }
})

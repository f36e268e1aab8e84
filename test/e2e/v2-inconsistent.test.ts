/** A torrent whose two halves describe different content is stopped, whoever serves whichever half, and nobody is banned. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTorrent, encodeTorrent, formatMagnet, parseTorrent } from '../../src/index.ts'
import { metainfoFromInfo } from '../../src/metainfo/metainfo.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { type Download, toBase64 } from './support/peer-types.ts'
import { PEER_MODULES, shoalInNode, shoalInPage, type TestPeer, webTorrentInPage, within } from './support/peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const STEP_MS_MAX = 60_000
const PIECE_LENGTH = 32_768
const LENGTH = 20 * PIECE_LENGTH + 99

const scope = fileScope()
const { url: siteUrl } = await startSite(scope, { modules: PEER_MODULES })
const trackers = [(await startShoalTracker(scope)).url]
const page = { browser: await launchBrowser(scope, 'chromium'), siteUrl, trackers }

const NAME = 'two-faced.bin'
/** What the v1 half describes, and what the v2 half does: they differ in one byte, of piece 7. */
const v1Content = payloadBytes(1, 0, LENGTH)
const v2Content = v1Content.slice()
v2Content[7 * PIECE_LENGTH + 5]! ^= 1

const forged = await forge()
const source = {
  torrent: { torrent: toBase64(forged) },
  magnet: { magnet: formatMagnet({ ...parseTorrent(forged), trackers }) },
}

/** The info dict of the one content with the SHA-1 hashes of the other. */
async function forge(): Promise<Uint8Array> {
  const [honest, other] = await Promise.all(
    [v2Content, v1Content].map(content =>
      createTorrent([{ path: NAME, data: new Blob([content]) }], {
        version: 'hybrid',
        pieceLength: PIECE_LENGTH,
        trackers,
      }),
    ),
  )
  const info = Buffer.from(honest!.infoBytes)
  const key = `6:pieces${20 * 21}:`
  Buffer.from(other!.infoBytes).copy(
    info,
    info.indexOf(key) + key.length,
    other!.infoBytes.length - (info.length - info.indexOf(key) - key.length),
    other!.infoBytes.length,
  )
  return encodeTorrent(metainfoFromInfo(new Uint8Array(info), { trackers, pieceLayers: honest!.pieceLayers }))
}

/** Serves what the v1 half says. */
async function seedV1(lifetime: Lifetime): Promise<TestPeer> {
  const seeder = await webTorrentInPage(lifetime, 'WebTorrent, with the v1 half', page)
  await within(STEP_MS_MAX, 'seeding', [seeder], () =>
    seeder.seedTorrent(source.torrent.torrent, v1Content, PIECE_LENGTH),
  )
  return seeder
}

/** Serves what the v2 half says: a client that went by that alone. */
async function seedV2(lifetime: Lifetime): Promise<TestPeer> {
  const directory = await scratchFolder(lifetime)
  await writeFile(join(directory, NAME), v2Content)
  const seeder = shoalInNode(lifetime, 'Shoal, with the v2 half', { trackers, directory })
  const download = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.download(source.torrent))
  assert.equal(download.error, undefined)
  return seeder
}

function assertStopped({ error, warnings }: Download): void {
  assert.equal(error?.code, 'inconsistent-hashes')
  assert.match(error?.message ?? '', /halves/)
  // Damage may have been seen before the halves were compared; it is nobody's fault.
  assert.deepEqual(
    warnings.filter(({ message }) => !/damaged piece/.test(message)),
    [],
  )
}

describe('a hybrid whose halves disagree', () => {
  for (const [half, seed] of [['v1', seedV1] as const, ['v2', seedV2] as const]) {
    for (const way of ['torrent', 'magnet'] as const) {
      it(`is stopped in a page that gets the ${half} content, by ${way}`, async t => {
        const seeder = await seed(t)
        const leech = await shoalInPage(t, 'leech in Chromium', page)
        await within(STEP_MS_MAX, 'stopping', [seeder, leech], async () => {
          assertStopped(await leech.download(source[way]))
        })
      })
    }
  }

  it('is stopped in Node with both halves served', async t => {
    const seeders = [await seedV1(t), await seedV2(t)]
    const leech = shoalInNode(t, 'leech in Node', { trackers })
    await within(STEP_MS_MAX, 'stopping', [...seeders, leech], async () => {
      assertStopped(await leech.download(source.magnet))
    })
  })
})

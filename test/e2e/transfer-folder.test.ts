/** A real folder, some 1,900 files and 100 MB, between browsers and Node. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { diskFolder } from './support/content.ts'
import { fetchPackage } from './support/packages.ts'
import { assertArrived, PEER_MODULES, shoalInNode, shoalInPage, type TestPeer, within } from './support/peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const STEP_MS_MAX = 150_000

const scope = fileScope()
const folder = await fetchPackage('monaco-editor@0.57.0')
const content = await diskFolder(folder)
const { url: siteUrl } = await startSite(scope, { modules: PEER_MODULES, folder })
const trackers = [(await startShoalTracker(scope)).url]

async function peerIn(name: 'chromium' | 'firefox', lifetime: Lifetime, role: string): Promise<TestPeer> {
  const browser = await launchBrowser(lifetime, name)
  return shoalInPage(lifetime, `${role} in ${name}`, { browser, siteUrl, trackers })
}

describe(`a folder of ${content.files.length} files`, () => {
  it('is one that tests something', () => {
    assert.ok(content.files.length > 1_500)
    assert.ok(content.files.reduce((sum, { length }) => sum + length, 0) > 90_000_000)
  })

  for (const from of ['chromium', 'firefox'] as const) {
    it(`arrives from ${from} in Chromium, by magnet`, async t => {
      const seeder = await peerIn(from, t, 'seeder')
      const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content))
      const leech = await peerIn('chromium', t, 'leech')
      await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
        assertArrived(await leech.download({ magnet: shared.magnet }), content)
      })
    })
  }

  it('arrives from a disk in Chromium by .torrent, and on another disk by magnet', async t => {
    const seeder = shoalInNode(t, 'seeder in Node', { trackers })
    const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content))

    const leech = await peerIn('chromium', t, 'leech')
    await within(STEP_MS_MAX, 'downloading in a page', [seeder, leech], async () => {
      assertArrived(await leech.download({ torrent: shared.torrent }), content)
    })
    await leech.close()

    const directory = await scratchFolder(t)
    const other = shoalInNode(t, 'leech in Node', { trackers, directory })
    await within(STEP_MS_MAX, 'downloading to a disk', [seeder, other], async () => {
      assertArrived(await other.download({ magnet: shared.magnet }), content)
    })
    for (const { path, sha256 } of content.expected) {
      const hash = createHash('sha256').update(await readFile(join(directory, path)))
      assert.equal(hash.digest('hex'), sha256, path)
    }
  })
})

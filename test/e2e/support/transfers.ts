/** Content that goes from place to place, by magnet and by `.torrent`: suites that are tables. */
import { ALL } from './all.ts'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import type { Browser } from 'puppeteer-core'
import { launchBrowser } from './browser.ts'
import { scratchFolder } from './cli.ts'
import type { Content } from './content.ts'
import { assertArrived, PEER_MODULES, shoalInNode, shoalInPage, type TestPeer, within } from './peers.ts'
import { fileScope, type Lifetime } from './scope.ts'
import { startSite } from './site.ts'
import { startShoalTracker } from './trackers.ts'

/** Seeding, and downloading, on a machine that does much else. */
const STEP_MS_MAX = 120_000

type Place = 'Chromium' | 'Firefox' | 'Node'
type Link = 'magnet' | 'torrent'

export const BOTH: readonly Link[] = ['magnet', 'torrent']

/** From where to where, and by which links. */
export type Transfers = readonly (readonly [from: Place, Readonly<Partial<Record<Place, readonly Link[]>>>])[]

/**
 * One test a seeder, and in it one a download.
 * @param some what is run every time: each place sends and receives
 * @param more what is run as well with `SHOAL_TEST_ALL=1`
 * @param folder where files of a disk lie
 */
export function itArrives(content: Content, some: Transfers, more: Transfers, folder?: string): void {
  const transfers = ALL ? [...some, ...more] : some
  const scope = fileScope()
  const site = startSite(scope, { modules: PEER_MODULES, ...(folder !== undefined && { folder }) })
  const tracker = startShoalTracker(scope)
  const browsers = new Map<Place, Promise<Browser>>()

  function browserOf(place: 'Chromium' | 'Firefox'): Promise<Browser> {
    const browser = browsers.get(place) ?? launchBrowser(scope, place === 'Chromium' ? 'chromium' : 'firefox')
    browsers.set(place, browser)
    return browser
  }

  async function peerIn(place: Place, lifetime: Lifetime, role: string, directory?: string): Promise<TestPeer> {
    const name = `${role} in ${place}`
    const trackers = [(await tracker).url]
    if (place === 'Node')
      return shoalInNode(lifetime, name, { trackers, ...(directory !== undefined && { directory }) })
    return shoalInPage(lifetime, name, { browser: await browserOf(place), siteUrl: (await site).url, trackers })
  }

  for (const [from, places] of transfers) {
    it(`arrives from ${from} in ${Object.keys(places).join(', ')}`, async t => {
      const seeder = await peerIn(from, t, 'seeder')
      const shared = await within(STEP_MS_MAX, 'seeding', [seeder], () => seeder.seed(content))
      for (const [to, links] of Object.entries(places) as [Place, readonly Link[]][]) {
        for (const link of links) {
          await t.test(`${from} → ${to} by ${link}`, async step => {
            const directory = to === 'Node' ? await scratchFolder(step) : undefined
            const leech = await peerIn(to, step, 'leech', directory)
            await within(STEP_MS_MAX, 'downloading', [seeder, leech], async () => {
              const source = link === 'magnet' ? { magnet: shared.magnet } : { torrent: shared.torrent }
              assertArrived(await leech.download(source), content)
            })
            await leech.close()
            if (directory !== undefined) await assertOnDisk(directory, content)
          })
        }
      }
    })
  }
}

async function assertOnDisk(directory: string, { expected }: Content): Promise<void> {
  for (const { path, sha256 } of expected) {
    const hash = createHash('sha256').update(await readFile(join(directory, path)))
    assert.equal(hash.digest('hex'), sha256, path)
  }
}

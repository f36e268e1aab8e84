/** A site whose visitors connect to its own seeders and to nobody else. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { bareAnnounce, TestSocket } from '../contract/tracker-support.ts'
import { launchBrowser } from './support/browser.ts'
import { runCli, startCli } from './support/cli.ts'
import { type DeployedSite, deploySite, untilStats, type Visitor, visit } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const tracker = startShoalTracker(scope)

const FILE = 'assets/model-0a1b2c3d.bin'
const FILE_BYTES = 1_000_000

/** A site that trusts seeders with `seeder.key`. */
async function arrange(t: Lifetime): Promise<DeployedSite> {
  const files = { [FILE]: payloadBytes(1, 0, FILE_BYTES) }
  const site = await deploySite(t, { files, trackers: [(await tracker).url] })
  const cwd = join(site.folder, '..')
  const { stdout } = await runCli(['keygen', '--output', 'seeder.key'], { cwd })
  await site.deploy({}, { consent: 'automatic', lan: 1, trusted: stdout.trim() })
  return site
}

async function startSeeder(t: Lifetime, site: DeployedSite, ...more: readonly string[]): Promise<void> {
  const cwd = join(site.folder, '..')
  const seeder = startCli(t, ['seed', '--site', 'site', '--key', site.keyHex, ...more], { cwd })
  await seeder.printed(/^seeding 1 swarm/m)
}

async function arrive(t: Lifetime, site: DeployedSite): Promise<Visitor> {
  const visitor = await visit(t, await chromium, site.url)
  await untilStats(visitor.page, ({ isOn }) => isOn)
  await visitor.page.evaluate(path => shoal.prefetch(path), `/${FILE}`)
  return visitor
}

describe('a site that trusts its own seeders alone', () => {
  it('is served by them', async t => {
    const site = await arrange(t)
    await startSeeder(t, site, '--seeder-key', 'seeder.key')
    const { page } = await arrive(t, site)
    await untilStats(page, ({ peers }) => peers > 0)
  })

  it('tells no address to anybody else, who may say that it has everything', async t => {
    const site = await arrange(t)
    const { wireInfoHash } = parseMetainfo(await readFile(join(site.folder, 'shoal.torrent')))
    const nosy = await new TestSocket((await tracker).url).open()
    t.after(() => nosy.close())
    const info_hash = Buffer.from(wireInfoHash).toString('latin1')
    await nosy.ask(bareAnnounce('nosy', { info_hash, left: 0, extensions: ['dial', 'trickle'] }))
    await arrive(t, site)
    const offers = nosy.messages.filter(({ offer }) => offer !== undefined)
    assert.ok(offers.length > 0, 'it was called')
    assert.doesNotMatch(JSON.stringify(nosy.messages), /candidate:/)
  })

  it('has no connections between visitors, nor to a seeder that proves nothing', async t => {
    const site = await arrange(t)
    await startSeeder(t, site)
    for (const { page } of await Promise.all([arrive(t, site), arrive(t, site)])) {
      const { peers, connections, origin } = await page.evaluate(() => shoal.stats())
      assert.deepEqual({ peers, connections, origin }, { peers: 0, connections: 0, origin: FILE_BYTES })
    }
  })
})

/** Other BitTorrent clients read a site's manifest, and fetch its files from the site's own server as a web seed. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { assertAsOnDisk, type BuiltSite, buildSite, visit } from './support/built-site.ts'
import { runCli, startCli } from './support/cli.ts'
import { keepDiary, startClient } from './support/node-peers.ts'
import { aria2, libtorrent, type OtherClient } from './support/other-clients.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

/** With a twin, names that are encoded, several pieces, whole ones, and folders that sort before and after files. */
const FILES = {
  'data.json': Buffer.from(Buffer.from(payloadBytes(1, 0, 150_000)).toString('hex')),
  'img/a.png': payloadBytes(2, 0, 400_001),
  'img.png': payloadBytes(3, 0, 20_000),
  'img-2/ünï côde & 50%.png': payloadBytes(4, 0, 20_000),
  'whole.bin': payloadBytes(5, 0, 2 * 65_536),
  'z/deep/er/z.bin': payloadBytes(6, 0, 65_537),
}

async function scene(lifetime: Lifetime, ...build: readonly string[]): Promise<BuiltSite> {
  return buildSite(lifetime, { files: FILES, trackerUrl: (await tracker).url, path: 'my app/', build })
}

/** Has a client fetch the site, and compares every file of it. */
async function assertFetched(stage: BuiltSite, client: OtherClient): Promise<void> {
  const folder = join(stage.folder, client.name)
  await mkdir(folder)
  await client.fetch(join(stage.site, 'shoal.torrent'), folder)
  const { files } = await stage.manifest()
  assert.equal(files.size, Object.keys(FILES).length)
  for (const { path, encoding } of files.values()) {
    const travelled = encoding === 'gzip' ? `${path}.gz` : path
    const received = await readFile(join(folder, 'my app', travelled))
    assert.ok(received.equals(await readFile(join(stage.site, travelled))), `${client.name}: ${travelled}`)
  }
  assert.deepEqual(
    stage.server.requests.filter(({ status }) => status >= 400),
    [],
  )
}

const v2Client = libtorrent()

describe(v2Client.name, { skip: v2Client.missing ?? false }, () => {
  for (const build of [[], ['--hybrid']]) {
    it(`fetches a site of several files through its web seed${build.map(option => `, built with ${option}`)}`, async t => {
      await assertFetched(await scene(t, ...build), v2Client)
    })
  }
})

const v1Client = aria2()

describe(v1Client.name, { skip: v1Client.missing ?? false }, () => {
  it('fetches a site of several files through its web seed, built with --hybrid', async t => {
    await assertFetched(await scene(t, '--hybrid'), v1Client)
  })
})

describe('shoal build --hybrid', () => {
  it('writes a pad file of zeros for each length that it names, and no other', async t => {
    const stage = await scene(t, '--hybrid')
    const lengths = (await readdir(join(stage.site, '.pad'))).map(Number).sort((a, b) => a - b)
    const { files, metainfo } = await stage.manifest()
    const wanted = new Set([...files.values()].map(({ contentLength }) => (65_536 - (contentLength % 65_536)) % 65_536))
    wanted.delete(0)
    assert.deepEqual(
      lengths,
      [...wanted].sort((a, b) => a - b),
    )
    for (const length of lengths)
      assert.ok((await readFile(join(stage.site, '.pad', String(length)))).equals(Buffer.alloc(length)))
    assert.equal(metainfo.layout.version, 'hybrid')
    assert.equal((await stage.run('verify', 'site')).exitCode, 0)
  })

  it('has the same files as a build without, hashes them once, and goes on from its cache', async t => {
    const stage = await scene(t)
    const { files: plain } = await stage.manifest()
    assert.match((await stage.build('--hybrid')).stderr, /; 6 hashed/)
    const { files, infoHash } = await stage.manifest()
    assert.deepEqual([...files.values()], [...plain.values()])
    assert.match((await stage.build('--hybrid')).stderr, /; 0 hashed/)
    assert.deepEqual((await stage.manifest()).infoHash, infoHash)
    assert.match((await stage.build()).stderr, /; 0 hashed/)
  })

  it('leaves the pad files that are there as they are, and misses none', async t => {
    const stage = await scene(t, '--hybrid')
    const [length, other] = await readdir(join(stage.site, '.pad'))
    const place = join(stage.site, '.pad', length!)
    const { mtimeMs } = await stat(place)
    await rm(join(stage.site, '.pad', other!))
    const verified = await runCli(['verify', 'site'], { cwd: stage.folder })
    assert.equal(verified.exitCode, 1)
    assert.match(verified.stderr, new RegExp(`\\.pad/${other} is not what the manifest lists`))
    await stage.build()
    assert.equal((await stat(place)).mtimeMs, mtimeMs)
    assert.equal((await stage.run('verify', 'site')).exitCode, 0)
  })

  it('removes the pad files that no file needs any more, and nothing else that lies there', async t => {
    const stage = await buildSite(t, { files: FILES, trackerUrl: (await tracker).url, path: 'my app/' })
    const pads = join(stage.site, '.pad')
    await stage.build('--hybrid')
    const before = await readdir(pads)
    assert.ok(before.includes(String(65_536 - 20_000)))
    const others = { '12': 'not zeros...', '13': '\0', '014': '\0'.repeat(14), notes: 'ours' }
    for (const [name, text] of Object.entries(others)) await writeFile(join(pads, name), text)
    for (const path of ['img.png', 'img-2/ünï côde & 50%.png']) await rm(join(stage.site, path))
    await stage.build('--hybrid')
    const kept = before.filter(name => name !== String(65_536 - 20_000))
    assert.deepEqual((await readdir(pads)).sort(), [...kept, ...Object.keys(others)].sort())
    assert.equal((await stage.run('verify', 'site')).exitCode, 0)
    for (const name of Object.keys(others)) await rm(join(pads, name))
    await stage.build()
    await assert.rejects(readdir(pads), { code: 'ENOENT' })
  })

  it('is served to visitors by a seeder like any other site', async t => {
    const stage = await scene(t, '--hybrid')
    const seeder = startCli(t, ['seed', '--site', stage.base], { cwd: stage.folder })
    await seeder.printed(/^seeding 1 swarm/m)
    await stage.server.stop()
    const [site] = visit(startClient(t), await stage.manifest())
    await keepDiary(site!.torrent).within('done', site!.torrent.done)
    await assertAsOnDisk(stage.site, site!)
    assert.equal(site!.torrent.version, 'hybrid')
    assert.equal(site!.swarm.id, site!.torrent.infoHashV1)
  })
})

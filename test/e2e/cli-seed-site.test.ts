/** `shoal seed --site` as a process: a whole site from its folder and from its server, deploy after deploy. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { swarmsOf } from '../../src/site/swarms.ts'
import { launchBrowser } from './support/browser.ts'
import { assertAsOnDisk, buildSite, type BuiltSite, peersOnly, visit } from './support/built-site.ts'
import { runCli, type RunningCli, scratchFolder, startCli } from './support/cli.ts'
import { keepDiary, startClient } from './support/node-peers.ts'
import { payloadBytes } from './support/payload.ts'
import { sha256Hex, toBase64 } from './support/peer-types.ts'
import { PEER_MODULES, shoalInPage } from './support/peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const pages = startSite(scope, { modules: PEER_MODULES })

/** Hexadecimal digits, which compress: what travels is the twin. */
const data = Buffer.from(Buffer.from(payloadBytes(3, 0, 150_000)).toString('hex'))
const FILES = {
  'index.html': Buffer.from('<!doctype html>'),
  'img/a.png': payloadBytes(1, 0, 200_000),
  'img/ünï côde & 50%.png': payloadBytes(2, 0, 20_000),
  'data.json': data,
  'film.mp4': payloadBytes(4, 0, 9 * 1024 * 1024),
}

async function scene(lifetime: Lifetime, path = ''): Promise<BuiltSite> {
  return buildSite(lifetime, { files: FILES, trackerUrl: (await tracker).url, path })
}

function seed(lifetime: Lifetime, site: string, stage: BuiltSite, ...more: readonly string[]): RunningCli {
  return startCli(lifetime, ['seed', '--site', site, '--poll', '1', ...more], { cwd: stage.folder })
}

const isSeeding = /^seeding 2 swarms/m

/** A visitor with nothing gets all of it from peers, byte for byte. */
async function assertServed(lifetime: Lifetime, stage: BuiltSite): Promise<void> {
  const joined = visit(startClient(lifetime), await stage.manifest())
  for (const visited of joined) {
    await keepDiary(visited.torrent).within('done', visited.torrent.done)
    await assertAsOnDisk(stage.site, visited)
  }
}

describe('shoal seed --site with a folder', () => {
  it('serves all that is listed, twins and bulk files included, to a visitor without an origin', async t => {
    const stage = await scene(t)
    const seeder = seed(t, 'site', stage, '--key', stage.key)
    assert.equal(await seeder.printed(/^key ([0-9a-f]+)$/m), stage.key)
    await seeder.printed(isSeeding)
    await assertServed(t, stage)
    assert.equal((await seeder.stop('SIGINT')).exitCode, 130)
  })

  for (const name of ['chromium', 'firefox'] as const) {
    it(`serves a visitor in ${name}`, async t => {
      const stage = await scene(t)
      await seed(t, 'site', stage).printed(isSeeding)
      const page = await shoalInPage(t, name, {
        browser: await launchBrowser(t, name),
        siteUrl: (await pages).url,
        trackers: [],
      })
      for (const swarm of swarmsOf(await stage.manifest())) {
        const { files, error } = await page.download({ torrent: toBase64(peersOnly(swarm)) })
        assert.equal(error, undefined)
        const received = files.map(({ sha256 }) => sha256).sort()
        const listed = swarm.files.map(({ path, encoding }) => join(stage.site, encoding ? `${path}.gz` : path))
        const expected = await Promise.all(listed.map(async place => sha256Hex(bufferOf(await readFile(place)))))
        assert.deepEqual(received, expected.sort())
      }
      await page.close()
    })
  }

  it('follows a deploy, and goes on with bulk files that stay as they are', async t => {
    const stage = await scene(t)
    // So slow that the visitor is still at it when the deploy comes.
    const seeder = seed(t, 'site', stage, '--rate', '1M')
    await seeder.printed(isSeeding)
    const [, bulk] = visit(startClient(t), await stage.manifest())
    const diary = keepDiary(bulk!.torrent)
    await diary.until('the first bytes of the bulk file', () => bulk!.torrent.progress > 0)
    const counts: number[] = []
    bulk!.torrent.addEventListener('peer', ({ detail }) => counts.push(detail.peers))

    await stage.write('img/a.png', payloadBytes(9, 0, 210_000))
    await stage.build()
    const { version } = await stage.manifest()
    await seeder.printed(new RegExp(`^version ${version}$`, 'm'))
    assert.equal(bulk!.torrent.state, 'downloading', 'it should have taken longer')
    const [site] = visit(startClient(t), await stage.manifest())
    await keepDiary(site!.torrent).within('done', site!.torrent.done)
    await assertAsOnDisk(stage.site, site!)
    assert.equal(bulk!.torrent.state, 'downloading', 'it should have taken longer')
    assert.ok(!counts.includes(0), `the connection in the swarm of the bulk file ended: ${counts}`)
    await diary.within('done', bulk!.torrent.done)
    const { stderr } = await seeder.stop('SIGTERM')
    assert.doesNotMatch(stderr, /other content|not there/)
  })

  it('opens a bulk file again that was written anew with the same content', async t => {
    const stage = await scene(t)
    const seeder = seed(t, 'site', stage)
    await seeder.printed(isSeeding)
    const past = new Date(Date.now() - 60_000)
    await utimes(join(stage.site, 'film.mp4'), past, past)
    await stage.build()
    const { version } = await stage.manifest()
    await seeder.printed(new RegExp(`^version ${version}$`, 'm'))
    await assertServed(t, stage)
  })

  it('serves the rest where a file is not what is listed, names it, and serves it too once it is', async t => {
    const stage = await scene(t)
    const twin = await readFile(join(stage.site, 'data.json.gz'))
    await writeFile(join(stage.site, 'img/a.png'), payloadBytes(9, 0, 200_000))
    await rm(join(stage.site, 'data.json.gz'))
    const seeder = seed(t, 'site', stage)
    await seeder.printed(/img\/a\.png has other content than is listed/)
    await seeder.printed(/data\.json\.gz is not there as it is listed/)
    const [site, bulk] = visit(startClient(t), await stage.manifest())
    await bulk!.torrent.done
    const file = site!.torrent.files[site!.swarm.files.findIndex(({ path }) => path.startsWith('img/ü'))]!
    const bytes = new Uint8Array(await file.arrayBuffer())
    assert.deepEqual(bytes, FILES['img/ünï côde & 50%.png'])
    assert.equal(site!.torrent.state, 'downloading')
    // As where a deploy is uploaded file by file, its pointer not last.
    await writeFile(join(stage.site, 'img/a.png'), FILES['img/a.png'])
    await writeFile(join(stage.site, 'data.json.gz'), twin)
    await keepDiary(site!.torrent).within('done', site!.torrent.done)
    const { stdout } = await seeder.stop('SIGINT')
    assert.equal(stdout.match(/^version /gm)?.length, 1, 'it is one deploy')
  })

  it('goes on with the deploy it has when the next one is refused', async t => {
    const stage = await scene(t)
    const seeder = seed(t, 'site', stage)
    await seeder.printed(isSeeding)
    const before = await stage.manifest()
    await writeFile(join(stage.site, 'shoal.torrent'), 'no manifest')
    await utimes(join(stage.site, 'shoal.pointer'), new Date(), new Date())
    const kept = visit(startClient(t), before)
    for (const { torrent } of kept) await torrent.done
    assert.equal(seeder.child.exitCode, null)
  })

  it('serves the files of other hosts from the folders that shoal.config.json names, and says when it names none', async t => {
    const stage = await scene(t)
    const path = 'words & ü.json'
    await mkdir(join(stage.folder, 'host'))
    await writeFile(join(stage.folder, 'host', path), data)
    await writeFile(join(stage.folder, 'host/model.bin'), payloadBytes(5, 0, 100_000))
    await writeFile(join(stage.folder, 'host/clip.mp4'), payloadBytes(6, 0, 9 * 1024 * 1024))
    const config = join(stage.folder, 'shoal.config.json')
    await writeFile(config, JSON.stringify({ origins: { 'https://assets.example/v1/': 'host' } }))
    await stage.build()
    await seed(t, 'site', stage).printed(/^seeding 3 swarms/m)
    const prefix = 'shoal-origins/https/assets.example/v1/'
    const served: string[] = []
    for (const { torrent, swarm } of visit(startClient(t), await stage.manifest())) {
      await keepDiary(torrent).within('done', torrent.done)
      for (const [i, { path, encoding }] of swarm.files.entries()) {
        if (!path.startsWith(prefix)) continue
        const name = path.slice(prefix.length)
        served.push(name)
        const expected = await readFile(join(stage.folder, 'host', encoding ? `${name}.gz` : name))
        assert.ok(expected.equals(Buffer.from(await torrent.files[i]!.arrayBuffer())), name)
      }
    }
    assert.deepEqual(served.sort(), ['clip.mp4', 'model.bin', path])
    await rm(config)
    const { exitCode, stderr } = await runCli(['seed', '--site', 'site'], { cwd: stage.folder })
    assert.equal(exitCode, 2)
    assert.match(stderr, /The folder that is served at https:\/\/assets\.example is not known\. Name it in "origins"/)
  })
})

describe('shoal seed --site with an address', () => {
  for (const path of ['', 'deep/app/']) {
    it(`fetches the site at /${path} from its server once, and serves it without`, async t => {
      const stage = await scene(t, path)
      const seeder = seed(t, stage.base, stage, '--key', stage.key, '--store', 'kept')
      await seeder.printed(isSeeding)
      const lengths = [...(await stage.manifest()).files.values()].reduce((sum, file) => sum + file.contentLength, 0)
      assert.ok(stage.server.sentBytes < lengths * 1.05 + 20_000, `${stage.server.sentBytes} of ${lengths}`)
      const missing = stage.server.requests.filter(({ status }) => status >= 400)
      assert.deepEqual(missing, [])
      await stage.server.stop()
      await assertServed(t, stage)
    })
  }

  it('starts again from what it kept, without its server', async t => {
    const stage = await scene(t)
    const first = seed(t, stage.base, stage, '--store', 'kept')
    await first.printed(/Without --key the first key that was seen is trusted/)
    await first.printed(isSeeding)
    await first.stop('SIGINT')
    await stage.server.stop()
    const second = seed(t, stage.base, stage, '--store', 'kept')
    await second.printed(/could not be fetched: .* What is kept from the last run is served/)
    await second.printed(isSeeding)
    await assertServed(t, stage)
  })

  it('follows a deploy: fetches what changed, and deletes what no deploy has any more', async t => {
    const stage = await scene(t)
    const seeder = seed(t, stage.base, stage, '--store', 'kept')
    await seeder.printed(isSeeding)
    const kept = join(stage.folder, 'kept', 'contents')
    const before = new Set(await readdir(kept))
    const sentBytes = stage.server.sentBytes
    await stage.write('img/a.png', payloadBytes(9, 0, 210_000))
    await stage.build()
    const { version } = await stage.manifest()
    await seeder.printed(new RegExp(`^version ${version}$`, 'm'))
    await assertServed(t, stage)
    assert.ok(stage.server.sentBytes - sentBytes < 260_000, `${stage.server.sentBytes - sentBytes} bytes for one file`)
    await until(async () => {
      const after = new Set(await readdir(kept))
      return after.size === before.size && [...after].filter(name => !before.has(name)).length === 1
    })
  })

  it('stops when its owner stops the site, and begins again with the next deploy', async t => {
    const stage = await scene(t)
    const seeder = seed(t, stage.base, stage)
    await seeder.printed(isSeeding)
    const [site] = visit(startClient(t), await stage.manifest())
    await site!.torrent.done
    await stage.run('sign', 'site', '--kill')
    await seeder.printed(/owner has stopped it/)
    await keepDiary(site!.torrent).until('the seeder to leave', () => site!.torrent.peers.length === 0)
    await stage.build()
    await seeder.printed(new RegExp(`^version ${(await stage.manifest()).version}$`, 'm'))
    await assertServed(t, stage)
  })

  for (const [what, say, heard] of [
    [
      'a deploy',
      async stage => void (await stage.build()),
      async stage => `^version ${(await stage.manifest()).version}$`,
    ],
    ['its end', async stage => void (await stage.run('sign', 'site', '--kill')), async () => 'owner has stopped it'],
  ] satisfies [string, (stage: BuiltSite) => Promise<void>, (stage: BuiltSite) => Promise<string>][]) {
    it(`hears of ${what} from another seeder through the tracker, without looking`, async t => {
      const stage = await scene(t)
      const owner = seed(t, 'site', stage)
      await owner.printed(isSeeding)
      const seeder = startCli(t, ['seed', '--site', stage.base, '--poll', '3600'], { cwd: stage.folder })
      await seeder.printed(isSeeding)
      await say(stage)
      const words = new RegExp(await heard(stage), 'm')
      await Promise.all([owner.printed(words), seeder.printed(words)])
    })
  }

  it('believes neither an older deploy nor another key than the first that it saw', async t => {
    const stage = await scene(t)
    const old = { ...stage.server.files }
    await stage.write('img/a.png', payloadBytes(9, 0, 210_000))
    await stage.build()
    const first = seed(t, stage.base, stage, '--store', 'kept')
    await first.printed(isSeeding)
    await first.stop('SIGINT')
    Object.assign(stage.server.files, old)
    const back = await runCli(['seed', '--site', stage.base, '--store', 'kept'], { cwd: stage.folder })
    assert.equal(back.exitCode, 1)
    assert.match(back.stderr, /older than \d+, which was here before/)
    const other = await scene(t)
    const bytes = { ...other.server.files }
    await stage.run('verify', 'site')
    for (const name of ['shoal.torrent', 'shoal.pointer']) stage.server.files[name] = bytes[name]!
    const foreign = await runCli(['seed', '--site', stage.base, '--store', 'kept'], { cwd: stage.folder })
    assert.equal(foreign.exitCode, 1)
    assert.match(foreign.stderr, /another key than the page names/)
  })
})

describe('what shoal seed --site does not start with', () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['paths beside it', ['x', '--site', 'site'], 2, /Name files and folders to share, or a site/],
    ['neither', [], 2, /Name files and folders to share, or a site/],
    ['a name', ['--site', 'site', '--name', 'x'], 2, /--name is for files and folders/],
    ['a key without a site', ['x', '--key', 'y'], 2, /--key is for sites/],
    ['what is no folder', ['--site', 'nowhere'], 2, /neither a folder nor an address/],
    ['a store for a folder', ['--site', '.', '--store', 'x'], 2, /leave --store out/],
    ['a folder that was not built', ['--site', '.'], 2, /There is no shoal\.pointer in \./],
    ['a rate of nothing', ['--site', '.', '--rate', '0'], 2, /Nothing would be sent/],
    ['a server that is away', ['--site', 'http://127.0.0.1:1/'], 1, /shoal\.pointer could not be fetched/],
  ]
  for (const [what, args, exitCode, sentence] of cases) {
    it(what, async t => {
      const outcome = await runCli(['seed', ...args], { cwd: await scratchFolder(t) })
      assert.equal(outcome.exitCode, exitCode, outcome.stderr)
      assert.match(outcome.stderr, sentence)
    })
  }

  it('another key than the site has', async t => {
    const stage = await scene(t)
    for (const site of ['site', stage.base]) {
      const outcome = await runCli(['seed', '--site', site, '--key', '00'.repeat(32)], { cwd: stage.folder })
      assert.equal(outcome.exitCode, 1)
      assert.match(outcome.stderr, /signed with another key than the page names/)
    }
  })
})

describe('shoal seed --rate', () => {
  it('sends no more than it is told, within 5 %', { timeout: 120_000 }, async t => {
    const rate = 1024 * 1024
    const stage = await scene(t)
    const seeder = seed(t, 'site', stage, '--rate', '1M')
    await seeder.printed(isSeeding)
    const joined = visit(startClient(t), await stage.manifest())
    const [, bulk] = joined
    const received = (): number => joined.reduce((sum, { torrent }) => sum + torrent.stats.fromPeersBytes, 0)
    // A second's worth may have gathered; it has been spent by then.
    await keepDiary(bulk!.torrent).until('the beginning', () => received() > 2 * rate)
    const from = { bytes: received(), at: performance.now() }
    await bulk!.torrent.done
    const perSecond = ((received() - from.bytes) * 1000) / (performance.now() - from.at)
    t.diagnostic(`${(perSecond / rate).toFixed(3)} of the rate that was allowed`)
    assert.ok(perSecond < rate * 1.05, `${perSecond} bytes a second at the most of ${rate}`)
    assert.ok(perSecond > rate * 0.8, `${perSecond} bytes a second, and ${rate} were allowed`)
  })
})

function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** What happens behind a process that says nothing of it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(30_000)
  while (!(await isSo())) deadline.throwIfAborted()
}

/** `shoal keygen`, `build`, `sign` and `verify` as processes, on folders as bundlers leave them. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createTorrent } from '../../src/create.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { verifyPointer } from '../../src/site/pointer.ts'
import { findListed, type Table } from '../../src/site/table.ts'
import { type CliOutcome, startCli } from './support/cli.ts'
import { BASE, contentsOf, done, FILES, manifestIn, refused, scene, text, URLS } from './support/site-scene.ts'

const hashedCount = ({ stderr }: CliOutcome): number => Number(/(\d+) hashed/.exec(stderr)?.[1])

describe('shoal build', () => {
  it('lists what is worth it, as a visitor and any v2 client read it', async t => {
    const stage = await scene(t)
    const { stdout, stderr } = await done(stage.run('build', 'site', ...URLS))
    const manifest = await manifestIn(stage)
    assert.deepEqual(
      [...manifest.files.keys()],
      ['assets/data.json', 'assets/noise.bin', 'assets/photo-0a1b2c3d.jpg', 'film.mp4'],
    )
    assert.match(stdout, new RegExp(`^version ${manifest.version}$`, 'm'))
    assert.match(stdout, new RegExp(`^key ${toHex(stage.key)}$`, 'm'))
    const attributes = `data-manifest="/app/shoal.torrent" data-key="${toHex(stage.key)}" data-version="${manifest.version}"`
    assert.ok(stdout.includes(`\n<script async src="/app/shoal.js" ${attributes}></script>\n`), stdout)
    assert.match(
      stdout,
      /^Content-Security-Policy: script-src 'self'; worker-src 'self'; connect-src 'self' wss:\/\/tracker\.example$/m,
    )
    assert.match(stderr, /Left to HTTP: .*2 HTML/)
    assert.match(stderr, /2 of unknown type/)
    assert.match(stderr, /names every listed path to whoever reads it/)
    assert.match(stderr, /No page in the folder has the tag/)

    const metainfo = parseMetainfo(new Uint8Array(await readFile(join(stage.site, 'shoal.torrent'))))
    const made = await createTorrent(
      await Promise.all(
        ['assets/data.json.gz', 'assets/noise.bin', 'assets/photo-0a1b2c3d.jpg'].map(async path => ({
          path: `app/${path}`,
          data: await readFile(join(stage.site, path)),
        })),
      ),
      { version: 'v2', pieceLength: 65_536 },
    )
    assert.deepEqual(metainfo.layout.files, made.layout.files)
    assert.deepEqual(metainfo.webSeeds, ['https://example.org/'])
  })

  it('writes a twin of what gzip shrinks, and says which content never changes', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS, '--immutable', 'assets/noise.*'))
    const { files } = await manifestIn(stage)
    const data = files.get('assets/data.json')!
    const twin = await readFile(join(stage.site, 'assets/data.json.gz'))
    assert.equal(data.encoding, 'gzip')
    assert.equal(data.length, 400_000)
    assert.equal(data.contentLength, twin.length)
    assert.equal(data.type, 'application/json')
    assert.deepEqual(gunzipSync(twin), FILES['assets/data.json'])
    assert.deepEqual([...twin.subarray(4, 10)], [0, 0, 0, 0, 2, 255], 'no time and no system in its header')
    assert.equal(files.get('assets/noise.bin')!.encoding, undefined)
    const immutable = [...files.values()].filter(file => file.isImmutable).map(file => file.path)
    assert.deepEqual(immutable, ['assets/noise.bin', 'assets/photo-0a1b2c3d.jpg'])
  })

  it('gives a large file a torrent of its own, the same in the next deploy', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const first = (await manifestIn(stage)).files.get('film.mp4')!.swarm
    assert.ok(first.kind === 'bulk')
    const name = `shoal-bulk/${toHex(first.infoHash.subarray(0, 20))}.torrent`
    const bulk = parseMetainfo(new Uint8Array(await readFile(join(stage.site, name))))
    const made = await createTorrent([{ path: 'x', data: FILES['film.mp4']! }], {
      version: 'v2',
      pieceLength: 256 * 1024,
    })
    assert.deepEqual(bulk.pieceLayers, made.pieceLayers)
    assert.deepEqual(bulk.infoHashV2, first.infoHash)
    assert.deepEqual(bulk.webSeeds, [`${BASE}film.mp4`])
    await writeFile(join(stage.site, 'assets/noise.bin'), randomBytes(100_000))
    await done(stage.run('build', 'site', ...URLS))
    assert.deepEqual((await manifestIn(stage)).files.get('film.mp4')!.swarm, first)
  })

  it('lists scripts and small files on request, and only what globs name', async t => {
    const stage = await scene(t)
    const globs = ['--include', 'assets/**', '--exclude', '**/*.bin', '--exclude', '**/data.*']
    await done(stage.run('build', 'site', ...URLS, ...globs, '--scripts', '--min-size', '500'))
    const { files } = await manifestIn(stage)
    assert.deepEqual([...files.keys()], ['assets/app-B1c2D3e4.js', 'assets/photo-0a1b2c3d.jpg', 'assets/tiny.png'])
    assert.equal(files.get('assets/app-B1c2D3e4.js')!.isImmutable, true)
  })

  it('never lists HTML, source maps and dotfiles, whatever it is asked for', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS, '--include', '**', '--include', '.*', '--include', '.git/**'))
    for (const path of (await manifestIn(stage)).files.keys()) assert.doesNotMatch(path, /html?$|\.map$|(^|\/)\./)
  })

  it('hashes unchanged files once, and lists nothing that it wrote itself', async t => {
    const stage = await scene(t)
    const first = await done(stage.run('build', 'site', ...URLS))
    assert.equal(hashedCount(first), 4)
    const before = await manifestIn(stage)
    const second = await done(stage.run('build', 'site', ...URLS))
    assert.equal(hashedCount(second), 0)
    const after = await manifestIn(stage)
    assert.deepEqual(after.infoHash, before.infoHash)
    assert.ok(after.version > before.version)

    await writeFile(join(stage.site, 'assets/data.json'), text(500_000))
    assert.equal(hashedCount(await done(stage.run('build', 'site', ...URLS))), 1)
    assert.equal((await manifestIn(stage)).files.get('assets/data.json')!.length, 500_000)
    assert.equal(gunzipSync(await readFile(join(stage.site, 'assets/data.json.gz'))).length, 500_000)
    assert.equal(hashedCount(await done(stage.run('build', 'site', ...URLS, '--no-cache'))), 4)
    await done(stage.run('verify', 'site'))
  })

  it('takes a damaged cache for none', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    for (const damaged of ['{', '[]', '{"format":1,"files":{"site/film.mp4":7},"versions":{}}']) {
      await writeFile(join(stage.folder, '.shoal-cache.json'), damaged)
      assert.ok(hashedCount(await done(stage.run('build', 'site', ...URLS))) > 0)
      await done(stage.run('verify', 'site'))
    }
  })

  it('uses a twin that is there, and leaves alone what is none', async t => {
    const own = gzipSync(FILES['assets/data.json']!, { level: 1 })
    const other = text(50)
    const files = { ...FILES, 'assets/data.json.gz': own, 'assets/log.txt': text(90_000), 'assets/log.txt.gz': other }
    const stage = await scene(t, files)
    const { stderr } = await done(stage.run('build', 'site', ...URLS))
    assert.match(stderr, /assets\/log\.txt/)
    const manifest = await manifestIn(stage)
    assert.equal(manifest.files.get('assets/data.json')!.contentLength, own.length)
    assert.equal(manifest.files.has('assets/log.txt'), false)
    assert.deepEqual(await readFile(join(stage.site, 'assets/data.json.gz')), own)
    assert.deepEqual(await readFile(join(stage.site, 'assets/log.txt.gz')), other)
  })

  it('leaves what compresses to HTTP where it may write no twins', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS, '--no-twins'))
    assert.equal((await manifestIn(stage)).files.has('assets/data.json'), false)
    await assert.rejects(stat(join(stage.site, 'assets/data.json.gz')))
  })

  it('writes the scripts of this package, of which the worker has the table of its files', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const manifest = await manifestIn(stage)
    const worker = await readFile(join(stage.site, 'shoal-sw.js'), 'utf8')
    const table: Table = JSON.parse(worker.match(/\{"version":\d+,"scope":.*?\d\]\}\}/)![0])
    assert.equal(table.version, manifest.version)
    const { file, ...listed } = { file: '', ...findListed(table, '/app/assets/data.json')! }
    const { piecesRoot, length, contentLength } = manifest.files.get('assets/data.json')!
    assert.equal(listed.rootHex, toHex(piecesRoot))
    assert.deepEqual([listed.lengthBytes, listed.storedBytes, listed.isGzip], [length, contentLength, true])
    assert.equal(findListed(table, '/app/index.html'), undefined)
    for (const name of ['shoal.js', 'shoal-page.js'])
      assert.deepEqual(await readFile(join(stage.site, name)), await readFile(join('dist', name)), name)
    await writeFile(join(stage.site, 'shoal-page.js'), 'altered')
    await rm(join(stage.site, 'shoal.js'))
    const { stderr } = await done(stage.run('verify', 'site'))
    assert.match(stderr, /shoal-page\.js is not what this version of Shoal would write/)
    assert.match(stderr, /There is no shoal\.js/)
    await done(stage.run('sign', 'site', '--renew'))
    assert.doesNotMatch((await done(stage.run('verify', 'site'))).stderr, /shoal(-page)?\.js/)
  })

  it('shows that it is alive, and leaves the old deploy whole when it is stopped', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const before = await contentsOf(stage.site)
    const film = randomBytes(300 * 1024 * 1024)
    await writeFile(join(stage.site, 'more.mp4'), film)
    await writeFile(join(stage.site, 'assets/data.json'), text(600_000))
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const running = startCli(t, ['build', 'site', ...URLS], { cwd: stage.folder })
      await running.printed(/\d % {2}hashing/)
      const { exitCode } = await running.stop(signal)
      assert.equal(exitCode, signal === 'SIGINT' ? 130 : null)
      const { 'more.mp4': more, 'assets/data.json': data, ...after } = await contentsOf(stage.site)
      const { 'assets/data.json': old, ...rest } = before
      const visible = Object.entries(after).filter(([path]) => !path.startsWith('.shoal-staging-'))
      assert.deepEqual(Object.fromEntries(visible), rest)
      if (signal === 'SIGINT') assert.deepEqual(after, rest, 'nothing is left over')
    }
    await rm(join(stage.site, 'more.mp4'))
    await writeFile(join(stage.site, 'assets/data.json'), FILES['assets/data.json']!)
    await done(stage.run('verify', 'site'))
  })

  it('removes what a run left that was killed long ago', async t => {
    const stage = await scene(t)
    const left = join(stage.site, '.shoal-staging-000000000000')
    await mkdir(left)
    await utimes(left, 0, 0)
    await done(stage.run('build', 'site', ...URLS))
    await assert.rejects(stat(left))
  })

  it('says what is wrong with how it is called', async t => {
    const stage = await scene(t)
    await refused(stage.run('build', ...URLS), /Name the folder/, 2)
    await refused(stage.run('build', 'site', '--tracker', 'wss://t.example'), /--origin/, 2)
    await refused(stage.run('build', 'site', '--origin', BASE), /--tracker/, 2)
    await refused(stage.run('build', 'nowhere', ...URLS), /nowhere does not exist/)
    for (const origin of ['ftp://example.org/', 'example.org', 'https://a:b@example.org/', 'https://example.org/?q'])
      await refused(stage.run('build', 'site', '--origin', origin, '--tracker', 'wss://t.example'), /address/, 2)
    await refused(stage.run('build', 'site', ...URLS, '--key', 'no.key'), /no key file no\.key/, 1)
    await refused(stage.run('build', 'site', ...URLS, '--key', 'site/index.html'), /is published/, 2)
    await writeFile(join(stage.folder, 'junk.key'), 'junk')
    await refused(stage.run('build', 'site', ...URLS, '--key', 'junk.key'), /no key file of Shoal/, 2)
    await refused(stage.run('build', 'site', ...URLS, '--expires-days', '0'), /1 to 3650/, 2)
    await refused(stage.run('build', 'site', ...URLS, '--include', 'film.mp4'), /up to 8 MiB/, 2)
    await refused(stage.run('build', 'site', ...URLS, '--include', 'nothing/**'), /up to 8 MiB/, 2)
    assert.deepEqual(Object.keys(await contentsOf(stage.site)).sort(), Object.keys(FILES).sort())
  })
})

describe('shoal.config.json', () => {
  it('holds every option, and the command line comes first', async t => {
    const stage = await scene(t)
    const config = {
      dir: 'site',
      origin: BASE,
      trackers: ['wss://one.example', 'wss://two.example'],
      key: 'shoal.key',
      include: ['assets/**'],
      exclude: ['**/*.bin'],
      immutable: ['assets/data.*'],
      scripts: true,
      minBytes: 100,
      types: { '.jpg': 'image/x-own', '.usdz': 'model/vnd.usdz+zip' },
      twins: true,
      expiresDays: 7,
      webSeeds: ['https://mirror.example/'],
      origins: { 'https://assets.example/v1/': 'assets-host' },
      policy: { consent: 'manual' },
      cache: false,
      probe: false,
    }
    await mkdir(join(stage.folder, 'assets-host/assets'), { recursive: true })
    await writeFile(join(stage.folder, 'assets-host/assets/sky.jpg'), randomBytes(500))
    await writeFile(join(stage.folder, 'shoal.config.json'), JSON.stringify(config))
    await done(stage.run('build'))
    const manifest = await manifestIn(stage)
    assert.ok(manifest.files.has('assets/tiny.png') && !manifest.files.has('assets/noise.bin'))
    assert.equal(manifest.files.get('assets/photo-0a1b2c3d.jpg')!.type, 'image/x-own')
    assert.equal(manifest.files.get('assets/scene.usdz')!.type, 'model/vnd.usdz+zip')
    assert.equal(manifest.files.get('assets/data.json')!.isImmutable, true)
    assert.deepEqual(manifest.metainfo.trackers, [['wss://one.example'], ['wss://two.example']])
    assert.deepEqual(manifest.metainfo.webSeeds, ['https://example.org/', 'https://mirror.example/'])
    assert.deepEqual(manifest.origins, ['https://assets.example'])
    assert.ok(manifest.files.has('shoal-origins/https/assets.example/v1/assets/sky.jpg'))
    assert.equal(manifest.policy.get('consent'), 'manual')
    assert.ok(Math.abs(manifest.expires - Date.now() / 1000 - 7 * 86_400) < 120)
    await assert.rejects(stat(join(stage.folder, '.shoal-cache.json')))
    await done(stage.run('build', '--tracker', 'wss://three.example', '--exclude', '**/*.png'))
    const after = await manifestIn(stage)
    assert.deepEqual(after.metainfo.trackers, [['wss://three.example']])
    assert.ok(after.files.has('assets/noise.bin') && !after.files.has('assets/tiny.png'))
  })

  it('is refused by the name of the bad key', async t => {
    const stage = await scene(t)
    const bad: readonly (readonly [config: string, sentence: RegExp])[] = [
      ['{', /not JSON/],
      ['[]', /an object/],
      ['{"tracker": "wss://t.example"}', /no option "tracker"\. There are: dir, .*trackers/],
      ['{"trackers": "wss://t.example"}', /"trackers" must be a list/],
      ['{"trackers": ["https://t.example"]}', /"trackers"/],
      ['{"minBytes": "16KiB"}', /"minBytes" must be a whole number/],
      ['{"scripts": 1}', /"scripts" must be true or false/],
      ['{"types": {".foo": "text/html"}}', /"types".*HTML/],
      ['{"origins": ["https://a.example/"]}', /"origins" must be folders by the address/],
      ['{"origins": {"https://a.example": "assets"}}', /"origins"/],
      ['{"origins": {"https://example.org/assets/": "assets"}}', /on the site's own host/],
      ['{"policy": []}', /"policy" must be an object/],
      ['{"policy": {"uploadRate": 1}}', /policy has no "uploadRate"\. There are: consent, upload-rate/],
      ['{"policy": {"rollout": 101}}', /"rollout" in a policy must be a whole number of percent of browsers, 0 to 100/],
      ['{"policy": {"lan": true}}', /"lan" in a policy must be 0 or 1/],
      ['{"expiresDays": 0.5}', /"expiresDays"/],
      ['{"cache": true}', /"cache"/],
      ['{"__proto__": 1}', /no option "__proto__"/],
    ]
    for (const [config, sentence] of bad) {
      await writeFile(join(stage.folder, 'shoal.config.json'), config)
      await refused(stage.run('build', 'site', ...URLS), sentence, 2)
    }
    await refused(stage.run('build', 'site', ...URLS, '--config', 'none.json'), /none\.json cannot be read/, 1)
  })
})

describe('shoal keygen', () => {
  it('makes a key that nobody else reads, and never writes over one', async t => {
    const stage = await scene(t)
    assert.equal((await stat(join(stage.folder, 'shoal.key'))).mode & 0o777, 0o600)
    const before = await contentsOf(stage.folder)
    await refused(stage.run('keygen'), /shoal\.key exists already/)
    assert.deepEqual(await contentsOf(stage.folder), before)
    await chmod(join(stage.folder, 'shoal.key'), 0o644)
    const { stderr } = await done(stage.run('build', 'site', ...URLS))
    assert.match(stderr, /chmod 600/)
  })

  it('rotates: who names the old key follows the new one, which renews the deploy', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const before = await manifestIn(stage)
    await done(stage.run('keygen', '-o', 'new.key', '--rotate', 'shoal.key'))
    await done(stage.run('sign', 'site', '--renew', '--key', 'new.key'))
    const after = await manifestIn(stage)
    assert.notDeepEqual(after.key, before.key)
    assert.deepEqual([after.version, after.infoHash], [before.version, before.infoHash])
    await done(stage.run('verify', 'site', '--key', 'shoal.key.pub'))
    await done(stage.run('verify', 'site', '--key', 'new.key.pub'))
    await done(stage.run('build', 'site', ...URLS, '--key', 'new.key'))
    assert.deepEqual((await manifestIn(stage)).infoHash, before.infoHash)
    await refused(stage.run('sign', 'site', '--renew'), /not replaced/)
    await refused(stage.run('keygen', '-o', 'c.key', '--rotate', 'shoal.key.pub'), /public half/, 2)
  })
})

describe('shoal sign', () => {
  it('signs what was built with the public half alone; until then the old deploy holds', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const before = await manifestIn(stage)
    await writeFile(join(stage.site, 'assets/noise.bin'), randomBytes(120_000))
    const { stdout, stderr } = await done(stage.run('build', 'site', ...URLS, '--key', 'shoal.key.pub'))
    assert.match(stderr, /Nothing is published yet/)
    assert.deepEqual((await manifestIn(stage)).hash, before.hash)
    await refused(stage.run('sign', 'site', '--key', 'shoal.key.pub'), /public half/, 2)
    await done(stage.run('sign', 'site'))
    const after = await manifestIn(stage)
    assert.ok(after.version > before.version)
    assert.match(stdout, new RegExp(`^version ${after.version}$`, 'm'), 'pages may name it since it was built')
    assert.equal(after.files.get('assets/noise.bin')!.length, 120_000)
    await assert.rejects(stat(join(stage.site, 'shoal.unsigned')))
    await done(stage.run('verify', 'site', '--key', toHex(stage.key)))
    await refused(stage.run('sign', 'site'), /no shoal\.unsigned/, 2)
    await done(stage.run('build', 'site', ...URLS, '--key', 'shoal.key.pub'))
    await done(stage.run('build', 'site', ...URLS))
    await refused(stage.run('sign', 'site'), /later version was signed since/, 1)
  })

  it('renews the same version, and never shortens it', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS, '--expires-days', '3'))
    const before = await manifestIn(stage)
    await done(stage.run('sign', 'site', '--renew', '--expires-days', '5'))
    const after = await manifestIn(stage)
    assert.equal(after.version, before.version)
    assert.ok(after.expires >= before.expires + 2 * 86_400)
    await refused(stage.run('sign', 'site', '--renew', '--expires-days', '1'), /holds for longer already/)
    await done(stage.run('verify', 'site'))
  })

  it('kills: the pointer says so under a higher version, and the next build ends it', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const { version } = await manifestIn(stage)
    await done(stage.run('sign', 'site', '--kill'))
    const trust = { key: stage.key, nowSeconds: Math.floor(Date.now() / 1000) }
    const { pointer } = await verifyPointer(await readFile(join(stage.site, 'shoal.pointer')), trust)
    assert.equal(pointer.isKilled, true)
    assert.ok(pointer.version > version)
    assert.match((await done(stage.run('verify', 'site'))).stderr, /tells visitors to stop/)
    await done(stage.run('build', 'site', ...URLS))
    assert.ok((await manifestIn(stage)).version > pointer.version)
  })

  it('refuses a deploy of another key', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    await done(stage.run('keygen', '-o', 'other.key'))
    for (const act of ['--renew', '--kill'])
      await refused(stage.run('sign', 'site', act, '--key', 'other.key'), /has not replaced/)
    await refused(stage.run('sign', 'site', '--renew', '--kill'), /not both/, 2)
  })
})

describe('shoal build --rollback', () => {
  it('signs the old deploy again, with a version above the one that it replaces', async t => {
    const stage = await scene(t)
    await done(stage.run('build', 'site', ...URLS))
    const old = await manifestIn(stage)
    await cp(stage.site, join(stage.folder, 'old'), { recursive: true })
    await writeFile(join(stage.site, 'assets/noise.bin'), randomBytes(120_000))
    await done(stage.run('build', 'site', ...URLS))
    const bad = await manifestIn(stage)
    await done(stage.run('build', 'old', '--rollback', ...URLS))
    const back = await manifestIn({ ...stage, site: join(stage.folder, 'old') })
    assert.ok(back.version > bad.version)
    assert.deepEqual(back.infoHash, old.infoHash)
    await done(stage.run('verify', 'old', '--key', 'shoal.key.pub'))
  })

  it('refuses content that is not what the old manifest lists, and folders without one', async t => {
    const stage = await scene(t)
    await refused(stage.run('build', 'site', '--rollback', ...URLS), /no shoal\.torrent .* to go back to/, 2)
    await done(stage.run('build', 'site', ...URLS))
    const before = await readFile(join(stage.site, 'shoal.torrent'))
    await writeFile(join(stage.site, 'assets/noise.bin'), randomBytes(100_000))
    await refused(stage.run('build', 'site', '--rollback', ...URLS), /noise\.bin is not what the manifest lists/, 1)
    assert.deepEqual(await readFile(join(stage.site, 'shoal.torrent')), before)
  })
})

describe('shoal verify', () => {
  it('names the file that differs, and refuses what a visitor refuses', async t => {
    const stage = await scene(t)
    await refused(stage.run('verify', 'site'), /no shoal\.torrent/, 2)
    await done(stage.run('build', 'site', ...URLS))
    const { stdout } = await done(stage.run('verify', 'site', '--key', 'shoal.key.pub', '--origin', BASE))
    assert.match(stdout, /^version \d+\nkey [\da-f]{64}\n$/)
    await refused(stage.run('verify', 'site', '--origin', 'https://other.example/'), /made for/, 1)
    await done(stage.run('keygen', '-o', 'other.key'))
    await refused(stage.run('verify', 'site', '--key', 'other.key.pub'), /another key/, 1)

    const data = join(stage.site, 'assets/data.json')
    await writeFile(data, text(400_001))
    await refused(
      stage.run('verify', 'site'),
      /data\.json is not what the manifest lists: its twin holds something else/,
    )
    await writeFile(data, FILES['assets/data.json']!)
    await rm(join(stage.site, 'film.mp4'))
    await refused(stage.run('verify', 'site'), /film\.mp4 is not what the manifest lists: it is not there/, 1)
    await writeFile(join(stage.site, 'film.mp4'), FILES['film.mp4']!)
    await done(stage.run('verify', 'site'))

    const manifest = join(stage.site, 'shoal.torrent')
    const bytes = await readFile(manifest)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(manifest, bytes)
    await refused(stage.run('verify', 'site'), /manifest/, 1)
  })
})

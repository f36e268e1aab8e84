/** `shoal/rollup` in builds by the real Vite and the real Rollup, each a process in a project of its own. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import type { Plugin as RollupPlugin } from 'rollup'
import { createServer, type Plugin as VitePlugin } from 'vite'
import { shoal, type SiteConfig } from '../../src/node/rollup.ts'
import { fromHex } from '../../src/metainfo/bytes.ts'
import type { Manifest } from '../../src/site/manifest.ts'
import { payload } from '../fixtures/payload.ts'
import { type CliOutcome, runCli, scratchFolder } from './support/cli.ts'
import { launchBrowser } from './support/browser.ts'
import { untilReady, untilStats, visit } from './support/deployed-site.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { BASE, done, manifestIn } from './support/site-scene.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')

/** Both take it for a plugin of theirs. */
const asPlugins: (options?: SiteConfig) => RollupPlugin & VitePlugin = shoal

const OPTIONS = `{ origin: '${BASE}', trackers: ['wss://tracker.example'] }`

type Files = Readonly<Record<string, string | Uint8Array>>

interface Project {
  readonly folder: string
  /** Hex. */
  readonly key: string
  write(files: Files): Promise<void>
  read(path: string): Promise<string>
  vite(...args: readonly string[]): Promise<CliOutcome>
  rollup(...args: readonly string[]): Promise<CliOutcome>
  /** As a visitor reads it. */
  manifest(site: string): Promise<Manifest>
}

/** A project with its packages and a key, as somebody has it who ran `npm install` and `shoal keygen`. */
async function project(lifetime: Lifetime, files: Files): Promise<Project> {
  const folder = await scratchFolder(lifetime)
  const write = async (more: Files): Promise<void> => {
    for (const [path, data] of Object.entries(more)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), data)
    }
  }
  await write({ 'package.json': '{"type": "module"}', ...files })
  await mkdir(join(folder, 'node_modules'))
  await symlink(resolve('.'), join(folder, 'node_modules/shoal'))
  for (const name of ['vite', 'rollup'])
    await symlink(resolve('node_modules', name), join(folder, 'node_modules', name))
  const { stdout } = await done(runCli(['keygen'], { cwd: folder }))
  const key = stdout.trim()
  return {
    folder,
    key,
    write,
    read: path => readFile(join(folder, path), 'utf8'),
    vite: (...args) => runCli(args, { cwd: folder, program: 'node_modules/vite/bin/vite.js' }),
    rollup: (...args) => runCli(args, { cwd: folder, program: 'node_modules/rollup/dist/bin/rollup' }),
    async manifest(site) {
      const manifest = await manifestIn({ site: join(folder, site), key: fromHex(key)! })
      await done(runCli(['verify', site], { cwd: folder }))
      return manifest
    },
  }
}

async function fails(outcome: Promise<CliOutcome>, sentence: RegExp): Promise<void> {
  const { exitCode, stdout, stderr } = await outcome
  assert.notEqual(exitCode, 0, stdout)
  assert.match(stdout + stderr, sentence)
}

/** The tag as `shoal build` prints it. */
const tagOf = ({ key }: Project, version: number): RegExp =>
  new RegExp(
    `<script async src="/app/shoal\\.js" data-manifest="/app/shoal\\.torrent" data-key="${key}" data-version="${version}"></script>`,
    'g',
  )

const tagCount = (html: string, tag: RegExp): number => [...html.matchAll(tag)].length

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
}

/** Two pages, a script that imports pictures, data and a style sheet; and files that Vite copies as they are. */
const VITE_SITE: Files = {
  'vite.config.js': `
    import { shoal } from 'shoal/rollup'
    export default { base: '/app/', plugins: [shoal(${OPTIONS})], build: {
      rollupOptions: { input: ['index.html', 'about/index.html'], output: { assetFileNames: ({ names: [name] }) =>
        name.startsWith('plain') ? 'assets/[name][extname]' : 'assets/[name]-[hash][extname]' } } } }`,
  'index.html':
    '<!doctype html><html><head><title>A site</title></head><body><script type="module" src="/main.js"></script></body></html>',
  'about/index.html': '<!doctype html><html><head><title>About</title></head><body><p>About</p></body></html>',
  'main.js': `
    import './style.css'
    import photo from './photo.jpg'
    import plain from './plain-B1c2D3e4.jpg'
    console.log(photo, plain, new URL('./words.json', import.meta.url))`,
  'style.css': `body { color: #123456 } ${Array.from({ length: 3_000 }, (_, i) => `.c${i * 7919} { margin: ${i}px }`).join('\n')}`,
  'photo.jpg': payload('photo.jpg', 90_000),
  'plain-B1c2D3e4.jpg': payload('plain-B1c2D3e4.jpg', 30_000),
  'words.json': JSON.stringify(Buffer.from(payload('words', 100_000)).toString('hex')),
  'public/film.mp4': randomBytes(8 * 1024 * 1024 + 5),
  'public/logo-0a1b2c3d.png': randomBytes(20_000),
  'entry-server.js': 'export const render = () => 1',
}

const isListed = ({ files }: Manifest, pattern: RegExp): [path: string, isImmutable: boolean] => {
  const [path = 'nothing', file] = [...files].find(([name]) => pattern.test(name)) ?? []
  return [path.replace(/-[\w-]{8}(?=\.\w+$)/, '-HASH'), file?.isImmutable === true]
}

describe('shoal/rollup in a Vite build', () => {
  it('lists what is in the folder at the end, and knows what is named by its content', async t => {
    const site = await project(t, VITE_SITE)
    await done(site.vite('build'))
    const manifest = await site.manifest('dist')
    assert.deepEqual(isListed(manifest, /photo/), ['assets/photo-HASH.jpg', true])
    assert.deepEqual(isListed(manifest, /words/), ['assets/words-HASH.json', true])
    assert.deepEqual(isListed(manifest, /css/), ['assets/index-HASH.css', true])
    assert.ok(manifest.files.get('assets/plain-B1c2D3e4.jpg')?.isImmutable === false, 'its name was chosen by people')
    assert.deepEqual(isListed(manifest, /film/), ['film.mp4', false])
    assert.ok(manifest.files.get('logo-0a1b2c3d.png')?.isImmutable, 'of what Vite copies, the name tells')
    assert.equal(manifest.files.size, 6)
  })

  it('gives every page the tag, with the version of the manifest, in every build', async t => {
    const site = await project(t, VITE_SITE)
    const { stdout, stderr } = await done(site.vite('build'))
    const { version, infoHash } = await site.manifest('dist')
    for (const page of ['dist/index.html', 'dist/about/index.html'])
      assert.equal(tagCount(await site.read(page), tagOf(site, version)), 1, await site.read(page))
    assert.match(stdout + stderr, /6 files listed/)
    assert.match(
      stdout + stderr,
      /Content-Security-Policy: script-src 'self'; worker-src 'self'; connect-src 'self' wss:\/\/tracker\.example/,
    )
    await done(site.vite('build'))
    const next = await site.manifest('dist')
    assert.ok(next.version > version)
    assert.deepEqual(next.infoHash, infoHash)
    const html = await site.read('dist/index.html')
    assert.equal(tagCount(html, tagOf(site, next.version)), 1)
    assert.equal(tagCount(html, /shoal\.js/g), 1)
  })

  it('writes the worker, and leaves development, previews and server builds alone', async t => {
    const site = await project(t, VITE_SITE)
    await done(site.vite('build', '--ssr', 'entry-server.js', '--outDir', 'server'))
    assert.equal(existsSync(join(site.folder, 'server/shoal.torrent')), false)
    const server = await createServer({
      root: site.folder,
      configFile: join(site.folder, 'vite.config.js'),
      logLevel: 'silent',
      server: { middlewareMode: true, ws: false },
    })
    t.after(() => server.close())
    assert.deepEqual(
      server.config.plugins.filter(({ name }) => name === 'shoal'),
      [],
    )
    const page = await server.transformIndexHtml('/index.html', await site.read('index.html'))
    assert.doesNotMatch(page, /shoal/)
    await done(site.vite('build'))
    assert.ok(existsSync(join(site.folder, 'dist/shoal-sw.js')))
  })

  it('takes its options from shoal.config.json too, and warns of another base', async t => {
    const config = { origin: BASE, trackers: ['wss://one.example'], policy: { badge: 1, rollout: 5 }, minBytes: 50_000 }
    const site = await project(t, {
      ...VITE_SITE,
      'shoal.config.json': JSON.stringify(config),
      'vite.config.js': `
        import { shoal } from 'shoal/rollup'
        export default { plugins: [shoal({ trackers: ['wss://two.example'], policy: { rollout: 6 } })] }`,
    })
    const { stdout, stderr } = await done(site.vite('build'))
    assert.match(
      stdout + stderr,
      /Vite's base is https:\/\/example\.org\/, and the site is at https:\/\/example\.org\/app\//,
    )
    const { metainfo, policy, files } = await site.manifest('dist')
    assert.deepEqual(metainfo.trackers, [['wss://two.example']])
    assert.deepEqual(Object.fromEntries(policy), { badge: 1, rollout: 6 })
    assert.equal(files.has('logo-0a1b2c3d.png'), false)
  })

  it('says what is wrong before it builds', async t => {
    const site = await project(t, VITE_SITE)
    const configured = (options: string): Files => ({
      'vite.config.js': `import { shoal } from 'shoal/rollup'; export default { plugins: [shoal(${options})] }`,
    })
    const bad: readonly (readonly [options: string, sentence: RegExp])[] = [
      ['', /Name the address of the site with "origin"/],
      [`{ origin: '${BASE}' }`, /Name the tracker .* "trackers"/],
      [`{ ...${OPTIONS}, tracker: 1 }`, /shoal\(\): there is no option "tracker"/],
      [`{ ...${OPTIONS}, policy: { lan: true } }`, /"lan" in a policy must be 0 or 1/],
      [`{ ...${OPTIONS}, key: 'none.key' }`, /no key file .*none\.key/],
    ]
    for (const [options, sentence] of bad) {
      await site.write(configured(options))
      await fails(site.vite('build'), sentence)
    }
    assert.equal(existsSync(join(site.folder, 'dist')), false)
  })
})

/** A script and its pictures, and a page that a plugin of the project writes. */
const ROLLUP_SITE: Files = {
  'rollup.config.js': `
    import { shoal } from 'shoal/rollup'
    const site = shoal(${OPTIONS})
    const pages = { name: 'pages', generateBundle() {
      this.emitFile({ type: 'asset', name: 'photo.jpg', source: new Uint8Array(40_000).map((_, i) => i * i) })
      this.emitFile({ type: 'asset', fileName: 'index.html', source: '<!doctype html><head>' + site.api.tag() + '</head>' })
    } }
    export default { input: 'main.js', plugins: [pages, site], output: { dir: 'public' } }`,
  'main.js': 'export const answer = 42',
  'public/old.jpg': randomBytes(20_000),
}

describe('a site that Vite built', () => {
  it('runs in a browser under the policy that was printed, and no other source', async t => {
    const tracker = await startShoalTracker(t)
    let folder = ''
    const headers: Record<string, string> = {}
    const server = createHttpServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://site').pathname.slice(1) || 'index.html'
      readFile(join(folder, path)).then(
        bytes =>
          response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(path)] ?? 'image/jpeg' }).end(bytes),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>(done => server.listen(0, 'localhost', done))
    t.after(() => server.close())
    const url = `http://localhost:${(server.address() as AddressInfo).port}/`
    const options = JSON.stringify({ origin: url, trackers: [tracker.url], policy: { consent: 'automatic' } })
    const site = await project(t, {
      ...VITE_SITE,
      'index.html': VITE_SITE['index.html']!.toString().replace(
        '<title>',
        '<link rel="icon" href="/logo-0a1b2c3d.png"><title>',
      ),
      'vite.config.js': `import { shoal } from 'shoal/rollup'; export default { plugins: [shoal(${options})] }`,
    })
    const { stdout, stderr } = await done(site.vite('build'))
    folder = join(site.folder, 'dist')
    const [, printed] = /Content-Security-Policy: (.*)/.exec(stdout + stderr)!
    headers['Content-Security-Policy'] = `default-src 'none'; img-src 'self'; style-src 'self'; ${printed}`
    const { page, noise } = await visit(t, await chromium, url)
    await untilReady(page)
    const { version } = await untilStats(page, ({ isOn, version }) => isOn && version !== undefined)
    assert.equal(version, Number(/data-version="(\d+)"/.exec(await site.read('dist/index.html'))![1]))
    const photo = /assets\/photo-[\w-]{8}\.jpg/.exec(
      (await readdir(join(folder, 'assets'))).map(name => `assets/${name}`).join(' '),
    )![0]
    assert.match(
      (await page.evaluate(async path => (await fetch(path)).headers.get('etag'), `/${photo}`))!,
      /^"[\da-f]{64}"$/,
    )
    assert.deepEqual(noise, [])
  })
})

describe('shoal/rollup in a Rollup build', () => {
  it('lists the folder that is written, and sets the version in the pages that bear the tag', async t => {
    const site = await project(t, ROLLUP_SITE)
    const { stderr } = await done(site.rollup('--config'))
    const manifest = await site.manifest('public')
    assert.deepEqual(isListed(manifest, /photo/), ['assets/photo-HASH.jpg', true])
    assert.deepEqual(isListed(manifest, /old/), ['old.jpg', false])
    assert.equal(tagCount(await site.read('public/index.html'), tagOf(site, manifest.version)), 1)
    assert.equal(tagCount(stderr, tagOf(site, manifest.version)), 1, 'for pages that others write')
    assert.match(stderr, /Content-Security-Policy: /)
  })

  it('leaves a deploy as it is when a later build fails', async t => {
    const site = await project(t, ROLLUP_SITE)
    await done(site.rollup('--config'))
    const { hash } = await site.manifest('public')
    await site.write({ 'main.js': 'export const answer = ' })
    await fails(site.rollup('--config'), /main\.js/)
    assert.deepEqual((await site.manifest('public')).hash, hash)
  })

  it('makes one deploy of several outputs, in the folder that it is told', async t => {
    const withDir = (dir: string, es: string): Files => ({
      'rollup.config.js': `
        import { shoal } from 'shoal/rollup'
        const site = shoal({ ...${OPTIONS}, ${dir} scripts: true, minBytes: 1 })
        export default { input: 'main.js', plugins: [site], output: [
          { dir: '${es}', entryFileNames: '[name]-[hash].js' }, { file: 'public/main.cjs.js', format: 'cjs' }] }`,
    })
    const site = await project(t, { ...ROLLUP_SITE, ...withDir('', 'elsewhere') })
    await fails(
      site.rollup('--config'),
      /elsewhere is written, which is outside of the site's folder .*public.*Name .* with "dir"/,
    )
    await site.write(withDir("dir: 'public',", 'public/es'))
    await done(site.rollup('--config'))
    const manifest = await site.manifest('public')
    assert.deepEqual(isListed(manifest, /^es/), ['es/main-HASH.js', true])
    assert.deepEqual(isListed(manifest, /cjs/), ['main.cjs.js', false])
  })

  it('leaves the manifest unsigned with the public half of the key', async t => {
    const site = await project(t, {
      ...ROLLUP_SITE,
      'shoal.config.json': '{"key": "shoal.key.pub"}',
    })
    const { stderr } = await done(site.rollup('--config'))
    assert.match(stderr, /Nothing is published yet/)
    await done(runCli(['sign', 'public', '--key', 'shoal.key'], { cwd: site.folder }))
    const { version } = await site.manifest('public')
    assert.equal(tagCount(await site.read('public/index.html'), tagOf(site, version)), 1)
  })
})

it('is a plugin of both, by its types', () => {
  assert.equal(asPlugins({}).name, 'shoal')
})

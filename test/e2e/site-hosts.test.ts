/** Files on another host: listed by the site's manifest, asked for by CORS, and served by visitors like those of the site. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { runCli } from './support/cli.ts'
import { type DeployedSite, deploySite, untilReady, untilStats, visit } from './support/deployed-site.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')
const firefox = launchBrowser(scope, 'firefox')

const MODEL = randomBytes(2_500_000)
const WORDS = Buffer.from(randomBytes(100_000).toString('hex'))

interface Host {
  /** `http://localhost:PORT`. */
  readonly origin: string
  readonly folder: string
  /** Bytes of bodies sent, twins included. */
  bytesOf(path: string): number
  /** Sent with every answer. */
  headers: Record<string, string>
}

/** What hosts of assets send to be listed. */
const SHARING = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Content-Range',
  'Timing-Allow-Origin': '*',
}

async function startHost(lifetime: Lifetime, folder: string): Promise<Host> {
  const sent = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1)
    readFile(join(folder, path)).then(
      bytes => {
        const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
        const start = Number(first ?? 0)
        const end = last ? Math.min(Number(last) + 1, bytes.length) : bytes.length
        sent.set(path, (sent.get(path) ?? 0) + end - start)
        const range = first ? { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}` } : {}
        response.writeHead(first ? 206 : 200, {
          ...host.headers,
          ...range,
          'Content-Type': typeOf(path),
          'Cache-Control': 'no-store',
        })
        response.end(bytes.subarray(start, end))
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  const host: Host = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    folder,
    bytesOf: path => (sent.get(path) ?? 0) + (sent.get(`${path}.gz`) ?? 0),
    headers: SHARING,
  }
  return host
}

const typeOf = (path: string): string => (path.endsWith('.json') ? 'application/json' : 'application/octet-stream')

/** A site, and a host of its own for models and words; the page's build lists both. */
async function deployWithHost(lifetime: Lifetime): Promise<{ site: DeployedSite; host: Host }> {
  const tracker = await startShoalTracker(lifetime)
  const site = await deploySite(lifetime, {
    files: { 'assets/photo-0a1b2c3d.png': randomBytes(40_000) },
    trackers: [tracker.url],
  })
  const project = join(site.folder, '..')
  const host = await startHost(lifetime, join(project, 'host'))
  await mkdir(join(host.folder, 'v1'), { recursive: true })
  await writeFile(join(host.folder, 'v1/model-1f2e3d4c.bin'), MODEL)
  await writeFile(join(host.folder, 'v1/words-1f2e3d4c.json'), WORDS)
  const configFile = join(project, 'shoal.config.json')
  const config = JSON.parse(await readFile(configFile, 'utf8'))
  await writeFile(configFile, JSON.stringify({ ...config, origins: { [`${host.origin}/v1/`]: 'host/v1' } }))
  const output = await site.run('build')
  assert.ok(output.includes(`connect-src 'self' ${host.origin} `), output)
  await site.run('verify')
  return { site, host }
}

interface Got {
  readonly hash: string
  readonly status: number
  /** The worker's own are roots; the host sends none. */
  readonly etag: string | null
}

const get = (page: Page, url: string, init: RequestInit = {}): Promise<Got> =>
  page.evaluate(
    async (url, init) => {
      const response = await fetch(url, init)
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()))
      const hash = Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
      return { hash, status: response.status, etag: response.headers.get('etag') }
    },
    url,
    init,
  )

/** The page script has put the hashes of pieces into the store: without them files of several pieces are the host's. */
async function untilJoined(page: Page): Promise<void> {
  await untilReady(page)
  await untilStats(page, ({ isOn }) => isOn)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('a file on another host', () => {
  for (const [name, browser] of [
    ['Chromium', chromium],
    ['Firefox', firefox],
  ] as const)
    it(`is answered by the worker where the page asks by CORS, in ${name}`, async t => {
      const { site, host } = await deployWithHost(t)
      const { page } = await visit(t, await browser, site.url)
      await untilJoined(page)
      const words = `${host.origin}/v1/words-1f2e3d4c.json`
      const whole = await get(page, words)
      assert.deepEqual([whole.hash, whole.status], [sha256(WORDS), 200])
      assert.match(whole.etag!, /^"[\da-f]{64}"$/)
      const sent = host.bytesOf('v1/words-1f2e3d4c.json')
      assert.ok(sent < WORDS.length * 0.7, `as its twin: ${sent} bytes`)
      const part = await get(page, words, { headers: { Range: 'bytes=70000-90000' } })
      assert.deepEqual([part.hash, part.status], [sha256(WORDS.subarray(70_000, 90_001)), 206])
      assert.equal(host.bytesOf('v1/words-1f2e3d4c.json'), sent, 'from the store')

      const opaque = await page.evaluate(async url => (await fetch(url, { mode: 'no-cors' })).type, words)
      assert.equal(opaque, 'opaque', 'what the page may not read, it still may not')
    })

  it('comes from other visitors', async t => {
    const { site, host } = await deployWithHost(t)
    const model = `${host.origin}/v1/model-1f2e3d4c.bin`
    const first = await visit(t, await chromium, site.url)
    await untilJoined(first.page)
    assert.equal((await get(first.page, model)).hash, sha256(MODEL))
    const sent = host.bytesOf('v1/model-1f2e3d4c.bin')
    const second = await visit(t, await chromium, site.url)
    await untilJoined(second.page)
    await second.page.evaluate(url => shoal.prefetch(url), model)
    assert.equal((await get(second.page, model)).hash, sha256(MODEL))
    await untilStats(second.page, ({ peers }) => peers > 2_000_000)
    assert.ok(host.bytesOf('v1/model-1f2e3d4c.bin') - sent < 500_000)
  })

  it('is asked for as before where the host does not share it', async t => {
    const { site, host } = await deployWithHost(t)
    host.headers = {}
    const { page } = await visit(t, await chromium, site.url)
    await untilJoined(page)
    await assert.rejects(get(page, `${host.origin}/v1/model-1f2e3d4c.bin`), /Failed to fetch/)
  })
})

describe('shoal build --probe', () => {
  it('warns of a host that does not share its files', async t => {
    const { site, host } = await deployWithHost(t)
    const warnings = async (headers: Record<string, string>): Promise<string[]> => {
      host.headers = headers
      const { stderr } = await runCli(['build', '--probe'], { cwd: join(site.folder, '..') })
      return stderr.split('\n').filter(line => line.startsWith(`shoal: probe: ${host.origin}`))
    }
    assert.deepEqual(await warnings(SHARING), [])
    const [sharing, range, timing] = await warnings({})
    assert.match(sharing!, /shares its files with nobody: send Access-Control-Allow-Origin/)
    assert.match(range!, /Access-Control-Expose-Headers: Content-Range/)
    assert.match(timing!, /Timing-Allow-Origin/)
  })
})

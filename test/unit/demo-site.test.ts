/** The CDN demo as `shoal serve` has it: one site under every name that the server is called by, and an origin that can be switched off. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { toHex } from '../../src/metainfo/bytes.ts'
import { openDemoSite } from '../../src/node/demo/site.ts'
import { readManifest } from '../../src/site/manifest.ts'
import { readPointer } from '../../src/site/pointer.ts'

const PICTURE = randomBytes(200_000)
const SCRIPT = Buffer.from(`// ${randomBytes(50_000).toString('hex')}`)

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

describe('the CDN demo', () => {
  let folder = ''
  let server: Server

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-cdn-'))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<!doctype html><!-- the tag of shoal build -->')
    await writeFile(join(folder, 'clear.html'), '<!doctype html>')
    await writeFile(join(folder, 'assets', 'picture-0123456789ab.png'), PICTURE)
    await writeFile(join(folder, 'assets', 'scene-0123456789ab.js'), SCRIPT)
    const demo = openDemoSite(folder)
    server = createServer(async (req, res) => {
      if (!(await demo.answer(req, res))) res.writeHead(404).end('elsewhere')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })

  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })

  function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const { port } = server.address() as AddressInfo
    const host = `localhost:${port}`
    return new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path, headers: { host, ...headers }, method }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  async function deployOf(host: string, headers: Record<string, string> = {}) {
    const [page, torrent, pointer] = await Promise.all(
      ['', 'shoal.torrent', 'shoal.pointer'].map(name => ask(`/cdn/${name}`, { host, ...headers })),
    )
    return {
      page: page!.body.toString(),
      manifest: readManifest(new Uint8Array(torrent!.body)).manifest,
      pointer: readPointer(new Uint8Array(pointer!.body)).pointer,
    }
  }

  it('is one site under every name: another base, key and tracker, and the same swarm', async () => {
    const first = await deployOf('localhost:8000')
    const second = await deployOf('visitor2.localhost:8000')
    const proxied = await deployOf('Demo.example', { 'x-forwarded-proto': 'https' })
    const bases = [first, second, proxied].map(({ manifest }) => manifest.base)
    assert.deepEqual(bases, [
      'http://localhost:8000/cdn/',
      'http://visitor2.localhost:8000/cdn/',
      'https://demo.example/cdn/',
    ])
    assert.deepEqual(proxied.manifest.metainfo.trackers.flat(), ['wss://demo.example/'])
    assert.equal(toHex(first.manifest.infoHash), toHex(second.manifest.infoHash))
    assert.notEqual(toHex(first.manifest.key), toHex(second.manifest.key))
    for (const { page, manifest, pointer } of [first, second, proxied]) {
      assert.deepEqual([pointer.version, toHex(pointer.key)], [manifest.version, toHex(manifest.key)])
      assert.match(page, new RegExp(`src="/cdn/shoal.js".*data-key="${toHex(manifest.key)}"`))
    }
    assert.deepEqual(first, await deployOf('localhost:8000'))
  })

  it('serves listed files as its origin: whole, in ranges, compressed, and their twins', async () => {
    const picture = '/cdn/assets/picture-0123456789ab.png'
    const whole = await ask(picture)
    assert.deepEqual([whole.status, whole.headers['content-type']], [200, 'image/png'])
    assert.ok(whole.body.equals(PICTURE))
    const part = await ask(picture, { range: 'bytes=100-65699' })
    assert.deepEqual([part.status, part.headers['content-range']], [206, 'bytes 100-65699/200000'])
    assert.ok(part.body.equals(PICTURE.subarray(100, 65_700)))
    assert.equal((await ask(picture, { range: 'bytes=-5' })).headers['content-range'], 'bytes 199995-199999/200000')
    assert.deepEqual([(await ask(picture, { range: 'bytes=200000-' })).status], [416])
    const script = '/cdn/assets/scene-0123456789ab.js'
    const packed = await ask(script, { 'accept-encoding': 'gzip' })
    assert.equal(packed.headers['content-encoding'], 'gzip')
    const twin = await ask(`${script}.gz`)
    assert.equal(twin.headers['content-encoding'], undefined)
    for (const { body } of [packed, twin]) assert.ok(gunzipSync(body).equals(SCRIPT))
  })

  it('answers nothing else', async () => {
    assert.equal((await ask('/cdn/assets/../../package.json')).status, 404)
    assert.equal((await ask('/cdn/', {}, 'POST')).status, 405)
    assert.equal((await ask('/cdn')).headers.location, '/cdn/')
    assert.equal((await ask('/other')).body.toString(), 'elsewhere')
  })

  it('is switched off and on, and then refuses assets alone', async () => {
    const state = async (...args: Parameters<typeof ask>) => {
      const { status, body } = await ask(...args)
      return `${status} ${body.toString().trim()}`
    }
    assert.equal(await state('/cdn/origin?off', {}, 'PUT'), '200 off')
    await assert.rejects(ask('/cdn/assets/picture-0123456789ab.png'))
    assert.equal((await ask('/cdn/')).status, 200)
    assert.equal(await state('/cdn/origin'), '200 off')
    assert.equal(await state('/cdn/origin?on', {}, 'PUT'), '200 on')
    assert.equal((await ask('/cdn/assets/picture-0123456789ab.png')).status, 200)
  })

  it('is switched by nobody from outside, nor by pages of other sites', async () => {
    const host = 'demo.example'
    assert.equal((await ask('/cdn/origin?off', { host }, 'PUT')).status, 403)
    assert.equal((await ask('/cdn/origin', { host })).body.toString().trim(), 'fixed')
    // The methods that another site's page may use without asking.
    for (const method of ['POST', 'HEAD']) assert.equal((await ask('/cdn/origin?off', {}, method)).status, 405)
    assert.equal((await ask('/cdn/origin?off', {}, 'GET')).body.toString().trim(), 'on')
    assert.equal((await ask('/cdn/origin?off', {}, 'OPTIONS')).headers['access-control-allow-methods'], undefined)
  })
})

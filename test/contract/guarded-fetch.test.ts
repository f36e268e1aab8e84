/** In Node, what torrents name is fetched from allowed addresses only, and otherwise as by `fetch`. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { guardedFetch, isPublicUrl, publicFetch } from '../../src/node/guarded-fetch.ts'

interface Lifetime {
  after(cleanup: () => unknown): void
}

const LENGTH = 3_000_000
const bytes = Uint8Array.from({ length: LENGTH }, (_, i) => (i * 7 + (i >> 9)) & 255)

/** Loopback has many addresses: one of them is the private one here. */
const PRIVATE = '127.0.0.2'
const fetchAllowed = guardedFetch(address => address !== PRIVATE)

/** At every loopback address. */
async function serve(t: Lifetime, listener: RequestListener): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host?.split(':')[0]}${request.url}`)
    listener(request, response)
  })
  server.listen(0)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

describe('a guarded fetch', () => {
  it('brings what fetch brings', async t => {
    const { port } = await serve(t, ({ method, headers }, response) => {
      const [, first, last] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? []
      response.writeHead(206, 'Some of it', { 'X-Method': method, 'Set-Cookie': ['a=1', 'b=2'] })
      response.end(bytes.subarray(Number(first), Number(last) + 1))
    })
    const url = `http://localhost:${port}/a?b=c`
    for (const method of ['GET', 'HEAD']) {
      const init = { method, headers: { Range: 'bytes=5-2000004' } }
      const [ours, theirs] = await Promise.all([fetchAllowed(url, init), fetch(url, init)])
      assert.deepEqual([ours.status, ours.statusText], [theirs.status, theirs.statusText])
      for (const name of ['x-method', 'set-cookie', 'content-length'])
        assert.equal(ours.headers.get(name), theirs.headers.get(name), name)
      assert.deepEqual(await ours.arrayBuffer(), await theirs.arrayBuffer())
    }
  })

  it('hands a body over as it arrives, and stops when nobody wants the rest', async t => {
    let isClosed = Promise.resolve<unknown>(undefined)
    const { port } = await serve(t, (_, response) => {
      isClosed = once(response, 'close')
      response.write(bytes.subarray(0, 1000))
    })
    const response = await fetchAllowed(`http://localhost:${port}/`, {})
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    assert.deepEqual(new Uint8Array(value!), bytes.slice(0, 1000))
    await reader.cancel()
    await isClosed
  })

  it('ends with its signal: before the answer, in the body, and at once', async t => {
    const { port, asked } = await serve(t, ({ url }, response) => {
      if (url === '/body') response.write('x')
    })
    const at = (path: string, signal: AbortSignal) => fetchAllowed(`http://localhost:${port}${path}`, { signal })
    await assert.rejects(at('/none', AbortSignal.abort()), { name: 'AbortError' })
    assert.deepEqual(asked, [])
    const early = new AbortController()
    const waiting = at('/silent', early.signal)
    while (asked.length === 0) await new Promise(resolve => setImmediate(resolve))
    early.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    const late = new AbortController()
    const { body } = await at('/body', late.signal)
    const reader = body!.getReader()
    await reader.read()
    late.abort()
    await assert.rejects(reader.read())
  })

  it('says why there is no answer, and drops what comes with a bad one', async t => {
    await assert.rejects(fetchAllowed('http://localhost:1/', {}), /ECONNREFUSED/)
    const { port } = await serve(t, ({ url }, response) => {
      if (url === '/cut') response.destroy()
      else response.writeHead(404).end(bytes)
    })
    await assert.rejects(fetchAllowed(`http://localhost:${port}/cut`, {}))
    const { status, ok, body } = await fetchAllowed(`http://localhost:${port}/`, {})
    assert.deepEqual([status, ok, body], [404, false, null])
  })

  it('follows a redirect, relative ones too, and not for ever', async t => {
    const { port, asked } = await serve(t, ({ url = '' }, response) => {
      const left = Number(url.slice(1))
      if (left > 0) response.writeHead(302, { Location: `/${left - 1}` }).end('moved')
      else response.end('here')
    })
    const at = (count: number) => fetchAllowed(`http://localhost:${port}/${count}`, {})
    assert.equal(await (await at(5)).text(), 'here')
    assert.equal(asked.length, 6)
    await assert.rejects(at(6), { code: 'blocked-address', message: /redirects too often/ })
  })

  const refused = { code: 'blocked-address', message: /127\.0\.0\.2 is not a public address/ }

  it('asks nobody at an address that is not allowed, however it is written, nor by way of a redirect', async t => {
    const { port, asked } = await serve(t, (_, response) => {
      response.writeHead(302, { Location: `http://${PRIVATE}:${port}/secret` }).end()
    })
    for (const host of [PRIVATE, '0x7f.0.0.2', '2130706434'])
      await assert.rejects(fetchAllowed(`http://${host}:${port}/`, {}), refused)
    assert.deepEqual(asked, [])
    await assert.rejects(fetchAllowed(`http://127.0.0.1:${port}/`, {}), refused)
    assert.deepEqual(asked, ['GET 127.0.0.1/'])
  })

  it('judges every connection anew: a name may lead elsewhere a moment later', async t => {
    const { port, asked } = await serve(t, (_, response) => response.writeHead(200, { Connection: 'close' }).end())
    let isAllowed = true
    const fickle = guardedFetch(() => isAllowed)
    await (await fickle(`http://localhost:${port}/`, {})).arrayBuffer()
    isAllowed = false
    await assert.rejects(fickle(`http://localhost:${port}/`, {}), { code: 'blocked-address' })
    assert.equal(asked.length, 1)
  })

  it('asks again where the server closed a connection that was kept', async t => {
    const sockets = new Set<Socket>()
    const { port, asked } = await serve(t, (request, response) => {
      // The second request on a connection finds it cut.
      if (sockets.has(request.socket)) request.socket.resetAndDestroy()
      else response.end('x')
      sockets.add(request.socket)
    })
    for (let round = 0; round < 2; round++)
      assert.equal(await (await fetchAllowed(`http://localhost:${port}/`, {})).text(), 'x')
    assert.equal(asked.length, 3)
  })

  it('fetches from public hosts over http and https alone', async () => {
    for (const url of ['http://localhost/', 'https://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/latest'])
      await assert.rejects(publicFetch(url, {}), { code: 'blocked-address' })
    for (const url of ['file:///etc/passwd', 'data:,x', 'ftp://example.org/'])
      await assert.rejects(publicFetch(url, {}), { code: 'blocked-address', message: /only http and https/ })
    assert.equal(await isPublicUrl('http://localhost/'), false)
    assert.equal(await isPublicUrl('http://10.0.0.1/'), false)
    assert.equal(await isPublicUrl('https://192.88.99.1/'), true)
  })
})

/** Web seeds of every temper, over real HTTP. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { createLayout, type Layout } from '../../src/metainfo/layout.ts'
import { createOrigin, type OriginOptions } from '../../src/net/origin.ts'

const PIECE = 16384

let closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
})

describe('An origin', () => {
  test('brings the pieces of a single file with one request', async () => {
    const data = noise(PIECE * 5 + 100)
    const site = await serve({ '/movie.bin': data })
    const pieces = await fetchAll(site.url('/movie.bin'), layoutOf({ 'movie.bin': data }))
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(data))
    assert.equal(site.requests.length, 1)
    assert.equal(site.requests[0]?.headers.range, undefined)
  })

  test('asks for a range when it wants a part, and hands pieces over in order', async () => {
    const data = noise(PIECE * 8)
    const site = await serve({ '/movie.bin': data })
    const pieces = await fetchAll(site.url('/movie.bin'), layoutOf({ 'movie.bin': data }), { first: 2, end: 5 })
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(data.subarray(PIECE * 2, PIECE * 5)))
    assert.equal(site.requests[0]?.headers.range, `bytes=${PIECE * 2}-${PIECE * 5 - 1}`)
  })

  test('appends the name to a URL that ends in a slash', async () => {
    const data = noise(500)
    const site = await serve({ '/files/a%20%23file.bin': data })
    await fetchAll(site.url('/files/'), layoutOf({ 'a #file.bin': data }))
  })

  test('finds the files of a folder, their names encoded, and fills what lies between them with zeros', async () => {
    const files = { 'site/a?.js': noise(PIECE + 10), 'site/empty': noise(0), 'site/ü/b.css': noise(300) }
    const site = await serve({
      '/base/site/a%3F.js': files['site/a?.js'],
      '/base/site/%C3%BC/b.css': files['site/ü/b.css'],
    })
    for (const base of ['/base', '/base/']) {
      const pieces = await fetchAll(site.url(base), layoutOf(files))
      assert.deepEqual(
        pieces.map(piece => piece.length),
        [PIECE, 10, 300],
      )
      assert.deepEqual(Buffer.concat(pieces.slice(0, 2)), Buffer.from(files['site/a?.js']))
      assert.deepEqual(pieces[2], files['site/ü/b.css'])
    }
  })

  test('packs the files of a v1 torrent into pieces', async () => {
    const parts = [noise(1000), noise(PIECE), noise(5000), noise(40)]
    const files = Object.fromEntries(parts.map((data, index) => [`t/${index}`, data]))
    const site = await serve(Object.fromEntries(parts.map((data, index) => [`/t/${index}`, data])))
    const pieces = await fetchAll(site.url('/'), layoutOf(files, 'v1'))
    assert.deepEqual(Buffer.concat(pieces), Buffer.concat(parts))
  })

  test('takes a whole file instead of a range when little is thrown away, and says no when it is much', async () => {
    const data = noise(PIECE * 1200)
    const site = await serve({ '/f': data }, { ranges: false })
    const pieces = await fetchAll(site.url('/f'), layoutOf({ f: data }), { first: 3, end: 5 })
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(data.subarray(PIECE * 3, PIECE * 5)))
    await fails(site.url('/f'), layoutOf({ f: data }), { first: 1150, end: 1152 }, false, /whole files/)
  })

  for (const [status, retryable] of [
    [404, false],
    [410, false],
    [403, false],
    [416, false],
    [500, true],
    [503, true],
    [429, true],
  ] as const) {
    test(`${status} is ${retryable ? 'worth another try' : 'final'}`, async () => {
      const site = await serve({}, { status })
      await fails(site.url('/f'), layoutOf({ f: noise(100) }), {}, retryable, new RegExp(String(status)))
    })
  }

  test('a body that ends early is an error, after the pieces that were whole', async () => {
    const data = noise(PIECE * 4)
    const site = await serve({ '/f': data }, { cutAt: PIECE * 2 + 7 })
    const pieces: number[] = []
    const work = fetch(site.url('/f'), layoutOf({ f: data }), {}, index => pieces.push(index))
    await assert.rejects(work, (error: ShoalError) => error.details.retryable === true)
    assert.deepEqual(pieces, [0, 1])
  })

  test('another range, or another file, is not taken for the one that was asked for', async () => {
    const data = noise(PIECE * 4)
    const layout = layoutOf({ f: data })
    const shifted = await serve({ '/f': data }, { contentRange: `bytes 0-${PIECE - 1}/${data.length}` })
    await fails(shifted.url('/f'), layout, { first: 1, end: 2 }, false, /another range/)
    const other = await serve({ '/f': data }, { contentRange: `bytes ${PIECE}-${2 * PIECE - 1}/99999999` })
    await fails(other.url('/f'), layout, { first: 1, end: 2 }, false, /another file/)
  })

  test('a server that nobody runs is worth another try', async () => {
    await fails('http://127.0.0.1:1/f', layoutOf({ f: noise(10) }), {}, true, /could not be reached/)
  })

  test('a server that sends nothing is given up after the idle timeout', async () => {
    const site = await serve({ '/f': noise(10) }, { hang: true })
    await fails(site.url('/f'), layoutOf({ f: noise(10) }), {}, true, /nothing for too long/, { idleTimeoutMs: 50 })
  })

  for (const url of ['ftp://example.org/f', 'file:///etc/passwd', 'not a url', 'javascript:alert(1)']) {
    test(`${url} is refused`, () => fails(url, layoutOf({ f: noise(10) }), {}, false, /not/))
  }

  test('stopping ends the request and hands nothing over afterwards', async () => {
    const data = noise(PIECE * 4)
    const site = await serve({ '/f': data }, { cutAt: PIECE + 5, stall: true })
    const controller = new AbortController()
    const pieces: number[] = []
    const work = fetch(site.url('/f'), layoutOf({ f: data }), { signal: controller.signal }, index => {
      pieces.push(index)
      controller.abort()
    })
    await assert.rejects(work, (error: ShoalError) => error.code === 'aborted')
    assert.deepEqual(pieces, [0])
    await site.closed
  })

  test('redirects are followed', async () => {
    const data = noise(300)
    const site = await serve({ '/final': data, '/start': { redirect: '/middle' }, '/middle': { redirect: '/final' } })
    await fetchAll(site.url('/start'), layoutOf({ f: data }))
  })

  test('what the platform refuses to fetch is refused in its words, for good', async () => {
    const refuse = async () => {
      throw new ShoalError('blocked-address', 'It is private.')
    }
    const work = fetchAll('http://example.org/f', layoutOf({ f: noise(10) }), {}, { fetch: refuse })
    await assert.rejects(work, (error: ShoalError) => error.code === 'blocked-address' && !error.details.retryable)
  })
})

// ------------------------------------------------------------------------------------------------ helpers

interface Temper {
  readonly ranges?: boolean
  readonly status?: number
  /** The connection ends, or stalls, after so many bytes of a body. */
  readonly cutAt?: number
  readonly stall?: boolean
  readonly hang?: boolean
  readonly contentRange?: string
}

async function serve(files: Record<string, Uint8Array | { redirect: string }>, temper: Temper = {}) {
  const requests: IncomingMessage[] = []
  let tellClosed = () => {}
  const closed = new Promise<void>(resolve => {
    tellClosed = resolve
  })
  const server = createServer((request, response) => {
    requests.push(request)
    response.once('close', tellClosed)
    if (!temper.hang) answer(request, response, files, temper)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { requests, closed, url: (path: string) => `http://127.0.0.1:${port}${path}` }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: Record<string, Uint8Array | { redirect: string }>,
  { ranges = true, status, cutAt, stall, contentRange }: Temper,
): void {
  const file = files[request.url ?? '']
  if (status !== undefined || file === undefined) {
    response.writeHead(status ?? 404).end('no')
    return
  }
  if (!(file instanceof Uint8Array)) {
    response.writeHead(302, { location: file.redirect }).end()
    return
  }
  const range = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null
  const body = range ? file.subarray(Number(range[1]), Number(range[2]) + 1) : file
  const described = contentRange ?? (range ? `bytes ${range[1]}-${range[2]}/${file.length}` : undefined)
  response.writeHead(described ? 206 : 200, {
    'content-length': body.length,
    ...(described && { 'content-range': described }),
  })
  if (cutAt === undefined) response.end(body)
  else response.write(body.subarray(0, cutAt), () => !stall && response.destroy())
}

function layoutOf(files: Record<string, Uint8Array>, version: 'v1' | 'v2' = 'v2'): Layout {
  const list = Object.entries(files).map(([path, data]) => ({ path, length: data.length }))
  if (version === 'v2') return createLayout({ version, pieceLength: PIECE, files: list })
  const starts = new Float64Array(list.length)
  let streamBytes = 0
  for (const [index, { length }] of list.entries()) {
    starts[index] = streamBytes
    streamBytes += length
  }
  const sha1s = new Uint8Array(20 * Math.ceil(streamBytes / PIECE))
  return createLayout({ version, pieceLength: PIECE, files: list, v1: { starts, streamBytes, sha1s } })
}

interface Part {
  readonly first?: number
  readonly end?: number
  readonly signal?: AbortSignal
}

function fetch(
  url: string,
  layout: Layout,
  { first = 0, end = layout.pieceCount, signal = new AbortController().signal }: Part,
  piece: (index: number, bytes: Uint8Array) => void,
  options: OriginOptions = {},
): Promise<void> {
  return createOrigin(options).fetch({ url, layout, name: 'name', first, end, signal }, piece)
}

async function fetchAll(
  url: string,
  layout: Layout,
  part: Part = {},
  options: OriginOptions = {},
): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  let next = part.first ?? 0
  await fetch(
    url,
    layout,
    part,
    (index, bytes) => {
      assert.equal(index, next++)
      assert.equal(bytes.length, layout.pieceBytes(index))
      pieces.push(bytes)
    },
    options,
  )
  assert.equal(next, part.end ?? layout.pieceCount)
  return pieces
}

async function fails(
  url: string,
  layout: Layout,
  part: Part,
  retryable: boolean,
  sentence: RegExp,
  options: OriginOptions = {},
): Promise<void> {
  await assert.rejects(fetchAll(url, layout, part, options), (error: unknown) => {
    assert(error instanceof ShoalError)
    assert.equal(error.code, 'web-seed-failed')
    assert.equal(error.details.retryable, retryable)
    assert.match(error.message, sentence)
    return true
  })
}

function noise(length: number): Uint8Array {
  let state = length + 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    return state >>> 16
  })
}

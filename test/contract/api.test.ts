/** The public API under bad input and bad timing: every failure is a ShoalError with the right code and a sentence. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { encode } from '../../src/metainfo/bencode.ts'
import {
  createTorrent,
  encodeTorrent,
  memoryStore,
  Shoal,
  ShoalError,
  type ShoalErrorCode,
  type Torrent,
} from '../../src/node/index.ts'
import type { NodeShoalOptions } from '../../src/node/index.ts'
import { startTracker } from '../../tracker/index.ts'

interface Lifetime {
  after(cleanup: () => unknown): void
}

const tracker = startTracker({ port: 0, host: 'localhost' })
after(async () => (await tracker).close())

const HASH = 'aa'.repeat(20)

function client(lifetime: Lifetime, options: NodeShoalOptions = {}): Shoal {
  const shoal = new Shoal(options)
  lifetime.after(() => shoal.close())
  return shoal
}

/** A ShoalError with this code, whose message is a sentence for people. */
function assertError(error: unknown, code: ShoalErrorCode, says?: RegExp): true {
  assert.ok(error instanceof ShoalError, `${String(error)} is a ShoalError`)
  assert.equal(error.code, code, error.message)
  assert.match(error.message, /^\S.{15,}[.?!)]$/s, 'a sentence')
  if (says) assert.match(error.message, says)
  return true
}

async function rejects(promise: Promise<unknown>, code: ShoalErrorCode, says?: RegExp): Promise<void> {
  await assert.rejects(promise, error => assertError(error, code, says))
}

function throws(act: () => unknown, code: ShoalErrorCode, says?: RegExp): void {
  assert.throws(act, error => assertError(error, code, says))
}

function once(torrent: Torrent, name: 'warning' | 'error'): Promise<ShoalError> {
  return new Promise(resolve =>
    torrent.addEventListener(name, ({ detail: { error } }) => resolve(error), { once: true }),
  )
}

async function serve(lifetime: Lifetime, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return `http://localhost:${(server.address() as AddressInfo).port}/`
}

/** Slow enough to be stopped on its way. */
function endlessBlob(size: number): { size: number; slice(): { arrayBuffer(): Promise<ArrayBuffer> } } {
  return { size, slice: () => ({ arrayBuffer: () => new Promise<ArrayBuffer>(() => {}) }) }
}

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7)
const oneFile = (length = 40_000) => [{ path: 'a.bin', data: bytes(length) }]

describe('options', () => {
  for (const [what, options, says] of [
    ['a negative limit', { connectionsMax: -1 }, /connectionsMax/],
    ['a limit that is no number', { uploadBytesPerSecond: '5' }, /uploadBytesPerSecond/],
    ['NaN', { bufferBytesMax: Number.NaN }, /bufferBytesMax/],
    ['a tracker that is no WebSocket', { trackers: ['http://tracker.example'] }, /wss?:/],
    ['a tracker that is no text', { trackers: [7] }, /7/],
    ['trackers that are no list', { trackers: 'wss://tracker.example' }, /trackers/i],
    ['a store that is none', { store: 'disk' }, /store/],
  ] as const) {
    it(`refuses ${what}`, () => {
      throws(() => new Shoal(options as unknown as NodeShoalOptions), 'invalid-argument', says)
    })
  }
})

describe('add', () => {
  for (const [what, source] of [
    ['nothing', ''],
    ['words', 'holiday photos'],
    ['a magnet without a hash', 'magnet:?dn=photos'],
    ['a magnet with half a hash', `magnet:?xt=urn:btih:${'ab'.repeat(10)}`],
    ['a magnet with letters that are no hex', `magnet:?xt=urn:btih:${'zz'.repeat(20)}`],
    ['a magnet with an endless name', `magnet:?xt=urn:btih:${HASH}&dn=${'x'.repeat(20_000)}`],
    ['39 digits', HASH.slice(1)],
    ['a link to a file', 'ftp://example.com/a.torrent'],
  ] as const) {
    it(`refuses ${what}`, t => throws(() => client(t).add(source), 'invalid-magnet'))
  }

  for (const [what, source] of [
    ['nothing at all', undefined],
    ['null', null],
    ['a number', 5],
    ['an object', { magnet: HASH }],
  ] as const) {
    it(`refuses ${what}`, t => throws(() => client(t).add(source as unknown as string), 'invalid-argument', /magnet/))
  }

  for (const [what, torrent, code] of [
    ['no bytes', new Uint8Array(0), 'invalid-torrent'],
    ['noise', bytes(500), 'invalid-torrent'],
    ['a dict that does not end', new TextEncoder().encode('d4:infod4:name1:a'), 'invalid-torrent'],
    ['lists 100,000 deep', new TextEncoder().encode('l'.repeat(100_000)), 'invalid-torrent'],
    ['a string longer than the file', new TextEncoder().encode('d4:info999999999:'), 'invalid-torrent'],
    ['a torrent without info', encode({ announce: 'wss://a.example' }), 'invalid-torrent'],
    ['a torrent without pieces', encode({ info: { name: 'a', length: 5, 'piece length': 16384 } }), 'invalid-torrent'],
    [
      'pieces that are no hashes',
      encode({ info: { name: 'a', length: 5, 'piece length': 16384, pieces: bytes(19) } }),
      'invalid-torrent',
    ],
    [
      'more bytes than pieces',
      encode({ info: { name: 'a', length: 50_000, 'piece length': 16384, pieces: bytes(20) } }),
      'invalid-torrent',
    ],
    [
      'a piece of 1 TiB',
      encode({ info: { name: 'a', length: 5, 'piece length': 2 ** 40, pieces: bytes(20) } }),
      'invalid-torrent',
    ],
    [
      'a negative length',
      encode({ info: { name: 'a', length: -5, 'piece length': 16384, pieces: bytes(20) } }),
      'invalid-torrent',
    ],
  ] as const) {
    it(`refuses ${what}`, t => throws(() => client(t).add(torrent), code))
  }

  it('refuses piece layers that do not lead to the roots', async t => {
    const made = await createTorrent([{ path: 'a.bin', data: new Blob([bytes(100_000)]) }], { pieceLength: 16384 })
    const torrent = encodeTorrent(made)
    const at = Buffer.from(torrent).indexOf('piece layers') + 60
    torrent[at]! ^= 1
    throws(() => client(t).add(torrent), 'invalid-torrent')
  })

  it('makes hostile names safe', async t => {
    const file = (...path: (string | Uint8Array)[]) => ({ length: 1, path })
    const files = [
      file('..', '..', 'etc', 'passwd'),
      file('nul\0byte'),
      file('CON'),
      file('a/b\\c'),
      file('/etc/shadow'),
      file('photo‮gpj.exe'),
      file('A.TXT'),
      file('a.txt'),
      file('dot. '),
      file(Uint8Array.of(0xff, 0xfe)),
    ]
    const info = { name: '../up', 'piece length': 16384, pieces: bytes(20), files }
    const torrent = client(t).add(encode({ info }))
    await torrent.ready
    const paths = torrent.files.map(({ path }) => path)
    assert.equal(paths.length, files.length)
    assert.equal(new Set(paths.map(path => path.toLowerCase())).size, files.length, 'none collide')
    for (const path of paths) {
      for (const name of path.split('/')) {
        assert.ok(
          [...name].every(character => character >= ' '),
          JSON.stringify(path),
        )
        assert.doesNotMatch(
          name,
          /^\.{0,2}$|[\\:*?"<>|\u202a-\u202e\u2066-\u2069]|[. ]$|^(con|nul|aux|prn)(\.|$)/i,
          path,
        )
      }
    }
  })

  it('says that a URL answers 404', async t => {
    const url = await serve(t, (_, response) => response.writeHead(404).end())
    const shoal = client(t, { allowPrivateAddresses: true })
    const torrent = shoal.add(`${url}a.torrent`)
    const error = once(torrent, 'error')
    await rejects(torrent.ready, 'invalid-torrent', /404.*Check the address/s)
    await rejects(torrent.done, 'invalid-torrent')
    assertError(await error, 'invalid-torrent')
    assert.equal(torrent.state, 'stopped')
    assert.equal(torrent.error?.code, 'invalid-torrent')
  })

  it('says that nobody answers at a URL', async t => {
    const torrent = client(t, { allowPrivateAddresses: true }).add(new URL('http://localhost:1/a.torrent'))
    await rejects(torrent.ready, 'invalid-torrent', /could not be fetched/)
  })

  it('says that what a URL brings is no torrent', async t => {
    const url = await serve(t, (_, response) => response.end('<!doctype html><title>Sign in</title>'))
    await rejects(client(t, { allowPrivateAddresses: true }).add(url).ready, 'invalid-torrent')
  })

  it('reads no more of a URL than a torrent may have', async t => {
    let sentBytes = 0
    const url = await serve(t, (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(bytes(1024 * 1024))) sentBytes += 1024 * 1024
      }
      response.on('drain', more).on('error', () => {})
      more()
    })
    await rejects(client(t, { allowPrivateAddresses: true }).add(url).ready, 'invalid-torrent', /larger than/)
    assert.ok(sentBytes < 200 * 1024 * 1024)
  })

  it('fetches nothing from private addresses, unless allowed', async t => {
    let requests = 0
    const url = await serve(t, (_, response) => {
      requests++
      response.end()
    })
    await rejects(client(t).add(`${url}a.torrent`).ready, 'blocked-address', /allowPrivateAddresses/)
    assert.equal(requests, 0)
  })

  it('is there once: a second add is refused and the first goes on', async t => {
    const shoal = client(t)
    const first = shoal.add(HASH)
    const second = shoal.add(`magnet:?xt=urn:btih:${HASH.toUpperCase()}&dn=again`)
    await rejects(second.ready, 'duplicate-torrent', /close it first/)
    await rejects(second.done, 'duplicate-torrent')
    assert.equal(first.state, 'joining')
    await second.close()
    await first.close()
    const third = shoal.add(HASH)
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(third.state, 'joining')
    assert.equal(third.error, undefined)
  })

  it('may be tried again when the first has stopped with an error', async t => {
    let isThere = false
    const made = encodeTorrent(await createTorrent([{ path: 'a.bin', data: new Blob([bytes(5)]) }]))
    const url = await serve(t, (_, response) => (isThere ? response.end(made) : response.writeHead(503).end()))
    const shoal = client(t, { allowPrivateAddresses: true })
    await rejects(shoal.add(url).ready, 'invalid-torrent', /503/)
    isThere = true
    await shoal.add(url).ready
  })
})

describe('seed', () => {
  for (const [what, files] of [
    ['words', ['a.txt']],
    ['a path without data', [{ path: 'a.txt' }]],
    ['data without a path', [{ data: bytes(5) }]],
    ['an empty path', [{ path: '', data: bytes(5) }]],
    ['null', [null]],
  ] as const) {
    it(`refuses ${what}`, t =>
      throws(() => client(t).seed(files as unknown as File[]), 'invalid-argument', /path, data/))
  }

  it('refuses what is no list', async t => {
    for (const files of [undefined, null, 5]) {
      await rejects(client(t).seed(files as unknown as File[]).ready, 'invalid-argument', /no files/)
    }
  })

  it('refuses no files', async t => rejects(client(t).seed([]).ready, 'invalid-argument'))

  it('refuses a path that leads out of the folder', async t => {
    for (const path of ['../a', 'a/../../b', '..']) {
      await rejects(client(t).seed([{ path, data: bytes(5) }]).ready, 'invalid-path')
    }
  })

  for (const [what, options] of [
    ['a piece length that is no power of two', { pieceLength: 20_000 }],
    ['a piece length of 1', { pieceLength: 1 }],
    ['a version that does not exist', { version: 'v3' }],
  ] as const) {
    it(`refuses ${what}`, async t => {
      const seeding = async (): Promise<void> => client(t).seed(oneFile(), options as object).ready
      await rejects(seeding(), 'invalid-argument')
    })
  }

  it('says which file cannot be read', async t => {
    const data = { size: 50_000, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) }
    const torrent = client(t).seed([{ path: 'gone.bin', data: data as unknown as Blob }])
    await rejects(torrent.ready, 'file-changed', /gone\.bin/)
  })

  it('is there once', async t => {
    const shoal = client(t)
    const first = shoal.seed(oneFile())
    await first.ready
    await rejects(shoal.seed(oneFile()).ready, 'duplicate-torrent')
    await rejects(shoal.add(first.magnetURI).ready, 'duplicate-torrent')
    assert.equal(first.state, 'seeding')
  })
})

describe('closing', () => {
  it('ends everything that waits', async () => {
    const shoal = new Shoal()
    const torrent = shoal.add(HASH)
    const ends = Promise.all([rejects(torrent.ready, 'closed'), rejects(torrent.done, 'closed')])
    await shoal.close()
    await ends
    assert.equal(torrent.state, 'closed')
    assert.deepEqual(shoal.torrents, [])
  })

  it('is done once, however often it is asked for', async () => {
    const shoal = new Shoal()
    const torrent = shoal.seed(oneFile())
    let closes = 0
    torrent.addEventListener('close', () => closes++)
    await Promise.all([torrent.close(), shoal.close(), torrent.close(), shoal.close()])
    await torrent.close()
    await shoal.close()
    assert.equal(closes, 1)
  })

  it('is safe at any moment of a beginning', async () => {
    const { url } = await tracker
    for (let turns = 0; turns < 12; turns++) {
      const shoal = new Shoal({ trackers: [url] })
      const torrents = [shoal.add(HASH), shoal.seed(oneFile(300_000))]
      for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
      await shoal.close()
      for (const torrent of torrents) {
        assert.equal(torrent.state, 'closed')
        await torrent.ready.catch(error => assertError(error, 'closed'))
        assert.deepEqual(torrent.peers, [])
      }
    }
    assert.equal((await tracker).stats().connections, 0)
  })

  it('leaves nothing that can be begun', async () => {
    const shoal = new Shoal()
    const torrent = shoal.seed(oneFile())
    await torrent.ready
    await shoal.close()
    throws(() => shoal.add(HASH), 'closed', /new Shoal/)
    throws(() => shoal.seed(oneFile()), 'closed', /new Shoal/)
    await rejects(shoal.restore(), 'closed')
  })

  it('leaves a torrent that can be looked at, and not read', async () => {
    const shoal = new Shoal()
    const torrent = shoal.seed(oneFile())
    await torrent.ready
    const [file] = torrent.files
    await torrent.close()
    torrent.pause()
    torrent.resume()
    file!.deselect()
    file!.select()
    assert.equal(torrent.length, 40_000)
    assert.equal(torrent.state, 'closed')
    assert.ok(torrent.magnetURI.startsWith('magnet:'))
    assert.ok(torrent.metainfo.length > 0)
    assert.deepEqual(torrent.peers, [])
    await rejects(file!.arrayBuffer(), 'closed')
    await rejects(file!.blob(), 'closed')
    await rejects(file!.stream().getReader().read(), 'closed')
    await shoal.close()
  })

  it('comes with the end of a block', async () => {
    let torrent: Torrent
    {
      await using shoal = new Shoal()
      torrent = shoal.add(HASH)
    }
    assert.equal(torrent.state, 'closed')
  })

  it('forgets what it is told to', async t => {
    const store = memoryStore()
    const shoal = client(t, { store })
    const torrent = shoal.seed(oneFile(), { keep: true })
    await torrent.ready
    await torrent.close({ forget: true })
    assert.deepEqual(await store.recallAll(), [])
  })
})

describe('an AbortSignal', () => {
  it('that has fired already stops what is begun with it', async t => {
    const shoal = client(t)
    const signal = AbortSignal.abort()
    for (const torrent of [shoal.add(HASH, { signal }), shoal.seed(oneFile(), { signal })]) {
      await rejects(torrent.ready, 'aborted')
      await rejects(torrent.done, 'aborted')
      assert.equal(torrent.state, 'stopped')
    }
  })

  it('stops hashing', async t => {
    const stop = new AbortController()
    const data = endlessBlob(50_000) as unknown as Blob
    const torrent = client(t).seed([{ path: 'a.bin', data }], { signal: stop.signal })
    stop.abort(new Error('enough'))
    await rejects(torrent.ready, 'aborted')
  })

  it('stops joining, and leaves room for another try', async t => {
    const shoal = client(t)
    const stop = new AbortController()
    const torrent = shoal.add(HASH, { signal: stop.signal })
    stop.abort()
    await rejects(torrent.done, 'aborted')
    const again = shoal.add(HASH)
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(again.error, undefined)
  })

  it('stops the fetch of a torrent', async t => {
    const url = await serve(t, () => {})
    const stop = new AbortController()
    const torrent = client(t, { allowPrivateAddresses: true }).add(url, { signal: stop.signal })
    stop.abort()
    await rejects(torrent.ready, 'aborted')
  })

  it('stops a read, and not the torrent', async t => {
    const made = await createTorrent([{ path: 'a.bin', data: new Blob([bytes(50_000)]) }])
    const torrent = client(t).add(encodeTorrent(made))
    await torrent.ready
    const stop = new AbortController()
    const reads = [
      torrent.files[0]!.arrayBuffer({ signal: stop.signal }),
      torrent.files[0]!.blob({ signal: stop.signal }),
      torrent.files[0]!.stream({ signal: stop.signal }).getReader().read(),
      torrent.files[0]!.arrayBuffer({ signal: AbortSignal.abort() }),
    ]
    const ends = reads.map(read => rejects(read, 'aborted'))
    stop.abort()
    await Promise.all(ends)
    assert.equal(torrent.state, 'downloading')
  })
})

describe('files', () => {
  it('refuse ranges and priorities that they do not have', async t => {
    const torrent = client(t).seed(oneFile(100))
    await torrent.ready
    const [file] = torrent.files
    for (const range of [{ start: -1 }, { end: 101 }, { start: 50, end: 49 }, { start: 0.5 }, { start: Number.NaN }]) {
      throws(() => file!.stream(range), 'invalid-argument', /100 bytes/)
    }
    for (const priority of [0, 8, 1.5, Number.NaN]) throws(() => file!.select(priority), 'invalid-argument', /1 to 7/)
  })

  it('are wanted from the moment they are selected, and thousands of them are told of once', async t => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ path: `folder/${i}.bin`, data: new Blob([bytes(10)]) }))
    const torrent = client(t).add(encodeTorrent(await createTorrent(many)), { select: 'none' })
    await torrent.ready
    assert.equal(torrent.state, 'seeding')
    const states: string[] = []
    torrent.addEventListener('state', () => states.push(torrent.state))
    // Every other one: no two of them are one run of pieces.
    const chosen = torrent.files.filter((_, i) => i % 2 === 0)
    for (const file of chosen) file.select()
    assert.equal(torrent.state, 'downloading')
    assert.equal(torrent.progress, 0)
    for (const file of chosen) file.deselect()
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(torrent.state, 'seeding')
    torrent.pause()
    for (const file of chosen) file.select()
    await new Promise(resolve => setImmediate(resolve))
    torrent.resume()
    assert.deepEqual(states, ['downloading', 'seeding', 'paused', 'downloading'])
  })

  it('are not there before they are known', async t => {
    const torrent = client(t).add(HASH)
    assert.deepEqual(torrent.files, [])
    assert.equal(torrent.length, 0)
    assert.equal(torrent.infoHash, HASH)
    throws(() => torrent.metainfo, 'metadata-unavailable', /ready/)
  })
})

describe('a tracker that cannot be reached', () => {
  it('is told of, and the torrent goes on waiting', async t => {
    const torrent = client(t, { trackers: ['ws://localhost:1'] }).add(HASH)
    assertError(await once(torrent, 'warning'), 'tracker-unreachable', /localhost:1.*check/s)
    assert.equal(torrent.state, 'joining')
    assert.equal(torrent.trackers[0]?.state, 'reconnecting')
  })

  it('because it speaks another protocol is told of', async t => {
    for (const url of ['udp://tracker.example:80', 'http://tracker.example/announce']) {
      const torrent = client(t).add(`magnet:?xt=urn:btih:${HASH}&tr=${encodeURIComponent(url)}`)
      assertError(await once(torrent, 'warning'), 'invalid-argument')
      await torrent.close()
    }
  })
})

/** The life of a torrent as a user sees it: events in order, files chosen and streamed, pauses, restores. Two clients in Node. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { memoryStore, Shoal, type Torrent } from '../../src/node/index.ts'
import type { NodeShoalOptions } from '../../src/node/index.ts'
import { startTracker } from '../../tracker/index.ts'
import { keepDiary } from '../e2e/support/page/diary.ts'

interface Lifetime {
  after(cleanup: () => unknown): void
}

const tracker = startTracker({ port: 0, host: 'localhost' })
after(async () => (await tracker).close())

const PIECE_LENGTH = 32 * 1024
const NAMES = ['set/a.bin', 'set/b.bin', 'set/c.bin']
const LENGTHS = [400_000, 300_001, 5]

async function client(lifetime: Lifetime, options: NodeShoalOptions = {}): Promise<Shoal> {
  const shoal = new Shoal({ trackers: [(await tracker).url], ...options })
  lifetime.after(() => shoal.close())
  return shoal
}

/** Each test its own content, so that no two meet in one swarm. */
let salt = 0

async function seeded(lifetime: Lifetime, options: NodeShoalOptions = {}) {
  const mark = ++salt
  const contents = LENGTHS.map((length, file) =>
    Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9) + file + mark * 13) & 255),
  )
  const files = NAMES.map((path, file) => ({ path, data: contents[file]! }))
  const torrent = (await client(lifetime, options)).seed(files, { pieceLength: PIECE_LENGTH })
  await torrent.ready
  return { torrent, contents, magnet: torrent.magnetURI }
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream).arrayBuffer())
}

function names(torrent: Torrent): string[] {
  const heard: string[] = []
  for (const name of ['ready', 'progress', 'piece', 'done', 'error', 'close'] as const) {
    torrent.addEventListener(name, () => heard.push(name))
  }
  torrent.addEventListener('state', ({ detail: { state } }) => heard.push(`state ${state}`))
  return heard
}

describe('a torrent', () => {
  it('tells of its life in order', { timeout: 60_000 }, async t => {
    const { magnet } = await seeded(t)
    const shoal = await client(t)
    const torrent = shoal.add(magnet)
    const heard = names(torrent)
    const diary = keepDiary(torrent)
    assert.equal(torrent.state, 'joining')
    await diary.within('done', torrent.done)
    await diary.until('the end of its progress', () => torrent.state === 'seeding' && heard.includes('done'))
    await torrent.close()
    const pieceless = heard.filter(name => name !== 'piece' && name !== 'progress')
    const states = pieceless.filter((name, i) => name !== pieceless[i - 1])
    assert.deepEqual(states.slice(-4), ['state seeding', 'done', 'state closed', 'close'], heard.join())
    assert.ok(heard.indexOf('ready') < heard.indexOf('piece'))
    assert.equal(heard.filter(name => name === 'piece').length, torrent.pieceCount)
    assert.equal(heard.filter(name => name === 'done').length, 1)
    assert.equal(torrent.progress, 1)
  })

  it('knows itself by every name', { timeout: 60_000 }, async t => {
    const { torrent, magnet } = await seeded(t)
    assert.equal(torrent.version, 'hybrid')
    assert.match(torrent.infoHashV1 ?? '', /^[0-9a-f]{40}$/)
    assert.match(torrent.infoHashV2 ?? '', /^[0-9a-f]{64}$/)
    assert.equal(torrent.infoHash, torrent.infoHashV1)
    assert.ok(
      magnet.includes(`urn:btih:${torrent.infoHashV1}`) && magnet.includes(`urn:btmh:1220${torrent.infoHashV2}`),
    )
    assert.equal(
      torrent.length,
      LENGTHS.reduce((sum, length) => sum + length),
    )
    assert.deepEqual(
      torrent.files.map(({ path }) => path),
      NAMES,
    )
    const other = (await client(t)).add(torrent.infoHashV1!.toUpperCase())
    assert.equal(other.infoHash, torrent.infoHash)
    await keepDiary(other).within('ready', other.ready)
    assert.equal(other.infoHashV2, torrent.infoHashV2)
    assert.equal(other.name, 'set')
  })

  it('receives the files that are chosen, and more when more are', { timeout: 60_000 }, async t => {
    const { magnet, contents } = await seeded(t)
    const torrent = (await client(t)).add(magnet, { select: 'none' })
    const diary = keepDiary(torrent)
    await diary.within('ready', torrent.ready)
    assert.deepEqual(
      torrent.files.map(({ priority }) => priority),
      [0, 0, 0],
    )
    const [a, b, c] = torrent.files
    b!.select(7)
    await diary.until('b', () => b!.progress === 1)
    await diary.within('done', torrent.done)
    assert.deepEqual([a!.progress, c!.progress], [0, 0])
    assert.equal(torrent.progress, 1)
    assert.ok(Buffer.from(await b!.arrayBuffer()).equals(contents[1]!))
    // What is read is fetched, chosen or not.
    assert.ok(Buffer.from(await a!.arrayBuffer()).equals(contents[0]!))
    assert.equal(c!.progress, 0)
    c!.select()
    await diary.until('c', () => c!.progress === 1)
  })

  it('streams ranges before all else, byte for byte', { timeout: 60_000 }, async t => {
    const { magnet, contents } = await seeded(t, { uploadBytesPerSecond: 1_000_000 })
    const torrent = (await client(t)).add(magnet)
    await keepDiary(torrent).within('ready', torrent.ready)
    const [a, b, c] = torrent.files
    for (const [file, content, start, end] of [
      [a!, contents[0]!, 399_990, 400_000],
      [a!, contents[0]!, 0, 1],
      [b!, contents[1]!, PIECE_LENGTH - 1, PIECE_LENGTH + 1],
      [b!, contents[1]!, 100_000, 250_000],
      [b!, contents[1]!, 7, 7],
      [c!, contents[2]!, 0, 5],
    ] as const) {
      const bytes = await read(file.stream({ start, end }))
      assert.ok(Buffer.from(bytes).equals(content.subarray(start, end)), `${file.path} ${start}–${end}`)
    }
    await read(a!.stream({ start: 5 }))
    const unread = b!.stream().getReader()
    await unread.read()
    await unread.cancel()
    assert.equal((await c!.blob()).size, 5)
  })

  it('pauses and goes on', { timeout: 60_000 }, async t => {
    const { magnet } = await seeded(t, { uploadBytesPerSecond: 300_000 })
    const torrent = (await client(t)).add(magnet)
    const diary = keepDiary(torrent)
    await diary.until('a beginning', () => torrent.progress > 0.05 && torrent.state === 'downloading')
    torrent.pause()
    assert.equal(torrent.state, 'paused')
    // What was on its way still comes; another client, which begins now, receives everything meanwhile.
    const other = (await client(t)).add(magnet)
    await keepDiary(other).within('done', other.done)
    assert.ok(torrent.progress < 1, diary.describe())
    assert.equal(torrent.state, 'paused')
    torrent.resume()
    await diary.within('done', torrent.done)
  })

  it('paused before it began, begins when it is told to', { timeout: 60_000 }, async t => {
    const { magnet } = await seeded(t)
    const torrent = (await client(t)).add(magnet)
    torrent.pause()
    const diary = keepDiary(torrent)
    const other = (await client(t)).add(magnet)
    await keepDiary(other).within('done', other.done)
    assert.equal(torrent.progress, 0)
    torrent.resume()
    await diary.within('done', torrent.done)
  })

  it('that is kept comes back half done, and goes on', { timeout: 60_000 }, async t => {
    const { magnet, contents } = await seeded(t, { uploadBytesPerSecond: 500_000 })
    const store = memoryStore()
    const lasting = { ...bound(store), close: async () => {} }
    const first = await client(t, { store: lasting })
    const begun = first.add(magnet, { keep: true })
    await keepDiary(begun).until('a part', () => begun.progress > 0.2)
    await first.close()
    const [torrent, ...others] = await (await client(t, { store: lasting })).restore()
    assert.deepEqual(others, [])
    const diary = keepDiary(torrent!)
    await diary.within('done', torrent!.done)
    const { fromStoreBytes, fromPeersBytes, wastedBytes } = torrent!.stats
    assert.ok(fromStoreBytes > 0, diary.describe())
    assert.equal(fromStoreBytes + fromPeersBytes - wastedBytes, torrent!.length, diary.describe())
    assert.ok(Buffer.from(await torrent!.files[0]!.arrayBuffer()).equals(contents[0]!))
  })

  it('that is kept comes back from its store, seeding', { timeout: 60_000 }, async t => {
    const store = memoryStore()
    const lasting = { ...bound(store), close: async () => {} }
    const first = await client(t, { store: lasting })
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 11) & 255)
    const torrent = first.seed([{ path: 'kept.bin', data }], { keep: true })
    await torrent.done
    const dropped = first.seed([{ path: 'dropped.bin', data: data.subarray(9) }])
    await dropped.done
    await first.close()
    const second = await client(t, { store: lasting })
    const restored = await second.restore()
    assert.deepEqual(
      restored.map(({ infoHash }) => infoHash),
      [torrent.infoHash],
    )
    await restored[0]!.done
    assert.equal(restored[0]!.state, 'seeding')
    assert.ok(Buffer.from(await restored[0]!.files[0]!.arrayBuffer()).equals(data))
    assert.deepEqual(await second.restore(), [], 'what is here is not brought back twice')
    await restored[0]!.close({ forget: true })
    assert.deepEqual(await second.restore(), [])
  })
})

/** A store whose methods can be spread. */
function bound(store: ReturnType<typeof memoryStore>): ReturnType<typeof memoryStore> {
  return {
    open: torrent => store.open(torrent),
    remember: record => store.remember(record),
    recall: infoHash => store.recall(infoHash),
    recallAll: () => store.recallAll(),
    forget: infoHash => store.forget(infoHash),
    close: () => store.close(),
  }
}

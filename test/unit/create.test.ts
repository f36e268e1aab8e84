import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTorrent, type CreateFile } from '../../src/create.ts'
import { ShoalError } from '../../src/errors.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { encodeMetainfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import type { BlobLike } from '../../src/store/blob-like.ts'
import { payload, readVector, vectors, type VectorCase } from '../fixtures/payload.ts'

function filesOf({ files }: Pick<VectorCase, 'files'>): CreateFile[] {
  return Object.entries(files).map(([path, length]) => ({ path, data: new Blob([payload(path, length)]) }))
}

function zeros(path: string, length: number): CreateFile {
  return { path, data: new Blob([new Uint8Array(length)]) }
}

/** A file whose bytes are what `read` says. */
function fake(size: number, read: (length: number) => Promise<ArrayBuffer>): BlobLike {
  return {
    size,
    slice: (start, end) => fake(end - start, read),
    arrayBuffer: () => read(size),
    stream: () => assert.fail('files are not streamed'),
  }
}

async function rejection(promise: Promise<unknown>): Promise<ShoalError> {
  const error = await promise.then(
    () => undefined,
    error => error,
  )
  assert.ok(error instanceof ShoalError, `a ShoalError, not ${error}`)
  return error
}

for (const vector of vectors.cases) {
  test(`makes ${vector.torrent} byte for byte as libtorrent did`, async () => {
    const original = parseMetainfo(readVector(vector.torrent))
    const { version } = original.info
    // A v1-only torrent keeps the order it is given; libtorrent was given that of the directory.
    const inOrder = original.layout.files.map(({ path }) => filesOf(vector).find(file => file.path === path)!)
    const created = await createTorrent(version === 'v1' ? inOrder : filesOf(vector), {
      version,
      pieceLength: vector.pieceLength,
      trackers: original.trackers,
      webSeeds: original.webSeeds,
    })
    assert.equal(created.infoHashV1 === undefined ? null : toHex(created.infoHashV1), vector.infoHashV1)
    assert.equal(created.infoHashV2 === undefined ? null : toHex(created.infoHashV2), vector.infoHashV2)
    const { createdBy } = original
    assert.deepEqual(encodeMetainfo({ ...created, ...(createdBy && { createdBy }) }), readVector(vector.torrent))
  })
}

test('says which of the given files each file of the torrent is', async () => {
  const given = [zeros('site/z.txt', 3), zeros('site/a.txt', 1), zeros('site/b/c.txt', 2)]
  const created = await createTorrent(given)
  assert.deepEqual(created.sources, [1, 2, 0])
  assert.deepEqual(
    created.layout.files.map(file => file.path),
    ['site/a.txt', 'site/b/c.txt', 'site/z.txt'],
  )
})

test('sorts by raw bytes, folder by folder', async () => {
  const names = ['d/a.txt', 'd/a/b', 'd/\u{1f600}', 'd/\uffee', 'd/B']
  const { layout } = await createTorrent(
    names.map(name => zeros(name, 1)),
    { version: 'v2' },
  )
  assert.deepEqual(
    layout.files.map(file => file.path),
    ['d/B', 'd/a/b', 'd/a.txt', 'd/\uffee', 'd/\u{1f600}'],
  )
})

test('names a torrent after its folder, its only file, or as asked', async () => {
  const name = async (paths: string[], asked?: string): Promise<[string, string]> => {
    const { name, layout } = await createTorrent(
      paths.map(path => zeros(path, 1)),
      { name: asked },
    )
    return [name, layout.files[0]!.path]
  }
  assert.deepEqual(await name(['site/a', 'site/b']), ['site', 'site/a'])
  assert.deepEqual(await name(['site/a', 'site/b'], 'mine'), ['mine', 'mine/a'])
  assert.deepEqual(await name(['a.txt']), ['a.txt', 'a.txt'])
  assert.deepEqual(await name(['a.txt'], 'mine'), ['mine', 'mine/a.txt'])
  assert.deepEqual(await name(['./site//a']), ['site', 'site/a'])
  assert.deepEqual(await name(['a.txt', 'b.txt', 'c.txt']), ['a.txt and 2 more', 'a.txt and 2 more/a.txt'])
})

test('chooses a piece length by size', async () => {
  const lengths = []
  for (const mebibytes of [0.01, 1, 16, 64]) {
    const size = mebibytes * 2 ** 20
    const { layout } = await createTorrent([zeros('a', size)])
    lengths.push(layout.pieceLength / 1024)
    assert.equal(layout.version, 'hybrid')
  }
  assert.deepEqual(lengths, [16, 64, 1024, 1024])
})

test('a folder gets the longest pieces that cost a hybrid little padding', async () => {
  const file = 3 * 2 ** 20 + 2 ** 18 // 13 × 256 KiB
  const { layout } = await createTorrent(Array.from({ length: 12 }, (_, n) => zeros(`d/${n}`, file)))
  assert.equal(layout.version, 'hybrid')
  assert.equal(layout.pieceLength, 2 ** 18)
})

test('a folder of many small files becomes v2 only, and says so, unless a hybrid is asked for', async () => {
  const files = Array.from({ length: 50 }, (_, n) => zeros(`d/${n}`, 1000))
  const created = await createTorrent(files)
  assert.equal(created.info.version, 'v2')
  assert.match(created.warnings[0]!, /v2 only.*hybrid/s)
  const asked = await createTorrent(files, { version: 'hybrid' })
  assert.equal(asked.info.version, 'hybrid')
  assert.deepEqual(asked.warnings, [])
})

test('a folder within a folder of empty files has no pieces', async () => {
  const { layout } = await createTorrent([zeros('d/e/a', 0), zeros('d/b', 0)])
  assert.equal(layout.pieceCount, 0)
  assert.equal(layout.totalBytes, 0)
  assert.equal(layout.files.length, 2)
})

test('makes private torrents', async () => {
  const { info } = await createTorrent([zeros('a', 5)], { private: true })
  assert.equal(info.isPrivate, true)
})

test('reports progress up to the end', async () => {
  const seen: number[] = []
  await createTorrent([zeros('d/a', 9 * 2 ** 20), zeros('d/b', 5)], {
    onProgress: (done, total) => {
      assert.equal(total, 9 * 2 ** 20 + 5)
      seen.push(done)
    },
  })
  assert.ok(seen.length > 1)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  assert.equal(seen.at(-1), 9 * 2 ** 20 + 5)
})

test('stops when it is aborted', async () => {
  const controller = new AbortController()
  const creating = createTorrent([zeros('a', 64 * 2 ** 20)], {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  assert.equal((await rejection(creating)).code, 'aborted')
})

test('never has more than a few batches in memory', async () => {
  let reading = 0
  let readingMost = 0
  const data = fake(256 * 2 ** 20, async length => {
    reading += length
    readingMost = Math.max(reading, readingMost)
    await new Promise(resolve => setImmediate(resolve))
    reading -= length
    return new ArrayBuffer(length)
  })
  await createTorrent([{ path: 'a', data }])
  assert.ok(readingMost <= 16 * 2 ** 20, `${readingMost} bytes at once`)
})

test('a file that shrank or cannot be read is file-changed, by name', async () => {
  const shrunk = fake(100, async () => new ArrayBuffer(50))
  const gone = fake(100, () => Promise.reject(new Error('NotReadableError')))
  for (const data of [shrunk, gone]) {
    const error = await rejection(createTorrent([{ path: 'd/a', data }]))
    assert.equal(error.code, 'file-changed')
    assert.match(error.message, /^d\/a is no longer/)
  }
})

test('refuses what cannot be a torrent', async () => {
  const cases: [CreateFile[], object, string][] = [
    [[], {}, 'invalid-argument'],
    [[zeros('a', 1), zeros('a', 2)], {}, 'invalid-argument'],
    [[zeros('d/a', 1), zeros('d/a/b', 2)], {}, 'invalid-argument'],
    [[zeros('../a', 1)], {}, 'invalid-path'],
    [[zeros('', 1)], {}, 'invalid-path'],
    [[zeros('a\0b', 1)], {}, 'invalid-path'],
    [[zeros(`${'d/'.repeat(40)}a`, 1)], {}, 'invalid-path'],
    [[zeros('a', 1)], { pieceLength: 20_000 }, 'invalid-argument'],
    [[zeros('a', 1)], { pieceLength: 1024 }, 'invalid-argument'],
    [[zeros('a', 1)], { pieceLength: Number.NaN, version: 'v1' }, 'invalid-argument'],
  ]
  for (const [files, options, code] of cases) {
    assert.equal((await rejection(createTorrent(files, options))).code, code, files.map(file => file.path).join(' '))
  }
})

test('says before reading anything that there is too much for one torrent', async () => {
  const huge = (size: number) => fake(size, () => assert.fail('nothing should be read'))
  const tooMany = createTorrent([{ path: 'a', data: huge(2 ** 40) }], { pieceLength: 16_384, version: 'v2' })
  assert.match((await rejection(tooMany)).message, /67108864 pieces/)
  const tooLong = createTorrent([{ path: 'a', data: huge(2 ** 34) }], { pieceLength: 16_384, version: 'v1' })
  assert.match((await rejection(tooLong)).message, /1 files in 1048576 pieces are too much/)
})

test('the deepest folder that can be made can be read', async () => {
  const created = await createTorrent([zeros(`${'d/'.repeat(26)}a`, 1), zeros('d/b', 1)])
  assert.equal(parseMetainfo(encodeMetainfo(created)).layout.files.length, 2)
})

test('names that are unsafe keep their hashes, and are known to web seeds as they were', async () => {
  const { layout, infoHashV2 } = await createTorrent([zeros('d/a:b?.txt', 1), zeros('d/con', 1)])
  assert.deepEqual(
    layout.files.map(file => [file.path, file.rawPath]),
    [
      ['d/a_b_.txt', ['d', 'a:b?.txt']],
      ['d/_con', ['d', 'con']],
    ],
  )
  assert.equal(infoHashV2!.length, 32)
})

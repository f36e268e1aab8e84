import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { decode, encode, type Encodable } from '../../src/metainfo/bencode.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { parseInfo } from '../../src/metainfo/info.ts'
import { createLayout, type Layout } from '../../src/metainfo/layout.ts'
import { encodeMetainfo, metainfoFromInfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { readVector, vectors } from '../fixtures/payload.ts'
import { processorMs } from '../support/processor-time.ts'

type Dict = Record<string, Encodable | undefined>

const KIB = 1024

/** A v1 info dict over files of these lengths; a path that begins with `.pad` is a pad file. */
function v1(files: Record<string, number>, pieceLength = 16 * KIB): Dict {
  const total = Object.values(files).reduce((sum, length) => sum + length, 0)
  return {
    name: 'n',
    'piece length': pieceLength,
    pieces: new Uint8Array(20 * Math.ceil(total / pieceLength)),
    files: Object.entries(files).map(([path, length]) => ({
      length,
      path: path.split('/'),
      ...(path.startsWith('.pad') && { attr: 'p' }),
    })),
  }
}

function file(length: number, root = new Uint8Array(32).fill(7)): Dict {
  return { '': { length, 'pieces root': length === 0 ? undefined : root } }
}

function v2(tree: Dict, pieceLength = 16 * KIB): Dict {
  return { name: 'n', 'piece length': pieceLength, 'meta version': 2, 'file tree': tree }
}

function layoutOf(info: Dict): Layout {
  return createLayout(parseInfo(encode(info)))
}

function refused(info: Encodable, pattern: RegExp): void {
  assert.throws(
    () => parseInfo(encode(info)),
    error => error instanceof ShoalError && error.code === 'invalid-torrent' && pattern.test(error.message),
    `${pattern}`,
  )
}

function numbers(layout: Layout): [number, number][] {
  return Array.from({ length: layout.pieceCount }, (_, piece) => [layout.pieceBytes(piece), layout.paddedBytes(piece)])
}

for (const vector of vectors.cases) {
  test(`reads ${vector.torrent}, and writes it again byte for byte`, () => {
    const bytes = readVector(vector.torrent)
    const metainfo = parseMetainfo(bytes)
    assert.equal(metainfo.infoHashV1 === undefined ? null : toHex(metainfo.infoHashV1), vector.infoHashV1)
    assert.equal(metainfo.infoHashV2 === undefined ? null : toHex(metainfo.infoHashV2), vector.infoHashV2)
    assert.equal(toHex(metainfo.wireInfoHash), vector.infoHashV1 ?? vector.infoHashV2!.slice(0, 40))
    assert.equal(metainfo.layout.pieceCount, vector.pieces)
    assert.equal(metainfo.layout.pieceLength, vector.pieceLength)
    assert.deepEqual(Object.fromEntries(metainfo.layout.files.map(({ path, length }) => [path, length])), {
      ...vector.files,
    })
    assert.deepEqual(metainfo.trackers, [['wss://tracker.example']])
    assert.deepEqual(metainfo.webSeeds, ['https://cdn.example/'])
    assert.deepEqual(encodeMetainfo(metainfo), bytes)
  })

  test(`the slices of ${vector.torrent} cover every byte of every file once, in order`, () => {
    const { layout } = parseMetainfo(readVector(vector.torrent))
    const covered = layout.files.map(() => 0)
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      let end = 0
      for (const slice of layout.slices(piece)) {
        assert.equal(slice.offset, covered[slice.file])
        assert.ok(slice.length > 0 && slice.pieceOffset >= end)
        const { first, end: last } = layout.piecesOf(slice.file)
        assert.ok(piece >= first && piece < last)
        covered[slice.file]! += slice.length
        end = slice.pieceOffset + slice.length
      }
      assert.equal(end, layout.pieceBytes(piece))
      assert.ok(layout.paddedBytes(piece) >= end && layout.paddedBytes(piece) <= layout.pieceLength)
      assert.equal(layout.sha1(piece)?.length, layout.version === 'v2' ? undefined : 20)
      assert.equal(layout.fileOf(piece), layout.version === 'v1' ? undefined : layout.slices(piece)[0]!.file)
    }
    assert.deepEqual(
      covered,
      layout.files.map(({ length }) => length),
    )
  })
}

test('v1 files follow each other; a piece may hold many', () => {
  const layout = layoutOf(v1({ a: 10, b: 0, c: 16 * KIB, d: 5 }))
  assert.deepEqual(numbers(layout), [
    [16384, 16384],
    [15, 15],
  ])
  assert.deepEqual(layout.slices(0), [
    { file: 0, offset: 0, length: 10, pieceOffset: 0 },
    { file: 2, offset: 0, length: 16374, pieceOffset: 10 },
  ])
  assert.deepEqual(layout.slices(1), [
    { file: 2, offset: 16374, length: 10, pieceOffset: 0 },
    { file: 3, offset: 0, length: 5, pieceOffset: 10 },
  ])
  assert.deepEqual(layout.piecesOf(1), { first: 0, end: 0 })
  assert.deepEqual(layout.piecesOf(2), { first: 0, end: 2 })
  assert.deepEqual([layout.fileOf(0), layout.leafCount(0)], [undefined, 0])
})

test('v1 pad files are hidden; their bytes are zeros in the middle and are left out at the end of a piece', () => {
  const layout = layoutOf(v1({ a: 10, '.pad/90': 90, b: 50, '.pad/x': 40_000, c: 1, '.pad/y': 5 }))
  assert.deepEqual(
    layout.files.map(({ path }) => path),
    ['n/a', 'n/b', 'n/c'],
  )
  assert.equal(layout.totalBytes, 61)
  assert.deepEqual(layout.slices(0), [
    { file: 0, offset: 0, length: 10, pieceOffset: 0 },
    { file: 1, offset: 0, length: 50, pieceOffset: 100 },
  ])
  assert.deepEqual(layout.slices(1), [])
  assert.deepEqual(numbers(layout), [
    [150, 16384],
    [0, 16384],
    [40_150 - 32_768 + 1, 40_156 - 32_768],
  ])
})

test('v1 piece lengths need not be powers of two', () => {
  const layout = layoutOf(v1({ a: 100_000 }, 30_000))
  assert.deepEqual(
    numbers(layout).map(([bytes]) => bytes),
    [30_000, 30_000, 30_000, 10_000],
  )
})

test('a single file is called by the name of the torrent', () => {
  const single = { name: 'film.mp4', 'piece length': 16 * KIB, pieces: new Uint8Array(20), length: 5 }
  assert.deepEqual(layoutOf(single).files, [{ path: 'film.mp4', length: 5, rawPath: undefined, piecesRoot: undefined }])
  assert.deepEqual(
    layoutOf(v2({ n: file(5) })).files.map(({ path }) => path),
    ['n'],
  )
  assert.deepEqual(
    layoutOf(v2({ other: file(5) })).files.map(({ path }) => path),
    ['n/other'],
  )
  assert.deepEqual(
    layoutOf(v2({ n: { n: file(5) } })).files.map(({ path }) => path),
    ['n/n/n'],
  )
})

test('v2 leaves of a piece: a full subtree in a long file, the whole small tree in a short one', () => {
  const layout = layoutOf(v2({ a: file(200 * KIB), b: file(1), c: file(40 * KIB), d: file(0) }, 64 * KIB))
  assert.deepEqual(
    Array.from({ length: layout.pieceCount }, (_, piece) => layout.leafCount(piece)),
    [4, 4, 4, 4, 1, 4],
  )
  assert.deepEqual(
    numbers(layout).map(([bytes]) => bytes),
    [65536, 65536, 65536, 8192, 1, 40960],
  )
  assert.deepEqual(layout.piecesOf(3), { first: 6, end: 6 })
})

test('a hybrid whose last file is padded, or not, is read as it is', () => {
  const root = new Uint8Array(32).fill(7)
  const tree = { a: file(20 * KIB), b: file(5) }
  const padded = { a: 20 * KIB, '.pad/1': 12 * KIB, b: 5, '.pad/2': 16 * KIB - 5 }
  const bare = { a: 20 * KIB, '.pad/1': 12 * KIB, b: 5 }
  assert.deepEqual(numbers(layoutOf({ ...v2(tree), ...v1(padded) })).at(-1), [5, 16384])
  assert.deepEqual(numbers(layoutOf({ ...v2(tree), ...v1(bare) })).at(-1), [5, 5])
  assert.deepEqual(layoutOf({ ...v2(tree), ...v1(bare) }).files[1]!.piecesRoot, root)
})

test('a hybrid whose halves differ is refused', () => {
  const tree = { a: file(20 * KIB), b: file(5) }
  const differ: Record<string, number>[] = [
    { a: 20 * KIB, b: 5 },
    { a: 20 * KIB, '.pad/1': 12 * KIB, c: 5 },
    { a: 20 * KIB, '.pad/1': 12 * KIB, b: 6 },
    { a: 20 * KIB, '.pad/1': 12 * KIB - 1, b: 5 },
    { a: 20 * KIB, '.pad/1': 12 * KIB },
    { b: 5, '.pad/1': 16 * KIB - 5, a: 20 * KIB },
    { a: 20 * KIB, '.pad/1': 12 * KIB, b: 5, c: 0 },
    { a: 20 * KIB, '.pad/1': 12 * KIB, 'd/b': 5 },
  ]
  for (const files of differ) refused({ ...v2(tree), ...v1(files) }, /halves describe different files/)
  refused(
    { ...v2(tree), ...v1({ a: 20 * KIB, '.pad/1': 12 * KIB, b: 5, '.pad/2': 16 * KIB }) },
    /halves describe different files/,
  )
  const single = { name: 'm', length: 5, pieces: new Uint8Array(20) }
  refused({ ...v2({ n: file(5) }), ...single }, /halves/)
})

test('info dicts that cannot be are refused with a reason', () => {
  const one = v1({ a: 1 })
  refused(5, /not a dictionary/)
  refused({}, /piece length/)
  refused({ ...one, 'piece length': 0 }, /cannot have 0 bytes/)
  refused({ ...one, 'piece length': -16384 }, /cannot have -16384 bytes/)
  refused({ ...one, 'piece length': 2 ** 27 }, /cannot have 134217728 bytes/)
  refused({ ...one, name: undefined }, /no name/)
  refused({ ...one, name: '' }, /empty name/)
  refused({ ...one, name: 5 }, /no name/)
  refused({ ...one, pieces: undefined }, /piece hashes/)
  refused({ ...one, pieces: new Uint8Array(40) }, /piece hashes/)
  refused({ ...one, length: 5 }, /either/)
  refused({ ...one, files: undefined }, /either/)
  refused({ ...one, files: [] }, /no files|piece hashes/)
  refused({ ...one, files: [5] }, /list of files is damaged/)
  refused({ ...one, files: [{ length: -1, path: ['a'] }] }, /length/)
  refused({ ...one, files: [{ length: 1 }] }, /damaged/)
  refused({ ...one, files: [{ length: 1, path: [] }] }, /damaged/)
  refused({ ...one, files: [{ length: 1, path: [''] }] }, /empty name/)
  refused({ ...one, files: [{ length: 1, path: [5] }] }, /damaged/)
  refused({ ...one, files: [{ length: 1, path: Array(100).fill('a') }] }, /deep/)
  refused(
    { ...one, files: Array.from({ length: 2 }, () => ({ length: Number.MAX_SAFE_INTEGER, path: ['a'] })) },
    /too large/,
  )
  refused({ ...one, files: [{ length: 2 ** 50, path: ['a'] }] }, /pieces, more than/)
  refused({ ...one, 'meta version': 3 }, /version/)
  refused({ ...one, 'meta version': 'x' }, /version/)
  refused(v2({}), /no files/)
  refused(v2({ a: file(5) }, 20_000), /cannot have 20000 bytes/)
  refused(v2({ a: file(5) }, 8192), /cannot have 8192 bytes/)
  refused({ ...v2({}), 'file tree': undefined }, /damaged/)
  refused(v2({ '': { length: 5 } }), /damaged/)
  refused(v2({ a: 5 }), /damaged/)
  refused(v2({ a: { '': 5 } }), /damaged/)
  refused(v2({ a: { ...file(5), b: file(5) } }), /damaged/)
  refused(v2({ a: { '': { length: 5 } } }), /no valid hash/)
  refused(v2({ a: file(5, new Uint8Array(31)) }), /no valid hash/)
  refused(v2({ a: file(2 ** 50) }), /pieces, more than/)
  refused(v2({ a: file(-5) }), /length/)
})

test('bytes that are no torrent are refused as such', () => {
  for (const text of ['', 'x', '<!doctype html>', 'le', 'de', 'd4:infoi1ee', 'd4:infodeexx']) {
    assert.throws(
      () => parseMetainfo(new TextEncoder().encode(text)),
      error => error instanceof ShoalError && error.code === 'invalid-torrent' && error.message.length > 20,
    )
  }
})

test('hostile names are made safe, and web seeds still know them', () => {
  const layout = layoutOf({ ...v1({ '../x': 1, 'a\0': 1, A: 1, a: 1 }), name: '..' })
  assert.deepEqual(
    layout.files.map(({ path }) => path),
    ['__/__/x', '__/a_', '__/A', '__/a (2)'],
  )
  assert.deepEqual(layout.files[0]!.rawPath, ['..', '..', 'x'])
})

test('names that are not UTF-8 are read as well as can be; utf-8 variants win', () => {
  const latin1 = Uint8Array.of(0xe9)
  const info = { ...v1({ a: 1 }), name: latin1, files: [{ length: 1, path: [latin1], 'path.utf-8': ['é'] }] }
  assert.deepEqual(
    layoutOf(info).files.map(({ path }) => path),
    ['\ufffd/é'],
  )
})

test('piece layers may be missing, but not wrong', () => {
  const bytes = readVector('tree.v2.torrent')
  const whole = parseMetainfo(bytes)
  assert.equal(whole.pieceLayers.size, 2)
  const surroundings = { trackers: whole.trackers, webSeeds: whole.webSeeds }
  const bare = metainfoFromInfo(whole.infoBytes, surroundings)
  assert.equal(bare.pieceLayers.size, 0)
  assert.equal(parseMetainfo(encodeMetainfo(bare)).pieceLayers.size, 0)
  assert.deepEqual(encodeMetainfo({ ...bare, pieceLayers: whole.pieceLayers, createdBy: 'libtorrent' }), bytes)
  for (const spoil of [(layer: Uint8Array) => layer.fill(1, 0, 1), (layer: Uint8Array) => layer.subarray(32)]) {
    const [[root, layer]] = whole.pieceLayers as unknown as [[string, Uint8Array]]
    assert.throws(
      () => metainfoFromInfo(whole.infoBytes, { pieceLayers: [[root, spoil(layer.slice())]] }),
      error => error instanceof ShoalError && error.code === 'invalid-torrent',
    )
  }
})

test('keeps trackers in their tiers and web seeds, and drops what is neither', () => {
  const { infoBytes } = parseMetainfo(readVector('single-small.v1.torrent'))
  const torrent = (fields: Dict) => parseMetainfo(encode({ info: decode(infoBytes), ...fields }))
  assert.deepEqual(torrent({}).trackers, [])
  assert.deepEqual(torrent({ announce: 'wss://a' }).trackers, [['wss://a']])
  const tiers = [['wss://b', 'udp://c:1'], 'wss://x', [], ['javascript:1', 'ws://d', 'wss://b', 5]]
  const many = torrent({ announce: 'wss://a', 'announce-list': tiers, 'url-list': ['https://w/', 'ftp://x/', 5] })
  assert.deepEqual(many.trackers, [['wss://b', 'udp://c:1'], ['wss://x'], ['ws://d']])
  assert.deepEqual(many.webSeeds, ['https://w/'])
  assert.deepEqual(torrent({ announce: 'wss://a', 'announce-list': [] }).trackers, [['wss://a']])
  const again = parseMetainfo(encodeMetainfo({ ...many, comment: 'ü', creationDate: 5 }))
  assert.deepEqual([again.trackers, again.comment, again.creationDate], [many.trackers, 'ü', 5])
})

test('200,000 files and millions of pieces are laid out in reasonable time', () => {
  const files = Array.from({ length: 200_000 }, (_, i) => ({
    path: `n/${i}`,
    length: 300_000,
    piecesRoot: new Uint8Array(32),
  }))
  const tookMs = processorMs(() => {
    const layout = createLayout({ version: 'v2', pieceLength: 16 * KIB, files })
    assert.equal(layout.pieceCount, 200_000 * 19)
    for (let piece = 0; piece < layout.pieceCount; piece += 97)
      assert.equal(layout.slices(piece)[0]!.file, Math.floor(piece / 19))
  })
  assert.ok(tookMs < 5_000, `${tookMs} ms`)
})

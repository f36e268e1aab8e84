import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { concatBytes, equalBytes, toHex } from '../../src/metainfo/bytes.ts'
import {
  answerRange,
  isProven,
  isRangeOf,
  leafRanges,
  pieceLayerRanges,
  uncleCount,
} from '../../src/metainfo/hash-ranges.ts'
import { createLayout } from '../../src/metainfo/layout.ts'
import {
  hashPair,
  isPieceLayer,
  MerkleTree,
  merkleRoot,
  padHash,
  pieceLayerHeight,
  rootOfPieceLayer,
  treeHeight,
} from '../../src/metainfo/merkle.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { PieceHashes } from '../../src/metainfo/piece-hashes.ts'
import type { HashRange } from '../../src/protocol/wire.ts'
import { BLOCK_BYTES } from '../../src/options.ts'
import { payload, readVector, vectors } from '../fixtures/payload.ts'

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** Leaf hashes that are told apart easily. */
function leavesOf(count: number): Uint8Array {
  return concatBytes(Array.from({ length: count }, (_, i) => sha256(Uint8Array.of(i & 255, i >> 8))))
}

/** A one-file v2 layout with a Merkle tree over made-up leaves. */
function makeFile(blocks: number, pieceBlocks: number) {
  const pieceLength = pieceBlocks * BLOCK_BYTES
  const length = blocks * BLOCK_BYTES
  const leaves = leavesOf(blocks)
  const height = treeHeight(length)
  const tree = new MerkleTree(leaves, 0, height)
  const piecesRoot = tree.node(height, 0)!
  const pieces = Math.ceil(blocks / pieceBlocks)
  const pieceHeight = pieceLayerHeight(pieceLength)
  const layer = concatBytes(Array.from({ length: pieces }, (_, i) => tree.node(pieceHeight, i)!))
  const layout = createLayout({ version: 'v2', pieceLength, files: [{ path: 'f', length, piecesRoot }] })
  return { layout, tree, leaves, layer, piecesRoot, height, pieceHeight, length, pieceLength }
}

test('a tree of three leaves, by hand', () => {
  const leaves = leavesOf(3)
  const leaf = (i: number): Uint8Array => leaves.subarray(i * 32, i * 32 + 32)
  const zero = new Uint8Array(32)
  const expected = sha256(sha256(leaf(0), leaf(1)), sha256(leaf(2), zero))
  assert.equal(toHex(merkleRoot(leaves, 0, 4)), toHex(expected))
  assert.equal(toHex(new MerkleTree(leaves, 0, 2).node(2, 0)!), toHex(expected))
  assert.deepEqual(merkleRoot(leaf(1), 0, 1), leaf(1))
})

test('padding of each layer is the hash of two of the layer below', () => {
  assert.deepEqual(padHash(0), new Uint8Array(32))
  for (let layer = 1; layer < 20; layer++)
    assert.deepEqual(padHash(layer), sha256(padHash(layer - 1), padHash(layer - 1)))
  assert.deepEqual(merkleRoot(new Uint8Array(0), 3, 8), padHash(6))
  assert.deepEqual(hashPair(padHash(2), padHash(2)), padHash(3))
})

test('the height of a tree', () => {
  const heights = [1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 1, 2 ** 40].map(treeHeight)
  assert.deepEqual(heights, [0, 0, 1, 1, 2, 26])
})

test('the root of a file is the same from its leaves and from its piece layer', () => {
  for (const blocks of [5, 8, 16, 17, 100, 1025]) {
    const { layer, piecesRoot, length, pieceLength } = makeFile(blocks, 4)
    assert.ok(equalBytes(rootOfPieceLayer(layer, pieceLength), piecesRoot), `${blocks} blocks`)
    assert.ok(isPieceLayer(layer, piecesRoot, length, pieceLength))
    assert.equal(isPieceLayer(layer, piecesRoot, length + 4 * BLOCK_BYTES, pieceLength), false)
  }
})

test('the leaves of a payload lead to the root that libtorrent found', () => {
  for (const vector of vectors.cases.filter(({ torrent }) => torrent.endsWith('.v2.torrent'))) {
    const { layout } = parseMetainfo(readVector(vector.torrent))
    for (const { path, length, piecesRoot } of layout.files) {
      if (piecesRoot === undefined) continue
      const data = payload(path, length)
      const blocks = Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, (_, i) =>
        sha256(data.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)),
      )
      assert.equal(toHex(merkleRoot(concatBytes(blocks), 0, 2 ** treeHeight(length))), toHex(piecesRoot), path)
    }
  }
})

test('there are as many uncles as libtorrent counts', () => {
  // merkle_tree::get_hashes: a hash for each proof layer from log2(length) − 1 on.
  assert.equal(uncleCount({ length: 2, proofLayers: 0 }), 0)
  assert.equal(uncleCount({ length: 2, proofLayers: 1 }), 1)
  assert.equal(uncleCount({ length: 512, proofLayers: 8 }), 0)
  assert.equal(uncleCount({ length: 512, proofLayers: 9 }), 1)
  assert.equal(uncleCount({ length: 512, proofLayers: 12 }), 4)
})

test('the piece layer of any file can be asked for, answered and proven against its root', () => {
  for (const [blocks, pieceBlocks] of [
    [3, 2],
    [5, 1],
    [64, 4],
    [4000, 4],
    [513, 1],
    [1025, 2],
    [2048, 1],
  ] as const) {
    const { layout, layer, piecesRoot, height, length, pieceLength } = makeFile(blocks, pieceBlocks)
    const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
    const ranges = pieceLayerRanges(piecesRoot, length, pieceLength)
    const received = ranges.map(range => {
      assert.ok(isRangeOf(range, length), JSON.stringify({ blocks, ...range, piecesRoot: 0 }))
      const hashes = seed.answer(range)
      assert.ok(hashes instanceof Uint8Array)
      assert.equal(hashes.length, (range.length + uncleCount(range)) * 32)
      assert.ok(isProven(range, hashes, { layer: height, hash: piecesRoot }))
      return hashes.subarray(0, range.length * 32)
    })
    assert.deepEqual(concatBytes(received).subarray(0, layer.length), layer)
  }
})

test('a file of one piece has no layer to ask for', () => {
  const { layout, piecesRoot, length, pieceLength } = makeFile(4, 4)
  assert.deepEqual(pieceLayerRanges(piecesRoot, length, pieceLength), [])
  assert.equal(new PieceHashes(layout).needsLayer(0), false)
  assert.deepEqual(new PieceHashes(layout).root(0), piecesRoot)
})

test('one wrong bit anywhere in an answer breaks the proof', () => {
  const { layout, layer, piecesRoot, height, length, pieceLength } = makeFile(2000, 1)
  const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
  const range = pieceLayerRanges(piecesRoot, length, pieceLength)[1]!
  const answer = seed.answer(range)
  assert.ok(answer instanceof Uint8Array)
  for (const at of [0, 31, 32 * 100, range.length * 32 - 1, range.length * 32, answer.length - 1]) {
    const bad = answer.slice()
    bad[at]! ^= 1
    assert.equal(isProven(range, bad, { layer: height, hash: piecesRoot }), false, `byte ${at}`)
  }
  assert.equal(isProven(range, answer.subarray(32), { layer: height, hash: piecesRoot }), false)
  assert.equal(isProven({ ...range, index: 0 }, answer, { layer: height, hash: piecesRoot }), false)
  assert.equal(isProven({ ...range, proofLayers: 3 }, answer, { layer: height, hash: piecesRoot }), false)
  assert.equal(isProven(range, answer, { layer: height - 1, hash: piecesRoot }), false)
})

test('the leaves of a piece can be asked for, answered and proven against the piece', () => {
  for (const [blocks, pieceBlocks] of [
    [3, 4],
    [5, 4],
    [100, 8],
    [2048, 1024],
    [3000, 1024],
  ] as const) {
    const { layout, leaves, layer, piecesRoot } = makeFile(blocks, pieceBlocks)
    const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const leafCount = layout.leafCount(piece)
      const pieceLeaves = new Uint8Array(leafCount * 32)
      pieceLeaves.set(leaves.subarray(piece * pieceBlocks * 32, (piece + 1) * pieceBlocks * 32))
      const root = seed.root(piece)!
      const received = leafRanges(layout, piece).map(range => {
        assert.deepEqual(seed.answer(range), { leavesOf: piece })
        const hashes = seed.answer(range, pieceLeaves)
        assert.ok(hashes instanceof Uint8Array)
        assert.ok(isProven(range, hashes, { layer: treeHeight(leafCount * BLOCK_BYTES), hash: root }))
        return hashes.subarray(0, range.length * 32)
      })
      assert.deepEqual(concatBytes(received), pieceLeaves, `piece ${piece} of ${blocks}`)
    }
  }
})

test('leaves are proven up to the root too, as libtorrent asks', () => {
  const { layout, tree, leaves, layer, piecesRoot, height } = makeFile(100, 8)
  const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
  const range: HashRange = { piecesRoot, baseLayer: 0, index: 16, length: 8, proofLayers: height - 1 }
  const hashes = seed.answer(range, leaves.subarray(16 * 32, 24 * 32))
  assert.ok(hashes instanceof Uint8Array)
  assert.ok(isProven(range, hashes, { layer: height, hash: piecesRoot }))
  assert.deepEqual(
    hashes,
    answerRange(range, (at, index) => tree.node(at, index)),
  )
})

test('requests that no file can answer are told apart', () => {
  const { layout, layer, piecesRoot, length, height } = makeFile(100, 8)
  const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
  const good: HashRange = { piecesRoot, baseLayer: 3, index: 0, length: 2, proofLayers: 3 }
  assert.ok(seed.answer(good) instanceof Uint8Array)
  const bad: Partial<HashRange>[] = [
    { piecesRoot: new Uint8Array(32) },
    { baseLayer: height },
    { baseLayer: 2 ** 31 },
    { index: 1 },
    { index: 16 },
    { index: 2 ** 32 - 2 },
    { length: 1 },
    { length: 0 },
    { length: 3 },
    { length: 32 },
    { proofLayers: 4 },
    { proofLayers: 2 ** 31 },
    { baseLayer: 0, length: 16, proofLayers: 0 },
    { baseLayer: 0, index: 104, length: 8, proofLayers: 0 },
  ]
  for (const change of bad) assert.equal(seed.answer({ ...good, ...change }), undefined, JSON.stringify(change))
  assert.equal(isRangeOf(good, 0), false)
  assert.equal(isRangeOf(good, length), true)
  assert.equal(new PieceHashes(layout).answer(good), undefined)
})

test('a request for more hashes than we send is rejected', () => {
  const { layout, layer, piecesRoot } = makeFile(1024, 1)
  const seed = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
  const range: HashRange = { piecesRoot, baseLayer: 0, index: 0, length: 512, proofLayers: 0 }
  assert.ok(seed.answer(range) instanceof Uint8Array)
  assert.equal(seed.answer({ ...range, length: 1024 }), undefined)
})

test('PieceHashes takes a layer only if it leads to the root', () => {
  const { layout, layer } = makeFile(100, 8)
  const hashes = new PieceHashes(layout)
  assert.deepEqual([hashes.needsLayer(0), hashes.root(3)], [true, undefined])
  assert.equal(hashes.setLayer(0, layer.subarray(32)), false)
  assert.equal(
    hashes.setLayer(
      0,
      layer.map(byte => byte ^ 1),
    ),
    false,
  )
  assert.equal(hashes.needsLayer(0), true)
  assert.equal(hashes.setLayer(0, layer), true)
  assert.equal(hashes.needsLayer(0), false)
  assert.deepEqual(hashes.root(3), layer.subarray(96, 128))
  assert.deepEqual(hashes.layer(0), layer)
})

test('PieceHashes learns a layer from pieces in any order', () => {
  const { layout, layer } = makeFile(100, 8)
  const hashes = new PieceHashes(layout)
  const root = (piece: number): Uint8Array => layer.subarray(piece * 32, piece * 32 + 32)
  for (const piece of [12, 3, 3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 11])
    assert.equal(hashes.learn(piece, root(piece)), 'unknown')
  assert.equal(hashes.learn(10, root(10)), 'proven')
  assert.deepEqual(hashes.layer(0), layer)
  assert.equal(hashes.learn(10, root(10)), 'proven')
  assert.equal(hashes.learn(10, root(9)), 'contradiction')
})

test('PieceHashes tells when what was learnt is not what the root says', () => {
  const { layout, layer } = makeFile(24, 8)
  const hashes = new PieceHashes(layout)
  const root = (piece: number): Uint8Array => layer.subarray(piece * 32, piece * 32 + 32)
  assert.equal(hashes.learn(0, root(0)), 'unknown')
  assert.equal(hashes.learn(1, root(2)), 'unknown')
  assert.equal(hashes.contradictedPiece(0), undefined)
  assert.equal(hashes.learn(2, root(2)), 'contradiction')
  assert.equal(hashes.setLayer(0, layer), true)
  assert.equal(hashes.contradictedPiece(0), 1)
})

test('files with the same content share a layer that comes with the torrent', () => {
  const { layer, piecesRoot, pieceLength, length } = makeFile(24, 8)
  const files = ['a', 'b'].map(path => ({ path, length, piecesRoot }))
  const layout = createLayout({ version: 'v2', pieceLength, files })
  const hashes = new PieceHashes(layout, new Map([[toHex(piecesRoot), layer]]))
  assert.deepEqual(hashes.root(5), layer.subarray(64, 96))
  assert.equal(hashes.fileWithRoot(piecesRoot), 0)
})

test('v1 has no piece hashes of this kind', () => {
  const { layout } = parseMetainfo(readVector('tree.v1.torrent'))
  const hashes = new PieceHashes(layout)
  assert.deepEqual(
    [hashes.root(0), hashes.needsLayer(0), hashes.learn(0, new Uint8Array(32))],
    [undefined, false, 'unknown'],
  )
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { hashPiece } from '../../src/hashing.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { PieceHashes } from '../../src/metainfo/piece-hashes.ts'
import { payload, readVector, vectors } from '../fixtures/payload.ts'

for (const vector of vectors.cases) {
  test(`the pieces of ${vector.torrent} hash to what libtorrent found`, async () => {
    const { layout, pieceLayers } = parseMetainfo(readVector(vector.torrent))
    const hashes = new PieceHashes(layout, pieceLayers)
    const contents = layout.files.map(({ path, length }) => payload(path, length))
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const data = new Uint8Array(layout.pieceBytes(piece))
      for (const { file, offset, length, pieceOffset } of layout.slices(piece)) {
        data.set(contents[file]!.subarray(offset, offset + length), pieceOffset)
      }
      const leafCount = layout.leafCount(piece)
      const digests = await hashPiece(data, { sha1Bytes: layout.paddedBytes(piece), leafCount })
      const sha1 = layout.sha1(piece)
      if (sha1 !== undefined) assert.equal(toHex(digests.sha1!), toHex(sha1))
      if (layout.version === 'v1') assert.equal(digests.root, undefined)
      else assert.equal(toHex(digests.root!), toHex(hashes.root(piece)!))
      assert.equal(digests.leaves?.length, leafCount === 0 ? undefined : leafCount * 32)
    }
  })
}

test('computes only what is asked for', async () => {
  assert.deepEqual(await hashPiece(new Uint8Array(5), {}), { sha1: undefined, leaves: undefined, root: undefined })
  const { leaves, root } = await hashPiece(new Uint8Array(5), { sha1Bytes: 5 })
  assert.deepEqual([leaves, root], [undefined, undefined])
  assert.equal((await hashPiece(new Uint8Array(5), { leafCount: 1 })).sha1, undefined)
})

test('hashes a view of a larger buffer by itself, with zeros after it', async () => {
  const buffer = new Uint8Array(100).fill(7)
  const { sha1 } = await hashPiece(buffer.subarray(10, 20), { sha1Bytes: 50 })
  const padded = Buffer.concat([Buffer.alloc(10, 7), Buffer.alloc(40)])
  assert.equal(toHex(sha1!), createHash('sha1').update(padded).digest('hex'))
})

test('a piece of many more blocks than are in flight at once', async () => {
  const data = payload('many blocks', 200 * 16_384 + 1)
  const { leaves } = await hashPiece(data, { leafCount: 256 })
  const leaf = (block: number): string => toHex(leaves!.subarray(block * 32, block * 32 + 32))
  for (const block of [0, 63, 64, 199, 200]) {
    const expected = createHash('sha256')
      .update(data.subarray(block * 16_384, (block + 1) * 16_384))
      .digest('hex')
    assert.equal(leaf(block), expected, `block ${block}`)
  }
  assert.equal(leaf(201), '0'.repeat(64))
})

test('without WebCrypto (a page that is not a secure context) the hashes are the same', async () => {
  const data = payload('insecure', 40_000)
  const wanted = { sha1Bytes: 50_000, leafCount: 4 }
  const expected = await hashPiece(data, wanted)
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
  try {
    assert.deepEqual(await hashPiece(data, wanted), expected)
  } finally {
    Object.defineProperty(globalThis, 'crypto', descriptor)
  }
})

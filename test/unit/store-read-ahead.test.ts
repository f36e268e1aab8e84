import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLayout } from '../../src/metainfo/layout.ts'
import { STORE_LIMITS } from '../../src/options.ts'
import { blobPieces } from '../../src/store/blobs.ts'
import { ReadAhead } from '../../src/store/read-ahead.ts'
import { randomBytes, refsOf } from '../contract/store-fixtures.ts'

const PIECE = 16 * 1024

describe('reading ahead', () => {
  it('loads a range at its second use, once', async () => {
    const ahead = new ReadAhead(2)
    let loads = 0
    const load = async () => Uint8Array.of(++loads)
    assert.equal(ahead.use('a', load), undefined)
    assert.deepEqual(await ahead.use('a', load), Uint8Array.of(1))
    assert.deepEqual(await ahead.use('a', load), Uint8Array.of(1))
    assert.deepEqual(await ahead.get('a'), Uint8Array.of(1))
    assert.equal(ahead.get('b'), undefined)
  })

  it('keeps the ranges used last', () => {
    const ahead = new ReadAhead(2)
    const load = async () => new Uint8Array(1)
    for (const range of ['a', 'a', 'b', 'a', 'c']) ahead.use(range, load)
    assert.notEqual(ahead.get('a'), undefined)
    assert.equal(ahead.use('b', load), undefined)
  })

  it('forgets a range that could not be read', async () => {
    const ahead = new ReadAhead(2)
    ahead.use('a', async () => new Uint8Array(1))
    await assert.rejects(ahead.use('a', () => Promise.reject(new Error('gone')))!)
    assert.equal(ahead.get('a'), undefined)
  })
})

describe('seeding small pieces', () => {
  /** A file that counts its reads. */
  function counted(bytes: Uint8Array<ArrayBuffer>): { data: Blob; reads: () => number } {
    let reads = 0
    class Counted extends Blob {
      override slice(begin?: number, end?: number): Blob {
        return new Counted([super.slice(begin, end)])
      }
      override arrayBuffer(): Promise<ArrayBuffer> {
        reads++
        return super.arrayBuffer()
      }
    }
    return { data: new Counted([bytes]), reads: () => reads }
  }

  it('reads a file in large ranges when its pieces are asked for one after another', async () => {
    const length = 3 * STORE_LIMITS.readAheadBytes + 7
    const layout = createLayout({ version: 'v2', pieceLength: PIECE, files: [{ path: 'f', length }] })
    const body = randomBytes(length, 1) as Uint8Array<ArrayBuffer>
    const { data, reads } = counted(body)
    const pieces = blobPieces(layout, [{ path: 'f', data }])
    for (const ref of refsOf(layout, () => 'f')) {
      const begin = ref.piece * PIECE
      assert.deepEqual(await pieces.read(ref), body.slice(begin, begin + ref.length))
    }
    assert.ok(reads() <= 8, `${reads()} reads`)
  })

  it('reads ranges at their first use, and larger ones, where all is read in order', async () => {
    const length = 2 * STORE_LIMITS.readInOrderBytes + 7
    const layout = createLayout({ version: 'v2', pieceLength: 1024 * 1024, files: [{ path: 'f', length }] })
    const body = randomBytes(length, 1) as Uint8Array<ArrayBuffer>
    const { data, reads } = counted(body)
    const pieces = blobPieces(layout, [{ path: 'f', data }], { isInOrder: true })
    const read = await Promise.all(refsOf(layout, () => 'f').map(ref => pieces.read(ref)))
    assert.deepEqual(Buffer.concat(read.map(piece => piece!)), Buffer.from(body))
    assert.equal(reads(), 3)
  })
})

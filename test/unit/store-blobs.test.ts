import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ShoalError } from '../../src/errors.ts'
import { createLayout } from '../../src/metainfo/layout.ts'
import type { BlobLike } from '../../src/store/blob-like.ts'
import { blobPieces } from '../../src/store/blobs.ts'
import { randomBytes, refsOf } from '../contract/store-fixtures.ts'

const PIECE = 16 * 1024

/** A v1 torrent with a pad file after its first file: bytes 5,000 to 16,384 of the first piece are zeros. */
function paddedTorrent() {
  const files = [
    { path: 'album/a', length: 5_000 },
    { path: 'album/b', length: 20_000 },
    { path: 'album/c', length: 30_000 },
  ]
  const starts = Float64Array.of(0, PIECE, PIECE + 20_000)
  const streamBytes = PIECE + 50_000
  const layout = createLayout({
    version: 'v1',
    pieceLength: PIECE,
    files,
    v1: { starts, streamBytes, sha1s: new Uint8Array(0) },
  })
  const bodies = files.map(({ length }, file) => randomBytes(length, file + 1) as Uint8Array<ArrayBuffer>)
  const stream = new Uint8Array(streamBytes)
  for (const [file, body] of bodies.entries()) stream.set(body, starts[file]!)
  return { layout, refs: refsOf(layout, () => 'f'), files, bodies, stream }
}

/** A file of a browser that has changed on disk: every read fails. */
function unreadable(size: number): BlobLike {
  const fail = () => Promise.reject(new DOMException('The file could not be read', 'NotReadableError'))
  return { size, slice: (begin, end) => unreadable(end - begin), arrayBuffer: fail, stream: () => new ReadableStream() }
}

describe('blob pieces', () => {
  it('reads pieces across files, with zeros for padding, from Blobs and bytes', async () => {
    const { layout, refs, files, bodies, stream } = paddedTorrent()
    const data = [new Blob([bodies[0]!]), bodies[1]!, new Blob([bodies[2]!])]
    const pieces = blobPieces(
      layout,
      files.map(({ path }, file) => ({ path, data: data[file]! })),
    )
    assert.equal(pieces.recheck, false)
    assert.ok((await pieces.has(refs)).every(Boolean))
    for (const ref of refs) {
      const expected = stream.slice(ref.piece * PIECE, ref.piece * PIECE + ref.length)
      assert.deepEqual(await pieces.read(ref), expected)
    }
  })

  it('puts zeros where padding lies between two files of one piece', async () => {
    const files = [
      { path: 'a', length: 100 },
      { path: 'b', length: 100 },
    ]
    const v1 = { starts: Float64Array.of(0, 512), streamBytes: 612, sha1s: new Uint8Array(0) }
    const layout = createLayout({ version: 'v1', pieceLength: PIECE, files, v1 })
    const [ref] = refsOf(layout, () => 'f')
    const pieces = blobPieces(
      layout,
      files.map(({ path }) => ({ path, data: new Uint8Array(100).fill(7) })),
    )
    const expected = new Uint8Array(612)
    expected.fill(7, 0, 100)
    expected.fill(7, 512, 612)
    assert.deepEqual(await pieces.read(ref!), expected)
  })

  it('has not the pieces of files that are missing', async () => {
    const { layout, refs, bodies } = paddedTorrent()
    const pieces = blobPieces(layout, [
      { path: 'album/a', data: bodies[0]! },
      { path: 'elsewhere/b', data: bodies[1]! },
      { path: 'album/c', data: bodies[2]! },
    ])
    // b lies in pieces 1 and 2.
    assert.deepEqual(await pieces.has(refs), [true, false, false, true, true])
    assert.equal(await pieces.read(refs[2]!), undefined)
  })

  it('reports a file of another size at once, and misses its pieces', async () => {
    const { layout, refs, bodies } = paddedTorrent()
    const errors: ShoalError[] = []
    const pieces = blobPieces(layout, [{ path: 'album/a', data: bodies[0]!.subarray(1) }], {
      onError: error => errors.push(error),
    })
    assert.deepEqual(
      errors.map(({ code, details }) => [code, details.path]),
      [['file-changed', 'album/a']],
    )
    assert.equal((await pieces.has(refs))[0], false)
    assert.equal(await pieces.read(refs[0]!), undefined)
  })

  it('reports a file that cannot be read once, and misses its pieces from then on', async () => {
    const { layout, refs, bodies } = paddedTorrent()
    const errors: ShoalError[] = []
    const files = [
      { path: 'album/a', data: bodies[0]! },
      { path: 'album/b', data: unreadable(20_000) },
      { path: 'album/c', data: bodies[2]! },
    ]
    const pieces = blobPieces(layout, files, { onError: error => errors.push(error) })
    assert.equal((await pieces.has(refs))[1], true)
    const reads = await Promise.all([pieces.read(refs[1]!), pieces.read(refs[2]!), pieces.read(refs[1]!)])
    assert.deepEqual(reads, [undefined, undefined, undefined])
    assert.equal(errors.length, 1)
    assert.equal(errors[0]!.code, 'file-changed')
    assert.equal((await pieces.has(refs))[1], false)
    assert.ok((await pieces.read(refs[0]!)) !== undefined)
  })

  it('is never written to', async () => {
    const { layout, refs, files, bodies } = paddedTorrent()
    const pieces = blobPieces(layout, [{ path: files[0]!.path, data: bodies[0]! }])
    await assert.rejects(pieces.write([{ ref: refs[0]!, bytes: bodies[0]! }]), /not written to/)
    await pieces.remove(refs)
    assert.deepEqual(await pieces.read(refs[0]!), bodies[0])
    await pieces.close()
    await assert.rejects(pieces.read(refs[0]!), { code: 'closed' })
  })
})

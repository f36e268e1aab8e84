/** What the share page writes to disks: within its folder, under safe names, and never short. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exactStream } from '../../demo/saving/exact-stream.ts'
import { languageFor } from '../../demo/language.ts'
import { savingFailure } from '../../demo/saving/failure.ts'
import { safePathsOf } from '../../demo/saving/safe-paths.ts'
import { zipOf } from '../../demo/saving/zip.ts'
import type { SharedFile } from '../../demo/shared-file.ts'

const { signal } = new AbortController()
const GIB = 2 ** 30

/** A file that is said to have `length` bytes, and has these. */
function fileOf(path: string, bytes: Uint8Array, length = bytes.length): SharedFile {
  return {
    path,
    name: path,
    length,
    progress: 1,
    priority: 4,
    select() {},
    deselect() {},
    stream: () => new Blob([bytes as BlobPart]).stream(),
  }
}

describe('paths that are written', () => {
  it('stay in the folder, whatever a sharer calls them', () => {
    const hostile = [
      '../../etc/passwd',
      '/etc/passwd',
      'C:\\Windows\\a',
      'a/../../b',
      '....//x',
      '.',
      '..',
      '',
      '~/x',
      'con',
      'a\u0000b',
    ]
    for (const path of safePathsOf(hostile.map(path => ({ path })))) {
      assert.doesNotMatch(path, /^\/|\\|\p{Cc}|(^|\/)\.{1,2}(\/|$)|^$|:/u, path)
    }
  })

  it('are all different, on disks that ignore case too, and leave what is taken', () => {
    const paths = safePathsOf([{ path: 'a' }, { path: 'A' }, { path: 'a' }, { path: 'taken' }], ['Taken'])
    assert.equal(new Set([...paths, 'taken'].map(path => path.toLowerCase())).size, 5)
  })

  it('of the library are left as they are', () => {
    const files = [{ path: 'folder/déjà vu/a.txt' }, { path: 'folder/b (2).txt' }]
    assert.deepEqual(
      safePathsOf(files),
      files.map(({ path }) => path),
    )
  })
})

describe('a stream that is saved', () => {
  const read = (file: SharedFile, told: number[] = []): Promise<ArrayBuffer> =>
    new Response(exactStream(file, { signal, onBytes: bytes => told.push(bytes) })).arrayBuffer()

  it('has all bytes, and tells of them', async () => {
    const told: number[] = []
    assert.equal((await read(fileOf('a', new Uint8Array(100_000)), told)).byteLength, 100_000)
    assert.equal(
      told.reduce((sum, bytes) => sum + bytes, 0),
      100_000,
    )
  })

  for (const [what, said] of [
    ['fewer', 1001],
    ['more', 999],
  ] as const) {
    it(`fails where it has ${what} bytes than it is said to have`, async () => {
      await assert.rejects(read(fileOf('a', new Uint8Array(1000), said)))
    })
  }
})

describe('a ZIP', () => {
  it('has the length that was foretold, with names that are not ASCII, empty files and none at all', async () => {
    for (const files of [
      [],
      [fileOf('leer', new Uint8Array(0))],
      Array.from({ length: 300 }, (_, n) => fileOf(`déjà/vu ${n}`, new Uint8Array(n * 700))),
    ]) {
      const zip = zipOf(files)
      const { byteLength } = await new Response(zip.stream({ signal, onBytes() {} })).arrayBuffer()
      assert.equal(byteLength, zip.lengthBytes)
    }
  })

  it('of more than 4 GiB is foretold as ZIP64', () => {
    const small = zipOf([{ ...fileOf('a', new Uint8Array()), length: GIB }]).lengthBytes - GIB
    const large = zipOf([{ ...fileOf('a', new Uint8Array()), length: 5 * GIB }]).lengthBytes - 5 * GIB
    assert.ok(large > small && large < small + 200, `${small} and ${large}`)
  })

  it('fails where a file in it has fewer bytes', async () => {
    const stream = zipOf([fileOf('a', new Uint8Array(1000), 1001)]).stream({ signal, onBytes() {} })
    await assert.rejects(new Response(stream).arrayBuffer())
  })

  it('ends when it is told to', async () => {
    const stopping = new AbortController()
    const file = fileOf('a', new Uint8Array(10))
    const endless = {
      ...file,
      stream: () => new ReadableStream<Uint8Array>({ pull: c => c.enqueue(new Uint8Array(70_000)) }),
    }
    const reading = new Response(
      zipOf([endless]).stream({ signal: stopping.signal, onBytes: () => stopping.abort() }),
    ).arrayBuffer()
    await assert.rejects(reading)
  })
})

describe('a failure to save', () => {
  it('says what to do', async () => {
    const english = await languageFor(['en'])
    const full = new DOMException('x', 'QuotaExceededError')
    const denied = new DOMException('x', 'NotAllowedError')
    assert.match(savingFailure(full, english), /disk is full/)
    assert.match(savingFailure(denied, english), /may not write/)
    assert.match(savingFailure(new Error('The sender left'), english), /The sender left\. What.*save again/)
  })
})

/** The table in the service worker: what is encoded is found, and what could be answered wrongly is refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { encodeTable, findListed, placeTable, type Table, type TableEntry, TABLE_MARKER } from '../../src/site/table.ts'

const entry = (path: string, more: Partial<TableEntry> = {}): TableEntry => ({
  path,
  lengthBytes: 100_000,
  type: 'image/png',
  root: Uint8Array.from({ length: 32 }, (_, i) => i),
  pieceLength: 65536,
  isImmutable: true,
  ...more,
})

const tableOf = (...entries: TableEntry[]): Table => JSON.parse(encodeTable({ version: 7, scope: 'site-1', entries }))

describe('a table', () => {
  it('knows its version and scope', () => {
    const { version, scope } = tableOf()
    assert.deepEqual({ version, scope }, { version: 7, scope: 'site-1' })
  })

  it('finds a file by its path', () => {
    const table = tableOf(entry('/b.png'), entry('/a.png', { type: 'text/css; charset="utf-8"', isImmutable: false }))
    assert.deepEqual(findListed(table, '/a.png'), {
      lengthBytes: 100_000,
      mediaTypeName: 'text/css; charset="utf-8"',
      storedBytes: 100_000,
      isGzip: false,
      rootHex: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      pieceBytes: 65536,
      isImmutable: false,
    })
    assert.equal(findListed(table, '/b.png')?.isImmutable, true)
  })

  it('tells a twin from its file', () => {
    const found = findListed(tableOf(entry('/a.wasm', { gzipBytes: 40_000 })), '/a.wasm')
    assert.deepEqual([found?.lengthBytes, found?.storedBytes, found?.isGzip], [100_000, 40_000, true])
  })

  it('holds lengths above four gigabytes and piece lengths up to one', () => {
    const found = findListed(tableOf(entry('/a.mp4', { lengthBytes: 2 ** 47 + 5, pieceLength: 2 ** 30 })), '/a.mp4')
    assert.deepEqual([found?.lengthBytes, found?.pieceBytes], [2 ** 47 + 5, 2 ** 30])
  })

  it('finds each of many files, and nothing else', () => {
    const entries = Array.from({ length: 3000 }, (_, i) => entry(`/assets/${i}.png`, { lengthBytes: i + 1 }))
    const table = tableOf(...entries)
    for (const { path, lengthBytes } of entries) assert.equal(findListed(table, path)?.lengthBytes, lengthBytes)
    for (const path of ['/', '', '/assets/3000.png', '/assets/1.PNG']) assert.equal(findListed(table, path), undefined)
  })

  it('finds files on other hosts by their whole address', () => {
    const foreign = entry('https://assets.example:8443/a.png', { lengthBytes: 7 })
    const table = tableOf(entry('/a.png'), foreign, entry('http://b.example/img/c.png'))
    assert.equal(findListed(table, 'https://assets.example:8443/a.png')?.lengthBytes, 7)
    assert.equal(findListed(table, '/a.png')?.lengthBytes, 100_000)
    assert.equal(findListed(table, 'https://assets.example/a.png'), undefined)
  })
})

describe('the build', () => {
  it('puts the table in the place of the marker', () => {
    for (const quote of ['"', "'", '`']) {
      assert.equal(placeTable(`a(${quote}${TABLE_MARKER}${quote})`, '{"b":"$&"}'), 'a({"b":"$&"})')
    }
  })

  for (const script of ['', `'${TABLE_MARKER}''${TABLE_MARKER}'`]) {
    it(`refuses a script that has the marker ${script === '' ? 'nowhere' : 'twice'}`, () => {
      assert.throws(() => placeTable(script, '{}'), ShoalError)
    })
  }

  const refused: readonly [string, readonly TableEntry[]][] = [
    ['a path that is listed twice', [entry('/a'), entry('/a')]],
    // Two strings of one 64-bit FNV-1a hash, which are known.
    ['two paths of one hash', [entry('/8yn0iYCKYHlIj4-BwPqk'), entry('/GReLUrM4wMqfg9yzV3KQ')]],
    ['a path that is not encoded', [entry('/ä')]],
    ['a path with a query', [entry('/a?b')]],
    ['a path with a fragment', [entry('/a#b')]],
    ['a relative path', [entry('a')]],
    ['an address with a query', [entry('https://assets.example/a?b')]],
    ['an address of no host', [entry('https:///a')]],
    ['an empty file', [entry('/a', { lengthBytes: 0 })]],
    ['an empty twin', [entry('/a', { gzipBytes: 0 })]],
    ['a type that breaks the line', [entry('/a', { type: 'text/css\r\nX: y' })]],
    ['no type', [entry('/a', { type: '' })]],
    ['a short root', [entry('/a', { root: new Uint8Array(20) })]],
    ['a piece length that is no power of two', [entry('/a', { pieceLength: 70_000 })]],
    ['a piece length below a block', [entry('/a', { pieceLength: 8192 })]],
  ]
  for (const [what, entries] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => encodeTable({ version: 1, scope: 's', entries }), ShoalError)
    })
  }

  it('refuses a version or a scope that has no place in keys', () => {
    assert.throws(() => encodeTable({ version: 1.5, scope: 's', entries: [] }), ShoalError)
    assert.throws(() => encodeTable({ version: 1, scope: 'a/b', entries: [] }), ShoalError)
  })
})

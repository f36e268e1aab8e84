/** The parts of a build that need no folder: addresses, names with a fingerprint, policies, and what a manifest is called. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cspComplaints, cspLines, cspNeeds } from '../../src/node/site/csp.ts'
import { tableEntries } from '../../src/node/site/deploy.ts'
import { naming } from '../../src/node/site/head.ts'
import { hostPrefix } from '../../src/node/site/hosts.ts'
import { isFingerprinted } from '../../src/node/site/select.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { bulkPieceLength } from '../../src/site/bulk.ts'
import { BULK_BYTES_ABOVE } from '../../src/site/limits.ts'
import { readManifest } from '../../src/site/manifest.ts'
import { isBase, isSitePath, isSiteType, siteUrl } from '../../src/site/paths.ts'
import { encodeTable, findListed, type Table } from '../../src/site/table.ts'
import { testBulk, testDraft, testFile, testKey, testManifest } from '../support/site.ts'

describe('the address of a file', () => {
  const cases: readonly (readonly [path: string, pathname: string])[] = [
    ['a.png', '/app/a.png'],
    ['b/c d.png', '/app/b/c%20d.png'],
    ['a@b,c+d(e).png', '/app/a@b,c+d(e).png'],
    ['50%.png', '/app/50%25.png'],
    ['%2e%2e/a.png', '/app/%252e%252e/a.png'],
    ['what?.png', '/app/what%3F.png'],
    ['c#.png', '/app/c%23.png'],
    ['x:y.png', '/app/x:y.png'],
    ['end /a.png ', '/app/end%20/a.png%20'],
    ['名.png', '/app/%E5%90%8D.png'],
  ]
  for (const [path, pathname] of cases) {
    it(`of ${path} is what a browser asks for`, () => {
      const url = new URL(siteUrl('https://example.org/app/', path))
      assert.equal(url.pathname, pathname)
      assert.equal(url.origin + url.search + url.hash, 'https://example.org')
    })
  }
})

describe('the address of a file on another host', () => {
  it('is on that host, whatever the base is', () => {
    const address = (path: string): string => siteUrl('https://example.org/app/', path)
    assert.equal(address('shoal-origins/https/assets.example/a b/c#.png'), 'https://assets.example/a%20b/c%23.png')
    assert.equal(address('shoal-origins/http/localhost:8000/a.png'), 'http://localhost:8000/a.png')
    for (const host of ['https://assets.example/', 'https://assets.example/v%201/', 'http://localhost:8000/x/'])
      assert.equal(address(`${hostPrefix({ base: host })}a.png`), `${host}a.png`)
  })
})

describe('a path that a site may list', () => {
  for (const path of [
    'shoal-origins',
    'shoal-origins/a.png',
    'shoal-origins/https/assets.example',
    'shoal-origins/ftp/assets.example/a.png',
    'shoal-origins/https/ASSETS.example/a.png',
    'shoal-origins/https/assets.example:443/a.png',
    'shoal-origins/https/a@assets.example/a.png',
    'shoal-origins/https/../a.png',
  ])
    it(`is not ${path}`, () => assert.equal(isSitePath(path), false))
  for (const path of ['', '/a', 'a/', 'a//b', './a', 'a/../b', '..', 'a\\b', 'a\0b', 'a\nb', '\ud800', 'shoal.torrent'])
    it(`is not ${JSON.stringify(path)}`, () => assert.equal(isSitePath(path), false))
  for (const path of [
    'a',
    'a/b',
    '...',
    'a..b',
    'ü/名',
    'shoal/x',
    'x/shoal.torrent',
    'shoal-origins/https/a.example/b',
  ])
    it(`is ${path}`, () => assert.equal(isSitePath(path), true))
})

describe('a content type that a site may list', () => {
  for (const type of ['image/png', 'text/css; charset=utf-8', 'image/svg+xml', 'application/x-a.b', 'a/b;c=d'])
    it(`is ${type}`, () => assert.equal(isSiteType(type), true))
  for (const type of ['', 'png', 'text/html', 'TEXT/HTML; charset=utf-8', 'a/b\r\nc: d', 'a/b; c="d"', 'a/b,c/d'])
    it(`is not ${JSON.stringify(type)}`, () => assert.equal(isSiteType(type), false))
})

describe('a base', () => {
  for (const base of ['https://example.org/', 'http://localhost:8000/app/', 'https://[::1]/a%20b/'])
    it(`is ${base}`, () => assert.equal(isBase(base), true))
  for (const base of [
    'https://example.org',
    'https://example.org/a',
    'https://EXAMPLE.org/',
    'https://example.org:443/',
    'https://example.org/a/../',
    'https://example.org/?a/',
    'https://example.org/#/',
    'https://a@example.org/',
    'file:///a/',
  ])
    it(`is not ${base}`, () => assert.equal(isBase(base), false))
})

describe('a fingerprint', () => {
  for (const name of [
    'app-B1c2D3e4.js',
    'assets/index.0a1b2c3d.css',
    'a_0a1b2c3d4e5f.woff2',
    'logo-DiwrgTda9.svg',
    'x-0123456789abcdef0123456789abcdef.png',
  ])
    it(`is in ${name}`, () => assert.equal(isFingerprinted(name), true))
  for (const name of [
    'report-20240101.pdf',
    'my-document.pdf',
    'IMG_20240101.jpg',
    'app.js',
    'app-B1c2D3e4/photo.jpg',
    'jquery-3.7.1.min.js',
    'deadbeef.png',
    'a-DEADBEEF.png',
  ])
    it(`is not in ${name}`, () => assert.equal(isFingerprinted(name), false))
})

describe('the name of the torrent', () => {
  it('makes a web seed of a base that ends in a folder, since clients append it', () => {
    assert.deepEqual(naming('https://example.org/a/my%20app/', ['https://m.example/']), {
      name: 'my app',
      webSeeds: ['https://example.org/a/', 'https://m.example/'],
    })
  })

  it('cannot do so for the root of a host', () => {
    assert.deepEqual(naming('https://example.org:8443/', []), { name: 'example.org', webSeeds: [] })
  })
})

describe('the piece length of a large file', () => {
  it('follows from its length alone', () => {
    assert.equal(bulkPieceLength(BULK_BYTES_ABOVE + 1), 256 * 1024)
    assert.equal(bulkPieceLength(256 * 1024 * 1024), 256 * 1024)
    assert.equal(bulkPieceLength(256 * 1024 * 1024 + 1), 512 * 1024)
    assert.equal(bulkPieceLength(2 ** 40), 1024 * 1024)
  })
})

describe('the table of the worker', () => {
  it('has every listed file by the path that a browser asks for', async () => {
    const key = await testKey()
    const { files } = await testDraft(key)
    const odd = await testFile('b c/名.png', new Uint8Array(30_000))
    const film = testBulk('film.mp4', 300_000_000, 512 * 1024)
    const { manifest } = readManifest(await testManifest(key, { files: [...files, odd, film] }))
    const entries = tableEntries(manifest)
    const table: Table = JSON.parse(encodeTable({ version: 1, scope: 'a', entries }))
    const { rootHex, ...data } = findListed(table, '/app/data.json')!
    assert.deepEqual(data, {
      lengthBytes: 900_000,
      mediaTypeName: 'application/json',
      storedBytes: 70_000,
      isGzip: true,
      pieceBytes: 65_536,
      isImmutable: false,
    })
    assert.equal(rootHex, toHex(manifest.files.get('data.json')!.piecesRoot))
    assert.equal(findListed(table, new URL('https://example.org/app/b c/名.png').pathname)!.lengthBytes, 30_000)
    assert.equal(findListed(table, '/app/film.mp4')!.pieceBytes, 512 * 1024)
    assert.equal(findListed(table, '/app/img/a.png')!.isImmutable, true)
  })
})

describe('a Content-Security-Policy', () => {
  const needs = cspNeeds(['wss://t.example/announce', 'wss://t.example/other', 'ws://localhost:8000'])
  const complaints = (policy: string): string[] => cspComplaints(policy, needs, 'https://example.org')

  it('is given as lines to paste', () => {
    assert.deepEqual(cspLines(needs), [
      "script-src 'self'",
      "worker-src 'self'",
      "connect-src 'self' wss://t.example ws://localhost:8000",
    ])
  })

  for (const policy of [
    '',
    "script-src 'self'",
    '*; default-src *',
    "default-src 'none'; script-src-elem 'self'; connect-src 'self' wss: ws:; worker-src 'self'",
    "connect-src https://example.org wss://*.example ws://localhost:*; child-src 'self'; worker-src https://example.org",
    "connect-src 'self' WSS://T.EXAMPLE ws://localhost:8000; script-src 'self'",
  ])
    it(`allows all that is needed: ${policy || '(none)'}`, () => assert.deepEqual(complaints(policy), []))

  const lacking: readonly (readonly [policy: string, missing: number])[] = [
    ["default-src 'none'", 5],
    ["default-src 'self'", 2],
    ["connect-src 'self' wss://t.example:444 ws://localhost; worker-src 'self'", 2],
    ["worker-src 'none'", 1],
    ["script-src 'none'", 2],
    ["script-src 'nonce-abc'; worker-src 'self'", 1],
    ["script-src 'self'; script-src-elem 'none'", 1],
    ["connect-src 'self' wss://evil-t.example ws://localhost:8000", 1],
  ]
  it('cannot allow a tag by its address where scripts are trusted by nonce', () => {
    assert.match(
      complaints("script-src 'self' 'nonce-abc' 'strict-dynamic'; worker-src 'self'").join(),
      /give the tag a nonce/,
    )
  })

  for (const [policy, missing] of lacking)
    it(`lacks ${missing}: ${policy}`, () => assert.equal(complaints(policy).length, missing))
})

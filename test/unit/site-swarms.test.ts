/** The torrents that a manifest stands for, and where the site's own server has their files. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHex } from '../../src/metainfo/bytes.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { fileUrl } from '../../src/net/origin-plan.ts'
import { bulkPieceLength } from '../../src/site/bulk.ts'
import { type Manifest, readManifest } from '../../src/site/manifest.ts'
import { encodeBulkTorrent, encodeManifest, type ManifestDraft } from '../../src/site/manifest-encode.ts'
import { originFetch, originUrl } from '../../src/site/origin-urls.ts'
import { type SiteSwarm, swarmOf, swarmsOf, torrentOf, withLayer, withTorrent } from '../../src/site/swarms.ts'
import { BASE, refusedWith, testBulk, testDraft, testFile, testKey } from '../support/site.ts'

const BULK_BYTES = 9 * 1024 * 1024

const key = await testKey()
const film = testBulk('film.mp4', BULK_BYTES, bulkPieceLength(BULK_BYTES))

async function manifestOf(draft: Partial<ManifestDraft> = {}): Promise<Manifest> {
  return readManifest(encodeManifest(await testDraft(key, draft))).manifest
}

async function withFilm(draft: Partial<ManifestDraft> = {}): Promise<Manifest> {
  const { files } = await testDraft(key)
  return manifestOf({ files: [...files, film], ...draft })
}

/** What a client asks its platform for, and what the wrapped `fetch` makes of it: of every file of a swarm. */
function addressesOf({ metainfo: { layout, webSeeds } }: SiteSwarm, base: string): string[] {
  return layout.files.map(file => originUrl(base, fileUrl(webSeeds[0]!, layout, file)))
}

describe('the swarms of a manifest', () => {
  it('are that of the site, and one for each bulk file', async () => {
    const manifest = await withFilm()
    const [site, bulk, ...others] = swarmsOf(manifest)
    assert.deepEqual(others, [])
    assert.equal(site!.id, toHex(manifest.infoHash.subarray(0, 20)))
    assert.deepEqual(
      site!.files.map(({ path }) => path),
      ['data.json', 'img/a.png'],
    )
    assert.equal(site!.kind, 'shared')
    assert.equal(site!.torrentPath, undefined)
    const { swarm } = manifest.files.get('film.mp4')!
    assert.ok(swarm.kind === 'bulk')
    assert.equal(bulk!.kind, 'bulk')
    assert.equal(bulk!.id, toHex(swarm.infoHash.subarray(0, 20)))
    assert.deepEqual(bulk!.metainfo.infoHashV2, swarm.infoHash)
    for (const file of manifest.files.values()) assert.ok(swarmOf(swarmsOf(manifest), file).files.includes(file))
  })

  it('are torrents for add(): with the trackers of the manifest, and no web seed but the site', async () => {
    const [site, bulk] = swarmsOf(await withFilm({ trackers: ['wss://a.example', 'wss://b.example'] }))
    for (const swarm of [site!, bulk!]) {
      const { wireInfoHash, trackers, webSeeds } = parseMetainfo(torrentOf(swarm))
      assert.equal(toHex(wireInfoHash), swarm.id)
      assert.deepEqual(trackers.flat(), ['wss://a.example', 'wss://b.example'])
      assert.equal(webSeeds.length, 1)
    }
    const { layout, pieceLayers } = parseMetainfo(torrentOf(site!))
    assert.deepEqual([...pieceLayers.keys()], [toHex(layout.files[0]!.piecesRoot!)])
  })

  it('have a bulk file in common with the next deploy, under whatever path', async () => {
    const before = swarmsOf(await withFilm())
    const { files } = await testDraft(key)
    const after = swarmsOf(await manifestOf({ files: [files[0]!, { ...film, path: 'old/film.mp4' }] }))
    assert.equal(after[1]!.id, before[1]!.id)
    assert.notEqual(after[0]!.id, before[0]!.id)
  })

  it('have a bulk file once that is listed twice', async () => {
    const { files } = await testDraft(key)
    const manifest = await manifestOf({ files: [...files, film, { ...film, path: 'copy.mp4' }] })
    const swarms = swarmsOf(manifest)
    assert.equal(swarms.length, 2)
    assert.equal(swarmOf(swarms, manifest.files.get('copy.mp4')!), swarmOf(swarms, manifest.files.get('film.mp4')!))
  })
})

describe('the hashes of a bulk file', () => {
  it('come from its .torrent, or from who has the file', async () => {
    const [, bulk] = swarmsOf(await withFilm())
    assert.equal(bulk!.metainfo.pieceLayers.size, 0)
    const { bytes, infoHash } = encodeBulkTorrent({ ...key, trackers: [] }, film, `${BASE}film.mp4`)
    assert.equal(bulk!.torrentPath, `shoal-bulk/${toHex(infoHash.subarray(0, 20))}.torrent`)
    const root = toHex(film.content.piecesRoot)
    for (const whole of [withTorrent(bulk!, bytes), withLayer(bulk!, film.content.layer!)]) {
      assert.equal(whole.id, bulk!.id)
      assert.deepEqual(parseMetainfo(torrentOf(whole)).pieceLayers.get(root), film.content.layer)
    }
  })

  it('are refused when they are of another file, altered, or none', async () => {
    const [, bulk] = swarmsOf(await withFilm())
    const other = testBulk('film.mp4', BULK_BYTES, bulkPieceLength(BULK_BYTES))
    const { bytes } = encodeBulkTorrent({ ...key, trackers: [] }, other, `${BASE}film.mp4`)
    assert.throws(() => withTorrent(bulk!, bytes), refusedWith('site-format', /another file/))
    assert.throws(() => withLayer(bulk!, other.content.layer!), { code: 'invalid-torrent' })
    assert.throws(() => withTorrent(bulk!, new Uint8Array(3)), { code: 'invalid-torrent' })
  })
})

describe('where the origin has a file', () => {
  const plain = ['img/a.png', 'deep/er/ünï côde 名.png', 'a%b?c#d.png', 'con.png', 'x@y+z&=~.png', '.well-known/a.png']

  for (const base of ['https://example.org/', 'https://example.org/app/', 'http://localhost:8000/a%20b/c/']) {
    it(`is its own address, also below ${base}`, async () => {
      const files = await Promise.all(plain.map((path, i) => testFile(path, new Uint8Array(20_000).fill(i))))
      const [site] = swarmsOf(await manifestOf({ base, files, webSeeds: ['https://elsewhere.example/'] }))
      // As a browser writes what stands in the page.
      const asked = site!.files.map(({ path }) => new URL(path.replace(/[%?#]/g, encodeURIComponent), base).href)
      assert.deepEqual(addressesOf(site!, base), asked)
    })
  }

  it('is that of the twin, where one travels', async () => {
    const [site] = swarmsOf(await manifestOf())
    assert.deepEqual(addressesOf(site!, BASE), [`${BASE}data.json.gz`, `${BASE}img/a.png`])
  })

  it('is that of a bulk file, without its name in its torrent', async () => {
    const [, bulk] = swarmsOf(await withFilm())
    assert.deepEqual(addressesOf(bulk!, BASE), [`${BASE}film.mp4`])
  })

  it('is asked for in place of the web seed, with the same range; nothing else is changed', async () => {
    const asked: string[] = []
    const fetch = originFetch(BASE, async (url, init) => {
      asked.push(`${url} ${new Headers(init.headers).get('range')}`)
      return new Response()
    })
    const init = { headers: { Range: 'bytes=0-9' } }
    await fetch(`${BASE}shoal.torrent/app/img/a.png`, init)
    await fetch('https://elsewhere.example/app/shoal.torrent/app/img/a.png', init)
    await fetch(`${BASE}shoal.torrent`, init)
    assert.deepEqual(asked, [
      `${BASE}img/a.png bytes=0-9`,
      'https://elsewhere.example/app/shoal.torrent/app/img/a.png bytes=0-9',
      `${BASE}shoal.torrent bytes=0-9`,
    ])
  })
})

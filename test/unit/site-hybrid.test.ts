/** A manifest with a v1 half: the same files for clients that know no v2. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import { type BencodeDict, decode, encode } from '../../src/metainfo/bencode.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { readManifest, verifyManifest } from '../../src/site/manifest.ts'
import { type DraftFile, encodeManifest } from '../../src/site/manifest-encode.ts'
import { padLengths } from '../../src/site/manifest-info.ts'
import { swarmsOf } from '../../src/site/swarms.ts'
import { dictOf, forge, refusedWith, testDraft, testFile, testKey, testManifest, testTrust } from '../support/site.ts'

const key = await testKey()

/** Names in the order of the tree, which is not that of the paths as text. */
const LENGTHS: Readonly<Record<string, number>> = {
  'a/z.png': 20_000,
  'a-b.png': 65_536,
  'a.png': 65_537,
  'img/ü.png': 200_000,
  'z.png': 1,
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(LENGTHS[path]!).fill(path.length)

async function files(): Promise<DraftFile[]> {
  return Promise.all(Object.keys(LENGTHS).map(path => testFile(path, bytesOf(path))))
}

describe('a manifest with a v1 half', () => {
  it('is the hybrid torrent that any other client makes of the same files, for this site', async () => {
    const bytes = await testManifest(key, { files: await files(), isHybrid: true })
    const { manifest } = await verifyManifest(bytes, testTrust(key))
    const { metainfo } = manifest
    const made = await createTorrent(
      Object.keys(LENGTHS).map(path => ({ path: `app/${path}`, data: bytesOf(path) })),
      { version: 'hybrid', pieceLength: 65_536 },
    )
    const info = dictOf(decode(metainfo.infoBytes))
    assert.deepEqual(info.get('shoal site'), key.key)
    info.delete('shoal site')
    assert.deepEqual(encode(info), made.infoBytes)
    assert.deepEqual(metainfo.pieceLayers, made.pieceLayers)
  })

  it('says of its files what one without says', async () => {
    const draft = { files: await files() }
    const plain = readManifest(await testManifest(key, draft)).manifest
    const hybrid = readManifest(await testManifest(key, { ...draft, isHybrid: true })).manifest
    assert.deepEqual([...hybrid.files], [...plain.files])
    assert.notDeepEqual(hybrid.infoHash, plain.infoHash)
  })

  it('is known to trackers and peers by its v1 infohash, and to its pointer by the other', async () => {
    const { manifest } = readManifest(await testManifest(key, { files: await files(), isHybrid: true }))
    const { infoHashV1, infoHashV2 } = manifest.metainfo
    assert.equal(swarmsOf(manifest)[0]!.id, toHex(infoHashV1!))
    assert.deepEqual(manifest.infoHash, infoHashV2)
  })

  it('names the pad files that its site must have', async () => {
    assert.deepEqual([...padLengths(Object.values(LENGTHS))], [45_536, 65_535, 62_144])
    const { metainfo } = readManifest(await testManifest(key, { files: await files(), isHybrid: true })).manifest
    const list = dictOf(decode(metainfo.infoBytes)).get('files') as Iterable<BencodeDict>
    const pads = [...list].filter(entry => entry.text('attr') === 'p')
    assert.equal(pads.length, 4)
    for (const pad of pads) {
      const path = [...pad.list('path')!].map(name => Buffer.from(name as Uint8Array).toString())
      assert.deepEqual(path, ['.pad', String(pad.integer('length'))])
      assert.ok(padLengths(Object.values(LENGTHS)).has(pad.integer('length')!))
    }
  })

  it('cannot be made of files whose SHA-1s nobody computed', async () => {
    const [first, ...others] = await files()
    const { sha1s: _, ...content } = first!.content
    const draft = await testDraft(key, { files: [{ ...first!, content }, ...others], isHybrid: true })
    assert.throws(() => encodeManifest(draft), { code: 'invalid-argument', message: /a\/z\.png has no SHA-1/ })
  })

  it('is refused when its halves are not of the same files, and when it has the v1 half alone', async () => {
    const bytes = await testManifest(key, { files: await files(), isHybrid: true })
    const other = dictOf(decode(await testManifest(key, { isHybrid: true })))
    const changed = (change: (info: ReturnType<typeof dictOf>) => void): Promise<Uint8Array> =>
      forge(bytes, key, torrent => {
        const info = dictOf(torrent.get('info'))
        change(info)
        torrent.set('info', info)
      })
    const halves = dictOf(other.get('info'))
    const mixed = await changed(info => {
      for (const name of ['files', 'pieces']) info.set(name, halves.get(name))
    })
    assert.throws(() => readManifest(mixed), refusedWith('site-format', /different files/))
    const old = await changed(info => {
      info.delete('meta version')
      info.delete('file tree')
    })
    assert.throws(() => readManifest(old), refusedWith('site-format'))
    assert.equal(parseMetainfo(await changed(() => undefined)).layout.version, 'hybrid')
  })
})

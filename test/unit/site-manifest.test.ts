/** The manifest: what it says, and every reason for which it is refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import { ShoalError } from '../../src/errors.ts'
import { encode } from '../../src/metainfo/bencode.ts'
import { concatBytes, toHex } from '../../src/metainfo/bytes.ts'
import { encodeMetainfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { SITE_LIMITS } from '../../src/site/limits.ts'
import { readManifest, verifyManifest } from '../../src/site/manifest.ts'
import { encodeBulkTorrent, encodeManifest, signManifest, withHead } from '../../src/site/manifest-encode.ts'
import type { Encodable } from '../../src/metainfo/bencode.ts'
import {
  BASE,
  dictOf,
  forge,
  NOW,
  refusedWith,
  testBulk,
  testDraft,
  testFile,
  testKey,
  testManifest,
  testTrust,
} from '../support/site.ts'

const key = await testKey()
const bytes = await testManifest(key)
const trust = testTrust(key)

describe('a manifest', () => {
  it('says what was put into it', async () => {
    const { manifest } = await verifyManifest(bytes, trust)
    assert.equal(manifest.version, NOW - 100)
    assert.equal(manifest.expires, NOW + 86_400)
    assert.equal(manifest.base, BASE)
    assert.deepEqual([...manifest.files.keys()], ['data.json', 'img/a.png'])
    const { swarm, piecesRoot, ...data } = manifest.files.get('data.json')!
    assert.deepEqual(data, {
      path: 'data.json',
      type: 'application/json',
      encoding: 'gzip',
      length: 900_000,
      contentLength: 70_000,
      isImmutable: false,
    })
    assert.equal(manifest.files.get('img/a.png')!.isImmutable, true)
    assert.deepEqual(swarm, { kind: 'shared', file: 0 })
    assert.equal(toHex(piecesRoot), toHex(manifest.metainfo.layout.files[0]!.piecesRoot!))
  })

  it('is a v2 torrent with the roots that any other client computes', async () => {
    const metainfo = parseMetainfo(bytes)
    assert.equal(metainfo.layout.version, 'v2')
    const made = await createTorrent(
      [
        { path: 'app/img/a.png', data: new Uint8Array(20_000).fill(1) },
        { path: 'app/data.json.gz', data: new Uint8Array(70_000).fill(2) },
      ],
      { version: 'v2', pieceLength: 65_536 },
    )
    assert.deepEqual(metainfo.layout.files, made.layout.files)
    assert.deepEqual(metainfo.pieceLayers, made.pieceLayers)
    assert.deepEqual(metainfo.trackers, [['wss://tracker.example']])
    assert.deepEqual(metainfo.webSeeds, ['https://example.org/'])
  })

  it('is the same bytes whatever the order in which files and policy are given', async () => {
    const draft = await testDraft(key, { policy: { consent: 'manual', uploadBytesPerDay: 5 } })
    const other = {
      ...draft,
      files: draft.files.toReversed(),
      policy: { uploadBytesPerDay: 5, consent: 'manual' },
    }
    assert.deepEqual(encodeManifest(draft), encodeManifest(other))
  })

  it('carries hosts and policy', async () => {
    const origins = ['https://assets.example']
    const policy = { consent: 'manual', uploadBytesPerDay: 100 }
    const { manifest } = await verifyManifest(await testManifest(key, { origins, policy }), trust)
    assert.deepEqual(manifest.origins, origins)
    assert.deepEqual(Object.fromEntries(manifest.policy), policy)
  })

  it('names files by any characters that a disk holds', async () => {
    const path = 'ünïcode 名/a b#c?d%e+f.png'
    const file = await testFile(path, new Uint8Array(20_000))
    const { manifest } = await verifyManifest(await testManifest(key, { files: [file] }), trust)
    assert.deepEqual([...manifest.files.keys()], [path])
  })

  it('lists files on other hosts, and on no others than it names', async () => {
    const path = 'shoal-origins/https/assets.example/img/a.png'
    const file = await testFile(path, new Uint8Array(20_000))
    const origins = ['https://assets.example']
    const { manifest } = await verifyManifest(await testManifest(key, { files: [file], origins }), trust)
    assert.equal(manifest.files.get(path)!.contentLength, 20_000)
    for (const others of [[], ['http://assets.example'], ['https://assets.example:8443']])
      await assert.rejects(testManifest(key, { files: [file], origins: others }), /on https:\/\/assets\.example/)
  })

  it('names a file whose name is reserved on some systems as it is', async () => {
    const file = await testFile('con.png', new Uint8Array(20_000))
    const { manifest } = await verifyManifest(await testManifest(key, { files: [file] }), trust)
    assert.equal(manifest.files.get('con.png')!.contentLength, 20_000)
  })
})

describe('a file of more than 8 MiB', () => {
  const bulk = testBulk('film.mp4', 300_000_000, 512 * 1024)

  it('is a swarm of its own, the same in every deploy', async () => {
    const { files } = await testDraft(key)
    const first = readManifest(await testManifest(key, { files: [...files, bulk] })).manifest
    const moved = { ...bulk, path: 'films/film.mp4' }
    const later = readManifest(await testManifest(key, { version: NOW, files: [files[0]!, moved] })).manifest
    const { swarm } = first.files.get('film.mp4')!
    assert.deepEqual(swarm, later.files.get('films/film.mp4')!.swarm)
    assert.notDeepEqual(first.infoHash, later.infoHash)
    assert.ok(swarm.kind === 'bulk')
    assert.equal(swarm.pieceLength, 512 * 1024)
    assert.equal(first.metainfo.layout.files.length, 2, 'it is not in the torrent of the site')
  })

  it('is another swarm for another site', async () => {
    const other = await testKey()
    const { files } = await testDraft(key)
    const [mine, theirs] = await Promise.all(
      [key, other].map(
        async owner =>
          readManifest(await testManifest(owner, { files: [...files, bulk] })).manifest.files.get('film.mp4')!.swarm,
      ),
    )
    assert.notDeepEqual(mine, theirs)
  })

  it('has a .torrent of its own, which any v2 client reads', async () => {
    const { files } = await testDraft(key)
    const { swarm } = readManifest(await testManifest(key, { files: [...files, bulk] })).manifest.files.get('film.mp4')!
    const made = encodeBulkTorrent({ ...key, trackers: ['wss://t.example'] }, bulk, `${BASE}film.mp4`)
    const metainfo = parseMetainfo(made.bytes)
    assert.ok(swarm.kind === 'bulk')
    assert.deepEqual(metainfo.infoHashV2, swarm.infoHash)
    assert.equal(metainfo.pieceLayers.size, 1)
    assert.equal(metainfo.layout.totalBytes, 300_000_000)
    assert.deepEqual(metainfo.webSeeds, [`${BASE}film.mp4`])
  })
})

describe('a manifest is refused', () => {
  it('when any of its bytes is altered', async () => {
    const small = await testManifest(key, { files: [await testFile('a.png', new Uint8Array(20_000))] })
    await verifyManifest(small, trust)
    for (let at = 0; at < small.length; at++) {
      for (const mask of [1, 0x80]) {
        const altered = small.slice()
        altered[at]! ^= mask
        await assert.rejects(
          verifyManifest(altered, trust),
          (error: unknown) => error instanceof ShoalError && error.code.startsWith('site-'),
          `byte ${at} ^ ${mask}`,
        )
      }
    }
  })

  it('when it is cut short or goes on', async () => {
    await assert.rejects(verifyManifest(bytes.subarray(0, -1), trust), refusedWith('site-format'))
    await assert.rejects(verifyManifest(concatBytes([bytes, bytes]), trust), refusedWith('site-format'))
  })

  it('when its bencode is not canonical, although it says the same', async () => {
    const text = Buffer.from(bytes).toString('latin1')
    const padded = text.replace('6:formati1e', '6:formati01e')
    const swapped = text.replace('8:encoding4:gzip6:lengthi900000e', '6:lengthi900000e8:encoding4:gzip')
    for (const form of [padded, swapped]) {
      assert.notEqual(form, text)
      await assert.rejects(verifyManifest(Buffer.from(form, 'latin1'), trust), refusedWith('site-format'))
    }
  })

  it('when it is larger than a manifest may be', async () => {
    const large = new Uint8Array(SITE_LIMITS.manifestBytesMax + 1)
    await assert.rejects(verifyManifest(large, trust), refusedWith('site-oversize', /4194305 bytes/))
  })

  it('when it is no manifest', async () => {
    const torrent = encodeMetainfo(await createTorrent([{ path: 'a.png', data: new Uint8Array(20_000) }]))
    await assert.rejects(verifyManifest(torrent, trust), refusedWith('site-format', /no manifest/))
    await assert.rejects(verifyManifest(encode([]), trust), refusedWith('site-format'))
    await assert.rejects(verifyManifest(new Uint8Array(), trust), refusedWith('site-format'))
  })

  it('when it is not signed', async () => {
    const unsigned = encodeManifest(await testDraft(key))
    await assert.rejects(verifyManifest(unsigned, trust), refusedWith('site-signature'))
  })

  it('when it is signed with another key than the page names', async () => {
    const other = await testKey()
    await assert.rejects(verifyManifest(bytes, testTrust(other)), refusedWith('site-key', /another key/))
  })

  it('when another key signed it in the name of the right one', async () => {
    const thief = await testKey()
    const forged = await signManifest(encodeManifest(await testDraft(key)), thief.sign)
    await assert.rejects(verifyManifest(forged, trust), refusedWith('site-signature'))
  })

  it('when its signature was made for something else', async () => {
    const unsigned = encodeManifest(await testDraft(key))
    const asPointer = await signManifest(unsigned, (_, message) => key.sign('pointer', message))
    await assert.rejects(verifyManifest(asPointer, trust), refusedWith('site-signature'))
  })

  it('from the second on at which it expires', async () => {
    const { expires } = readManifest(bytes).manifest
    await verifyManifest(bytes, testTrust(key, { nowSeconds: expires - 1 }))
    for (const nowSeconds of [expires, expires + 1, Number.NaN])
      await assert.rejects(verifyManifest(bytes, testTrust(key, { nowSeconds })), refusedWith('site-expired'))
  })

  it('when it is made for another address', async () => {
    for (const base of ['https://example.org/', 'http://example.org/app/', 'https://evil.example/app/'])
      await assert.rejects(verifyManifest(bytes, testTrust(key, { base })), refusedWith('site-base'))
  })

  it('when its version lies so far ahead that no later one could follow', async () => {
    const ahead = await testManifest(key, { version: NOW + SITE_LIMITS.versionAheadSecondsMax + 1 })
    await assert.rejects(verifyManifest(ahead, trust), refusedWith('site-format', /future/))
  })
})

describe('after one manifest was accepted', () => {
  it('an older one is refused, and the same and later ones are not', async () => {
    const { accepted } = await verifyManifest(bytes, trust)
    const after = testTrust(key, { accepted })
    await verifyManifest(bytes, after)
    await verifyManifest(await testManifest(key, { version: NOW - 99 }), after)
    const older = await testManifest(key, { version: NOW - 101 })
    await assert.rejects(verifyManifest(older, after), refusedWith('site-older', /older than/))
  })

  it('another of the same version is refused', async () => {
    const { accepted } = await verifyManifest(bytes, trust)
    const other = await testManifest(key, { files: [await testFile('b.png', new Uint8Array(20_000))] })
    await assert.rejects(verifyManifest(other, testTrust(key, { accepted })), refusedWith('site-mismatch'))
  })

  it('the same for longer is accepted, and then the shorter one refused', async () => {
    const { accepted } = await verifyManifest(bytes, trust)
    const head = { ...readManifest(bytes).manifest, expires: NOW + 100_000 }
    const renewed = await signManifest(withHead(bytes, head), key.sign)
    const after = await verifyManifest(renewed, testTrust(key, { accepted }))
    const replay = verifyManifest(bytes, testTrust(key, { accepted: after.accepted }))
    await assert.rejects(replay, refusedWith('site-older'))
  })

  it('old content under a higher version is a rollback, and accepted', async () => {
    const newer = await testManifest(key, { version: NOW - 50, files: [await testFile('b.png', new Uint8Array(99))] })
    const { accepted } = await verifyManifest(newer, trust)
    await assert.rejects(verifyManifest(bytes, testTrust(key, { accepted })), refusedWith('site-older'))
    const head = { ...readManifest(bytes).manifest, version: NOW - 49 }
    const back = await signManifest(withHead(bytes, head), key.sign)
    await verifyManifest(back, testTrust(key, { accepted }))
  })

  it('nothing of a refused one is remembered', async () => {
    const accepted = { ...(await verifyManifest(bytes, trust)).accepted }
    const later = await testManifest(key, { version: NOW - 10, base: 'https://example.org/other/' })
    await assert.rejects(verifyManifest(later, testTrust(key, { accepted })), refusedWith('site-base'))
    await verifyManifest(bytes, testTrust(key, { accepted }))
  })
})

describe('a manifest whose owner signed nonsense is refused', () => {
  type Change = Parameters<typeof forge>[2]
  const set =
    (name: string, value: Encodable | undefined): Change =>
    (_, shoal) =>
      shoal.set(name, value)
  const file =
    (fields: Readonly<Record<string, Encodable>>, path = 'img/a.png'): Change =>
    (_, shoal) => {
      const files = dictOf(shoal.get('files'))
      files.set(path, new Map([...dictOf(files.get('img/a.png')), ...Object.entries(fields)]))
      shoal.set('files', files)
    }
  const info =
    (fields: Readonly<Record<string, Encodable>>): Change =>
    torrent =>
      torrent.set('info', new Map([...dictOf(torrent.get('info')), ...Object.entries(fields)]))

  const changes: readonly (readonly [what: string, change: Change, sentence: RegExp])[] = [
    ['of a later format', set('format', 2), /later format/],
    ['without a base', set('base', undefined), /base/],
    ['whose base is no folder', set('base', 'https://example.org/app'), /base/],
    ['whose base has a query', set('base', 'https://example.org/?a/'), /base/],
    ['of version 0', set('version', 0), /version/],
    ['of a negative version', set('version', -5), /version/],
    ['whose expiry is no number', set('expires', 'never'), /expires/],
    ['without files', set('files', undefined), /files/],
    ['whose key is short', set('key', new Uint8Array(31)), /key/],
    ['whose hosts are no origins', set('origins', ['https://a.example/path']), /hosts/],
    [
      'with too many hosts',
      set(
        'origins',
        Array.from({ length: 17 }, (_, i) => `https://h${i}.example`),
      ),
      /hosts/,
    ],
    ['whose policy is deep', set('policy', { a: { b: 1 } }), /policy/],
    ['whose policy is long', set('policy', { a: 'x'.repeat(300) }), /policy/],
    ['whose chain is empty', set('rotated', []), /chain/],
    ['whose chain is damaged', set('rotated', [new Uint8Array(95)]), /chain/],
    ['whose chain turns in a circle', set('rotated', [concatBytes([key.key, new Uint8Array(64)])]), /circle/],
    ['that lists HTML', file({ type: 'text/html' }), /content type/],
    ['that lists XHTML', file({ type: 'application/xhtml+xml' }), /content type/],
    ['whose type would end a header', file({ type: 'image/png\r\nSet-Cookie: a=b' }), /content type/],
    ['whose type is not UTF-8', file({ type: new Uint8Array([0x69, 0xff]) }), /type/],
    ['with an unknown encoding', file({ encoding: 'br' }), /encoding/],
    ['whose flag is no flag', file({ immutable: 2 }), /damaged/],
    ['that lists what its torrent has not', file({}, 'img/b.png'), /not in its torrent/],
    ['that leads out of the base', file({}, '../a.png'), /path/],
    ['that lists a folder', file({}, 'img/'), /path/],
    ["that lists Shoal's own files", file({}, 'shoal-sw.js'), /path/],
    ['whose path has a backslash', file({}, 'img\\a.png'), /path/],
    [
      'that does not list what its torrent has',
      (_, shoal) => {
        const files = dictOf(shoal.get('files'))
        files.delete('img/a.png')
        shoal.set('files', files)
      },
      /does not list/,
    ],
    [
      'whose large file has an infohash of its own choice',
      file({ bytes: 9_000_000, 'piece length': 262_144, 'pieces root': key.key, infohash: key.key }),
      /infohash/,
    ],
    ['whose pieces are longer', info({ 'piece length': 131_072 }), /65536/],
    ['whose torrent is of another site', info({ 'shoal site': new Uint8Array(32) }), /another site/],
    ['whose torrent is of none', info({ 'shoal site': 1 }), /shoal site/],
    ['with a v1 half', info({ pieces: new Uint8Array(40) }), /damaged|v2/],
    ['without hashes of pieces', torrent => torrent.set('piece layers', new Map()), /hashes of pieces/],
    [
      'with wrong hashes of pieces',
      torrent => {
        const layers = dictOf(torrent.get('piece layers'))
        for (const [root] of layers) layers.set(root, new Uint8Array(64))
        torrent.set('piece layers', layers)
      },
      /piece hashes/,
    ],
    ['without a torrent', torrent => torrent.delete('info'), /info/],
  ]
  for (const [what, change, sentence] of changes) {
    it(what, async () => {
      const forged = await forge(bytes, key, change)
      await assert.rejects(verifyManifest(forged, trust), refusedWith('site-format', sentence))
    })
  }

  it('and what is not changed is accepted when it is signed the same way', async () => {
    await verifyManifest(await forge(bytes, key, () => undefined), trust)
  })

  it('and a field of a later version is passed over', async () => {
    await verifyManifest(await forge(bytes, key, set('zzz', 'new')), trust)
  })
})

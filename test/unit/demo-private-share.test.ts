/** Private shares with the real library, in one client: sealing, opening, and the vectors of the format. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { cipherFiles } from '../../demo/private/cipher-files.ts'
import { makeEnvelope, readAll } from '../../demo/private/envelope.ts'
import { newSecret, withPassword } from '../../demo/private/keys.ts'
import { listFiles } from '../../demo/private/listing.ts'
import { openSealed, openShare, sealFiles } from '../../demo/private/private-share.ts'
import { createTorrent } from '../../src/node/index.ts'
import { clientFor, contentsOf, failsWith, seedSealed, sourcesOf } from '../support/private-shares.ts'
import { makeVectors, patternBytes, sealShare } from '../support/sealed-share.ts'

const CONTENTS: Readonly<Record<string, Buffer>> = {
  'holiday/grüße.txt': Buffer.from('The fish are fine.\n'),
  'holiday/day 1/empty': Buffer.alloc(0),
  'holiday/day 1/reef.bin': patternBytes(3_000_000),
}

describe('a private share', () => {
  it('opens with its secret: names, lengths, types and contents', async t => {
    const { torrent, secret, needsPassword } = await sealFiles(clientFor(t), sourcesOf(CONTENTS))
    const share = await openShare(torrent, secret)
    assert.equal(share.name, 'holiday')
    assert.equal(needsPassword, false)
    assert.deepEqual(await contentsOf(share), CONTENTS)
    for (const file of share.files) {
      assert.equal(file.length, CONTENTS[file.path]!.length)
      assert.equal(file.name, file.path.split('/').at(-1))
      assert.equal(file.progress, 1)
    }
  })

  it('shows its sender the same without opening it again', async t => {
    const sealed = await sealFiles(clientFor(t), sourcesOf(CONTENTS), { name: 'trip', password: 'reef' })
    const share = await openSealed(sealed)
    assert.equal(share.name, 'trip')
    assert.equal(share.needsPassword, true)
    assert.deepEqual(Object.values(await contentsOf(share)), Object.values(CONTENTS))
  })

  it('of more than ten files has each under its name', async t => {
    const contents = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`set/${i}.txt`, Buffer.from(`no. ${i}`)]))
    const { torrent, secret } = await sealFiles(clientFor(t), sourcesOf(contents))
    assert.deepEqual(await contentsOf(await openShare(torrent, secret)), contents)
  })

  it('gives ranges, and none beyond the content', async t => {
    const { torrent, secret } = await sealFiles(clientFor(t), sourcesOf(CONTENTS))
    const file = (await openShare(torrent, secret)).files[2]!
    const range = await readAll(file.stream({ start: 16_000, end: 50_000 }) as ReadableStream<Uint8Array<ArrayBuffer>>)
    assert.deepEqual(Buffer.from(range), patternBytes(50_000).subarray(16_000))
    assert.throws(() => file.stream({ end: file.length + 1 }), failsWith('invalid-argument'))
  })

  it('says nothing of itself in its torrent', async t => {
    const { torrent } = await sealFiles(clientFor(t), sourcesOf(CONTENTS), { name: 'holiday 2026' })
    await torrent.ready
    assert.equal(torrent.name, 'private')
    assert.deepEqual(
      torrent.files.map(({ path }) => path),
      ['private/0', 'private/1', 'private/2', 'private/3'],
    )
    const lengths = torrent.files.map(({ length }) => length)
    assert.deepEqual(lengths.slice(0, 3), [15_888, 4_112, 4_112], 'small files look alike')
    assert.notEqual(lengths[3], 3_000_000 + 184 * 16)
    const metainfo = Buffer.from(torrent.metainfo)
    for (const word of ['holiday', 'reef', 'txt', '2026']) assert.ok(!metainfo.includes(word), word)
  })

  it('is another one each time', async t => {
    const shoal = clientFor(t)
    const first = await sealFiles(shoal, sourcesOf(CONTENTS))
    const second = await sealFiles(shoal, sourcesOf(CONTENTS))
    await Promise.all([first.torrent.ready, second.torrent.ready])
    assert.notDeepEqual(first.secret, second.secret)
    assert.notEqual(first.torrent.infoHash, second.torrent.infoHash)
  })

  it('asks for its password, and knows a wrong one', async t => {
    const { torrent, secret, needsPassword } = await sealFiles(clientFor(t), sourcesOf(CONTENTS), { password: 'reef' })
    assert.equal(needsPassword, true)
    await assert.rejects(openShare(torrent, secret), failsWith('needs-password'))
    await assert.rejects(openShare(torrent, secret, { password: 'Reef' }), failsWith('wrong-password'))
    await assert.rejects(openShare(torrent, secret, { password: '' }), failsWith('invalid-argument'))
    assert.deepEqual(await contentsOf(await openShare(torrent, secret, { password: 'reef' })), CONTENTS)
  })

  it('is not opened by another secret, whatever the password', async t => {
    const { torrent } = await sealFiles(clientFor(t), sourcesOf(CONTENTS), { password: 'reef' })
    await assert.rejects(openShare(torrent, newSecret()), failsWith('not-ours'))
    await assert.rejects(openShare(torrent, newSecret(), { password: 'reef' }), failsWith('not-ours'))
  })

  it('is no open torrent, of v1 or v2', async t => {
    const shoal = clientFor(t)
    for (const version of ['v1', 'v2', 'hybrid'] as const) {
      const torrent = shoal.seed([{ path: `open/${version}`, data: new Uint8Array(50_000) }], { version })
      await assert.rejects(openShare(torrent, newSecret()), failsWith('not-ours'))
    }
    const numbered = await seedSealed(shoal, [Buffer.alloc(16_384), Buffer.alloc(4_112)])
    await assert.rejects(openShare(numbered, newSecret()), failsWith('not-ours'))
  })

  it('ends when its signal says so', async t => {
    const signal = AbortSignal.abort(new RangeError('enough'))
    await assert.rejects(sealFiles(clientFor(t), sourcesOf(CONTENTS), { signal }), RangeError)
  })
})

describe('the vectors of private shares', () => {
  interface Vector {
    readonly secret: string
    readonly password?: { readonly text: string; readonly iterations: number }
    readonly material: string
    readonly name: string
    readonly listing: string
    readonly files: readonly {
      path?: string
      type?: string
      content?: string | number
      sealedLength: number
      sealedSha256: string
    }[]
  }
  const fixture = JSON.parse(readFileSync(new URL('../fixtures/private-share.json', import.meta.url), 'utf8'))

  it('are what an independent implementation makes', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(makeVectors())), fixture)
  })

  for (const vector of fixture.shares as Vector[]) {
    const { password } = vector
    const secret = Buffer.from(vector.secret, 'hex')
    const contents = vector.files.slice(1).map(({ path = '', type = '', content = '' }) => {
      return { path, type, content: typeof content === 'number' ? patternBytes(content) : Buffer.from(content) }
    })

    it(`open here${password ? ', with a password' : ''}`, async t => {
      const { sealed } = sealShare({ secret, name: vector.name, files: contents, ...(password && { password }) })
      const torrent = await seedSealed(clientFor(t), sealed)
      const share = await openShare(torrent, new Uint8Array(secret), password ? { password: password.text } : {})
      assert.equal(share.name, vector.name)
      assert.deepEqual(
        share.files.map(({ type }) => type),
        contents.map(({ type }) => type),
      )
      assert.deepEqual(
        await contentsOf(share),
        Object.fromEntries(contents.map(({ path, content }) => [path, content])),
      )
    })

    it(`are sealed alike here${password ? ', with a password' : ''}`, async () => {
      const plainSecret = new Uint8Array(secret)
      const material = password ? await withPassword(plainSecret, password.text, password.iterations) : plainSecret
      assert.equal(Buffer.from(material).toString('hex'), vector.material)
      const listing = await listFiles(
        contents.map(({ path, type, content }) => ({ path, type, length: content.length })),
      )
      const envelope = await makeEnvelope(listing, password && { material, iterations: password.iterations })
      const blobs = contents.map(({ content }) => new Blob([new Uint8Array(content)]))
      for (const [i, blob] of cipherFiles({ material, envelope, contents: blobs }).entries()) {
        const bytes = Buffer.from(await blob!.arrayBuffer())
        assert.equal(bytes.length, vector.files[i]!.sealedLength)
        assert.equal(createHash('sha256').update(bytes).digest('hex'), vector.files[i]!.sealedSha256)
      }
    })
  }
})

describe('the format', () => {
  it('has pieces that v2 torrents agree with: a record is a leaf', async () => {
    const { sealed } = sealShare({
      secret: Buffer.alloc(32),
      name: 'a',
      files: [{ path: 'a', type: '', content: patternBytes(70_000) }],
    })
    const { layout } = await createTorrent(
      sealed.map((bytes, i) => ({ path: String(i), data: new Uint8Array(bytes) })),
      { version: 'v2', name: 'private', pieceLength: 16_384 },
    )
    assert.equal(layout.files[1]!.length, sealed[1]!.length)
    assert.equal(layout.pieceCount, 1 + 5)
  })
})

/** Private shares with the real library, in one client: sealing, opening, and what is never sent. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { cipherFiles } from '../../demo/private/cipher-files.ts'
import { makeEnvelope, readAll } from '../../demo/private/envelope.ts'
import { PrivateShareError, type PrivateShareErrorCode } from '../../demo/private/errors.ts'
import { newSecret, withPassword } from '../../demo/private/keys.ts'
import { listFiles } from '../../demo/private/listing.ts'
import {
  openSealed,
  openShare,
  type PrivateShare,
  type PrivateSource,
  sealFiles,
} from '../../demo/private/private-share.ts'
import { createTorrent, type SeedFile, Shoal, type Torrent } from '../../src/node/index.ts'
import { makeVectors, patternBytes, sealRecords, sealShare } from '../support/sealed-share.ts'

function failsWith(code: PrivateShareErrorCode): (error: unknown) => boolean {
  return error => error instanceof PrivateShareError && error.code === code
}

function clientFor(t: TestContext): Shoal {
  const shoal = new Shoal()
  t.after(() => shoal.close())
  return shoal
}

const CONTENTS: Readonly<Record<string, Buffer>> = {
  'holiday/grüße.txt': Buffer.from('The fish are fine.\n'),
  'holiday/day 1/empty': Buffer.alloc(0),
  'holiday/day 1/reef.bin': patternBytes(3_000_000),
}

function sources(contents = CONTENTS): PrivateSource[] {
  return Object.entries(contents).map(([path, bytes]) => ({ path, data: new Blob([new Uint8Array(bytes)]) }))
}

async function contentsOf({ files }: PrivateShare): Promise<Record<string, Buffer>> {
  const read = async (file: PrivateShare['files'][number]): Promise<[string, Buffer]> => {
    return [
      file.path,
      Buffer.from(await new Response(file.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
    ]
  }
  return Object.fromEntries(await Promise.all(files.map(read)))
}

/** A torrent as the sender of sealed files would have it, however they were sealed. */
async function seedSealed(shoal: Shoal, sealed: readonly Buffer[], name = 'private'): Promise<Torrent> {
  const files = sealed.map((bytes, i) => ({ path: `${name}/${i}`, data: new Uint8Array(bytes) }))
  const torrent = shoal.seed(files, { version: 'v2', name })
  await torrent.ready
  return torrent
}

describe('a private share', () => {
  it('opens with its secret: names, lengths, types and contents', async t => {
    const { torrent, secret, needsPassword } = await sealFiles(clientFor(t), sources())
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
    const sealed = await sealFiles(clientFor(t), sources(), { name: 'trip', password: 'reef' })
    const share = await openSealed(sealed)
    assert.equal(share.name, 'trip')
    assert.equal(share.needsPassword, true)
    assert.deepEqual(Object.values(await contentsOf(share)), Object.values(CONTENTS))
  })

  it('of more than ten files has each under its name', async t => {
    const contents = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`set/${i}.txt`, Buffer.from(`no. ${i}`)]))
    const { torrent, secret } = await sealFiles(clientFor(t), sources(contents))
    assert.deepEqual(await contentsOf(await openShare(torrent, secret)), contents)
  })

  it('gives ranges, and none beyond the content', async t => {
    const { torrent, secret } = await sealFiles(clientFor(t), sources())
    const file = (await openShare(torrent, secret)).files[2]!
    const range = await readAll(file.stream({ start: 16_000, end: 50_000 }) as ReadableStream<Uint8Array<ArrayBuffer>>)
    assert.deepEqual(Buffer.from(range), patternBytes(50_000).subarray(16_000))
    assert.throws(() => file.stream({ end: file.length + 1 }), failsWith('invalid-argument'))
  })

  it('says nothing of itself in its torrent', async t => {
    const { torrent } = await sealFiles(clientFor(t), sources(), { name: 'holiday 2026' })
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
    const first = await sealFiles(shoal, sources())
    const second = await sealFiles(shoal, sources())
    await Promise.all([first.torrent.ready, second.torrent.ready])
    assert.notDeepEqual(first.secret, second.secret)
    assert.notEqual(first.torrent.infoHash, second.torrent.infoHash)
  })

  it('asks for its password, and knows a wrong one', async t => {
    const { torrent, secret, needsPassword } = await sealFiles(clientFor(t), sources(), { password: 'reef' })
    assert.equal(needsPassword, true)
    await assert.rejects(openShare(torrent, secret), failsWith('needs-password'))
    await assert.rejects(openShare(torrent, secret, { password: 'Reef' }), failsWith('wrong-password'))
    await assert.rejects(openShare(torrent, secret, { password: '' }), failsWith('invalid-argument'))
    assert.deepEqual(await contentsOf(await openShare(torrent, secret, { password: 'reef' })), CONTENTS)
  })

  it('is not opened by another secret, whatever the password', async t => {
    const { torrent } = await sealFiles(clientFor(t), sources(), { password: 'reef' })
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
    await assert.rejects(sealFiles(clientFor(t), sources(), { signal }), RangeError)
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

describe('a hostile sender with the right secret', () => {
  const secret = Buffer.from(newSecret())
  const files = [{ path: 'a/b', type: '', content: patternBytes(100) }]
  const { sealed, envelope } = sealShare({ secret, name: 'a', files })

  async function refused(t: TestContext, parts: readonly Buffer[], code: PrivateShareErrorCode): Promise<void> {
    const torrent = await seedSealed(clientFor(t), parts)
    await assert.rejects(openShare(torrent, new Uint8Array(secret)), failsWith(code))
  }

  it('cannot list more or fewer files than there are', async t => {
    await refused(t, [sealed[0]!], 'bad-listing')
    await refused(t, [...sealed, sealed[1]!], 'bad-listing')
  })

  it('cannot list another length than the torrent has', async t => {
    const long = sealShare({ secret, name: 'a', files: [{ ...files[0]!, content: patternBytes(5000) }] })
    await refused(t, [sealed[0]!, long.sealed[1]!], 'bad-listing')
  })

  it('cannot have names that lead elsewhere', async t => {
    const evil = sealShare({ secret, name: 'a', files: [{ ...files[0]!, path: 'a/../../b' }] })
    await refused(t, evil.sealed, 'bad-listing')
  })

  it('cannot have another version taken for this one', async t => {
    const later = Buffer.from(envelope)
    later.write('2', 14, 'ascii')
    const { keys } = sealShare({ secret, name: 'a', files })
    await refused(t, [sealRecords(keys[0]!, later), sealed[1]!], 'unsupported')
  })

  it('cannot swap files: what was sealed as one is damaged as another', async t => {
    const two = sealShare({ secret, name: 'a', files: [files[0]!, { ...files[0]!, path: 'a/c' }] })
    const torrent = await seedSealed(clientFor(t), [two.sealed[0]!, two.sealed[2]!, two.sealed[1]!])
    const share = await openShare(torrent, new Uint8Array(secret))
    await assert.rejects(contentsOf(share), failsWith('damaged'))
  })

  it('cannot make a name out of what is no number', async t => {
    const shoal = clientFor(t)
    const odd: SeedFile[] = [sealed[0]!, sealed[1]!].map((bytes, i) => ({
      path: `private/0${i}`,
      data: new Uint8Array(bytes),
    }))
    const torrent = shoal.seed(odd, { version: 'v2', name: 'private' })
    await assert.rejects(openShare(torrent, new Uint8Array(secret)), failsWith('not-ours'))
  })
})

describe('a file that changes after it was sealed', () => {
  it('is not sent: its pieces no longer match, so that no nonce meets two plaintexts', async t => {
    let content = patternBytes(200_000)
    const data = {
      size: content.length,
      slice: (begin: number, end: number) => new Blob([new Uint8Array(content.subarray(begin, end))]),
    }
    const kept: PrivateSource = { path: 'a/kept', data: new Blob([new Uint8Array(patternBytes(100_000))]) }
    const { torrent, secret } = await sealFiles(clientFor(t), [{ path: 'a/changing', data }, kept])
    await torrent.ready
    const before = Buffer.from(content)
    content = Buffer.from(content)
    content[150_000]! ^= 1
    const share = await openShare(torrent, secret)
    const altered = share.files[0]!
    // Everything that leaves is read this way, by the vault. Pieces are 16 KiB here.
    const piece = torrent.pieceLength
    assert.ok(piece <= 32_768)
    const reader = altered.stream().getReader()
    const received: Uint8Array[] = []
    const closing = (async () => {
      for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read())
        received.push(value!)
    })()
    const lost = new Promise<void>(resolve => {
      const look = (): void => {
        if (torrent.state === 'downloading') resolve()
      }
      torrent.addEventListener('state', look)
      look()
    })
    const failing = assert.rejects(closing)
    await lost
    await torrent.close()
    await failing
    const sent = Buffer.concat(received)
    assert.ok(sent.length < 150_000)
    assert.deepEqual(sent, before.subarray(0, sent.length))
  })

  it('makes a share of its own when it is sealed again', async t => {
    const shoal = clientFor(t)
    const torrents = new Set<string>()
    for (const text of ['one', 'two', 'two']) {
      const { torrent } = await sealFiles(shoal, sources({ 'a.txt': Buffer.from(text) }))
      await torrent.ready
      torrents.add(torrent.infoHash)
    }
    assert.equal(torrents.size, 3)
  })
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

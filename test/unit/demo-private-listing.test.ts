/** The listing of a private share, and the envelope that it is sealed in: one form, and nothing hostile gets through. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeEnvelope, openListing, readEnvelope } from '../../demo/private/envelope.ts'
import { PrivateShareError, type PrivateShareErrorCode } from '../../demo/private/errors.ts'
import { newSecret, PASSWORD_ITERATIONS, withPassword } from '../../demo/private/keys.ts'
import {
  encodeListing,
  LISTED_FILES_MAX,
  type ListedFile,
  type Listing,
  listFiles,
  parseListing,
} from '../../demo/private/listing.ts'

function failsWith(code: PrivateShareErrorCode, message = /./): (error: unknown) => boolean {
  return error => error instanceof PrivateShareError && error.code === code && message.test(error.message)
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const file = (path: string, others: Partial<ListedFile> = {}): ListedFile => ({ path, length: 1, type: '', ...others })
const listing: Listing = {
  name: 'holiday',
  files: [file('holiday/z.txt', { length: 20, type: 'text/plain' }), file('holiday/a/b.jpg', { type: 'image/jpeg' })],
}

describe('listing files', () => {
  it('names them as a torrent would, in the order given', async () => {
    const given = [
      { path: 'holiday/z.txt', length: 20, type: 'Text/Plain;charset=utf-8' },
      { path: 'holiday/a/b.jpg', length: 1, type: 'image/jpeg' },
    ]
    assert.deepEqual(await listFiles(given), listing)
    assert.deepEqual(
      (await listFiles(given, 'trip')).files.map(({ path }) => path),
      ['trip/z.txt', 'trip/a/b.jpg'],
    )
    const loose = await listFiles([
      { path: 'a', length: 0 },
      { path: 'b', length: 0 },
    ])
    assert.deepEqual(
      loose.files.map(({ path }) => path),
      [`${loose.name}/a`, `${loose.name}/b`],
    )
    assert.deepEqual(await listFiles([{ path: 'a.txt', length: 3 }]), {
      name: 'a.txt',
      files: [file('a.txt', { length: 3 })],
    })
  })

  it('takes no type that is none', async () => {
    const { files } = await listFiles([{ path: 'a', length: 0, type: 'nonsense' }])
    assert.equal(files[0]!.type, '')
  })
})

describe('a listing', () => {
  it('reads back as it was written', async () => {
    assert.deepEqual(await parseListing(encodeListing(listing)), listing)
    for (const path of ['a.txt', 'grüße – 🐟.txt', 'x'.repeat(200)]) {
      const single = await listFiles([{ path, length: 0 }])
      assert.deepEqual(await parseListing(encodeListing(single)), single)
    }
  })

  it('has one form', async () => {
    const text = new TextDecoder().decode(encodeListing(listing))
    const others = [
      ` ${text}`,
      `${text}\n`,
      `\ufeff${text}`,
      text.replace('"length":20', '"length":2e1'),
      text.replace('"length":20', '"length":20,"length":20'),
      text.replace('"name"', '"__proto__":{},"name"'),
      text.replace('"type":"text/plain"', '"type":"text/plain","run":true'),
      text.replace('holiday', '\\u0068oliday'),
    ]
    for (const other of others)
      await assert.rejects(parseListing(bytes(other)), failsWith('bad-listing', /canonical|read/), other)
  })

  const hostile: readonly [what: string, files: readonly unknown[], message: RegExp][] = [
    ['leads out of its folder', [file('holiday/../../etc/passwd')], /leads elsewhere/],
    ['is absolute', [file('/etc/passwd')], /leads elsewhere/],
    ['has an empty name', [file('holiday//a')], /leads elsewhere/],
    ['is here', [file('holiday/./a')], /leads elsewhere/],
    ['is a folder', [file('holiday/')], /leads elsewhere/],
    ['holds a NUL', [file('holiday/a\0.txt')], /NUL/],
    ['is outside its folder', [file('other/a')], /outside/],
    ['stands twice', [file('holiday/a'), file('holiday/a')], /twice/],
    ['is a folder too', [file('holiday/a'), file('holiday/a/b')], /twice|same name/],
    ['is too deep', [file(`holiday/${'a/'.repeat(40)}b`)], /deep/],
    ['has no length', [{ path: 'holiday/a', type: '' }], /./],
    ['has a negative length', [file('holiday/a', { length: -1 })], /length/],
    ['has half a byte', [file('holiday/a', { length: 0.5 })], /length/],
    ['has more bytes than can be counted', [file('holiday/a', { length: 2 ** 53 })], /length/],
    ['has a type with a script in it', [file('holiday/a', { type: 'text/html;<script>' })], /type/],
    ['is a number', [{ path: 5, length: 1, type: '' }], /read/],
    ['is nothing', [null], /read/],
  ]
  for (const [what, files, message] of hostile) {
    it(`is refused when a file ${what}`, async () => {
      const text = JSON.stringify({ name: 'holiday', files })
      await assert.rejects(parseListing(bytes(text)), failsWith('bad-listing', message))
    })
  }

  it('is refused when it is no list, empty, or far too long', async () => {
    for (const text of [
      '',
      '5',
      'null',
      '[]',
      '{}',
      '{"name":"a","files":{}}',
      '{"name":"a","files":[]}',
      '{"files":[],"name":1}',
    ]) {
      await assert.rejects(parseListing(bytes(text)), failsWith('bad-listing'), text)
    }
    await assert.rejects(parseListing(new Uint8Array([0x22, 0xff, 0x22])), failsWith('bad-listing'))
    const many = Array.from({ length: LISTED_FILES_MAX + 1 }, (_, i) => file(`a/${i}`))
    await assert.rejects(parseListing(encodeListing({ name: 'a', files: many })), failsWith('bad-listing', /more than/))
    await assert.rejects(parseListing(new Uint8Array(17 * 1024 * 1024)), failsWith('bad-listing', /long/))
  })

  it('has names that no disk or page stumbles over', async () => {
    const { name, files } = await parseListing(
      encodeListing({
        name: 'hol\u202eiday',
        files: [
          file('hol\u202eiday/CON'),
          file('hol\u202eiday/a.txt'),
          file('hol\u202eiday/A.TXT'),
          file('hol\u202eiday/q?.txt '),
        ],
      }),
    )
    assert.equal(name, 'hol_iday')
    assert.deepEqual(
      files.map(({ path }) => path),
      ['hol_iday/_CON', 'hol_iday/a.txt', 'hol_iday/A (2).TXT', 'hol_iday/q_.txt_'],
    )
  })
})

describe('the envelope', () => {
  it('holds a listing, with a password or without', async () => {
    const secret = newSecret()
    const plain = readEnvelope(await makeEnvelope(listing))
    assert.equal(plain.iterations, 0)
    assert.deepEqual(await openListing(plain, secret), listing)
    const material = await withPassword(secret, 'reef')
    const locked = readEnvelope(await makeEnvelope(listing, { material, iterations: PASSWORD_ITERATIONS }))
    assert.equal(locked.iterations, PASSWORD_ITERATIONS)
    assert.deepEqual(await openListing(locked, material), listing)
    const wrong = await withPassword(secret, 'Reef')
    await assert.rejects(openListing(locked, wrong), failsWith('wrong-password'))
  })

  it('is of one size for all small shares', async () => {
    const lengths = new Set<number>()
    for (const count of [1, 5, 50]) {
      const files = Array.from({ length: count }, (_, i) => file(`a/${i}`))
      lengths.add((await makeEnvelope({ name: 'a', files })).length)
    }
    assert.deepEqual([...lengths], [15_872])
  })

  it('is refused unless it is one, of this version, in its one form', async () => {
    const good = await makeEnvelope(listing)
    const alter = (at: number, value: number): Uint8Array<ArrayBuffer> => {
      const altered = good.slice()
      altered[at] = value
      return altered
    }
    assert.throws(() => readEnvelope(new Uint8Array(15_872)), failsWith('not-ours'))
    assert.throws(() => readEnvelope(new Uint8Array(3)), failsWith('not-ours'))
    assert.throws(() => readEnvelope(alter(14, 0x32)), failsWith('unsupported'))
    // One round of PBKDF2 instead of none: no sender stretches that little.
    assert.throws(() => readEnvelope(alter(19, 1)), failsWith('bad-listing'))
    assert.throws(() => readEnvelope(alter(16, 0xff)), failsWith('bad-listing'))
    assert.throws(() => readEnvelope(alter(20, 0xff)), failsWith('bad-listing'))
    assert.throws(() => readEnvelope(alter(good.length - 1, 1)), failsWith('bad-listing'))
    assert.throws(() => readEnvelope(good.slice(0, -1)), failsWith('bad-listing'))
  })

  it('of a share with a password shows neither names nor sizes before it', async () => {
    const material = await withPassword(newSecret(), 'reef')
    const envelope = await makeEnvelope(listing, { material, iterations: PASSWORD_ITERATIONS })
    assert.ok(!Buffer.from(envelope).includes('holiday'))
  })
})

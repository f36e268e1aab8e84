/** Records, padding and keys of private shares: what the rest of the format stands on. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileKey, listingKey, newSecret, PASSWORD_ITERATIONS, withPassword } from '../../demo/private/keys.ts'
import { paddedLength } from '../../demo/private/padding.ts'
import {
  cipherLength,
  openRecord,
  plainLength,
  RECORD_BYTES,
  RECORD_PLAIN_BYTES,
  recordCount,
  recordsOf,
  sealRecord,
} from '../../demo/private/records.ts'
import { failsWith } from '../support/private-shares.ts'

/** Keys cannot be read, but what they do can be compared. */
async function fingerprint(key: CryptoKey): Promise<string> {
  return Buffer.from(await sealRecord(key, new Uint8Array(32), { index: 0, isLast: true })).toString('hex')
}

describe('the geometry of records', () => {
  it('makes a full record one leaf of a v2 torrent', () => {
    assert.equal(RECORD_BYTES, 16_384)
    assert.equal(RECORD_PLAIN_BYTES, 16_368)
    assert.equal(cipherLength(RECORD_PLAIN_BYTES), RECORD_BYTES)
  })

  it('has lengths that follow from each other', () => {
    for (const [plain, cipher] of [
      [0, 0],
      [1, 17],
      [16_368, 16_384],
      [16_369, 16_401],
      [32_736, 32_768],
      [32_737, 32_785],
    ] as const) {
      assert.equal(cipherLength(plain), cipher)
      assert.equal(plainLength(cipher), plain)
    }
  })

  it('knows lengths that nothing is sealed to', () => {
    for (const cipher of [1, 16, 16_385, 16_400]) assert.equal(plainLength(cipher), undefined)
  })

  it('finds the records of a range', () => {
    assert.deepEqual(recordsOf(0, 1), { first: 0, end: 1 })
    assert.deepEqual(recordsOf(16_367, 16_369), { first: 0, end: 2 })
    assert.deepEqual(recordsOf(16_368, 16_369), { first: 1, end: 2 })
    assert.deepEqual(recordsOf(0, 16_368), { first: 0, end: 1 })
    assert.equal(recordCount(0), 0)
  })
})

describe('a record', () => {
  it('opens at its place, and at no other', async () => {
    const key = await fileKey(newSecret(), 1)
    const plain = new Uint8Array([1, 2, 3])
    const sealed = await sealRecord(key, plain, { index: 5, isLast: false })
    assert.equal(sealed.length, plain.length + 16)
    assert.deepEqual(await openRecord(key, sealed, { index: 5, isLast: false }), plain)
    await assert.rejects(openRecord(key, sealed, { index: 4, isLast: false }), failsWith('damaged'))
    await assert.rejects(openRecord(key, sealed, { index: 5, isLast: true }), failsWith('damaged'))
  })

  it('has places of its own beyond 2³² records', async () => {
    const key = await fileKey(newSecret(), 1)
    const plain = new Uint8Array(8)
    const indices = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40]
    const sealed = await Promise.all(indices.map(index => sealRecord(key, plain, { index, isLast: false })))
    assert.equal(new Set(sealed.map(bytes => Buffer.from(bytes).toString('hex'))).size, indices.length)
  })

  it('does not open when a bit of it changed', async () => {
    const key = await fileKey(newSecret(), 1)
    const sealed = await sealRecord(key, new Uint8Array(100), { index: 0, isLast: true })
    for (const at of [0, 50, 99, 100, 115]) {
      const altered = sealed.slice()
      altered[at]! ^= 1
      await assert.rejects(openRecord(key, altered, { index: 0, isLast: true }), failsWith('damaged'))
    }
  })
})

describe('padding', () => {
  it('adds at most 12 %, and never takes away', () => {
    for (let length = 4096; length < 2 ** 45; length = Math.ceil(length * 1.0137) + 1) {
      const padded = paddedLength(length)
      assert.ok(padded >= length && padded <= length * 1.12, `${length} → ${padded}`)
      assert.equal(paddedLength(padded), padded)
    }
  })

  it('adds about 3 % on average', () => {
    let share = 0
    const count = 10_000
    for (let i = 0; i < count; i++) share += paddedLength(1_000_000 + i * 1_000) / (1_000_000 + i * 1_000) - 1
    assert.ok(share / count < 0.035, String(share / count))
  })

  it('makes all small files alike, empty ones too', () => {
    for (const length of [0, 1, 17, 4095, 4096]) assert.equal(paddedLength(length), 4096)
    assert.equal(paddedLength(4097), 4352)
  })

  it('is what its authors say', () => {
    // Table of the paper's idea: with exponent E the low E − S bits are zero, S = ⌊log₂ E⌋ + 1.
    assert.equal(paddedLength(2 ** 20), 2 ** 20)
    assert.equal(paddedLength(2 ** 20 + 1), 2 ** 20 + 2 ** 15)
    assert.equal(paddedLength(2 ** 33 + 1), 2 ** 33 + 2 ** 27)
    assert.equal(paddedLength(2 ** 50 - 1), 2 ** 50)
  })
})

describe('keys', () => {
  it('are new for each share', () => {
    const secrets = Array.from({ length: 100 }, () => Buffer.from(newSecret()).toString('hex'))
    assert.equal(new Set(secrets).size, 100)
    assert.ok(secrets.every(secret => secret.length === 64))
  })

  it('differ by secret, file, purpose and password', async () => {
    const secret = newSecret()
    const mixed = await withPassword(secret, 'reef')
    const other = await withPassword(secret, 'Reef')
    const keys = await Promise.all([
      fileKey(secret, 0),
      fileKey(secret, 1),
      fileKey(secret, 10),
      listingKey(secret),
      fileKey(mixed, 1),
      listingKey(mixed),
      fileKey(other, 1),
      fileKey(newSecret(), 0),
    ])
    const prints = await Promise.all(keys.map(fingerprint))
    assert.equal(new Set(prints).size, keys.length)
  })

  it('stretch a password by 600,000 rounds at least, beside the secret', async () => {
    assert.ok(PASSWORD_ITERATIONS >= 600_000)
    const secret = newSecret()
    const mixed = await withPassword(secret, 'reef')
    assert.equal(mixed.length, 64)
    assert.deepEqual(mixed.subarray(0, 32), secret)
    const another = await withPassword(newSecret(), 'reef')
    assert.notDeepEqual(another.subarray(32), mixed.subarray(32), 'the salt is bound to the secret')
  })

  it('take a password as it is typed on any keyboard, and none that is empty', async () => {
    const secret = newSecret()
    assert.deepEqual(await withPassword(secret, 'grüße'), await withPassword(secret, 'grüße'.normalize('NFD')))
    await assert.rejects(withPassword(secret, ''), failsWith('invalid-argument'))
    await assert.rejects(withPassword(new Uint8Array(16), 'reef'), failsWith('invalid-argument'))
  })
})

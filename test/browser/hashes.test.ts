/** The hashes of the bundle, against WebCrypto: at every length around its blocks of 64 bytes, and at large ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'

const LENGTHS = [...Array(200).keys(), 16384, 65_537]

for (const [name, hash] of [
  ['SHA-1', sha1],
  ['SHA-256', sha256],
] as const) {
  test(`${name} is what WebCrypto makes of the same bytes`, async () => {
    for (const length of LENGTHS) {
      // Not at the start of their buffer, as blocks seldom are.
      const bytes = Uint8Array.from({ length: length + 3 }, (_, index) => (index * 31 + length) & 0xff).subarray(3)
      const expected = new Uint8Array(await crypto.subtle.digest(name, bytes))
      assert.deepEqual(hash(bytes), expected, `${length} bytes`)
    }
  })
}

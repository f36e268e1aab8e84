/** What stands in for @noble/hashes in the bundle, held against it and against OpenSSL. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as legacy from '@noble/hashes/legacy.js'
import * as sha2 from '@noble/hashes/sha2.js'

type Hash = (bytes: Uint8Array) => Uint8Array

const path: string = '../../build/substitutes/noble-hashes.js'
const substitute = (await import(path)) as { sha1: Hash; sha256: Hash }

/** All around its blocks of 64 bytes, tree nodes among them, and pieces. */
const LENGTHS = [...Array(300).keys(), 1000, 16_384, 65_537, 1_048_576]

for (const [name, hash, original] of [
  ['sha1', substitute.sha1, legacy.sha1],
  ['sha256', substitute.sha256, sha2.sha256],
] as const) {
  test(`${name} is what @noble/hashes and OpenSSL make of the same bytes`, () => {
    for (const length of LENGTHS) {
      // Not at the start of their buffer, as blocks seldom are.
      const bytes = Uint8Array.from({ length: length + 3 }, (_, index) => (index * 31 + length) & 0xff).subarray(3)
      const digest = Buffer.from(hash(bytes)).toString('hex')
      assert.equal(digest, createHash(name).update(bytes).digest('hex'), `${length} bytes`)
      assert.equal(digest, Buffer.from(original(bytes)).toString('hex'), `${length} bytes`)
    }
  })

  test(`${name} is a value of its own, not a view of what is hashed next`, () => {
    const first = hash(new Uint8Array(64))
    const before = first.slice()
    hash(new Uint8Array(64).fill(1))
    assert.deepEqual(first, before)
    assert.equal(first.buffer.byteLength, first.length)
  })
}

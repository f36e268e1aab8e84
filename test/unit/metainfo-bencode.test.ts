import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ShoalError } from '../../src/errors.ts'
import {
  BencodeDict,
  BencodeList,
  decode,
  decodePrefix,
  encode,
  type BencodeValue,
} from '../../src/metainfo/bencode.ts'
import { fromLatin1, toLatin1, toUtf8 } from '../../src/metainfo/bytes.ts'
import { METAINFO_LIMITS } from '../../src/options.ts'
import { processorMs } from '../support/processor-time.ts'

function bytes(text: string): Uint8Array {
  return fromLatin1(text)!
}

/** Plain values, for comparison. */
function plain(value: BencodeValue): unknown {
  if (value instanceof Uint8Array) return toLatin1(value)
  if (value instanceof BencodeList) return [...value].map(plain)
  if (value instanceof BencodeDict) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  return value
}

function refused(text: string): void {
  assert.throws(
    () => decode(bytes(text)),
    error => error instanceof ShoalError && error.code === 'invalid-bencode',
    text.slice(0, 40),
  )
}

test('reads every kind of value', () => {
  assert.deepEqual(plain(decode(bytes('i0e'))), 0)
  assert.deepEqual(plain(decode(bytes('i-12e'))), -12)
  assert.deepEqual(plain(decode(bytes('i9007199254740991e'))), Number.MAX_SAFE_INTEGER)
  assert.deepEqual(plain(decode(bytes('0:'))), '')
  assert.deepEqual(plain(decode(bytes('3:a\xffe'))), 'a\xffe')
  assert.deepEqual(plain(decode(bytes('le'))), [])
  assert.deepEqual(plain(decode(bytes('lleli1eedee'))), [[], [1], {}])
  assert.deepEqual(plain(decode(bytes('d0:i1e1:ad1:bl1:ceee'))), { '': 1, a: { b: ['c'] } })
})

test('refuses what is not canonical, or not bencode', () => {
  const bad = [
    '', 'e', 'x', ':', '-1:', 'i', 'ie', 'i-e', 'i-0e', 'i01e', 'i-01e', 'i1', 'i1.5e', 'i1e5e', 'i+1e', 'i 1e',
    'i9007199254740992e', 'i99999999999999999999999999e', '01:a', '2:a', '1', '1a', '9007199254740991:', '99999999999999999999:',
    'l', 'li1e', 'd', 'd1:a', 'd1:ae', 'di1ei1ee', 'd1:ai1e', 'd1:bi1e1:ai2ee', 'd1:ai1e1:ai2ee', 'd2:aai1e1:ai2ee', 'le ', 'i1ei2e',
  ] // biome-ignore format: one list
  for (const text of bad) refused(text)
})

test('orders keys by unsigned bytes, a prefix first', () => {
  assert.deepEqual(plain(decode(bytes('d0:i0e1:ai1e2:abi2e1:\xffi3ee'))), { '': 0, a: 1, ab: 2, '\xff': 3 })
  refused('d1:\xffi3e1:ai1ee')
})

test('nests to the limit and no further', () => {
  const nested = (depth: number): string => 'l'.repeat(depth) + 'e'.repeat(depth)
  decode(bytes(nested(METAINFO_LIMITS.depthMax)))
  refused(nested(METAINFO_LIMITS.depthMax + 1))
  refused('l'.repeat(1_000_000))
  refused('d1:a'.repeat(100_000))
})

test('keys have no magic', () => {
  const value = decode(bytes('d9:__proto__d7:isAdmini1ee11:constructori2ee'))
  assert.ok(value instanceof BencodeDict)
  assert.equal(value.get('isAdmin'), undefined)
  assert.equal(value.get('toString'), undefined)
  assert.equal(value.dict('__proto__')!.integer('isAdmin'), 1)
  assert.equal(value.integer('constructor'), 2)
})

test('looks keys up in any order', () => {
  const dict = decode(bytes('d1:ai1e1:bl1:xe1:cd1:yi2ee1:d3:abce'))
  assert.ok(dict instanceof BencodeDict)
  for (const order of ['abcd', 'dcba', 'badc', 'aabb', 'zaz0d']) {
    for (const key of order) {
      const found = dict.get(key)
      assert.equal(found === undefined, !'abcd'.includes(key), `${key} in ${order}`)
    }
  }
  assert.equal(dict.integer('a'), 1)
  assert.equal(dict.integer('b'), undefined)
  assert.equal(dict.text('d'), 'abc')
  assert.equal(dict.dict('c')!.integer('y'), 2)
  assert.deepEqual(plain(dict.list('b')!), ['x'])
  assert.equal(dict.has('\u{1f600}'), false)
})

test('gives the raw bytes of lists and dictionaries', () => {
  const dict = decode(bytes('d1:ad1:bi1ee1:cli1ei2eee'))
  assert.ok(dict instanceof BencodeDict)
  assert.equal(toLatin1(dict.dict('a')!.raw), 'd1:bi1ee')
  assert.equal(toLatin1(dict.list('c')!.raw), 'li1ei2ee')
  assert.equal(toLatin1(dict.raw), 'd1:ad1:bi1ee1:cli1ei2eee')
})

test('byte strings are views, not copies', () => {
  const input = bytes('4:abcd')
  const value = decode(input)
  assert.ok(value instanceof Uint8Array)
  assert.equal(value.buffer, input.buffer)
})

test('reads the value that bytes begin with (BEP 9)', () => {
  const { value, end } = decodePrefix(bytes('d8:msg_typei1e5:piecei0ee\x00\x01dde'))
  assert.ok(value instanceof BencodeDict)
  assert.equal(value.integer('msg_type'), 1)
  assert.equal(end, 25)
})

test('a subarray of a larger buffer is read by itself', () => {
  const { value, end } = decodePrefix(bytes('xxli1ee').subarray(2))
  assert.deepEqual([plain(value), end], [[1], 5])
  assert.throws(() => decode(bytes('3:abc').subarray(0, 4)), ShoalError)
})

test('writes canonically', () => {
  const value = {
    b: [1, 'ü', new Uint8Array([255])],
    a: new Map([['\xff', -1], ['', 0]]),
    left: undefined,
    raw: decode(bytes('d1:xi5ee')),
  } // biome-ignore format: one value
  assert.equal(toLatin1(encode(value)), 'd1:ad0:i0e1:\xffi-1ee1:bli1e2:\xc3\xbc1:\xffe3:rawd1:xi5eee')
  assert.equal(toUtf8(encode(-0)), 'i0e')
  for (const bad of [1.5, Number.NaN, 2 ** 53, { '\u0101': 1 }]) {
    assert.throws(
      () => encode(bad),
      error => error instanceof ShoalError && error.code === 'invalid-argument',
    )
  }
})

test('what was written is read back', () => {
  const value = { list: Array.from({ length: 3000 }, (_, i) => ({ i, name: `file ${i}` })) }
  assert.deepEqual(plain(decode(encode(value))), value)
})

/** 64 KiB of the densest and the most nested bencode there is. */
const DENSE: Record<string, string> = {
  'empty lists': `l${'le'.repeat(32_767)}e`,
  'empty dictionaries': `l${'de'.repeat(32_767)}e`,
  'empty strings': `l${'0:'.repeat(32_767)}e`,
  integers: `l${'i0e'.repeat(21_844)}e`,
  'deep lists': `l${`${'l'.repeat(31)}${'e'.repeat(31)}`.repeat(1057)}e`,
  'deep and wide': `${'l'.repeat(32)}${'i0e'.repeat(21_820)}${'e'.repeat(32)}`,
  keys: `d${Array.from({ length: 9362 }, (_, i) => `2:${String.fromCharCode(i >> 8, i & 255)}0:`).join('')}e`,
  'an endless number': `i${'1'.repeat(65_535)}`,
  'an unfinished list': 'l'.repeat(65_536),
  'a long string': `65530:${'x'.repeat(65_530)}`,
}

for (const [name, text] of Object.entries(DENSE)) {
  test(`64 KiB of ${name} take at most 10 ms to check`, () => {
    const input = bytes(text)
    const times = Array.from({ length: 5 }, () =>
      processorMs(() => {
        try {
          decode(input)
        } catch (error) {
          assert.ok(error instanceof ShoalError)
        }
      }),
    )
    assert.ok(Math.min(...times) <= 10, `${Math.min(...times)} ms`)
  })
}

test('decoding 64 KiB allocates at most four times as much, whatever is in it', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  for (const [name, text] of Object.entries(DENSE)) {
    const input = bytes(text)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    try {
      decode(input)
    } catch (error) {
      assert.ok(error instanceof ShoalError)
    }
    const grown = process.memoryUsage().heapUsed - before
    assert.ok(grown <= 4 * input.length, `${grown} bytes for ${name}`)
  }
})

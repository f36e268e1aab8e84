import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  formatBar,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../src/node/cli/format.ts'

describe('quantities in words', () => {
  const bytes: readonly [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_234_567, '1.2 MB'],
    [2 ** 30, '1.1 GB'],
    [-5, '0 B'],
  ]
  for (const [value, words] of bytes) {
    it(`${value} bytes are ${words}`, () => assert.equal(formatBytes(value), words))
  }

  const durations: readonly [number, string][] = [
    [Number.POSITIVE_INFINITY, ''],
    [Number.NaN, ''],
    [0, '1 s'],
    [45_000, '45 s'],
    [180_000, '3 min'],
    [7_800_000, '2 h 10 min'],
    [7_200_000, '2 h'],
    [3 * 86_400_000, '3 days'],
  ]
  for (const [value, words] of durations) {
    it(`${value} ms are '${words}'`, () => assert.equal(formatDuration(value), words))
  }

  it('says 100 % only when all is there', () => {
    assert.equal(formatPercent(0.9999), '99 %')
    assert.equal(formatPercent(1), '100 %')
    assert.equal(formatPercent(1.5), '100 %')
  })

  it('counts in singular and plural', () => {
    assert.equal(formatCount(1, 'peer'), '1 peer')
    assert.equal(formatCount(0, 'peer'), '0 peers')
    assert.equal(formatCount(1918, 'file'), '1,918 files')
  })

  it('speaks of rates', () => assert.equal(formatRate(8_400_000), '8.4 MB/s'))
})

describe('the bar', () => {
  it('is always as wide as asked', () => {
    for (let share = -0.1; share <= 1.1; share += 0.01) assert.equal(formatBar(share, 22).length, 22)
  })

  it('fills from empty to full', () => {
    assert.equal(formatBar(0, 12), '[          ]')
    assert.equal(formatBar(0.5, 12), '[====>     ]')
    assert.equal(formatBar(1, 12), '[==========]')
  })
})

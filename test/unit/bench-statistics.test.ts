/** What benchmarks say of their values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairedDifference, quantile, signed } from '../bench/statistics.ts'

test('a quantile lies between its neighbours', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
  assert.equal(quantile([1, 2, 3, 4, 5], 0.75), 4)
  assert.equal(quantile([7], 0.75), 7)
  assert.throws(() => quantile([], 0.5), RangeError)
})

test('a difference that all pairs have is that difference, and certain', () => {
  const theirs = Array.from({ length: 40 }, (_, i) => 100 + ((i * 37) % 40))
  const { value, low, high, to } = pairedDifference(
    theirs.map(each => each + 12),
    theirs,
  )
  assert.deepEqual([value, low, high].map(Math.round), [12, 12, 12])
  assert.equal(to, quantile(theirs, 0.75))
})

test('the interval holds what is uncertain, and is the same in every run', () => {
  const theirs = Array.from({ length: 40 }, (_, i) => (i * 37) % 40)
  const ours = theirs.map((each, i) => each + 5 + ((i * 23) % 40) - 20)
  const { value, low, high } = pairedDifference(ours, theirs)
  assert.ok(low < value && value < high, `${low} to ${high}`)
  assert.deepEqual(pairedDifference(ours, theirs), pairedDifference(ours, theirs))
})

test('differences have signs', () => {
  assert.deepEqual([signed(2.555), signed(-250)], ['+2.56', '−250'])
})

/** What a page may do, by the policy, the visitor and the device. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTooSlow } from '../../src/site/page/hurry.ts'
import { type Circumstances, permit } from '../../src/site/page/permission.ts'
import { readPolicy } from '../../src/site/policy.ts'

const policyOf = (fields: Record<string, number | string>) => readPolicy(new Map(Object.entries(fields)))

const willing: Circumstances = {
  policy: policyOf({ consent: 'automatic' }),
  consent: undefined,
  refusesSharing: false,
  draw: 0,
  connection: undefined,
  isTouch: false,
  sentTodayBytes: 0,
}

const may = (changes: Partial<Circumstances>): readonly boolean[] => {
  const { connects, uploads } = permit({ ...willing, ...changes })
  return [connects, uploads]
}

const NEITHER = [false, false]
const DOWNLOADS = [true, false]
const BOTH = [true, true]

describe('a page of a site', () => {
  it('connects to nobody before the visitor agrees, unless the owner takes that as given', () => {
    assert.deepEqual(may({ policy: policyOf({}) }), NEITHER)
    assert.deepEqual(may({ policy: policyOf({}), consent: true }), BOTH)
    assert.deepEqual(may({}), BOTH)
    assert.deepEqual(may({ consent: false }), NEITHER)
  })

  it('takes Global Privacy Control for a no, whatever else was said', () => {
    assert.deepEqual(may({ refusesSharing: true, consent: true }), NEITHER)
  })

  it('downloads only where data is spared or metered, or where a phone does not say', () => {
    assert.deepEqual(may({ connection: { saveData: true, type: 'wifi' } }), DOWNLOADS)
    assert.deepEqual(may({ connection: { type: 'cellular' } }), DOWNLOADS)
    assert.deepEqual(may({ isTouch: true }), DOWNLOADS)
    assert.deepEqual(may({ isTouch: true, connection: { type: 'wifi' } }), BOTH)
  })

  it('uploads no more than the owner lets it in a day', () => {
    const policy = policyOf({ consent: 'automatic', 'upload-day': 1000 })
    assert.deepEqual(may({ policy, sentTodayBytes: 999 }), BOTH)
    assert.deepEqual(may({ policy, sentTodayBytes: 1000 }), DOWNLOADS)
    assert.deepEqual(may({ policy: policyOf({ consent: 'automatic', 'upload-rate': 0 }) }), DOWNLOADS)
  })

  it('takes part within the rollout', () => {
    const policy = policyOf({ consent: 'automatic', rollout: 20 })
    assert.deepEqual(may({ policy, draw: 19.9 }), BOTH)
    assert.deepEqual(may({ policy, draw: 20 }), NEITHER)
  })
})

describe('peers are too slow', () => {
  const slow = (elapsedMs: number, receivedBytes: number, originRate?: number): boolean =>
    isTooSlow({ elapsedMs, receivedBytes, wantedBytes: 1_000_000, originRate })

  it('when they would take longer than the server, and not before they had time to begin', () => {
    assert.equal(slow(499, 0), false)
    assert.equal(slow(500, 0), true)
    assert.equal(slow(1_000, 1_000_000, 1e6), false)
    // Three seconds, where the server takes one.
    assert.equal(slow(600, 200_000, 1e6), true)
    assert.equal(slow(600, 200_000, 2e5), false)
  })
})

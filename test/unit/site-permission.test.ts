/** What policy, visitor and device together let a page do. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPolicy } from '../../src/site/policy.ts'
import { type Circumstances, permit } from '../../src/site/page/permission.ts'

const MIB = 1024 * 1024

const policy = (entries: Record<string, number | string> = {}) =>
  readPolicy(new Map(Object.entries({ consent: 'automatic', ...entries })))

/** A visitor whom nothing keeps from anything, but for what is said. */
const on = (circumstances: Partial<Circumstances> = {}) =>
  permit({
    policy: policy(),
    consent: undefined,
    refusesSharing: false,
    draw: 0,
    isTouch: false,
    sentTodayBytes: 0,
    ...circumstances,
  })

const NOTHING = { connects: false, uploadBytesPerSecond: 0 }
const ALL = { connects: true, uploadBytesPerSecond: MIB }
const TAKES = { connects: true, uploadBytesPerSecond: 0 }

describe('permission', () => {
  it('asks for consent, unless the site takes it as given; the visitor’s word goes before both', () => {
    assert.deepEqual(on(), ALL)
    assert.deepEqual(on({ policy: policy({ consent: 'manual' }) }), NOTHING)
    assert.deepEqual(on({ policy: policy({ consent: 'manual' }), consent: true }), ALL)
    assert.deepEqual(on({ consent: false }), NOTHING)
  })

  it('is not given where the browser refuses sharing, nor outside the rollout', () => {
    assert.deepEqual(on({ consent: true, refusesSharing: true }), NOTHING)
    assert.deepEqual(on({ policy: policy({ rollout: 30 }), draw: 29.9 }), ALL)
    assert.deepEqual(on({ policy: policy({ rollout: 30 }), draw: 30 }), NOTHING)
    assert.deepEqual(on({ policy: policy({ rollout: 0 }) }), NOTHING)
  })

  it('is to take alone where bytes are counted: saveData, cellular, and touch devices that do not say', () => {
    assert.deepEqual(on({ connection: { saveData: true, type: 'wifi' } }), TAKES)
    assert.deepEqual(on({ connection: { type: 'cellular' } }), TAKES)
    assert.deepEqual(on({ isTouch: true }), TAKES)
    assert.deepEqual(on({ connection: { type: 'wifi' }, isTouch: true }), ALL)
    assert.deepEqual(on({ policy: policy({ 'upload-rate': 0 }) }), TAKES)
    assert.deepEqual(on({ policy: policy({ 'upload-day': 0 }) }), TAKES)
  })

  it('to send gets less toward the end of the day’s bytes, and ends with less than a block', () => {
    const rest = (leftBytes: number) =>
      on({ policy: policy({ 'upload-day': 100 * MIB }), sentTodayBytes: 100 * MIB - leftBytes })
    assert.deepEqual(rest(4 * MIB), ALL)
    assert.deepEqual(rest(MIB), { connects: true, uploadBytesPerSecond: MIB / 4 })
    assert.deepEqual(rest(100_000), TAKES)
    assert.deepEqual(rest(-1), TAKES)
  })
})

/** When members come: as often as was asked for, and the same for equal seeds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '../../src/swarm/random.ts'
import { exponential, flashCrowd, fromTrace, poisson } from './arrivals.ts'

const COUNT = 20_000

describe('arrivals', () => {
  it('exponential: mean and variance are 1', () => {
    const random = seededRandom(1)
    const draws = Array.from({ length: COUNT }, () => exponential(random))
    const mean = draws.reduce((sum, x) => sum + x, 0) / COUNT
    const variance = draws.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / COUNT
    assert.ok(Math.abs(mean - 1) < 0.03, `mean ${mean}`)
    assert.ok(Math.abs(variance - 1) < 0.1, `variance ${variance}`)
    assert.ok(Math.abs(draws.filter(x => x > 1).length / COUNT - Math.exp(-1)) < 0.02)
  })

  it('a steady stream rises by its gap on average', () => {
    const times = poisson(seededRandom(2), COUNT, 250)
    assert.ok(times.every((time, index) => index === 0 || time > times[index - 1]!))
    assert.ok(Math.abs(times.at(-1)! / COUNT - 250) < 10)
  })

  it('a crowd comes within its while', () => {
    const times = flashCrowd(seededRandom(3), 100, 5_000)
    assert.ok(times.every(time => time >= 0 && time < 5_000))
    assert.deepEqual(times, flashCrowd(seededRandom(3), 100, 5_000))
  })

  it('a recorded list goes on from its end', () => {
    assert.deepEqual(fromTrace([0, 10, 40], 5), [0, 10, 40, 40, 50])
  })
})

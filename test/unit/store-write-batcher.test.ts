import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WriteBatcher } from '../../src/store/write-batcher.ts'

/** A medium whose writes end when the test says so. */
function medium(bytesMax: number) {
  const runs: { units: readonly string[]; end: (error?: Error) => void }[] = []
  const batcher = new WriteBatcher<string>({
    bytesMax,
    bytesOf: unit => unit.length,
    run: units =>
      new Promise((resolve, reject) => {
        runs.push({ units, end: error => (error ? reject(error) : resolve()) })
      }),
  })
  return { batcher, runs, written: () => runs.map(({ units }) => units) }
}

/** Lets every promise that can settle do so. */
const settled = () => new Promise(resolve => setImmediate(resolve))

describe('write batcher', () => {
  it('writes the first at once and what comes meanwhile together', async () => {
    const { batcher, runs, written } = medium(100)
    const all = Promise.all(['a', 'b', 'c'].map(unit => batcher.add(unit)))
    assert.deepEqual(written(), [['a', 'b', 'c'].slice(0, 1)])
    runs[0]!.end()
    await settled()
    assert.deepEqual(written(), [['a'], ['b', 'c']])
    runs[1]!.end()
    await all
  })

  it('keeps a run within its bytes, and sends a larger unit alone', async () => {
    const { batcher, runs, written } = medium(4)
    const units = ['x', 'aa', 'bb', 'cc', 'dddddd', 'e']
    const all = Promise.all(units.map(unit => batcher.add(unit)))
    for (let i = 0; i < 5; i++) {
      runs[i]!.end()
      await settled()
    }
    await all
    assert.deepEqual(written(), [['x'], ['aa', 'bb'], ['cc'], ['dddddd'], ['e']])
  })

  it('tries each alone when together they fail, so that none fails for another', async () => {
    const { batcher, runs, written } = medium(100)
    const first = batcher.add('first')
    const outcomes = Promise.allSettled([batcher.add('good'), batcher.add('bad'), batcher.add('fine')])
    runs[0]!.end()
    await first
    await settled()
    runs[1]!.end(new Error('too much together'))
    await settled()
    runs[2]!.end()
    await settled()
    runs[3]!.end(new Error('bad itself'))
    await settled()
    runs[4]!.end()
    const [good, bad, fine] = await outcomes
    assert.deepEqual(written().slice(1), [['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']])
    assert.equal(good!.status, 'fulfilled')
    assert.equal(fine!.status, 'fulfilled')
    assert.equal(bad!.status === 'rejected' && bad.reason.message, 'bad itself')
  })

  it('goes on when a write follows the end of the last at once', async () => {
    const { batcher, runs } = medium(100)
    const both = batcher.add('a').then(() => batcher.add('b'))
    runs[0]!.end()
    await settled()
    assert.equal(runs.length, 2)
    runs[1]!.end()
    await both
  })

  it('is idle when everything has ended, also in failure', async () => {
    const { batcher, runs } = medium(100)
    await batcher.idle()
    const failing = assert.rejects(batcher.add('a'))
    let isIdle = false
    const idle = batcher.idle().then(() => {
      isIdle = true
    })
    await settled()
    assert.equal(isIdle, false)
    runs[0]!.end(new Error('no'))
    await failing
    await idle
  })
})

/** The simulator's page: its settings in its address, and the swarm that it makes of them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RANGES, readSettings, type Settings, writeSettings } from '../../demo/sim/settings.ts'
import { createSwarm } from '../../demo/sim/swarm.ts'

const INITIAL: Settings = { seed: 1, peers: 40, upload: 4, churn: 0, polluters: 0, origin: false }
const LIMIT_MS = 3_600_000

describe('the settings of the simulator’s page', () => {
  it('are the initial ones where the address says nothing', () => {
    assert.deepEqual(readSettings(''), INITIAL)
    assert.equal(writeSettings(INITIAL), '?seed=1')
  })

  it('come back from the address they were written to', () => {
    const settings: Settings = { seed: 77, peers: 12, upload: 9, churn: 35, polluters: 20, origin: true }
    assert.equal(writeSettings(settings), '?seed=77&peers=12&upload=9&churn=35&polluters=20&origin=on')
    assert.deepEqual(readSettings(writeSettings(settings)), settings)
  })

  const strange: readonly [search: string, settings: Partial<Settings>][] = [
    ['?peers=100000', { peers: RANGES.peers.max }],
    ['?peers=0', { peers: RANGES.peers.min }],
    ['?churn=33', { churn: 35 }],
    ['?seed=-4&upload=1e3&polluters=many', {}],
    ['?seed=12345678', {}],
    ['?origin=yes&__proto__=1', {}],
  ]
  for (const [search, settings] of strange) {
    it(`stay within bounds: ${search}`, () => assert.deepEqual(readSettings(search), { ...INITIAL, ...settings }))
  }
})

describe('the swarm of the simulator’s page', () => {
  it('is complete in the end, with everything that can be switched on', () => {
    const world = createSwarm({ seed: 5, peers: 10, upload: 10, churn: 50, polluters: 20, origin: true })
    assert.equal(world.leeches.length, 8)
    assert.equal(world.origins.size, 1)
    world.run(LIMIT_MS)
    for (const leech of world.leeches) assert.ok(leech.isComplete)
  })

  it('is the same for the same settings, and another for another seed', () => {
    const [first, second, other] = [3, 3, 4].map(seed => {
      const world = createSwarm({ ...INITIAL, seed, peers: 4 })
      world.run(LIMIT_MS)
      return world.trace.hash
    })
    assert.equal(first, second)
    assert.notEqual(first, other)
  })
})

/** Goals of robustness: what neighbours who harm, or do nothing, cost the others. */
import { seededRandom } from '../../../src/swarm/random.ts'
import { choker, polluter, sybil } from '../hostile.ts'
import { line } from '../link.ts'
import { addEqualLeeches, addEqualSeed, EQUAL_LINE, ORIGIN_URL, SHARE, KiB, MiB } from '../scenarios.ts'
import { isForged } from '../token.ts'
import type { World } from '../world.ts'
import type { Goal } from './goal.ts'
import { completion, runToEnd, worldOf } from './swarm.ts'

const FILE = { version: 'v2', bytes: 64 * MiB, pieceLength: 256 * KiB } as const
const PEERS = 50

/** As many polluters as others, who pose as seeds; or the same ones silent. */
function polluted(seed: number, isSilent: boolean): World {
  const world = worldOf('polluters', seed, FILE)
  addEqualSeed(world)
  for (let index = 0; index < PEERS; index++) {
    const disguise = isSilent ? sybil() : polluter(seededRandom(seed * 1000 + index))
    world.add({ name: `polluter-${index}`, isSeed: true, line: EQUAL_LINE, share: SHARE, disguise })
  }
  addEqualLeeches(world, PEERS)
  return world
}

function among(seed: number, sybils: number, isAlone = false): World {
  const world = worldOf('sybils', seed, FILE)
  world.addOrigin(ORIGIN_URL, { line: line(125e6, 125e6) })
  for (let index = 0; index < sybils; index++) {
    world.add({ name: `sybil-${index}`, isSeed: true, line: EQUAL_LINE, share: SHARE, disguise: sybil() })
  }
  addEqualLeeches(world, 10, () => ({ webSeeds: [ORIGIN_URL], ...(isAlone && { share: { connectionsMax: 0 } }) }))
  return runToEnd(world)
}

/** Seventy who share, and thirty who only take. */
function ridden(seed: number, riders: number): World {
  const world = worldOf('free-riders', seed, FILE)
  addEqualSeed(world)
  addEqualLeeches(world, 70)
  for (let index = 0; index < riders; index++) {
    world.add({ name: `rider-${index}`, line: EQUAL_LINE, share: SHARE, disguise: choker() })
  }
  return runToEnd(world)
}

export const ADVERSITY: readonly Goal[] = [
  {
    name: 'polluters',
    scenario: '50 % polluters, against the same swarm with them silent',
    measures: [
      { what: 'bad bytes delivered', limit: { atMost: 0 } },
      { what: 'bad pieces of a victim ÷ polluters', limit: { atMost: 1 } },
      { what: 'last ÷ last with them silent', limit: { atMost: 1.3 } },
    ],
    run(seed) {
      const world = polluted(seed, false)
      let badBytes = 0
      world.watch({
        effect(_member, effect) {
          if (effect.type === 'save' && isForged(effect.body)) badBytes += effect.body.bytes
        },
      })
      runToEnd(world)
      const worst = Math.max(...world.leeches.map(leech => world.ledger.of(leech).damaged))
      return [badBytes, worst / PEERS, completion(world, 1) / completion(runToEnd(polluted(seed, true)), 1)]
    },
  },
  {
    name: 'sybils',
    scenario: '90 % silent Sybils, an origin',
    measures: [{ what: 'last ÷ origin only', limit: { atMost: 1.1 } }],
    run: seed => [completion(among(seed, 90), 1) / completion(among(seed, 0, true), 1)],
  },
  {
    name: 'free-riders',
    scenario: '30 % free riders, against the same swarm without them',
    measures: [{ what: 'median of those who share ÷ without', limit: { atMost: 1.1 } }],
    run: seed => [completion(ridden(seed, 30), 0.5) / completion(ridden(seed, 0), 0.5)],
  },
]

/** Goals of plain distribution: how near to the bound, and at what cost to the seed. */
import { seededRandom } from '../../../src/swarm/random.ts'
import { type Line, line } from '../link.ts'
import { addEqualLeeches, addEqualSeed, MiB } from '../scenarios.ts'
import type { Goal } from './goal.ts'
import { duplicates, overBound, runToEnd, worldOf } from './swarm.ts'

/** The twentieths of a lognormal of uplinks in Mbit/s, median 4, cut at 0.5 and 20. */
export const UPLINKS_MBIT = [
  0.5, 0.77, 1.1, 1.4, 1.7, 2, 2.4, 2.7, 3.1, 3.5, 4, 4.5, 5.2, 5.9, 6.8, 7.9, 9.4, 11.5, 14.7, 20,
] as const

const DUPLICATES = { what: 'duplicates ÷ allowed, worst leech', limit: { atMost: 1 } } as const

function equal(peers: number, medianMax: number, lastMax: number): Goal {
  return {
    name: `equal-${peers}`,
    scenario: `one seed, ${peers} equal leeches`,
    measures: [
      { what: 'median ÷ T*', limit: { atMost: medianMax } },
      { what: 'last ÷ T*', limit: { atMost: lastMax } },
      DUPLICATES,
    ],
    run(seed) {
      const world = worldOf(this.name, seed)
      addEqualSeed(world)
      addEqualLeeches(world, peers)
      runToEnd(world)
      return [...overBound(world), duplicates(world)]
    },
  }
}

export const DISTRIBUTION: readonly Goal[] = [
  equal(100, 1.08, 1.2),
  equal(1000, 1.12, 1.25),
  {
    name: 'mixed-200',
    scenario: '200 leeches with uplinks of 0.5 to 20 Mbit/s, lognormal',
    measures: [{ what: 'last ÷ T*', limit: { atMost: 1.3 } }, DUPLICATES],
    run(seed) {
      const world = worldOf(this.name, seed)
      addEqualSeed(world)
      const random = seededRandom(seed ^ 0x11e5)
      const draw = (): Line => {
        const upload = 125_000 * UPLINKS_MBIT[Math.floor(random() * UPLINKS_MBIT.length)]!
        return line(upload, 10 * upload)
      }
      addEqualLeeches(world, 200, () => ({ line: draw() }))
      runToEnd(world)
      return [overBound(world)[1], duplicates(world)]
    },
  },
  {
    name: 'seed-leaves',
    scenario: 'the seed leaves after 1.2 copies, 100 equal leeches',
    measures: [{ what: 'share that completes', limit: { atLeast: 1 } }],
    run(seed) {
      const world = worldOf(this.name, seed)
      const source = addEqualSeed(world)
      const leeches = addEqualLeeches(world, 100)
      const copies = () => world.ledger.of(source).toPeersBytes / world.torrent.totalBytes
      const isOver = () => leeches.every(leech => leech.isComplete)
      world.runUntil(() => copies() >= 1.2 || isOver(), 3_600_000)
      source.leave()
      world.runFor(600_000)
      return [leeches.filter(leech => leech.isComplete).length / leeches.length]
    },
  },
  {
    name: 'seed-bytes',
    scenario: 'one seed, 20 equal leeches, until all are done',
    measures: [{ what: 'copies that the seed sends', limit: { atMost: 1.15 } }, DUPLICATES],
    run(seed) {
      const world = worldOf(this.name, seed, { version: 'v2', bytes: 256 * MiB, pieceLength: MiB })
      const source = addEqualSeed(world)
      addEqualLeeches(world, 20)
      runToEnd(world)
      return [world.ledger.of(source).toPeersBytes / world.torrent.totalBytes, duplicates(world)]
    },
  },
]

/** Cases of what lies around the members: trackers, networks, stores, clocks and web seeds that fail them. */
import { planAbsence, poisson } from '../arrivals.ts'
import { seededRandom } from '../../../src/swarm/random.ts'
import { lastBlockPolluter, sybil } from '../hostile.ts'
import { line } from '../link.ts'
import { addLeeches, HOME, KiB, MiB, ORIGIN_URL } from '../scenarios.ts'
import { createTorrent } from '../torrent.ts'
import { World, type WorldOptions } from '../world.ts'
import type { Case } from './case.ts'

const HOUR_MS = 3_600_000

function worldOf(scenario: string, seed: number, options: Partial<WorldOptions> = {}): World {
  return new World({ scenario, seed, torrent: createTorrent({ bytes: 4 * MiB, pieceLength: 64 * KiB }), ...options })
}

export const SURROUNDINGS: readonly Case[] = [
  {
    name: 'tracker restart',
    summary: 'the tracker is gone when most members come, and returns without a memory',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('tracker restart', seed, { calmFromMs: 40_000 })
      world.network.tracker.outage(300, 40_000)
      world.add({ name: 'seed', isSeed: true, line: line(100e3, 1e6) })
      for (const [index, joinsAt] of poisson(seededRandom(seed), 6, 1_000).entries()) {
        world.add({ name: `leech-${index}`, line: HOME, joinsAt })
      }
      return world
    },
  },
  {
    name: 'rift',
    summary: 'the network falls apart, half of the members on either side, and heals',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('rift', seed, { calmFromMs: 60_000 })
      world.add({ name: 'seed', isSeed: true, line: line(200e3, 1e6) })
      addLeeches(world, 6, { line: HOME })
      world.network.partition(world.members.slice(3), 4_000, 60_000)
      return world
    },
  },
  {
    name: 'nat types',
    summary: 'members of whom few can reach each other, and a relay for the others',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('nat types', seed, { network: { hasRelay: true } })
      world.add({ name: 'seed', isSeed: true, nat: 'symmetric', line: HOME })
      for (const nat of ['open', 'cone', 'symmetric', 'blocked'] as const) world.add({ name: nat, nat, line: HOME })
      return world
    },
  },
  {
    name: 'offer flood',
    summary: 'strangers send offers that nobody stands behind, as many as the tracker lets through',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('offer flood', seed)
      for (let index = 0; index < 6; index++) {
        const disguise = sybil()
        world.add({ name: `flooder-${index}`, isSeed: index % 2 === 0, line: HOME, disguise, floodsOffers: true })
      }
      world.add({ name: 'seed', isSeed: true, line: HOME, share: { connectionsMax: 12 } })
      addLeeches(world, 3, { line: HOME, share: { connectionsMax: 12 } })
      return world
    },
  },
  {
    name: 'sybils',
    summary: 'nine of ten peers connect and say nothing; a web seed has everything',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('sybils', seed)
      world.addOrigin(ORIGIN_URL, { line: HOME })
      for (let index = 0; index < 18; index++) {
        world.add({ name: `sybil-${index}`, isSeed: true, line: HOME, disguise: sybil() })
      }
      addLeeches(world, 2, { line: HOME, webSeeds: [ORIGIN_URL] })
      return world
    },
  },
  {
    name: 'silent crowd',
    summary: 'eight peers that say nothing are there before the seed, and piece hashes are needed',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const torrent = createTorrent({ bytes: 4 * MiB, pieceLength: 64 * KiB, version: 'v2' })
      const world = worldOf('silent crowd', seed, { torrent })
      for (let index = 0; index < 8; index++) {
        world.add({ name: `sybil-${index}`, isSeed: true, line: HOME, disguise: sybil() })
      }
      addLeeches(world, 1, { line: HOME, from: 'magnet' })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 3_000 })
      return world
    },
  },
  {
    name: 'last blocks',
    summary: 'two of four seeds forge the last block of every piece, and nothing else',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('last blocks', seed, { badPiecesMax: 3 })
      for (let index = 0; index < 2; index++) {
        world.add({ name: `seed-${index}`, isSeed: true, line: HOME })
        const disguise = lastBlockPolluter(world.torrent, seededRandom(seed * 2 + index))
        world.add({ name: `polluter-${index}`, isSeed: true, line: HOME, disguise })
      }
      addLeeches(world, 3, { line: HOME })
      return world
    },
  },
  {
    name: 'bad stores',
    summary:
      'stores that stall, are too small, and keep one record in five torn or altered; their owners crash and return',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('bad stores', seed, { calmFromMs: 20_000 })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      const disk = { quotaBytes: MiB, damagedShare: 0.2, stallShare: 0.1, stallMs: 2_000 }
      addLeeches(world, 3, { line: HOME, disk })
      for (const leech of world.leeches) planAbsence(world, leech, { fromMs: 6_000, toMs: 12_000, isCrash: true })
      return world
    },
  },
  {
    name: 'waking up',
    summary: 'the clocks of half the members jump ahead by an hour, again and again; timers come late',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('waking up', seed)
      world.add({ name: 'seed', isSeed: true, line: line(200e3, 1e6) })
      addLeeches(world, 4, { line: HOME, timersLateMs: 1_000 })
      for (let at = 2_000; at < 20_000; at += 2_000) {
        world.timeline.at(at, () => {
          for (const { index, life } of world.members) if (index % 2 === 0) life?.jumpClock(HOUR_MS)
        })
      }
      return world
    },
  },
  {
    name: 'web seed breaks down',
    summary: 'a slow web seed was asked for everything and fails for good beside an idle seed',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('web seed breaks down', seed, {
        torrent: createTorrent({ bytes: 2 * MiB, pieceLength: 64 * KiB }),
      })
      world.addOrigin(ORIGIN_URL, { line: line(20e3, 1e6), upUntilMs: 8_000, isGoneAfter: true })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 1_000 })
      addLeeches(world, 1, { line: HOME, webSeeds: [ORIGIN_URL] })
      return world
    },
  },
  {
    name: 'web seed outrun',
    summary: 'a slow web seed was asked for everything, and peers bring it sooner',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('web seed outrun', seed, {
        torrent: createTorrent({ bytes: 2 * MiB, pieceLength: 128 * KiB }),
      })
      world.addOrigin(ORIGIN_URL, { line: line(1e3, 1e6) })
      for (let index = 0; index < 12; index++) {
        world.add({ name: `seed-${index}`, isSeed: true, line: HOME, joinsAt: 1_000 })
      }
      addLeeches(world, 1, { line: HOME, webSeeds: [ORIGIN_URL] })
      return world
    },
  },
  {
    name: 'forging web seed',
    summary: 'a web seed that sends bad pieces beside an honest seed',
    limitMs: HOUR_MS,
    build: ({ seed }) => {
      const world = worldOf('forging web seed', seed, { badPiecesMax: 4 })
      world.addOrigin(ORIGIN_URL, { line: line(100e3, 1e6), forgedShare: 0.5 })
      world.add({ name: 'seed', isSeed: true, line: line(50e3, 1e6), joinsAt: 1_000 })
      addLeeches(world, 1, { line: HOME, webSeeds: [ORIGIN_URL] })
      return world
    },
  },
]

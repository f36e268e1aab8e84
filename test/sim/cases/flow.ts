/** Cases of honest members whose lines, stores and wishes are what is out of the ordinary. */
import { line } from '../link.ts'
import { addLeeches, HOME, KiB, MiB, ORIGIN_URL } from '../scenarios.ts'
import { createTorrent, type TorrentOptions } from '../torrent.ts'
import { World } from '../world.ts'
import type { Case } from './case.ts'

function worldOf(scenario: string, seed: number, torrent: TorrentOptions): World {
  return new World({ scenario, seed, torrent: createTorrent(torrent) })
}

const SMALL = { bytes: 4 * MiB, pieceLength: 64 * KiB } as const

export const FLOW: readonly Case[] = [
  {
    name: 'swarm',
    summary: 'one seed and six leeches of equal lines',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('swarm', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: HOME })
      addLeeches(world, 6, { line: HOME })
      return world
    },
  },
  {
    name: 'alone',
    summary: 'one seed, one leech',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('alone', seed, { ...SMALL, version: 'v2' })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'rarity',
    summary: 'three neighbours have the first half, one seed has all: the second half is rare',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('rarity', seed, { bytes: 8 * MiB, pieceLength: 64 * KiB })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      for (let index = 0; index < 3; index++) {
        world.add({ name: `half-${index}`, holds: { first: 0, end: 64 }, wants: [], line: line(100e3, 1e6) })
      }
      addLeeches(world, 1, { line: HOME, joinsAt: 2_000 })
      return world
    },
  },
  {
    name: 'queue',
    summary: 'a slow seed with three slots, eight leeches that wait for one, minutes on end',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('queue', seed, { bytes: 8 * MiB, pieceLength: 256 * KiB })
      world.add({ name: 'seed', isSeed: true, line: line(60e3, 1e6), share: { unchokesMax: 3 } })
      addLeeches(world, 8, { line: line(60e3, 1e6), share: { unchokesMax: 3 } })
      return world
    },
  },
  {
    name: 'crowded',
    summary: 'fourteen members of whom each may have four connections',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('crowded', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: HOME, share: { connectionsMax: 4 } })
      addLeeches(world, 13, { line: HOME, share: { connectionsMax: 4 } })
      return world
    },
  },
  {
    name: 'lossy',
    summary: 'five connections in six do not come about',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const torrent = createTorrent(SMALL)
      const world = new World({ scenario: 'lossy', seed, torrent, network: { setUpFailureShare: 0.85 } })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      addLeeches(world, 3, { line: HOME })
      return world
    },
  },
  {
    name: 'capped',
    summary: 'an upload cap of 200 KB a second on a line of 1 MB',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('capped', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: HOME, share: { uploadBytesPerSecond: 200e3 } })
      addLeeches(world, 2, { line: HOME })
      return world
    },
  },
  {
    name: 'part',
    summary: 'a leech wants some pieces; first the seed and then the leech pauses, and goes on',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('part', seed, SMALL)
      const owner = world.add({ name: 'seed', isSeed: true, line: line(200e3, 1e6) })
      world.timeline.at(2_500, () => owner.life?.input({ type: 'policy', policy: { isPaused: true } }))
      world.timeline.at(3_500, () => owner.life?.input({ type: 'policy', policy: { isPaused: false } }))
      const leech = world.add({ name: 'leech', line: HOME, wants: [{ id: 1, first: 10, end: 40, priority: 4 }] })
      world.timeline.at(4_000, () => leech.life?.input({ type: 'policy', policy: { isPaused: true } }))
      world.timeline.at(30_000, () => leech.life?.input({ type: 'policy', policy: { isPaused: false } }))
      return world
    },
  },
  {
    name: 'stream',
    summary: 'a stream from two seeds, one of them slow',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('stream', seed, { bytes: 4 * MiB, pieceLength: 256 * KiB })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      world.add({ name: 'slow', isSeed: true, line: line(50e3, 1e6) })
      const deadline = { at: 2_000, stepMs: 500 }
      const wants = [{ id: 1, first: 0, end: world.torrent.pieceCount, priority: 7, deadline }]
      world.add({ name: 'leech', line: HOME, wants })
      return world
    },
  },
  {
    name: 'end game',
    summary: 'a slow neighbour was asked for everything; one that has half of it comes later',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('end game', seed, { bytes: 256 * KiB, pieceLength: 32 * KiB })
      world.add({ name: 'slow', isSeed: true, line: line(14e3, 1e6) })
      world.add({ name: 'half', holds: { first: 4, end: 8 }, wants: [], line: HOME, joinsAt: 4_000 })
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'long paths',
    summary: 'three fast seeds, more than half a second away',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('long paths', seed, { bytes: 16 * MiB, pieceLength: 256 * KiB })
      for (let index = 1; index <= 3; index++) {
        world.add({ name: `seed-${index}`, isSeed: true, line: line(index * 1e6, 40e6, 150) })
      }
      addLeeches(world, 1, { line: line(1e6, 40e6, 150) })
      return world
    },
  },
  {
    name: 'web seed',
    summary: 'a web seed whose fetches break off, and no peer',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('web seed', seed, SMALL)
      world.addOrigin(ORIGIN_URL, { line: HOME, failureShare: 0.5 })
      addLeeches(world, 1, { line: HOME, webSeeds: [ORIGIN_URL] })
      return world
    },
  },
  {
    name: 'narrow line',
    summary: 'twenty seeds could fill the line of a leech many times over',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('narrow line', seed, { bytes: 8 * MiB, pieceLength: 256 * KiB })
      for (let index = 0; index < 20; index++) world.add({ name: `seed-${index}`, isSeed: true, line: HOME })
      addLeeches(world, 1, { line: line(1e6, 60e3) })
      return world
    },
  },
]

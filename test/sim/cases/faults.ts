/** Cases of members that leave, crash, forget, lie or break the rules. */
import { seededRandom } from '../../../src/swarm/random.ts'
import { choker, forgetful, liar, mute, nosy, polluter, refusing, sulky } from '../hostile.ts'
import { line } from '../link.ts'
import { addLeeches, HOME, KiB, MiB } from '../scenarios.ts'
import { createTorrent, type TorrentOptions } from '../torrent.ts'
import { World } from '../world.ts'
import type { Case } from './case.ts'

function worldOf(scenario: string, seed: number, torrent: TorrentOptions, badPiecesMax = 1): World {
  return new World({ scenario, seed, torrent: createTorrent(torrent), badPiecesMax })
}

const SMALL = { bytes: 4 * MiB, pieceLength: 64 * KiB } as const

/** Honest seeds and polluters side by side, on lines alike, so that large pieces fail with several senders. */
function polluted(scenario: string, seed: number, version: 'v1' | 'v2', share: number, pieceLength = 256 * KiB): World {
  const world = worldOf(scenario, seed, { version, bytes: 16 * pieceLength, pieceLength }, 3)
  const slow = line(300e3, 3e6)
  for (let index = 0; index < 3; index++) {
    world.add({ name: `seed-${index}`, isSeed: true, line: slow })
    const disguise = polluter(seededRandom(seed * 10 + index), share)
    world.add({ name: `polluter-${index}`, isSeed: true, line: pieceLength > 256 * KiB ? slow : HOME, disguise })
  }
  addLeeches(world, 3, { line: HOME })
  return world
}

export const FAULTS: readonly Case[] = [
  {
    name: 'polluted',
    summary: 'three of six seeds forge every block (v1)',
    limitMs: 3_600_000,
    build: ({ seed }) => polluted('polluted', seed, 'v1', 1),
  },
  {
    name: 'polluted at times',
    summary: 'three of six seeds forge one block in five (v2)',
    limitMs: 3_600_000,
    build: ({ seed }) => polluted('polluted at times', seed, 'v2', 0.2),
  },
  {
    name: 'polluted at times (v1)',
    summary: 'three of six seeds forge one block in twenty, and no leaf hashes tell which',
    limitMs: 3_600_000,
    build: ({ seed }) => polluted('polluted at times (v1)', seed, 'v1', 0.05, MiB),
  },
  {
    name: 'mute magnet',
    summary: 'whoever is asked first for the metadata, and later for hashes, says nothing',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('mute magnet', seed, { ...SMALL, version: 'v2' })
      world.add({ name: 'mute', isSeed: true, line: HOME, disguise: mute() })
      addLeeches(world, 1, { line: HOME, from: 'magnet' })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 5_000 })
      return world
    },
  },
  {
    name: 'mutes',
    summary: 'three peers that say nothing of metadata and hashes are there before one that does',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('mutes', seed, { ...SMALL, version: 'v2' })
      for (let index = 0; index < 3; index++) {
        world.add({ name: `mute-${index}`, isSeed: true, line: HOME, disguise: mute() })
      }
      addLeeches(world, 1, { line: HOME, from: 'magnet' })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 5_000 })
      return world
    },
  },
  {
    name: 'retracted',
    summary: 'the only neighbour loses the piece that it had to itself; then a seed comes',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('retracted', seed, { bytes: MiB, pieceLength: 128 * KiB })
      const poor = world.add({ name: 'poor', holds: { first: 0, end: 8 }, wants: [], line: line(12e3, 1e6) })
      world.timeline.at(5_000, () => {
        for (let piece = 0; piece < 8; piece++) poor.lose(piece)
      })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 8_000 })
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'chatter',
    summary:
      'a liar takes all requests; a seed comes; and all the time something happens that has nothing to do with it',
    limitMs: 600_000,
    build: ({ seed }) => {
      const world = worldOf('chatter', seed, { bytes: 4 * MiB, pieceLength: MiB })
      world.add({ name: 'liar', isSeed: true, line: HOME, disguise: liar() })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 5_000 })
      const [leech] = addLeeches(world, 1, { line: HOME })
      for (let at = 0; at < 600_000; at += 300) {
        world.timeline.at(at, () => leech?.life?.input({ type: 'found', peerIds: [], members: 1 }))
      }
      return world
    },
  },
  {
    name: 'nosy',
    summary: 'a stranger asks everybody for pieces that nobody has said to have',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('nosy', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: line(200e3, 1e6) })
      world.add({
        name: 'nosy',
        line: HOME,
        disguise: nosy(world.torrent, seededRandom(seed)),
        limits: { strikesMax: 1e9 },
      })
      addLeeches(world, 2, { line: HOME, disk: { overheadMs: 400 } })
      return world
    },
  },
  {
    name: 'refusing',
    summary: 'the only seed refuses one request in five, each time another',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('refusing', seed, { bytes: MiB, pieceLength: 64 * KiB })
      world.add({ name: 'seed', isSeed: true, line: HOME, disguise: refusing(seededRandom(seed), 0.2) })
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'sulky',
    summary: 'the only seed serves a while, then refuses a thousand requests, then serves again',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('sulky', seed, { bytes: 32 * MiB, pieceLength: 256 * KiB })
      world.add({ name: 'seed', isSeed: true, line: line(10e6, 10e6, 2), disguise: sulky(100, 1_000) })
      addLeeches(world, 1, { line: line(10e6, 10e6, 2) })
      return world
    },
  },
  {
    name: 'free riders',
    summary: 'three slow members trade their thirds; five more take what they get and give nothing',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('free riders', seed, { bytes: 24 * MiB, pieceLength: 128 * KiB })
      const slow = { line: line(60e3, 1e6), share: { unchokesMax: 3 } }
      for (let index = 0; index < 3; index++) {
        world.add({ name: `third-${index}`, holds: { first: index * 64, end: index * 64 + 64 }, ...slow })
      }
      for (let index = 0; index < 5; index++) world.add({ name: `rider-${index}`, disguise: choker(), ...slow })
      return world
    },
  },
  {
    name: 'slow lines',
    summary: 'three members trade their thirds over lines of 40 KB a second; riders crowd their slots',
    limitMs: 7_200_000,
    build: ({ seed }) => {
      const world = worldOf('slow lines', seed, { bytes: 6 * MiB, pieceLength: 64 * KiB })
      const slow = { line: line(40e3, 1e6), share: { unchokesMax: 3 } }
      for (let index = 0; index < 3; index++) {
        world.add({ name: `third-${index}`, holds: { first: index * 32, end: index * 32 + 32 }, ...slow })
      }
      for (let index = 0; index < 5; index++) world.add({ name: `rider-${index}`, disguise: choker(), ...slow })
      return world
    },
  },
  {
    name: 'forgetful',
    summary: 'the only seed answers four requests in five and says nothing of the others',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('forgetful', seed, { bytes: MiB, pieceLength: 64 * KiB })
      world.add({ name: 'seed', isSeed: true, line: HOME, disguise: forgetful(seededRandom(seed), 0.2) })
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'hiccup',
    summary: 'the only seed falls silent for eight seconds and then goes on as before',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('hiccup', seed, { bytes: 16 * MiB, pieceLength: 64 * KiB })
      const owner = world.add({ name: 'seed', isSeed: true, line: HOME })
      world.timeline.at(4_000, () => owner.access.stall(8_000))
      addLeeches(world, 1, { line: HOME })
      return world
    },
  },
  {
    name: 'liars',
    summary: 'two of three seeds take requests and answer none',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('liars', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: HOME })
      for (let index = 0; index < 2; index++) {
        world.add({ name: `liar-${index}`, isSeed: true, line: HOME, disguise: liar() })
      }
      addLeeches(world, 2, { line: HOME })
      return world
    },
  },
  {
    name: 'tail',
    summary: 'a liar was asked first for a piece shorter than a block, and nobody is asked for anything twice',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('tail', seed, { bytes: 8_000, pieceLength: 64 * KiB })
      world.add({ name: 'liar', isSeed: true, line: HOME, disguise: liar() })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 3_000 })
      addLeeches(world, 1, { line: HOME, limits: { duplicateRequestsMax: 0, duplicateShareMax: 0 } })
      return world
    },
  },
  {
    name: 'early loss',
    summary: 'a neighbour loses pieces while others still wait for the metadata',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('early loss', seed, SMALL)
      const poor = world.add({ name: 'poor', isSeed: true, line: HOME, disguise: mute() })
      world.timeline.at(5_000, () => {
        for (let piece = 0; piece < 32; piece++) poor.lose(piece)
      })
      world.add({ name: 'seed', isSeed: true, line: HOME, joinsAt: 8_000 })
      addLeeches(world, 1, { line: HOME, from: 'magnet' })
      return world
    },
  },
  {
    name: 'resume',
    summary: 'leeches crash half-way and find what they had',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('resume', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: line(400e3, 1e6) })
      for (let index = 0; index < 3; index++) {
        const leech = world.add({ name: `leech-${index}`, line: HOME })
        world.timeline.at(5_000 + index * 1_000, () => leech.crash())
        world.timeline.at(9_000 + index * 1_000, () => leech.start())
      }
      return world
    },
  },
  {
    name: 'lost pieces',
    summary: 'a neighbour loses what it announced, and says so',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('lost pieces', seed, SMALL)
      world.add({ name: 'seed', isSeed: true, line: line(100e3, 1e6) })
      const poor = world.add({ name: 'poor', holds: { first: 0, end: 48 }, wants: [], line: line(300e3, 1e6) })
      world.timeline.at(3_000, () => {
        for (let piece = 8; piece < 48; piece++) poor.lose(piece)
      })
      addLeeches(world, 2, { line: HOME })
      return world
    },
  },
  {
    name: 'seed away',
    summary: 'the only seed crashes and returns',
    limitMs: 3_600_000,
    build: ({ seed }) => {
      const world = worldOf('seed away', seed, { bytes: 16 * MiB, pieceLength: 64 * KiB })
      const owner = world.add({ name: 'seed', isSeed: true, line: line(2e6, 1e6, 100) })
      world.timeline.at(4_000, () => owner.crash())
      world.timeline.at(30_000, () => owner.start())
      addLeeches(world, 2, { line: HOME })
      return world
    },
  },
]

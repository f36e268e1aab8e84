/** Goals of sites: how much peers take off the origin, and that nobody waits longer for it. */
import { seededRandom } from '../../../src/swarm/random.ts'
import { poisson } from '../arrivals.ts'
import { line } from '../link.ts'
import type { Member } from '../member.ts'
import { addEqualLeeches, EQUAL_LINE, ORIGIN_URL, UPLINK, KiB, MiB } from '../scenarios.ts'
import type { World } from '../world.ts'
import type { Goal } from './goal.ts'
import { completion, duplicates, runToEnd, worldOf } from './swarm.ts'

/** 100 Mbit/s. */
const ORIGIN_LINE = line(12.5e6, 12.5e6)
const ALONE = { connectionsMax: 0 } as const
/** What can wait. */
const PATIENT = 3
const BULK = { version: 'v2', bytes: 10_000_000, pieceLength: 256 * KiB } as const

/** A crowd of 200 that comes within ten seconds. */
function crowd(seed: number, isAlone: boolean): World {
  const world = worldOf('flash-crowd', seed, BULK)
  world.addOrigin(ORIGIN_URL, { line: ORIGIN_LINE })
  const random = seededRandom(seed ^ 0xc0de)
  addEqualLeeches(world, 200, () => ({
    joinsAt: random() * 10_000,
    webSeeds: [ORIGIN_URL],
    wants: [{ id: 1, first: 0, end: world.torrent.pieceCount, priority: PATIENT }],
    ...(isAlone && { share: ALONE }),
  }))
  return world
}

/** Bytes that came from the origin after a member's first connection had opened. */
function countLateOriginBytes(world: World): () => number {
  let bytes = 0
  world.watch({
    input(member, input) {
      if (input.type === 'fetched' && world.ledger.of(member).openedAt !== undefined) bytes += input.body.bytes
    },
  })
  return () => bytes
}

/** λτ: visitors there at a time, on average. */
const PRESENT = 3
/** Of the attempts; those that fail are made again, so that in the end everybody is reached. */
const FAILURE_SHARE = 0.15
/** 1 − e^(−λτ), the share that any scheduler could take off the origin. */
const OFFLOAD_CEILING = 0.9502
const STAY_MS = 1_200_000

/** Of 400 visitors who stay twenty minutes each, those that come after the first twenty: 64 MiB take a minute at most. */
function steady(seed: number): number {
  const world = worldOf('steady', seed, { version: 'v2', bytes: 64 * MiB, pieceLength: 256 * KiB }, FAILURE_SHARE)
  world.addOrigin(ORIGIN_URL, { line: ORIGIN_LINE })
  const random = seededRandom(seed ^ 0x57ea)
  const times = poisson(random, 400, STAY_MS / PRESENT)
  const visitors = addEqualLeeches(world, times.length, index => ({
    joinsAt: times[index]!,
    webSeeds: [ORIGIN_URL],
    wants: [{ id: 1, first: 0, end: world.torrent.pieceCount, priority: PATIENT }],
  }))
  for (const [index, visitor] of visitors.entries()) world.timeline.at(times[index]! + STAY_MS, () => visitor.leave())
  world.runFor(times.at(-1)! + 2 * STAY_MS)
  const settled = visitors.slice(20)
  const bytes = (pick: (member: Member) => number) => settled.reduce((sum, member) => sum + pick(member), 0)
  const fromOrigin = bytes(member => world.ledger.of(member).fromOriginBytes)
  const fromPeers = bytes(member => world.ledger.of(member).fromPeersBytes)
  return fromPeers / (fromPeers + fromOrigin) / OFFLOAD_CEILING
}

/** Bytes a second of the stream: uplinks are half as much again. */
const MEDIA_RATE = UPLINK / 1.5
const MEDIA_PIECE = 256 * KiB
const MEDIA_PIECES = 480
const START_PIECES = 4

interface Viewing {
  readonly startMs: number
  readonly stalls: number
}

/** Playing starts with the first pieces, and stalls where the next one is late. */
function viewing(world: World, viewer: Member): Viewing {
  const savedAt = new Float64Array(MEDIA_PIECES)
  for (const { piece, at } of world.ledger.of(viewer).savedPieces) savedAt[piece] = at
  const joinsAt = viewer.options.joinsAt ?? 0
  let playingAt = Math.max(...savedAt.subarray(0, START_PIECES))
  const startMs = playingAt - joinsAt
  let stalls = 0
  for (let piece = START_PIECES; piece < MEDIA_PIECES; piece++) {
    const dueAt = playingAt + ((piece * MEDIA_PIECE) / MEDIA_RATE) * 1000
    if (savedAt[piece]! <= dueAt) continue
    stalls++
    playingAt += savedAt[piece]! - dueAt
  }
  return { startMs, stalls }
}

/** A hundred viewers who come over two minutes and watch from the beginning. */
function streaming(seed: number, isAlone: boolean): World {
  const bytes = MEDIA_PIECES * MEDIA_PIECE
  const world = worldOf('streaming', seed, { version: 'v2', bytes, pieceLength: MEDIA_PIECE })
  world.addOrigin(ORIGIN_URL, { line: line(125e6, 125e6) })
  const random = seededRandom(seed ^ 0x57e4)
  addEqualLeeches(world, 100, () => {
    const joinsAt = random() * 120_000
    const deadline = { at: joinsAt + 2_000, stepMs: (1000 * MEDIA_PIECE) / MEDIA_RATE }
    return {
      joinsAt,
      line: EQUAL_LINE,
      webSeeds: [ORIGIN_URL],
      wants: [{ id: 1, first: 0, end: MEDIA_PIECES, priority: 7, deadline }],
      ...(isAlone && { share: ALONE }),
    }
  })
  return runToEnd(world)
}

export const OFFLOAD: readonly Goal[] = [
  {
    name: 'flash-crowd',
    scenario: '200 visitors within 10 s, 10 MB, origin of 100 Mbit/s',
    measures: [
      { what: 'origin copies after first connections', limit: { atMost: 1.5 } },
      { what: 'p95 ÷ HTTP only', limit: { atMost: 1.05 } },
      { what: 'duplicates ÷ allowed, worst leech', limit: { atMost: 1 } },
    ],
    run(seed) {
      const world = crowd(seed, false)
      const lateOriginBytes = countLateOriginBytes(world)
      runToEnd(world)
      const p95 = completion(world, 0.95) / completion(runToEnd(crowd(seed, true)), 0.95)
      return [lateOriginBytes() / world.torrent.totalBytes, p95, duplicates(world)]
    },
  },
  {
    name: 'steady',
    scenario: 'steady arrivals, 3 there at a time, 85 % of attempts connect',
    measures: [{ what: 'offload ÷ ceiling', limit: { atLeast: 0.9 } }],
    run: seed => [steady(seed)],
  },
  {
    name: 'streaming',
    scenario: '100 viewers, uplinks 1.5 × the media rate, an origin',
    measures: [
      { what: 'stalls after start, all viewers', limit: { atMost: 0 } },
      { what: 'median start ÷ origin only', limit: { atMost: 1.2 } },
      { what: 'offload', limit: { atLeast: 0.7 } },
    ],
    run(seed) {
      const world = streaming(seed, false)
      const alone = streaming(seed, true)
      const starts = (from: World) =>
        from.leeches.map(viewer => viewing(from, viewer).startMs).sort((a, b) => a - b)[from.leeches.length >> 1]!
      const stalls = world.leeches.reduce((sum, viewer) => sum + viewing(world, viewer).stalls, 0)
      const fromOrigin = world.leeches.reduce((sum, viewer) => sum + world.ledger.of(viewer).fromOriginBytes, 0)
      const offload = 1 - fromOrigin / (world.leeches.length * world.torrent.totalBytes)
      return [stalls, starts(world) / starts(alone), offload]
    },
  },
]

/**
 * A small swarm drawn from a seed: 2 to 50 honest members on lines of their own, with shares, wishes and arrivals that vary,
 * and at least three kinds of faults. One honest seed stays or comes back, so that completion is always possible.
 */
import type { Share, Want } from '../../src/swarm/events.ts'
import { flashCrowd, poisson } from './arrivals.ts'
import { Draw } from './draw.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { MemberOptions } from './member.ts'
import type { OriginOptions } from './origin.ts'
import { ORIGIN_URL } from './scenarios.ts'
import { createTorrent, type Torrent } from './torrent.ts'
import { World } from './world.ts'

const KINDS_MIN = 3
const KINDS_MAX = 6
const LEECHES_MAX = 49

export function randomSwarm(seed: number): World {
  const draw = new Draw(seed)
  const torrent = drawTorrent(draw)
  const faults = drawFaults(draw)
  // Few are the rule: they cost less, and most bugs need no crowd.
  const chance = draw.random()
  const squared = chance * chance
  const count = 1 + Math.floor(squared * squared * LEECHES_MAX)
  const world = new World({
    scenario: `random swarm (${faults.map(({ name }) => name).join(', ')})`,
    seed,
    torrent,
    network: Object.assign({}, ...faults.map(fault => fault.network?.(draw) ?? {})),
    // Four of a polluter may be under way before the first has failed; and so few pieces are all endgame, so that as many
    // fail with several senders before one has a single sender and names it.
    badPiecesMax: 8,
  })
  const webSeeds = addOrigins(world, faults, draw)
  const keeper = world.add({ name: 'seed', isSeed: true, line: draw.line(), share: drawShare(draw) })
  const strangers = faults.flatMap(fault => fault.strangers?.(draw, torrent) ?? [])
  for (const [index, options] of strangers.entries()) {
    const name = `${options.name}-${index}`
    world.add({ line: draw.line(), joinsAt: draw.between(0, 2_000), ...options, name })
  }
  const arrivals = draw.chance(0.5) ? flashCrowd(draw.random, count, 3_000) : poisson(draw.random, count, 1_000)
  const leeches = arrivals.map((joinsAt, index) => {
    const special: Partial<MemberOptions> = Object.assign({}, ...faults.map(fault => fault.leech?.(draw) ?? {}))
    const options = { line: draw.line(), share: drawShare(draw), wants: drawWants(draw, torrent), joinsAt, ...special }
    return world.add({ name: `leech-${index}`, webSeeds: draw.chance(0.7) ? webSeeds : [], ...options })
  })
  const ends = faults.map(fault => fault.unfold?.(world, { keeper, leeches }, draw) ?? 0)
  world.calmFromMs = Math.max(0, ...ends)
  return world
}

function drawTorrent(draw: Draw): Torrent {
  const pieceLength = (16 * 1024) << draw.between(0, 4)
  const bytes = pieceLength * draw.between(2, 24) - draw.between(0, pieceLength - 1)
  return createTorrent({ version: draw.one(['v1', 'v2', 'hybrid']), bytes, pieceLength })
}

function drawFaults(draw: Draw): Fault[] {
  const count = draw.between(KINDS_MIN, KINDS_MAX)
  const faults = new Set<Fault>()
  while (faults.size < count) faults.add(draw.one(FAULTS))
  return [...faults]
}

/** @returns their addresses */
function addOrigins(world: World, faults: readonly Fault[], draw: Draw): string[] {
  const all: Partial<OriginOptions>[] = faults.flatMap(({ origin }) => (origin === undefined ? [] : [origin(draw)]))
  return all.map((options, index) => {
    const url = `${ORIGIN_URL}${index}/`
    world.addOrigin(url, { line: draw.line(), ...options })
    return url
  })
}

/** Mostly the default. */
function drawShare(draw: Draw): Partial<Share> {
  return {
    ...(draw.chance(0.2) && { unchokesMax: draw.between(1, 4) }),
    ...(draw.chance(0.1) && { uploadBytesPerSecond: draw.between(50, 500) * 1_000 }),
    ...(draw.chance(0.1) && { bufferBytesMax: draw.between(1, 1024) * 1024 }),
  }
}

/** Mostly everything, in bulk. */
function drawWants(draw: Draw, { pieceCount }: Torrent): readonly Want[] {
  const whole = { id: 1, first: 0, end: pieceCount, priority: draw.between(1, 7) }
  if (draw.chance(0.7)) return [whole]
  if (draw.chance(0.5))
    return [{ ...whole, deadline: { at: draw.between(1, 10_000), stepMs: draw.between(10, 2_000) } }]
  const first = draw.between(0, pieceCount - 1)
  return [{ ...whole, first, end: draw.between(first + 1, pieceCount) }]
}

/** The swarm that the page shows: its settings as a simulated world. */
import { type Random, randomIndex, seededRandom, shuffled } from '../../src/swarm/random.ts'
import { polluter } from '../../test/sim/hostile.ts'
import { type Line, line } from '../../test/sim/link.ts'
import type { Member } from '../../test/sim/member.ts'
import { ORIGIN_URL } from '../../test/sim/scenarios.ts'
import { createTorrent } from '../../test/sim/torrent.ts'
import { World } from '../../test/sim/world.ts'
import type { Settings } from './settings.ts'

const FILE_BYTES = 16 * 1024 * 1024
const PIECE_BYTES = 256 * 1024
/** The web server's line, bytes a second: 40 Mbit/s. */
const ORIGIN_LINE = line(5e6, 5e6)
const BYTES_PER_MBIT = 125_000
/** Downloads are this much faster than uploads, as home lines are. */
const ASYMMETRY = 8
/** Visitors arrive within this time. */
const ARRIVAL_MS = 4_000
const CONNECTIONS_MAX = 24

/** @returns a swarm about to begin */
export function createSwarm({ seed, peers, upload, churn, polluters, origin }: Settings): World {
  const random = seededRandom(seed ^ 0x5151)
  const world = new World({
    scenario: 'page',
    seed,
    torrent: createTorrent({ version: 'v2', bytes: FILE_BYTES, pieceLength: PIECE_BYTES }),
    // What the checkers guard is proven by the tests; here their time goes to the picture.
    isChecked: false,
  })
  const share = { connectionsMax: CONNECTIONS_MAX }
  const webSeeds = origin ? [ORIGIN_URL] : []
  if (origin) world.addOrigin(ORIGIN_URL, { line: ORIGIN_LINE })
  const ownLine = (): Line => {
    const rate = upload * BYTES_PER_MBIT * (0.5 + random())
    return line(rate, ASYMMETRY * rate, 5 + randomIndex(random, 30))
  }
  const seedRate = upload * BYTES_PER_MBIT
  world.add({ name: 'seed', isSeed: true, line: line(seedRate, ASYMMETRY * seedRate), share })
  const polluterCount = Math.min(peers - 1, Math.round((peers * polluters) / 100))
  // Polluters are scattered among the others, in the picture as well.
  const kinds = shuffled(
    random,
    Array.from({ length: peers }, (_, index) => index < polluterCount),
  )
  for (const [index, isPolluter] of kinds.entries()) {
    const joinsAt = random() * ARRIVAL_MS
    const common = { name: `visitor ${index + 1}`, line: ownLine(), share, joinsAt }
    if (isPolluter) {
      world.add({ ...common, isSeed: true, disguise: polluter(seededRandom(randomIndex(random, 1e9))) })
    } else {
      const leech = world.add({ ...common, webSeeds })
      if (random() * 100 < churn) planAbsence(world, leech, joinsAt, random)
    }
  }
  return world
}

/** Some time into its download the visitor goes away, and comes back with what its store kept. */
function planAbsence(world: World, leech: Member, joinsAt: number, random: Random): void {
  const goesAt = joinsAt + 2_000 + random() * 25_000
  world.timeline.at(goesAt, () => (random() < 0.5 ? leech.crash() : leech.leave()))
  world.timeline.at(goesAt + 4_000 + random() * 15_000, () => leech.start())
}

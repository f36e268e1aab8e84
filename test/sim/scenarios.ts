/** Lines, torrents and whole swarms that tests and the command make worlds of. */
import { type Random, randomIndex, seededRandom } from '../../src/swarm/random.ts'
import { line } from './link.ts'
import { choker, type Disguise, drip, liar, polluter } from './hostile.ts'
import { createTorrent } from './torrent.ts'
import { World } from './world.ts'

export const KiB = 1024
export const MiB = 1024 * KiB

/** 8 Mbit/s up, 80 Mbit/s down. */
export const HOME = line(1e6, 10e6)

/** Faults that `randomSwarm` draws from. */
const FAULTS = ['polluter', 'liar', 'drip', 'choker', 'crash', 'setup', 'origin', 'seed-away', 'magnet'] as const
type Fault = (typeof FAULTS)[number]

/**
 * A small swarm drawn from a seed: two to eight honest leeches on lines of their own, and three kinds of faults. One
 * honest seed stays or comes back, so that completion is always possible.
 */
export function randomSwarm(seed: number): World {
  const random = seededRandom(seed)
  const between = (low: number, high: number) => low + randomIndex(random, high - low + 1)
  const pieceLength = (16 * KiB) << between(0, 4)
  const torrent = createTorrent({
    version: random() < 0.5 ? 'v1' : 'v2',
    bytes: pieceLength * between(2, 24) - between(0, pieceLength - 1),
    pieceLength,
  })
  const faults = new Set<Fault>()
  while (faults.size < 3) faults.add(FAULTS[randomIndex(random, FAULTS.length)]!)
  const world = new World({
    scenario: `random swarm (${[...faults].join(', ')})`,
    seed,
    torrent,
    network: { setUpFailureShare: faults.has('setup') ? 0.3 : 0 },
    // So few pieces are all endgame: two may fail with several senders before a third has one and names it.
    badPiecesMax: 3,
  })
  const webSeeds: string[] = []
  if (faults.has('origin')) {
    webSeeds.push('https://origin.example/')
    world.addOrigin(webSeeds[0]!, { line: line(2e6, 2e6, 20), failureShare: 0.3 })
  }
  const randomLine = () => line(between(50, 2000) * 1000, between(500, 10_000) * 1000, between(1, 60))
  const keeper = world.add({ name: 'seed', isSeed: true, line: randomLine(), webSeeds })
  if (faults.has('seed-away')) {
    const away = between(500, 5_000)
    world.timeline.at(away, () => (random() < 0.5 ? keeper.crash() : keeper.leave()))
    world.timeline.at(away + between(1_000, 20_000), () => keeper.start())
  }
  for (const disguise of disguises(faults, random)) {
    world.add({ name: disguise.name, isSeed: true, line: randomLine(), disguise, joinsAt: between(0, 2_000) })
  }
  for (let index = 0, count = between(2, 8); index < count; index++) {
    const leech = world.add({
      name: `leech-${index}`,
      line: randomLine(),
      from: faults.has('magnet') && random() < 0.7 ? 'magnet' : 'torrent',
      webSeeds,
      joinsAt: between(0, 3_000),
    })
    if (!faults.has('crash') || random() < 0.5) continue
    const away = between(3_001, 8_000)
    world.timeline.at(away, () => leech.crash())
    world.timeline.at(away + between(1_000, 10_000), () => leech.start())
  }
  return world
}

function disguises(faults: ReadonlySet<Fault>, random: Random): Disguise[] {
  const result: Disguise[] = []
  if (faults.has('polluter')) result.push(polluter(seededRandom(randomIndex(random, 1e9)), random() < 0.5 ? 1 : 0.3))
  if (faults.has('liar')) result.push(liar())
  if (faults.has('drip')) result.push(drip(seededRandom(randomIndex(random, 1e9))))
  if (faults.has('choker')) result.push(choker())
  return result
}

/** Scenarios by name, for the command and whoever else wants to run one. */
import { BLOCK_BYTES, REQUEST_BYTES_MAX } from '../../../src/options.ts'
import { CASES } from '../cases/all.ts'
import { polluter } from '../hostile.ts'
import { line } from '../link.ts'
import { randomSwarm } from '../random-swarm.ts'
import { addEqualLeeches, addEqualSeed, addLeeches, HOME, KiB, MiB, ORIGIN_URL, SET_UP, SHARE } from '../scenarios.ts'
import { createTorrent, type TorrentOptions } from '../torrent.ts'
import { seededRandom } from '../../../src/swarm/random.ts'
import { World } from '../world.ts'

export interface Scenario {
  readonly name: string
  /** What happens in it, in a line. */
  readonly summary: string
  /** Leeches, where the number is free. */
  readonly peersDefault?: number
  /** ms of simulated time after which a leech that is not done counts as hung. */
  readonly limitMs: number
  build(options: ScenarioOptions): World
}

export interface ScenarioOptions {
  readonly seed: number
  readonly peers: number
  /** Whether checkers watch. @default true */
  readonly isChecked?: boolean
}

const HOUR_MS = 3_600_000

/** Of the scenarios with one file on a torrent, and lines that are all alike. */
interface EqualOptions extends ScenarioOptions {
  readonly name: string
  readonly torrent: TorrentOptions
  /** Of a block, at the least. @default 16 KiB */
  readonly unitBytes?: number
}

/** One seed and equal leeches, with the defaults of all measurements against bounds. */
function equalWorld({ name, seed, peers, torrent, unitBytes = BLOCK_BYTES, isChecked }: EqualOptions): World {
  const world = new World({ scenario: name, seed, torrent: createTorrent(torrent), network: SET_UP, isChecked })
  addEqualSeed(world)
  addEqualLeeches(world, peers, () => ({ limits: { unitBytes } }))
  return world
}

/** What bounds are measured against. */
export const EQUAL: Scenario = {
  name: 'equal',
  summary: 'one seed and equal leeches: 256 MiB in pieces of 1 MiB, 10 Mbit/s up, 100 down',
  peersDefault: 100,
  limitMs: HOUR_MS,
  build: options =>
    equalWorld({ name: 'equal', torrent: { version: 'v2', bytes: 256 * MiB, pieceLength: MiB }, ...options }),
}

/** The same in 8 blocks a piece, neither more nor less: what the simulator's speed is measured by. */
export const BLOCKS: Scenario = {
  ...EQUAL,
  name: 'blocks',
  summary: 'the same in 8 blocks a piece, neither more nor less',
  build: options => {
    const torrent = { version: 'v2', bytes: 256 * MiB, pieceLength: MiB } as const
    return equalWorld({ name: 'blocks', torrent, unitBytes: REQUEST_BYTES_MAX, ...options })
  },
}

/** What `--soak` runs. */
export const RANDOM: Scenario = {
  name: 'random',
  summary: 'a small swarm drawn from the seed, with three kinds of faults: what --soak runs',
  limitMs: 7_200_000,
  build: ({ seed }) => randomSwarm(seed),
}

export const SCENARIOS: readonly Scenario[] = [
  EQUAL,
  BLOCKS,
  {
    name: 'small',
    summary: 'the same with 16 MiB in pieces of 128 KiB',
    peersDefault: 20,
    limitMs: HOUR_MS,
    build: options =>
      equalWorld({ name: 'small', torrent: { version: 'v2', bytes: 16 * MiB, pieceLength: 128 * KiB }, ...options }),
  },
  {
    name: 'mixed',
    summary: 'leeches on lines of 0.5 to 20 Mbit/s up, 64 MiB',
    peersDefault: 50,
    limitMs: HOUR_MS,
    build: ({ seed, peers, isChecked }) => {
      const world = new World({ scenario: 'mixed', seed, torrent: torrentOf(64 * MiB), network: SET_UP, isChecked })
      const random = seededRandom(seed ^ 0x11e5)
      addEqualSeed(world)
      addEqualLeeches(world, peers, () => {
        const upload = 62_500 * Math.max(1, Math.floor(random() * random() * 40))
        return { line: line(upload, 10 * upload) }
      })
      return world
    },
  },
  {
    name: 'crowd',
    summary: 'a flash crowd within 10 s on a web seed of 100 Mbit/s, 10 MB',
    peersDefault: 100,
    limitMs: HOUR_MS,
    build: ({ seed, peers, isChecked }) => {
      const world = new World({ scenario: 'crowd', seed, torrent: torrentOf(10_000_000), network: SET_UP, isChecked })
      world.addOrigin(ORIGIN_URL, { line: line(12.5e6, 12.5e6) })
      const random = seededRandom(seed ^ 0xc0de)
      addEqualLeeches(world, peers, () => ({ webSeeds: [ORIGIN_URL], joinsAt: random() * 10_000 }))
      return world
    },
  },
  {
    name: 'polluters',
    summary: 'as many polluters that pose as seeds as leeches, 16 MiB',
    peersDefault: 10,
    limitMs: HOUR_MS,
    build: ({ seed, peers, isChecked }) => {
      const torrent = createTorrent({ version: 'v2', bytes: 16 * MiB, pieceLength: 128 * KiB })
      const world = new World({ scenario: 'polluters', seed, torrent, isChecked })
      world.add({ name: 'seed', isSeed: true, line: HOME })
      for (let index = 0; index < peers; index++) {
        world.add({
          name: `polluter-${index}`,
          isSeed: true,
          line: HOME,
          disguise: polluter(seededRandom(seed + index)),
        })
      }
      addLeeches(world, peers, { line: HOME, share: SHARE })
      return world
    },
  },
  RANDOM,
  ...CASES.map(({ name, ...rest }) => ({ ...rest, name: slugOf(name) })),
]

/** As it can be typed without quotes. */
function slugOf(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/g, '-').replace(/-$/, '')
}

function torrentOf(bytes: number) {
  return createTorrent({ version: 'v2', bytes, pieceLength: 256 * KiB })
}

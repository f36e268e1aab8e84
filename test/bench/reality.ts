/** How true the simulator is: the same swarms in real pages and in `test/sim`, on the same lines. */
import { figuresOf, quantile } from '../sim/command/figures.ts'
import { UPLINKS_MBIT } from '../sim/goals/distribution.ts'
import { runToEnd } from '../sim/goals/swarm.ts'
import { type Line, line } from '../sim/link.ts'
import { addLeeches, KiB } from '../sim/scenarios.ts'
import { createTorrent } from '../sim/torrent.ts'
import { World } from '../sim/world.ts'
import { type Bench, type Ground, MIB, type Row } from './bench.ts'
import { type Distributed, distribute } from './distribution.ts'
import { median, pairedRatio } from './statistics.ts'

/** Bytes a second. */
const MBIT = 125_000
/** From each page to the middle: a round trip between two is 40 ms, as in the simulator's report. */
const LATENCY_MS = 10
/** Seeds of the simulator for each round in pages. */
const WORLDS = 15
/** When the simulated leeches come: the seed is known to the tracker then. */
const JOINS_AT_MS = 2_000
const LIMIT = { within: 1.3 } as const

interface Scenario {
  readonly name: string
  readonly length: number
  readonly pieceLength: number
  readonly seed: Line
  readonly leeches: readonly Line[]
}

interface Times {
  readonly last: number
  readonly median: number
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'six leeches, all lines 4 Mbit/s up',
    length: 8 * MIB,
    pieceLength: 128 * KiB,
    seed: home(4),
    leeches: Array.from({ length: 6 }, () => home(4)),
  },
  {
    // The report's lognormal at half its rates: seven pages shall not be bound by the processor.
    name: 'seven leeches of 0.25 to 7.4 Mbit/s up, seed 5',
    length: 8 * MIB,
    pieceLength: 64 * KiB,
    seed: home(5),
    leeches: UPLINKS_MBIT.filter((_, i) => i % 3 === 0).map(megabits => home(megabits / 2)),
  },
]

export const reality: Bench = {
  name: 'reality',
  title: 'two swarms in seven and eight pages, beside the same in the simulator',
  secondsPerRun: 110,
  async run(ground) {
    const rows: Row[] = []
    for (const scenario of SCENARIOS) rows.push(...(await compare(ground, scenario)))
    return rows
  },
}

async function compare(ground: Ground, scenario: Scenario): Promise<Row[]> {
  const { name, length, pieceLength, seed, leeches } = scenario
  const measured: Times[] = []
  const simulated: Times[] = []
  let boundSeconds = Number.NaN
  for (let round = 0; round < ground.runs; round++) {
    const payload = { seed: 4000 + round, length }
    const distributed = await distribute(ground, { payload, pieceLength, seed, leeches })
    measured.push(timesOf(distributed.completionsMs))
    const figures = Array.from({ length: WORLDS }, (_, i) => {
      return figuresOf(simulate(scenario, distributed, 1 + round * WORLDS + i))
    })
    const worlds = figures.map(({ completionsMs }) => timesOf(completionsMs))
    simulated.push({ last: median(worlds.map(({ last }) => last)), median: median(worlds.map(times => times.median)) })
    boundSeconds = figures[0]!.boundMs / 1000
    const [ours, theirs] = [measured.at(-1)!, simulated.at(-1)!].map(({ last }) => last.toFixed(1))
    ground.log(`  round ${round + 1}/${ground.runs}: the last was done after ${ours} s, in the simulator ${theirs} s`)
  }
  const pick = (times: readonly Times[], figure: keyof Times) => times.map(each => each[figure])
  return [
    { what: `${name}: Kumar–Ross bound`, values: [boundSeconds], unit: 's' },
    ...(['last', 'median'] as const).flatMap(figure => [
      {
        what: `${figure} is done, simulated`,
        values: pick(simulated, figure),
        unit: 's',
        ratio: { to: 'the bound', values: pick(simulated, figure).map(seconds => seconds / boundSeconds) },
        note: `medians of ${WORLDS} seeds`,
      },
      {
        what: `${figure} is done, in pages`,
        values: pick(measured, figure),
        unit: 's',
        ratio: {
          to: 'simulated',
          values: pairedRatio(pick(measured, figure), pick(simulated, figure)),
          goal: LIMIT,
        },
      },
    ]),
  ]
}

/** The same swarm in the simulator; connections take as long as they did in the pages. */
function simulate(scenario: Scenario, { setUpsMs }: Distributed, seed: number): World {
  const { length, pieceLength, leeches } = scenario
  const network = {
    setUpMinMs: quantile(setUpsMs, 0.1),
    setUpMaxMs: quantile(setUpsMs, 0.9),
    setUpFailureShare: 0,
  }
  const torrent = createTorrent({ version: 'hybrid', bytes: length, pieceLength })
  const world = new World({ scenario: 'reality', seed, torrent, network, isChecked: false })
  world.add({ name: 'seed', isSeed: true, line: emulated(scenario.seed) })
  addLeeches(world, leeches.length, i => ({ line: emulated(leeches[i]!), from: 'magnet', joinsAt: JOINS_AT_MS }))
  return runToEnd(world)
}

/** A line with so much up and ten times as much down. */
function home(megabits: number): Line {
  return line(megabits * MBIT, 10 * megabits * MBIT, LATENCY_MS)
}

/**
 * The line as Chromium emulates it: its rates count whole packets, whose DTLS records and SCTP headers leave 0.95 for messages
 * (1,160 of 1,220 bytes; measured on a bare channel: 0.94–0.95), and its queue has no end.
 */
function emulated({ uploadBytesPerSecond, downloadBytesPerSecond, latencyMs }: Line): Line {
  const carried = line(0.95 * uploadBytesPerSecond, 0.95 * downloadBytesPerSecond, latencyMs)
  return { ...carried, queueBytes: Number.POSITIVE_INFINITY }
}

function timesOf(completionsMs: readonly number[]): Times {
  return { last: Math.max(...completionsMs) / 1000, median: median(completionsMs) / 1000 }
}

/** How fast the simulator is, and how much memory it takes: the scenario `blocks`, with and without checkers. */
import { formatBytes } from '../../../src/node/cli/format.ts'
import { type CommandContext, drive } from './drive.ts'
import { BLOCKS } from './registry.ts'
import { table } from './summary.ts'

export interface BenchOptions {
  readonly seed: number
  /** Undefined: each of the sizes that the cost of an event is compared at. */
  readonly peers: number | undefined
}

interface Case {
  readonly peers: number
  readonly isChecked: boolean
  /** Infinity: to the end. */
  readonly eventsMax: number
}

const EVENTS_MAX = 2_000_000
const CASES: readonly Case[] = [100, 1_000, 5_000].flatMap(peers =>
  [true, false].map(isChecked => ({ peers, isChecked, eventsMax: EVENTS_MAX })),
)

/** @returns a table; time is that of the processor, for others may be busy on it */
export async function bench({ seed, peers }: BenchOptions, context: CommandContext): Promise<string> {
  const cases =
    peers === undefined
      ? CASES
      : [true, false].map(isChecked => ({ peers, isChecked, eventsMax: Number.POSITIVE_INFINITY }))
  const rows = [['peers', 'checkers', 'complete', 'simulated', 'events', 'processor', 'events/s', 'memory']]
  for (const one of cases) {
    if (context.signal.aborted) break
    rows.push(await measure(one, seed, context))
  }
  context.terminal.clear()
  return table(rows)
}

async function measure(
  { peers, isChecked, eventsMax }: Case,
  seed: number,
  context: CommandContext,
): Promise<string[]> {
  const startedAtMs = context.processorMs()
  const world = BLOCKS.build({ seed, peers, isChecked })
  await drive(world, BLOCKS.limitMs, context, eventsMax)
  const processorMs = context.processorMs() - startedAtMs
  const { happened, now } = world.timeline
  const complete = world.leeches.filter(leech => leech.isComplete).length
  const memoryBytes = process.memoryUsage.rss()
  return [
    String(peers),
    isChecked ? 'yes' : 'no',
    `${complete} of ${peers}`,
    `${(now / 1000).toFixed(1)} s`,
    happened.toLocaleString('en'),
    `${(processorMs / 1000).toFixed(1)} s`,
    Math.round((happened * 1000) / processorMs).toLocaleString('en'),
    formatBytes(memoryBytes),
  ]
}

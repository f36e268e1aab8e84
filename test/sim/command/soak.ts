/** Random swarms, one after another, until the time is over, enough were run, or a checker objects. */
import { formatCount, formatDuration } from '../../../src/node/cli/format.ts'
import { CommandError } from '../../../src/node/cli/failure.ts'
import { Violation } from '../watcher.ts'
import { type CommandContext, nextTurn } from './drive.ts'
import type { Scenario } from './registry.ts'

export interface SoakOptions {
  /** Draws its swarms from the seed alone. */
  readonly scenario: Scenario
  readonly firstSeed: number
  /** Infinity: as many as the time allows. */
  readonly countMax: number
  readonly durationMaxMs: number
}

/**
 * @returns what was run, in a line
 * @throws CommandError with the seed and the command that replays it, when a checker objects
 */
export async function soak(options: SoakOptions, { terminal, signal, now }: CommandContext): Promise<string> {
  const { scenario, firstSeed, countMax, durationMaxMs } = options
  const startedAt = now()
  let count = 0
  let events = 0
  while (count < countMax && now() - startedAt < durationMaxMs && !signal.aborted) {
    const seed = firstSeed + count
    events += runOne(scenario, seed)
    count += 1
    const share = Math.max(count / countMax, (now() - startedAt) / durationMaxMs)
    terminal.status({ phase: 'soak', share, text: `${formatCount(count, 'swarm')}, now at seed ${seed}` })
    await nextTurn()
  }
  terminal.clear()
  const elapsedMs = now() - startedAt
  const rate = Math.round((count * 1000) / Math.max(1, elapsedMs)).toLocaleString('en')
  const seeds = count === 0 ? 'no seed' : `seeds ${firstSeed} to ${firstSeed + count - 1}`
  return (
    `${formatCount(count, 'random swarm')} (${seeds}), ${formatCount(events, 'event')} in ${formatDuration(elapsedMs)}, ` +
    `${rate} swarms/s: 0 violations`
  )
}

/** @returns the number of its events */
function runOne(scenario: Scenario, seed: number): number {
  const world = scenario.build({ seed, peers: 0 })
  try {
    world.run(scenario.limitMs)
  } catch (error) {
    const message = error instanceof Error ? (error instanceof Violation ? error.message : error.stack) : String(error)
    throw new CommandError(
      `${message}\nSeed ${seed}. Replay it: npm run sim -- --scenario ${scenario.name} --seed ${seed}`,
    )
  }
  return world.timeline.happened
}

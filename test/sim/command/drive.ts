/** Runs a world a slice at a time, so that a person sees how it goes and can stop it. */
import { formatCount } from '../../../src/node/cli/format.ts'
import type { Terminal } from '../../../src/node/cli/terminal.ts'
import type { World } from '../world.ts'

export interface CommandContext {
  readonly terminal: Terminal
  /** Aborted, with a `Stopped`, when the person or the system asks the command to end. */
  readonly signal: AbortSignal
  /** Milliseconds; any origin. */
  readonly now: () => number
  /** Milliseconds of the processor that this process has had: others may be busy on it. */
  readonly processorMs: () => number
}

/** Events between two looks at the clock: a few tens of milliseconds. */
const SLICE_EVENTS = 10_000

/**
 * Runs until every leech has all it wants and the dust has settled.
 * @param eventsMax it stops when so many have happened
 * @returns whether it came to that; false: it was stopped
 * @throws Violation when a checker objects, or after `limitMs` of simulated time
 */
export async function drive(
  world: World,
  limitMs: number,
  { terminal, signal }: CommandContext,
  eventsMax = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  while (!world.advance(limitMs, SLICE_EVENTS)) {
    if (signal.aborted || world.timeline.happened >= eventsMax) return false
    terminal.status({ phase: world.scenario, share: progressOf(world), text: describeProgress(world) })
    await nextTurn()
  }
  world.settle()
  terminal.clear()
  return true
}

/** Lets signals in. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** The share of all pieces that leeches have. */
function progressOf({ leeches, torrent }: World): number {
  const pieces = leeches.reduce((total, leech) => total + leech.disk.count, 0)
  return pieces / Math.max(1, leeches.length * torrent.pieceCount)
}

function describeProgress({ leeches, timeline, scenario }: World): string {
  const complete = leeches.filter(leech => leech.isComplete).length
  const at = `${(timeline.now / 1000).toFixed(1)} s`
  return `${scenario}: ${complete} of ${leeches.length} complete at ${at}, ${formatCount(timeline.happened, 'event')}`
}

/** Runs of the simulator whose traces every engine must agree on, by name. */
import { RANDOM, SCENARIOS } from '../sim/command/registry.ts'

/** @returns the hash of each run's trace, its length, and when its last leech was done */
export function simulatedTraces(): Record<string, string> {
  const runs = [
    ...SCENARIOS.filter(({ name }) => name === 'small' || name === 'crowd' || name === 'polluted-at-times').map(
      scenario => {
        return { scenario, seed: 7, peers: 6 }
      },
    ),
    // Swarms with faults of every kind.
    ...[1, 2, 3, 4, 5].map(seed => ({ scenario: RANDOM, seed, peers: 0 })),
  ]
  return Object.fromEntries(
    runs.map(({ scenario, seed, peers }) => {
      const world = scenario.build({ seed, peers })
      world.run(scenario.limitMs)
      const { trace, ledger, leeches } = world
      return [`${scenario.name} ${seed}`, `${trace.hash} ${trace.length} ${ledger.lastDoneAt(leeches)}`]
    }),
  )
}

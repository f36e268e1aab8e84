/** One capped seed and three leeches, beside the least time that any protocol could need. Line 5 of the goals. */
import { type Bench, type Ground, MIB } from './bench.ts'
import { distribute } from './distribution.ts'

const LEECHES = 3
const LENGTH = 32 * MIB
const SEED_BYTES_PER_SECOND = 2_000_000

export const fanout: Bench = {
  name: 'fanout',
  title: 'three leeches and one seed capped to 2 MB/s',
  secondsPerRun: 30,
  async run(ground) {
    // Kumar and Ross 2006: T ≥ max(F/u_s, F/d_min, N·F/(u_s + Σu_i)). Leeches are not capped, so the seed's first
    // copy is what takes time.
    const boundSeconds = LENGTH / SEED_BYTES_PER_SECOND
    const lastSeconds: number[] = []
    for (let i = 0; i < ground.runs; i++) {
      lastSeconds.push(await lastOf(ground, i))
      ground.log(`  round ${i + 1}/${ground.runs}: the last was done after ${lastSeconds.at(-1)!.toFixed(1)} s`)
    }
    return [
      { what: '32 MiB to three leeches, Kumar–Ross bound', values: [boundSeconds], unit: 's' },
      {
        what: '32 MiB to three leeches, last is done',
        values: lastSeconds,
        unit: 's',
        ratio: { to: 'the bound', values: lastSeconds.map(seconds => seconds / boundSeconds), goal: { atMost: 1.4 } },
      },
    ]
  },
}

async function lastOf(ground: Ground, round: number): Promise<number> {
  const { completionsMs } = await distribute(ground, {
    payload: { seed: 1000 + round, length: LENGTH },
    seed: { uploadBytesPerSecond: SEED_BYTES_PER_SECOND },
    leeches: new Array(LEECHES).fill(undefined),
  })
  return Math.max(...completionsMs) / 1000
}

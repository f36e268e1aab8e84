/** One file from page to page: beside a raw channel and beside WebTorrent. Lines 4 of the goals. */
import type { Page } from 'puppeteer-core'
import { type NetworkConditions, shapeNetwork } from '../e2e/support/network.ts'
import { type Bench, type Ground, interleave, MIB, type Row, withVisitors } from './bench.ts'
import { type Contender, type Download, shoal, webTorrent } from './contenders.ts'
import { bestRawSettings, measureRaw, measureRoundTripMs, nameOf } from './raw-channel.ts'
import { pairedRatio } from './statistics.ts'

/** One round of a contender: a fresh seed and a fresh leech. */
interface Round extends Download {
  readonly seedReadyMs: number
}

let seedOfPayloads = 1

export const transfer: Bench = {
  name: 'transfer',
  title: '64 MiB from page to page',
  secondsPerRun: 30,
  async run(ground) {
    const length = 64 * MIB
    const best = await bestRawSettings(ground, { length: 32 * MIB })
    const rates: Record<string, number[]> = { raw: [] }
    const rounds = await interleave<Round | undefined>(ground, {
      raw: async () => {
        rates.raw!.push(await measureRaw(ground, { length, ...best }))
        return undefined
      },
      [shoal.name]: () => round(ground, shoal, length),
      [webTorrent.name]: () => round(ground, webTorrent, length),
    })
    const ours = rounds[shoal.name] as Round[]
    const theirs = rounds[webTorrent.name] as Round[]
    const rate = (from: readonly Round[]): number[] => from.map(({ doneMs }) => length / doneMs / 1000)
    const steady = (from: readonly Round[]): number[] =>
      from.map(({ firstPieceMs, doneMs }) => length / (doneMs - firstPieceMs) / 1000)
    const raw = rates.raw!.map(bytesPerSecond => bytesPerSecond / 1e6)
    return [
      {
        what: '64 MiB, raw channel',
        values: raw,
        unit: 'MB/s',
        note: `connected before; ${nameOf(best)}`,
      },
      {
        what: '64 MiB, Shoal, magnet → done',
        values: rate(ours),
        unit: 'MB/s',
        ratio: { to: 'raw', values: pairedRatio(rate(ours), raw), goal: { atLeast: 0.85 } },
      },
      {
        what: '64 MiB, Shoal, first piece → done',
        values: steady(ours),
        unit: 'MB/s',
        ratio: { to: 'raw', values: pairedRatio(steady(ours), raw) },
        note: 'without finding, connecting and metadata',
      },
      {
        what: '64 MiB, WebTorrent, magnet → done',
        values: rate(theirs),
        unit: 'MB/s',
        ratio: { to: 'Shoal : WebTorrent', values: pairedRatio(rate(ours), rate(theirs)), goal: { atLeast: 2 } },
      },
      ...compared('first verified piece of 64 MiB', ours, theirs, 'firstPieceMs', 0.4),
      ...compared('seed() of 64 MiB ready', ours, theirs, 'seedReadyMs', 0.35),
    ]
  },
}

export const small: Bench = {
  name: 'small',
  title: '1 MiB from add() to done',
  secondsPerRun: 6,
  async run(ground) {
    const rounds = await interleave(ground, {
      [shoal.name]: () => round(ground, shoal, MIB),
      [webTorrent.name]: () => round(ground, webTorrent, MIB),
    })
    return compared('1 MiB, add() → done', rounds[shoal.name]!, rounds[webTorrent.name]!, 'doneMs', 0.5)
  },
}

export const distant: Bench = {
  name: 'distant',
  title: '64 MiB at a round trip of 100 ms',
  secondsPerRun: 240,
  async run(ground) {
    const length = 64 * MIB
    // Counted on the page's way out and on its way in.
    const conditions = { latencyMs: 50 }
    const roundTripMs = await measureRoundTripMs(ground, conditions)
    const best = await bestRawSettings(ground, { length: 4 * MIB, conditions })
    const raw: number[] = []
    const rounds = await interleave<Round | undefined>(ground, {
      raw: async () => {
        raw.push((await measureRaw(ground, { length, conditions, ...best })) / 1e6)
        return undefined
      },
      [shoal.name]: () => round(ground, shoal, length, conditions),
    })
    const ours = rounds[shoal.name] as Round[]
    const steady = ours.map(({ firstPieceMs, doneMs }) => length / (doneMs - firstPieceMs) / 1000)
    const whole = ours.map(({ doneMs }) => length / doneMs / 1000)
    return [
      { what: 'round trip', values: [roundTripMs], unit: 'ms' },
      {
        what: '64 MiB at 100 ms, raw channel',
        values: raw,
        unit: 'MB/s',
        note: `connected before; ${nameOf(best)}`,
      },
      {
        what: '64 MiB at 100 ms, Shoal, magnet → done',
        values: whole,
        unit: 'MB/s',
        ratio: { to: 'raw', values: pairedRatio(whole, raw), goal: { atLeast: 0.85 } },
      },
      {
        what: '64 MiB at 100 ms, Shoal, first piece → done',
        values: steady,
        unit: 'MB/s',
        ratio: { to: 'raw', values: pairedRatio(steady, raw) },
      },
    ]
  },
}

/** Seeds and downloads once, in two fresh pages. */
export async function round(
  ground: Ground,
  contender: Contender,
  length: number,
  conditions?: NetworkConditions,
): Promise<Round> {
  return withVisitors(ground, 2, async pages => {
    const [seeder, leech] = pages as [Page, Page]
    if (conditions !== undefined) await shapeNetwork(leech, conditions)
    const payload = { seed: seedOfPayloads++, length }
    const { magnet, readyMs } = await contender.seed(seeder, payload, ground.trackerUrl)
    return { seedReadyMs: readyMs, ...(await contender.download(leech, magnet, payload)) }
  })
}

/** Two rows for a time of ours that must be at most a share of theirs. */
function compared(
  what: string,
  ours: readonly Round[],
  theirs: readonly Round[],
  field: keyof Round,
  atMost: number,
): Row[] {
  const values = ours.map(measured => measured[field])
  const others = theirs.map(measured => measured[field])
  return [
    {
      what: `${what}, Shoal`,
      values,
      unit: 'ms',
      ratio: { to: 'WebTorrent', values: pairedRatio(values, others), goal: { atMost } },
    },
    { what: `${what}, WebTorrent`, values: others, unit: 'ms' },
  ]
}

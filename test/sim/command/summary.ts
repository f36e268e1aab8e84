/** The table that a run ends with. */
import { formatBytes, formatCount } from '../../../src/node/cli/format.ts'
import type { World } from '../world.ts'
import { figuresOf, quantile } from './figures.ts'

export interface Effort {
  readonly elapsedMs: number
  /** Of one processor, where others may be busy too. */
  readonly processorMs: number
}

/** A line each: what, how much, and what it is to be compared with. */
export function summaryOf(world: World, { elapsedMs, processorMs }: Effort): string {
  const figures = figuresOf(world)
  const { completionsMs, boundMs, leeches } = figures
  const { totalBytes } = world.torrent
  const seconds = (ms: number) => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : '–')
  const ratio = (ms: number) =>
    Number.isFinite(ms) && Number.isFinite(boundMs) ? `${(ms / boundMs).toFixed(3)} T*` : ''
  const copies = (bytes: number) => `${(bytes / totalBytes).toFixed(2)} copies`
  const time = (name: string, ms: number) => [name, seconds(ms), ratio(ms)] as const
  const sent = (name: string, bytes: number) => [name, formatBytes(bytes), copies(bytes)] as const
  const events = world.timeline.happened
  return table([
    ['scenario', world.scenario, `seed ${world.seed}`],
    ['file', formatBytes(totalBytes), formatCount(world.torrent.pieceCount, 'piece')],
    ['simulated time', seconds(world.timeline.now), ''],
    ['complete', `${completionsMs.length} of ${leeches}`, ''],
    time('median', quantile(completionsMs, 0.5)),
    time('p95', quantile(completionsMs, 0.95)),
    time('last', quantile(completionsMs, 1)),
    ['Kumar–Ross bound', seconds(boundMs), 'T*, of the last'],
    sent('from seeds', figures.fromSeedsBytes),
    sent('from leeches', figures.fromPeersBytes),
    sent('from the origin', figures.fromOriginBytes),
    [
      'duplicates',
      formatBytes(figures.duplicateBytes),
      `${((100 * figures.duplicateBytes) / (leeches * totalBytes || 1)).toFixed(2)} %`,
    ],
    ['forged bytes', formatBytes(figures.forgedBytes), ''],
    ['bans', String(figures.bans), ''],
    [
      'events',
      events.toLocaleString('en'),
      `${Math.round((events * 1000) / Math.max(1, processorMs)).toLocaleString('en')}/s`,
    ],
    ['time spent', seconds(elapsedMs), `${seconds(processorMs)} of a processor`],
    ['trace', world.trace.hash, `${world.trace.length.toLocaleString('en')} entries`],
  ])
}

/** Columns as wide as they need be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), [])
  return rows
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

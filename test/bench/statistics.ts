/** Medians, spreads, ratios and differences, and the Markdown they are printed as. */
import { randomIndex, seededRandom } from '../../src/swarm/random.ts'

/** @throws RangeError when there is nothing to take the median of */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('The median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * The value below which a share of all lies, between neighbours by their distance.
 * @param share 0 to 1
 * @throws RangeError for nothing
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('The quantile of nothing')
  const sorted = Float64Array.from(values).sort()
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)]!
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1)
}

export interface Difference {
  /** Of the 75th percentiles, ours less theirs. */
  readonly value: number
  /** The interval that holds it with 95 %. */
  readonly low: number
  readonly high: number
  /** The 75th percentile that it is a difference to. */
  readonly to: number
}

/** Bootstrap samples: enough for an interval whose ends move by less than a hundredth of its width from seed to seed. */
const RESAMPLES = 5_000

/**
 * How the 75th percentiles of pairs differ. The interval is a bootstrap of whole pairs (Efron 1979, percentile method), with the same draws in
 * every run.
 */
export function pairedDifference(ours: readonly number[], theirs: readonly number[]): Difference {
  const count = Math.min(ours.length, theirs.length)
  const between = (pairs: readonly number[]): number =>
    quantile(
      pairs.map(i => ours[i]!),
      0.75,
    ) -
    quantile(
      pairs.map(i => theirs[i]!),
      0.75,
    )
  const all = Array.from({ length: count }, (_, i) => i)
  const random = seededRandom(1)
  const resampled = Array.from({ length: RESAMPLES }, () => between(all.map(() => randomIndex(random, count))))
  return {
    value: between(all),
    low: quantile(resampled, 0.025),
    high: quantile(resampled, 0.975),
    to: quantile(theirs.slice(0, count), 0.75),
  }
}

/** `median (smallest–largest)`, to three digits. */
export function spread(values: readonly number[]): string {
  if (values.length === 1) return digits(values[0]!)
  return `${digits(median(values))} (${digits(Math.min(...values))}–${digits(Math.max(...values))})`
}

/** Median of the ratios of pairs that were measured one after the other: drift of the machine cancels out. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.slice(0, theirs.length).map((value, i) => value / theirs[i]!)
}

export function digits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** With its sign, to three digits. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(header), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

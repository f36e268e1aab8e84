/** What the page says: from figures to sentences. Pure. */
import { formatBytes, formatCount, formatPercent } from '../format.ts'

export interface Sources {
  /** Bytes as HTTP would have sent them. */
  readonly peers: number
  readonly origin: number
  readonly cache: number
}

export interface Situation extends Sources {
  /** Visitors may be connected to. */
  readonly isOn: boolean
  readonly connections: number
  readonly isOriginOn: boolean
  /** Every asset is here. */
  readonly isWhole: boolean
  /** An asset is being fetched for longer than a moment. */
  readonly isWaiting: boolean
}

/** The part of it that came from peers: what came from this browser itself was delivered by nobody. */
export function peersShare({ peers, origin }: Sources): number {
  return peers + origin === 0 ? 0 : peers / (peers + origin)
}

/** What the origin did not have to send. */
export function savedBytes({ peers, cache }: Sources): number {
  return peers + cache
}

export function donutWords(sources: Sources): string {
  const { peers, origin, cache } = sources
  if (peers + origin + cache === 0) return 'Nothing yet'
  if (peers + origin === 0) return 'All from this browser'
  return `${formatPercent(peersShare(sources))} from peers`
}

/** One sentence or two; it changes with the situation, not with each figure. */
export function statusWords(situation: Situation): string {
  const { isOn, peers, origin, connections, isOriginOn, isWhole, isWaiting } = situation
  const others = formatCount(connections, 'visitor')
  if (!isOn && isWhole) return 'Served by origin. Nothing is exchanged with other visitors here.'
  if (!isWhole) {
    if (isWaiting && !isOriginOn && connections === 0)
      return 'The origin is off, and nobody else is here. Waiting for a visitor who has the rest.'
    if (isWaiting && !isOriginOn) return `The origin is off. Fetching from ${others}…`
    if (connections > 0) return `Fetching from ${others}…`
    return origin > 0 ? "You're the first. Served by origin…" : 'Looking for other visitors…'
  }
  if (peers + origin === 0) return 'All of it was in this browser already; now seeding.'
  if (peers === 0) return "You're the first. Served by origin; now seeding."
  return `${formatPercent(peersShare(situation))} came from other visitors; now seeding.`
}

/** Of one file: who delivered it, the largest share first. */
export function sourceWords(sources: Sources): string {
  const parts = (['peers', 'origin', 'cache'] as const)
    .map(name => ({ name, bytes: sources[name] }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
  const [first, second] = parts
  if (!first) return ''
  const all = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const share = first.bytes / all
  // What is left is a header, or a piece that was in flight twice.
  return !second || share >= 0.995 ? first.name : `${first.name} ${formatPercent(share)}, ${second.name}`
}

/** Milliseconds as the table has them. */
export function formatMs(ms: number | undefined): string {
  return ms === undefined ? '' : Math.max(1, Math.round(ms)).toLocaleString()
}

export function savedWords(sources: Sources): string {
  return `Origin saved ${formatBytes(savedBytes(sources))}`
}

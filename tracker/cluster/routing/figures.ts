/** What nodes tell of themselves, and the sum of it: the figures of one tracker, whichever of its nodes is asked. PURE. */
import { SOURCES } from '../../../src/protocol/tracker-site.ts'
import { isFields, parseCount } from '../../../src/protocol/tracker.ts'
import type { SiteFigures } from '../../swarms/sites.ts'
import type { NodeFigures } from './items.ts'

/** Of one node. */
const COUNTS_MAX = 32
const SITES_MAX = 20

/** What a node tells others: of its sites, those that visitors took most of. */
export function briefly({ counts, sites }: NodeFigures): NodeFigures {
  return { counts, sites: sites.slice(0, SITES_MAX) }
}

/** `own` first. Sites that two nodes have, while one hands over to the other, are one. */
export function sumFigures(own: NodeFigures, others: Iterable<NodeFigures>): NodeFigures {
  const counts: Record<string, number> = { ...own.counts }
  const sites = new Map(own.sites.map(site => [site.key, site]))
  for (const other of others) {
    for (const [name, count] of Object.entries(other.counts)) {
      if (Object.hasOwn(counts, name)) counts[name]! += count
    }
    for (const site of other.sites) {
      const held = sites.get(site.key)
      sites.set(site.key, held ? joined(held, site) : site)
    }
  }
  return { counts, sites: [...sites.values()].sort((a, b) => taken(b) - taken(a)) }
}

export function parseFigures(value: unknown): NodeFigures | undefined {
  if (!isFields(value) || !isFields(value.counts) || !Array.isArray(value.sites)) return undefined
  const counts = Object.entries(value.counts).slice(0, COUNTS_MAX)
  return {
    counts: Object.fromEntries(counts.map(([name, count]) => [name, parseCount(count) ?? 0])),
    sites: value.sites.slice(0, SITES_MAX).flatMap(site => parseSite(site) ?? []),
  }
}

function parseSite(value: unknown): SiteFigures | undefined {
  if (!isFields(value) || typeof value.key !== 'string' || !/^[0-9a-f]{64}$/.test(value.key)) return undefined
  const [version, visitors, reporters] = [value.version, value.visitors, value.reporters].map(parseCount)
  if (version === undefined || visitors === undefined || reporters === undefined) return undefined
  const site = { key: value.key, version, visitors, reporters }
  if (!isFields(value.bytes)) return site
  const { bytes } = value
  const sums = Object.fromEntries(SOURCES.map(source => [source, parseCount(bytes[source]) ?? 0]))
  return withOffload(site, sums as NonNullable<SiteFigures['bytes']>)
}

function joined(one: SiteFigures, other: SiteFigures): SiteFigures {
  const site = {
    key: one.key,
    version: Math.max(one.version, other.version),
    visitors: one.visitors + other.visitors,
    reporters: one.reporters + other.reporters,
  }
  const [a, b] = [one.bytes, other.bytes]
  if (!a || !b) return a || b ? withOffload(site, (a ?? b)!) : site
  const sums = Object.fromEntries(SOURCES.map(source => [source, a[source] + b[source]]))
  return withOffload(site, sums as NonNullable<SiteFigures['bytes']>)
}

function withOffload(site: SiteFigures, bytes: NonNullable<SiteFigures['bytes']>): SiteFigures {
  const delivered = bytes.peers + bytes.origin
  return { ...site, bytes, offload: delivered === 0 ? 0 : bytes.peers / delivered }
}

function taken({ bytes }: SiteFigures): number {
  return bytes ? bytes.peers + bytes.origin : 0
}

/**
 * The sites whose visitors are connected: the newest pointer of each, brought to all its visitors, and the sum of what they took from
 * where. PURE.
 *
 * A site is its key. A connection that tells a pointer of a site visits it, and is told newer ones: by saying which pointer it
 * believes it has said whom it trusts, and nobody can make it hear of another site. Pointers are public, and only the owner signs them.
 */
import { equalBytes } from '../../src/metainfo/bytes.ts'
import type { TrackerErrorCode } from '../../src/protocol/tracker.ts'
import { SOURCES } from '../../src/protocol/tracker-site.ts'
import type { SiteTotals } from '../../src/protocol/tracker-site.ts'
import type { Outbox } from './effects.ts'
import type { SwarmsLimits } from '../options.ts'

/** A pointer as it was read: FORMAT.md, "Pointer". Keys and hashes in hex. */
export interface SitePointer {
  readonly bytes: Uint8Array
  readonly version: number
  readonly expires: number
  readonly isKilled: boolean
  readonly infoHash: string
  readonly key: string
  /** Keys that this one has replaced. */
  readonly retired: readonly string[]
}

/** `untimely`: expired, or of the future; whose clock is wrong cannot be told. `busy`: too many checks lately, and it was not made. */
export type PointerVerdict = 'genuine' | 'forged' | 'untimely' | 'busy'

/** A pointer that a connection told, as it was judged where it came in. */
export interface ToldPointer {
  readonly pointer: SitePointer
  readonly verdict: PointerVerdict
}

/** What visitors reported of one site since the tracker knows it. */
export interface SiteFigures {
  /** In hex. */
  readonly key: string
  readonly version: number
  /** Connected now. */
  readonly visitors: number
  /** Visitors that have reported. The bytes are shown only when these are enough. */
  readonly reporters: number
  readonly bytes?: SiteTotals
  /** Peers' share of what came from peers and origin. */
  readonly offload?: number
}

interface Site {
  readonly key: string
  newest: SitePointer
  readonly visitors: Set<number>
  readonly bytes: Record<keyof SiteTotals, number>
  reporters: number
  /** Until when a further pointer waits (ms). */
  quietUntil: number
}

interface Visitor {
  site: Site
  /** What it has, or was told. */
  knows: SitePointer
  since: number
  readonly counted: Record<keyof SiteTotals, number>
  hasReported: boolean
}

type SitesLimits = Pick<
  SwarmsLimits,
  'sitesMax' | 'pointerSeconds' | 'reportedBytesPerSecondMax' | 'reportersMin' | 'sitesListedMax'
>

export class Sites {
  readonly #limits: SitesLimits
  readonly #outbox: Outbox
  /** The longest unheard of first. */
  readonly #sites = new Map<string, Site>()
  readonly #visitors = new Map<number, Visitor>()
  /** Sites whose visitors are told later, and when (ms); the first first. */
  readonly #due = new Map<Site, number>()

  constructor(limits: SitesLimits, outbox: Outbox) {
    this.#limits = limits
    this.#outbox = outbox
  }

  get deadline(): number {
    for (const at of this.#due.values()) return at
    return Number.POSITIVE_INFINITY
  }

  figures(): SiteFigures[] {
    const sites = [...this.#sites.values()].sort((a, b) => taken(b) - taken(a))
    return sites.slice(0, this.#limits.sitesListedMax).map(site => this.#figuresOf(site))
  }

  /** A connection tells the newest pointer that it knows. */
  receive(connection: number, { pointer, verdict }: ToldPointer, now: number): void {
    const known = this.#sites.get(pointer.key)
    if (known && !supersedes(pointer, known.newest)) {
      this.#join(connection, known, pointer, now)
      return
    }
    switch (verdict) {
      case 'forged':
        this.#refuse(connection, 'bad-pointer', 'The pointer is not signed with the key that it names.')
        break
      case 'untimely':
        break
      case 'busy':
        this.#fail(connection, 'limit', 'Too many pointers to check. Send it again with your next announce.')
        break
      case 'genuine': {
        const site = known ?? this.#open(pointer, now)
        if (!site) return this.#fail(connection, 'limit', 'Too many sites. Try later.')
        site.newest = pointer
        this.#join(connection, site, pointer, now)
        if (known) this.#publish(site, now)
        this.#publishToFormer(pointer, now)
      }
    }
  }

  /** A visitor reports what it took since it connected. `isCounted`: another owner of the site has counted that much. */
  report(connection: number, totals: SiteTotals, now: number, isCounted = false): void {
    const visitor = this.#visitors.get(connection)
    if (!visitor) return
    const { site, since, counted } = visitor
    if (isCounted) {
      Object.assign(counted, totals)
      // It took these bytes earlier: what it takes from now on is believed as if it had been here then.
      visitor.since = since - (Math.max(...Object.values(totals)) / this.#limits.reportedBytesPerSecondMax) * 1000
      return
    }
    const bytesMax = Math.floor((this.#limits.reportedBytesPerSecondMax * (now - since)) / 1000)
    for (const source of SOURCES) {
      const added = Math.max(0, Math.min(totals[source], bytesMax) - counted[source])
      counted[source] += added
      site.bytes[source] += added
    }
    if (visitor.hasReported) return
    visitor.hasReported = true
    site.reporters++
  }

  leave(connection: number): void {
    const visitor = this.#visitors.get(connection)
    visitor?.site.visitors.delete(connection)
    this.#visitors.delete(connection)
  }

  /** Tells visitors of pointers that came too soon after another. */
  tellDue(now: number): void {
    for (const [site, at] of this.#due) {
      if (at > now) return
      this.#due.delete(site)
      this.#publish(site, now)
    }
  }

  #open(newest: SitePointer, now: number): Site | undefined {
    if (this.#sites.size >= this.#limits.sitesMax && !this.#forgetOne()) return undefined
    const { key } = newest
    const bytes = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }
    const site: Site = { key, newest, visitors: new Set(), bytes, reporters: 0, quietUntil: now }
    this.#sites.set(key, site)
    return site
  }

  #forgetOne(): boolean {
    for (const [key, site] of this.#sites) {
      if (site.visitors.size > 0) continue
      this.#due.delete(site)
      return this.#sites.delete(key)
    }
    return false
  }

  #join(connection: number, site: Site, knows: SitePointer, now: number): void {
    const visitor = this.#visitors.get(connection)
    if (visitor === undefined) {
      const counted = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }
      this.#visitors.set(connection, { site, knows, since: now, counted, hasReported: false })
    } else {
      if (visitor.site !== site) visitor.hasReported = false
      visitor.site.visitors.delete(connection)
      visitor.site = site
      visitor.knows = knows
    }
    site.visitors.add(connection)
    this.#sites.delete(site.key)
    this.#sites.set(site.key, site)
    this.#tell(connection, site.newest)
  }

  /** Tells all visitors, at once or in time. */
  #publish(site: Site, now: number): void {
    const quietMs = this.#limits.pointerSeconds * 1000
    if (site.quietUntil > now) {
      if (!this.#due.has(site)) this.#due.set(site, now + quietMs)
      return
    }
    site.quietUntil = now + quietMs
    for (const connection of site.visitors) this.#tell(connection, site.newest)
  }

  /** Who trusts a key that was replaced follows the new one. */
  #publishToFormer(pointer: SitePointer, now: number): void {
    for (const key of pointer.retired) {
      const former = this.#sites.get(key)
      if (!former || !supersedes(pointer, former.newest)) continue
      former.newest = pointer
      this.#publish(former, now)
    }
  }

  #tell(connection: number, pointer: SitePointer): void {
    const visitor = this.#visitors.get(connection)!
    const isKnown = equalBytes(visitor.knows.bytes, pointer.bytes)
    visitor.knows = pointer
    if (!isKnown) this.#outbox.send(connection, { type: 'pointer', pointer: pointer.bytes })
  }

  #figuresOf({ key, newest, visitors, reporters, bytes }: Site): SiteFigures {
    const figures = { key, version: newest.version, visitors: visitors.size, reporters }
    if (reporters < this.#limits.reportersMin) return figures
    const delivered = bytes.peers + bytes.origin
    return { ...figures, bytes: { ...bytes }, offload: delivered === 0 ? 0 : bytes.peers / delivered }
  }

  #refuse(to: number, code: TrackerErrorCode, reason: string): void {
    this.#outbox.refuse(to, { type: 'failed', action: 'pointer', code, reason })
  }

  #fail(to: number, code: TrackerErrorCode, reason: string): void {
    this.#outbox.send(to, { type: 'failed', action: 'pointer', code, reason })
  }
}

/** Whether visitors who believe `held` believe `pointer` in its place (FORMAT.md, "Verification", 6). */
function supersedes(pointer: SitePointer, held: SitePointer): boolean {
  if (pointer.key !== held.key && !pointer.retired.includes(held.key)) return false
  if (pointer.version !== held.version) return pointer.version > held.version
  const isBack = pointer.expires < held.expires || (held.isKilled && !pointer.isKilled)
  return pointer.infoHash === held.infoHash && !isBack && !equalBytes(pointer.bytes, held.bytes)
}

function taken({ bytes }: Site): number {
  return bytes.peers + bytes.origin
}

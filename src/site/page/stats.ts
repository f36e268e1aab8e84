/** What an owner and a visitor want to know: bytes by source, as HTTP would have sent them. */
import type { SiteTotals } from '../../protocol/tracker-site.ts'

/** A listed file that was used in this visit. Bytes as they travel. */
export interface FileStats {
  readonly url: string
  /** Of the whole file. */
  readonly bytes: number
  /** In this browser, and verified. */
  readonly verified: number
  readonly peers: number
  readonly origin: number
  readonly cache: number
}

export interface SiteStats extends SiteTotals {
  /** Bytes sent to other visitors. */
  readonly uploaded: number
  readonly connections: number
  /** Of the deploy that holds; undefined: none was believed yet. */
  readonly version: number | undefined
  /** Peers may be connected to, by the policy and the visitor's word. */
  readonly isOn: boolean
  /** The owner wants a badge in the page. */
  readonly hasBadge: boolean
  /** The files that were used last. */
  readonly files: readonly FileStats[]
}

export const NO_STATS: SiteStats = {
  peers: 0,
  origin: 0,
  cache: 0,
  wasted: 0,
  duplicates: 0,
  uploaded: 0,
  connections: 0,
  version: undefined,
  isOn: false,
  hasBadge: false,
  files: [],
}

/** What an owner and a visitor want to know: bytes by source, as HTTP would have sent them. */
import type { SiteTotals } from '../../protocol/tracker-site.ts'

export interface SiteStats extends SiteTotals {
  /** Bytes sent to other visitors. */
  readonly uploaded: number
  readonly connections: number
  /** Of the deploy that holds; undefined: none was believed yet. */
  readonly version: number | undefined
  /** Peers may be connected to, by the policy and the visitor's word. */
  readonly isOn: boolean
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
}

/** The tracker's figures, as `/stats.json` and the status page show them. */
import type { IngressStats } from '../ingress/ingress.ts'
import type { SwarmsStats } from '../swarms.ts'

export interface TrackerStats extends SwarmsStats, IngressStats {
  readonly uptimeSeconds: number
  readonly isDraining: boolean
}

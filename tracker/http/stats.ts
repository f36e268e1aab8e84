/** The tracker's figures, as `/stats.json` and the status page show them. */
import type { ClusterFigures } from '../cluster/node.ts'
import type { IngressStats } from '../ingress/ingress.ts'
import type { SwarmsStats } from '../swarms.ts'

export interface TrackerStats extends SwarmsStats, IngressStats {
  readonly uptimeSeconds: number
  readonly isDraining: boolean
  /** Where there are other nodes: numbers and sites are of all of them then, and those of others a few seconds old. */
  readonly cluster?: ClusterFigures
}

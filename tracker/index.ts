/** The tracker, for those who run one: `import { startTracker } from 'shoal/tracker'`. */
export { startTracker } from './server.ts'
export type { RunningTracker, TrackerOptions, TrackerStats } from './server.ts'
export { SERVER_DEFAULTS, SWARMS_DEFAULTS } from './options.ts'
export type { ServerLimits, SwarmsLimits } from './options.ts'
export type { IceServer } from '../src/protocol/tracker-reply.ts'
export type { IceOptions } from './ingress/ice.ts'

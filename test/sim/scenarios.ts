/** Sizes and lines that scenarios share, and the random swarm. */
import { line } from './link.ts'

export { randomSwarm } from './random-swarm.ts'

export const KiB = 1024
export const MiB = 1024 * KiB

/** 8 Mbit/s up, 80 Mbit/s down. */
export const HOME = line(1e6, 10e6)

/**
 * The seam between sockets and swarms: numbered inputs go one way, effects for numbered connections the other.
 *
 * Who holds the sockets (`ingress/`) knows addresses, limits, origins and ICE servers, and nothing of swarms. Who owns swarms (`owner.ts`)
 * knows no sockets. So the two may be one process or many: all that crosses is plain data, and a bus is whatever carries it.
 */
import type { TrackerEffect } from './swarms/effects.ts'
import type { ConnectionInput, SwarmsStats } from './swarms.ts'

/** From sockets to swarms. */
export interface Bus {
  /** Takes what came over a connection. Inputs of one connection arrive in order; `closed` is the last of it. */
  send(input: ConnectionInput): void
  readonly stats: SwarmsStats
  /** Nothing is performed after it. Resolves when those have been told who must know. */
  close(): void | Promise<void>
}

/** From swarms to sockets: effects are performed in order. One for a connection that has gone is let go. */
export type Perform = (effect: TrackerEffect) => void

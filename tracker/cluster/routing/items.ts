/** What nodes of a cluster say to each other. Plain data; `codec.ts` writes and reads it. PURE. */
import type { SwarmCounts } from '../../../src/protocol/tracker-reply.ts'
import type { WireId } from '../../../src/protocol/tracker.ts'
import type { TrackerEffect } from '../../swarms/effects.ts'
import type { SiteFigures, ToldPointer } from '../../swarms/sites.ts'
import type { ConnectionInput, MoveInput } from '../../swarms.ts'

/** One process, from its start to its end: a node that comes back has another id. */
export type NodeId = string

/** A node that is alive, as all see it. One that drains holds connections still, and owns nothing. */
export interface Lease {
  readonly node: NodeId
  readonly owns: boolean
}

/** From who holds a connection to the owner of a swarm or site. Connections are numbered by who holds them. */
export type ToOwner =
  | ConnectionInput
  | MoveInput
  /** Several owners answer one scrape, so it has a number of its own. */
  | { readonly type: 'scrape'; readonly scrape: number; readonly infoHashes?: readonly WireId[] }
  /** The pointer of a site whose key replaced one that this owner has: those who trust the old key follow. */
  | { readonly type: 'retire'; readonly told: ToldPointer }

/** From an owner to who holds the connection. */
export type ToHolder =
  | TrackerEffect
  | { readonly type: 'scraped'; readonly scrape: number; readonly swarms: readonly SwarmCounts[] }

/** Between nodes as such. */
export type Control =
  /** This stream of yours has a gap: begin another. */
  | { readonly type: 'again'; readonly stream: number }
  /** Nodes came or went: look who lives. */
  | { readonly type: 'look' }
  | { readonly type: 'figures'; readonly figures: NodeFigures }

export type Item = ToOwner | ToHolder | Control

/** What a node tells of itself, so that any node can tell of all. */
export interface NodeFigures {
  /** Numbers that may be summed, by name. */
  readonly counts: Readonly<Record<string, number>>
  readonly sites: readonly SiteFigures[]
}

/**
 * What one node sends to another at a time. A stream begins with all that the other must know, so that it starts anew wherever
 * something was lost: `links.ts`.
 */
export interface Batch {
  readonly from: NodeId
  readonly stream: number
  /** 1, 2, 3 … within the stream. */
  readonly sequence: number
  readonly items: readonly Item[]
}

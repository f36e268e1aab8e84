/** What carries batches between nodes, and says which of them live. Passed by Redis (`redis.ts`) and by the processes of one machine (`ipc.ts`). */
import type { Lease, NodeId } from './routing/items.ts'

/**
 * Batches may be lost, all of them for a while; those that arrive keep the order in which they were published. A transport that is away rejects
 * what it is asked until it is back, and comes back by itself.
 */
export interface Transport {
  /** From now on batches for this node arrive. A transport that is away is no error. */
  start(node: NodeId, receive: (batch: string) => void): Promise<void>
  /** Takes this node's lease, or renews it. @returns all that live, this node among them @throws when there are too many nodes already */
  renew(lease: { readonly owns: boolean }): Promise<readonly Lease[]>
  /** Gives the lease up. */
  release(): Promise<void>
  /** Resolves when the next may be sent; whether this one arrives is not known. */
  publish(to: NodeId, batch: string): Promise<void>
  /** Nothing arrives after it. The lease is left to end by itself. */
  close(): Promise<void>
}

export interface LeaseTerms {
  readonly leaseSeconds: number
  readonly nodesMax: number
}

/** The fake among the transports of a cluster: nodes of one process, whose batches arrive at the end of the turn. */
import type { Lease, NodeId } from '../../tracker/cluster/routing/items.ts'
import type { LeaseTerms, Transport } from '../../tracker/cluster/transport.ts'

export class MemoryHub {
  readonly receivers = new Map<NodeId, (batch: string) => void>()
  readonly leases = new Map<NodeId, { readonly owns: boolean; readonly endsAt: number }>()
  readonly terms: LeaseTerms

  constructor(terms: LeaseTerms) {
    this.terms = terms
  }
}

export class MemoryTransport implements Transport {
  readonly #hub: MemoryHub
  #node: NodeId = ''

  constructor(hub: MemoryHub) {
    this.#hub = hub
  }

  async start(node: NodeId, receive: (batch: string) => void): Promise<void> {
    this.#node = node
    this.#hub.receivers.set(node, receive)
  }

  async renew({ owns }: { readonly owns: boolean }): Promise<readonly Lease[]> {
    const { leases, terms } = this.#hub
    const now = performance.now()
    for (const [node, { endsAt }] of leases) if (endsAt <= now) leases.delete(node)
    if (!leases.has(this.#node) && leases.size >= terms.nodesMax) throw new Error('There are as many nodes as may be.')
    leases.set(this.#node, { owns, endsAt: now + terms.leaseSeconds * 1000 })
    return [...leases].map(([node, lease]) => ({ node, owns: lease.owns }))
  }

  async release(): Promise<void> {
    this.#hub.leases.delete(this.#node)
  }

  async publish(to: NodeId, batch: string): Promise<void> {
    await Promise.resolve()
    this.#hub.receivers.get(to)?.(batch)
  }

  async close(): Promise<void> {
    this.#hub.receivers.delete(this.#node)
  }
}

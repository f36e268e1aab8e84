/** Simulated Redis: leases on its own clock, and batches that take time, keep their order and may be lost. */
import type { Lease, NodeId } from '../../../tracker/cluster/routing/items.ts'
import type { Draw } from '../draw.ts'

export const LEASE_MS = 10_000

export class SimBus {
  /** Share of batches that are lost. */
  loss = 0
  /** Nodes that cannot reach it. */
  readonly away = new Set<NodeId>()
  readonly #draw: Draw
  readonly #leases = new Map<NodeId, { readonly owns: boolean; readonly endsAt: number }>()
  /** When the last batch from one to another arrives: none overtakes another. */
  readonly #arrivals = new Map<string, number>()

  constructor(draw: Draw) {
    this.#draw = draw
  }

  /** undefined: out of reach. */
  renew(node: NodeId, owns: boolean, now: number): Lease[] | undefined {
    if (this.away.has(node)) return undefined
    this.#leases.set(node, { owns, endsAt: now + LEASE_MS })
    return this.leases(now)
  }

  release(node: NodeId): void {
    this.#leases.delete(node)
  }

  leases(now: number): Lease[] {
    return [...this.#leases].flatMap(([node, { owns, endsAt }]) => (endsAt > now ? { node, owns } : []))
  }

  /** When a batch arrives; undefined: never. */
  carry(from: NodeId, to: NodeId, now: number): number | undefined {
    if (this.away.has(from) || this.away.has(to) || this.#draw.random() < this.loss) return undefined
    const way = `${from} ${to}`
    const at = Math.max(now + this.#draw.between(1, 20), (this.#arrivals.get(way) ?? 0) + 0.001)
    this.#arrivals.set(way, at)
    return at
  }
}

/** The owner's side of a node: whose connection is which number of its swarms, this node's own among them. PURE. */
import type { TrackerEffect } from '../../swarms/effects.ts'
import type { ConnectionInput, MoveInput } from '../../swarms.ts'
import type { NodeId, ToHolder, ToOwner } from './items.ts'
import { Numbers } from './numbers.ts'

type OwnInput = ConnectionInput | MoveInput

export class Guests {
  readonly #numbers: Numbers

  constructor(connectionsPerNodeMax: number) {
    this.#numbers = new Numbers(connectionsPerNodeMax)
  }

  /** What the swarms are to be told when a node says this. */
  take(from: NodeId, item: ToOwner): OwnInput[] {
    switch (item.type) {
      case 'scrape': {
        const { scrape, infoHashes } = item
        const request = { type: 'scrape', ...(infoHashes && { infoHashes }) } as const
        return [{ type: 'message', connection: this.#numbers.ofScrape(from, scrape), request }]
      }
      case 'retire': {
        const connection = this.#numbers.ofNobody()
        return [
          { type: 'pointer', connection, told: item.told },
          { type: 'closed', connection },
        ]
      }
      case 'message':
      case 'restore':
      case 'pointer': {
        const connection = this.#numbers.of(from, item.connection)
        return connection === undefined ? [] : [{ ...item, connection }]
      }
      default: {
        const connection = this.#numbers.known(from, item.connection)
        if (connection === undefined) return []
        if (item.type === 'closed') this.#numbers.forget(connection)
        return [{ ...item, connection }]
      }
    }
  }

  /** Where an effect of the swarms goes; undefined: they have gone. */
  route(effect: TrackerEffect): { to: NodeId; item: ToHolder } | undefined {
    const party = this.#numbers.party(effect.to)
    if (!party) return undefined
    const { node: to, connection, scrape } = party
    if (connection !== undefined) return { to, item: { ...effect, to: connection } }
    this.#numbers.forget(effect.to)
    if (scrape === undefined || effect.type !== 'send' || effect.reply.type !== 'scraped') return undefined
    return { to, item: { type: 'scraped', scrape, swarms: effect.reply.swarms } }
  }

  /** A node has gone, or tells everything anew. */
  forget(node: NodeId): OwnInput[] {
    return this.#numbers.forgetNode(node).map(connection => ({ type: 'closed', connection }))
  }
}

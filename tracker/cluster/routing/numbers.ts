/** An owner numbers the connections of all nodes in one row, for its swarms know numbers alone. PURE. */
import type { NodeId } from './items.ts'

/** A connection of a node, by that node's number; or a scrape, which is answered once. */
export interface Party {
  readonly node: NodeId
  readonly connection?: number
  readonly scrape?: number
}

export class Numbers {
  readonly #parties = new Map<number, Party>()
  readonly #numbers = new Map<NodeId, Map<number, number>>()
  readonly #connectionsPerNodeMax: number
  #last = 0

  constructor(connectionsPerNodeMax: number) {
    this.#connectionsPerNodeMax = connectionsPerNodeMax
  }

  /** A connection's number: the one that it has, or its first. undefined: its node has too many. */
  of(node: NodeId, connection: number): number | undefined {
    const numbers = this.#numbers.get(node) ?? new Map<number, number>()
    this.#numbers.set(node, numbers)
    const known = numbers.get(connection)
    if (known !== undefined || numbers.size >= this.#connectionsPerNodeMax) return known
    const number = this.#add({ node, connection })
    numbers.set(connection, number)
    return number
  }

  /** undefined: nothing was ever heard of it, so that nothing has to be said of it. */
  known(node: NodeId, connection: number): number | undefined {
    return this.#numbers.get(node)?.get(connection)
  }

  ofScrape(node: NodeId, scrape: number): number {
    return this.#add({ node, scrape })
  }

  /** For a message in nobody's name: whatever is said to this number is said to nobody. */
  ofNobody(): number {
    return ++this.#last
  }

  /** Whose number it is; undefined when they have gone. */
  party(number: number): Party | undefined {
    return this.#parties.get(number)
  }

  forget(number: number): void {
    const party = this.#parties.get(number)
    if (!party) return
    this.#parties.delete(number)
    if (party.connection !== undefined) this.#numbers.get(party.node)?.delete(party.connection)
  }

  /** Forgets a node. @returns the numbers that its connections had */
  forgetNode(node: NodeId): number[] {
    const numbers = [...(this.#numbers.get(node)?.values() ?? [])]
    this.#numbers.delete(node)
    for (const number of numbers) this.#parties.delete(number)
    return numbers
  }

  #add(party: Party): number {
    const number = ++this.#last
    this.#parties.set(number, party)
    return number
  }
}

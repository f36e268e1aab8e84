/**
 * One node among others: where its clients' messages go, and whose clients its own swarms speak to. PURE: inputs and the time go in, effects
 * come out, and batches for other nodes are taken from it (`take`) as fast as the bus takes them.
 *
 * Nodes agree on nothing but who lives. Each finds the owner of every swarm by itself (`rendezvous.ts`), and tells owners of its own
 * connections (`ledger.ts`); when nodes come or go it tells the new owners what the old ones knew. While views differ two nodes may both hold
 * parts of a swarm; when they agree again every member is known to exactly the owner. A node that is cut off owns whatever its clients want.
 * It speaks to itself as to any other, without a bus.
 */
import type { TrackerEffect } from '../swarms/effects.ts'
import type { ConnectionInput, MoveInput } from '../swarms.ts'
import { Clients, type ClientsLimits } from './routing/clients.ts'
import { Guests } from './routing/guests.ts'
import type { Batch, Item, Lease, NodeFigures, NodeId, ToHolder, ToOwner } from './routing/items.ts'
import { type Entry, tellings } from './routing/ledger.ts'
import { Link, type LinkLimits } from './routing/links.ts'
import { ownerOf } from './routing/rendezvous.ts'

export type RouterInput =
  /** From a client of this node. */
  | { readonly type: 'client'; readonly input: ConnectionInput }
  /** From the swarms of this node. */
  | { readonly type: 'owned'; readonly effect: TrackerEffect }
  | { readonly type: 'batch'; readonly batch: Batch }
  /** Who lives; nobody where the bus is away. This node may be among them. */
  | { readonly type: 'view'; readonly leases: readonly Lease[] }
  /** A sign of life is due. */
  | { readonly type: 'beat'; readonly figures: NodeFigures }
  /** This node's lease changed: the others should look. */
  | { readonly type: 'hail' }
  | { readonly type: 'tick' }

export type RouterEffect =
  /** For the swarms of this node, which number the connections of all nodes in one row. */
  | { readonly type: 'own'; readonly input: ConnectionInput | MoveInput }
  /** For a client of this node. */
  | { readonly type: 'perform'; readonly effect: TrackerEffect }
  /** Nodes came or went: the leases are to be looked at now. */
  | { readonly type: 'look' }

export interface RouterLimits extends LinkLimits, ClientsLimits {
  readonly nodesMax: number
  readonly connectionsPerNodeMax: number
}

export class Router {
  readonly #self: NodeId
  readonly #limits: RouterLimits
  readonly #clients: Clients
  readonly #guests: Guests
  readonly #links = new Map<NodeId, Link>()
  /** In one order everywhere. */
  #owners: readonly NodeId[]
  /** Other nodes with a lease; a link may be there before the lease was seen. */
  #living = 0
  #lastStream = 0
  #now = 0
  #effects: RouterEffect[] = []

  constructor(self: NodeId, limits: RouterLimits) {
    this.#self = self
    this.#limits = limits
    this.#owners = [self]
    this.#guests = new Guests(limits.connectionsPerNodeMax)
    this.#clients = new Clients(limits, this.#surroundings())
  }

  /** When a `tick` is needed (ms); Infinity when none is. */
  get deadline(): number {
    return this.#clients.deadline
  }

  /** How many nodes live, this one included, as far as it knows. */
  get living(): number {
    return this.#living + 1
  }

  /** Other nodes that are linked to. */
  get nodes(): readonly NodeId[] {
    return [...this.#links.keys()]
  }

  /** Text that waits for other nodes, without what is read off the ledger. */
  get queuedChars(): number {
    return [...this.#links.values()].reduce((chars, link) => chars + link.queuedChars, 0)
  }

  /** Whether it owns swarms, as all do that are alone. */
  get owns(): boolean {
    return this.#owners.includes(this.#self)
  }

  /** Whether those who own what clients are in were told all of it. */
  get isSettled(): boolean {
    return [...this.#links.values()].every(link => link.untold.size === 0 && link.queuedChars === 0)
  }

  /** What other nodes said of themselves last. */
  get figures(): NodeFigures[] {
    return [...this.#links.values()].flatMap(link => link.figures ?? [])
  }

  /** Nodes that something is to be said to. */
  waiting(): NodeId[] {
    return [...this.#links.values()].filter(link => link.isWaiting).map(link => link.node)
  }

  /** The next batch for a node; undefined: none. */
  take(node: NodeId): string | undefined {
    return this.#links.get(node)?.take(this.#self)
  }

  /** `now` in ms, never less than before. Effects are to be performed in order. */
  step(input: RouterInput, now: number): RouterEffect[] {
    this.#now = now
    switch (input.type) {
      case 'client':
        this.#clients.receive(input.input, now)
        break
      case 'owned': {
        const route = this.#guests.route(input.effect)
        if (route) this.#reply(route.to, route.item)
        break
      }
      case 'batch':
        this.#receive(input.batch)
        break
      case 'view':
        this.#view(input.leases)
        break
      case 'beat':
        for (const link of this.#links.values()) link.control({ type: 'figures', figures: input.figures })
        this.#clients.tick(now)
        break
      case 'hail':
        for (const link of this.#links.values()) link.control({ type: 'look' })
        break
      case 'tick':
        this.#clients.tick(now)
        break
    }
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  #view(leases: readonly Lease[]): void {
    const living = leases.slice(0, this.#limits.nodesMax)
    const nodes = new Set(living.map(({ node }) => node))
    for (const { node } of this.#links.values()) {
      if (nodes.has(node)) continue
      this.#links.delete(node)
      this.#forget(node)
    }
    nodes.delete(this.#self)
    for (const node of nodes) this.#link(node)
    this.#living = nodes.size
    const owners = living.flatMap(({ node, owns }) => (owns ? node : [])).sort()
    if (owners.length === 0) owners.push(this.#self)
    if (owners.join() === this.#owners.join()) return
    this.#owners = owners
    this.#clients.move(node => node === this.#self || this.#links.has(node))
  }

  #receive(batch: Batch): void {
    const { from, stream } = batch
    if (from === this.#self) return
    if (!this.#links.has(from)) this.#effects.push({ type: 'look' })
    const link = this.#link(from)
    if (!link) return
    switch (link.arrive(batch)) {
      case 'old':
        return
      case 'gap':
        link.ask(stream, this.#now)
        // What it asks does not depend on what was lost.
        for (const item of batch.items) if (item.type === 'again') this.#take(link, item)
        return
      case 'first':
        this.#forget(from)
        // Answers may be among what was lost.
        for (const entry of [...this.#clients.entriesOf(from, 'pending')]) this.#tell(entry)
        break
      case 'next':
        break
    }
    for (const item of batch.items) this.#take(link, item)
  }

  #take(link: Link, item: Item): void {
    switch (item.type) {
      case 'again':
        if (item.stream === link.stream && link.mayOpen(this.#now)) this.#restart(link)
        break
      case 'look':
        this.#effects.push({ type: 'look' })
        break
      case 'figures':
        link.figures = item.figures
        break
      case 'send':
      case 'refuse':
      case 'ping':
      case 'close':
      case 'scraped':
        this.#clients.hear(link.node, item)
        break
      default:
        this.#own(link.node, item)
    }
  }

  /** The link to a node, which is made where there is none; undefined: there are too many nodes. */
  #link(node: NodeId): Link | undefined {
    const known = this.#links.get(node)
    if (known || this.#links.size >= this.#limits.nodesMax) return known
    const link = new Link(node, this.#limits)
    link.open(++this.#lastStream, this.#now)
    // Whoever comes makes itself known to all, that they need not find out.
    link.control({ type: 'look' })
    this.#links.set(node, link)
    return link
  }

  /** Tells a node everything anew. */
  #restart(link: Link): void {
    link.open(++this.#lastStream, this.#now)
    for (const entry of this.#clients.entriesOf(link.node, 'all')) link.tell(entry)
  }

  #forget(node: NodeId): void {
    for (const input of this.#guests.forget(node)) this.#effects.push({ type: 'own', input })
  }

  #own(from: NodeId, item: ToOwner): void {
    for (const input of this.#guests.take(from, item)) this.#effects.push({ type: 'own', input })
  }

  #reply(to: NodeId, item: ToHolder): void {
    if (to === this.#self) {
      this.#clients.hear(to, item)
      return
    }
    const link = this.#links.get(to)
    if (!link) return
    const isVital = item.type !== 'send' || item.reply.type === 'announced' || item.reply.type === 'failed'
    if (!link.reply(item, isVital) && isVital) this.#restart(link)
  }

  #post(owner: NodeId, item: ToOwner, isVital: boolean): void {
    if (owner === this.#self) {
      this.#own(owner, item)
      return
    }
    const link = this.#links.get(owner)
    if (link && !link.request(item, isVital) && isVital) this.#restart(link)
  }

  #tell(entry: Entry): void {
    const { owner } = entry
    if (owner === this.#self) {
      for (const telling of tellings(entry)) this.#own(owner, telling)
      return
    }
    const link = this.#links.get(owner)
    if (link && !link.tell(entry)) this.#restart(link)
  }

  #surroundings(): ConstructorParameters<typeof Clients>[1] {
    const router = this
    return {
      get owners() {
        return router.#owners
      },
      ownerOf: name => ownerOf(name, this.#owners)!,
      post: (owner, item, isVital) => this.#post(owner, item, isVital),
      tell: entry => this.#tell(entry),
      untell: entry => this.#links.get(entry.owner)?.untold.delete(entry),
      perform: effect => this.#effects.push({ type: 'perform', effect }),
    }
  }
}

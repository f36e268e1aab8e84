/**
 * A cluster in one process: the tracker's own routers and swarms, on a simulated bus that loses batches, is out of reach for some, and whose nodes
 * die, come and drain. Clients check whatever they are told as it comes. Everything is drawn from one seed.
 */
import assert from 'node:assert/strict'
import type { TrackerReply } from '../../../src/protocol/tracker-reply.ts'
import { Router, type RouterInput } from '../../../tracker/cluster/router.ts'
import { parseBatch } from '../../../tracker/cluster/routing/codec.ts'
import type { NodeId } from '../../../tracker/cluster/routing/items.ts'
import { ownerOf } from '../../../tracker/cluster/routing/rendezvous.ts'
import { CLUSTER_DEFAULTS, SWARMS_DEFAULTS } from '../../../tracker/options.ts'
import { Swarms, type TrackerEffect } from '../../../tracker/swarms.ts'
import { Draw } from '../draw.ts'
import { SimBus } from './bus.ts'
import { SimClient } from './client.ts'

/** Small, so that queues overflow and batches are many. */
export const LIMITS = {
  ...SWARMS_DEFAULTS,
  ...CLUSTER_DEFAULTS,
  silentMs: 1e9,
  silentIntervalsMax: 1e6,
  offersPerIntervalMax: 1e6,
  dialsPerIntervalMax: 1e6,
  batchCharsMax: 4_000,
  queueCharsMax: 20_000,
}

const RENEW_MS = 2_000
const AWAY_MS = 5_000
const LOOK_MS = 50
/** One item may stand over the bound of a queue. */
const ITEM_CHARS_MAX = 4_000

export class SimNode {
  readonly id: NodeId
  readonly router: Router
  readonly swarms: Swarms
  readonly clients = new Map<number, SimClient>()
  readonly busy = new Set<NodeId>()
  isDead = false
  owns = true
  isLooking = false
  renewedAt = 0

  constructor(id: NodeId, draw: Draw) {
    this.id = id
    this.router = new Router(id, LIMITS)
    this.swarms = new Swarms({ random: draw.fork(), limits: LIMITS })
  }
}

export class SimCluster {
  readonly draw: Draw
  readonly bus: SimBus
  readonly nodes: SimNode[] = []
  readonly clients = new Set<SimClient>()
  now = 0
  #lastConnection = 0
  #lastNode = 0
  #lastClient = 0
  #order = 0
  /** Sorted by time, then by order. */
  readonly #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = []

  constructor(seed: number) {
    this.draw = new Draw(seed)
    this.bus = new SimBus(this.draw)
  }

  get living(): SimNode[] {
    return this.nodes.filter(node => !node.isDead)
  }

  start(): SimNode {
    const id = `${++this.#lastNode}`.padStart(16, '0')
    const node = new SimNode(id, this.draw)
    node.renewedAt = this.now
    this.nodes.push(node)
    this.#beat(node)
    return node
  }

  /** Its clients come back elsewhere, as themselves. */
  kill(node: SimNode): void {
    node.isDead = true
    for (const client of node.clients.values()) this.after(this.draw.between(10, 3_000), () => this.#connect(client))
  }

  drain(node: SimNode): void {
    node.owns = false
    this.#renew(node)
    this.#step(node, { type: 'hail' })
  }

  /** A client with a peer id of its own. */
  arrive(): SimClient {
    const client = new SimClient(++this.#lastClient)
    this.clients.add(client)
    this.#connect(client)
    return client
  }

  leave(client: SimClient): void {
    this.clients.delete(client)
    const { node, connection } = client
    client.node = undefined
    if (!node || node.isDead) return
    node.clients.delete(connection)
    this.#step(node, { type: 'client', input: { type: 'closed', connection } })
  }

  say(client: SimClient, request: Parameters<SimClient['note']>[0]): void {
    client.note(request)
    const { node, connection } = client
    if (node && !node.isDead) this.#step(node, { type: 'client', input: { type: 'message', connection, request } })
  }

  after(ms: number, run: () => void): void {
    const event = { at: this.now + ms, order: ++this.#order, run }
    let place = this.#events.length
    while (place > 0 && this.#events[place - 1]!.at > event.at) place--
    this.#events.splice(place, 0, event)
  }

  run(ms: number): void {
    const until = this.now + ms
    while (this.#events.length > 0 && this.#events[0]!.at <= until) {
      const event = this.#events.shift()!
      this.now = event.at
      event.run()
    }
    this.now = until
  }

  /** What a node's own swarms hold of a swarm. */
  held(node: SimNode, infoHash: string): number {
    const request = { type: 'scrape', infoHashes: [infoHash] } as const
    for (const effect of node.swarms.step({ type: 'message', connection: -1, request }, this.now)) {
      if (effect.to === -1 && effect.type === 'send' && effect.reply.type === 'scraped') {
        const { seeds, leeches } = effect.reply.swarms[0]!
        return seeds + leeches
      }
    }
    throw new Error('A scrape was not answered.')
  }

  /** Every live member is known to exactly the owner, and every announce was answered. */
  checkConverged(infoHashes: readonly string[]): void {
    const owners = this.living.filter(node => node.owns).map(node => node.id)
    for (const infoHash of infoHashes) {
      const owner = ownerOf(infoHash, owners)
      const expected = [...this.clients].filter(client => client.swarms.has(infoHash)).length
      for (const node of this.living) {
        const count = this.held(node, infoHash)
        assert.equal(count, node.id === owner ? expected : 0, `members of ${infoHash} at ${node.id}, owner ${owner}`)
      }
    }
    for (const client of this.clients) assert.deepEqual([...client.unanswered], [], `unanswered: ${client.peerId}`)
  }

  #connect(client: SimClient): void {
    if (!this.clients.has(client)) return
    const node = this.draw.one(this.living.filter(each => each.owns))
    client.node = node
    client.connection = ++this.#lastConnection
    node.clients.set(client.connection, client)
    client.offered.clear()
    for (const infoHash of client.swarms) this.say(client, client.announce(infoHash, this.draw.between(0, 3)))
  }

  #beat(node: SimNode): void {
    if (node.isDead) return
    this.#step(node, { type: 'beat', figures: { counts: {}, sites: [] } })
    this.#renew(node)
    if (this.now - node.renewedAt >= AWAY_MS) this.#step(node, { type: 'view', leases: [] })
    for (const effect of node.swarms.step({ type: 'tick' }, this.now)) this.#step(node, { type: 'owned', effect })
    this.after(RENEW_MS, () => this.#beat(node))
  }

  #renew(node: SimNode): void {
    const leases = this.bus.renew(node.id, node.owns, this.now)
    if (!leases) return
    node.renewedAt = this.now
    this.#step(node, { type: 'view', leases })
  }

  #step(node: SimNode, input: RouterInput): void {
    for (const effect of node.router.step(input, this.now)) {
      switch (effect.type) {
        case 'own':
          for (const owned of node.swarms.step(effect.input, this.now))
            this.#step(node, { type: 'owned', effect: owned })
          break
        case 'perform':
          this.#perform(node, effect.effect)
          break
        case 'look':
          if (node.isLooking) break
          node.isLooking = true
          this.after(LOOK_MS, () => {
            node.isLooking = false
            if (!node.isDead) this.#renew(node)
          })
          break
      }
    }
    const bound = node.router.nodes.length * (LIMITS.queueCharsMax + ITEM_CHARS_MAX)
    assert.ok(node.router.queuedChars <= bound, `queues of ${node.router.queuedChars} chars`)
    this.after(0, () => this.#flush(node))
  }

  #flush(node: SimNode): void {
    if (node.isDead) return
    for (const to of node.router.waiting()) {
      if (node.busy.has(to)) continue
      const text = node.router.take(to)!
      node.busy.add(to)
      this.after(this.draw.between(1, 5), () => {
        node.busy.delete(to)
        this.#flush(node)
      })
      const at = this.bus.carry(node.id, to, this.now)
      const target = this.nodes.find(({ id }) => id === to)
      if (at === undefined || !target) continue
      this.after(at - this.now, () => {
        const batch = parseBatch(text, { charsMax: LIMITS.receivedCharsMax, itemsMax: LIMITS.itemsPerBatchMax * 2 })
        assert.ok(batch, 'a batch that cannot be read')
        if (!target.isDead) this.#step(target, { type: 'batch', batch })
      })
    }
  }

  #perform(node: SimNode, effect: TrackerEffect): void {
    const client = node.clients.get(effect.to)
    if (!client || client.node !== node) return
    switch (effect.type) {
      case 'send':
        this.#hear(client, effect.reply)
        break
      case 'ping':
        this.after(5, () => {
          if (node.isDead || client.node !== node) return
          this.#step(node, { type: 'client', input: { type: 'pong', connection: effect.to } })
        })
        break
      case 'close':
        // As a client whose connection broke: it comes back.
        node.clients.delete(effect.to)
        client.node = undefined
        this.#step(node, { type: 'client', input: { type: 'closed', connection: effect.to } })
        this.after(500, () => this.#connect(client))
        break
      case 'refuse':
        assert.fail('nobody sent anything malformed')
    }
  }

  #hear(client: SimClient, reply: TrackerReply): void {
    const answer = client.hear(reply)
    if (answer) this.after(this.draw.between(1, 50), () => this.say(client, answer))
    if (reply.type !== 'failed' || reply.toPeerId !== undefined) return
    // Refused for an old self of its own: it tries again, as clients do.
    this.after(1_000, () => {
      if (client.swarms.has(reply.infoHash!)) this.say(client, client.announce(reply.infoHash!, 1))
    })
  }
}

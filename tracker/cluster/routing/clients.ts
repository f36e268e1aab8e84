/** The holder's side of a node: which owner its clients' messages go to, and what becomes of the answers. PURE. */
import type { FailureReply } from '../../../src/protocol/tracker-reply.ts'
import type { AnnounceRequest, ScrapeRequest, TrackerRequest } from '../../../src/protocol/tracker-request.ts'
import type { WireId } from '../../../src/protocol/tracker.ts'
import type { TrackerEffect } from '../../swarms/effects.ts'
import type { ToldPointer } from '../../swarms/sites.ts'
import type { ConnectionInput } from '../../swarms.ts'
import type { NodeId, ToHolder, ToOwner } from './items.ts'
import { type Entry, Ledger, type LedgerLimits, nameOf } from './ledger.ts'
import { type ScrapeAnswer, Scrapes } from './scrapes.ts'

export interface ClientsLimits extends LedgerLimits {
  readonly scrapesMax: number
  readonly scrapeSeconds: number
}

/** What it needs of the node. */
export interface Surroundings {
  readonly owners: readonly NodeId[]
  ownerOf(name: string): NodeId
  /** `isVital`: an owner that misses it is told everything anew. */
  post(owner: NodeId, item: ToOwner, isVital: boolean): void
  /** The entry's owner is to be told of it. */
  tell(entry: Entry): void
  /** The entry's owner needs not be told of it any more. */
  untell(entry: Entry): void
  perform(effect: TrackerEffect): void
}

const FULL = 'This tracker, or this connection, is in as many swarms as it may be. Try later or elsewhere.'
const BUSY = 'Too many scrapes at a time. Try later.'

/** With these an owner says that the peer is not in the swarm. */
const REFUSALS: readonly unknown[] = ['peer-id-in-use', 'not-your-peer', 'limit']

/** Retired keys whose owners were told lately: every visitor of a site tells the same pointer. */
const RETIRED_MAX = 1_000

export class Clients {
  readonly #around: Surroundings
  readonly #ledger: Ledger
  readonly #scrapes: Scrapes
  /** Owners that wait for a connection's pong. */
  readonly #pinged = new Map<number, Set<NodeId>>()
  readonly #retired = new Set<ToldPointer>()

  constructor(limits: ClientsLimits, around: Surroundings) {
    this.#around = around
    this.#ledger = new Ledger(limits)
    this.#scrapes = new Scrapes(limits)
  }

  get deadline(): number {
    return this.#scrapes.deadline
  }

  receive(input: ConnectionInput, now: number): void {
    const { connection } = input
    switch (input.type) {
      case 'message':
        this.#request(connection, input.request, now)
        break
      case 'pointer':
        this.#visit(connection, input.told)
        break
      case 'pong':
        for (const owner of this.#pinged.get(connection) ?? []) this.#around.post(owner, input, true)
        this.#pinged.delete(connection)
        break
      case 'closed': {
        const { owners, entries } = this.#ledger.closed(connection)
        for (const entry of entries) this.#around.untell(entry)
        for (const owner of owners) this.#around.post(owner, input, true)
        this.#pinged.delete(connection)
        break
      }
    }
  }

  /** An owner says something to, or about, a connection. */
  hear(from: NodeId, item: ToHolder): void {
    switch (item.type) {
      case 'scraped':
        this.#answer(this.#scrapes.add(item.scrape, item.swarms))
        return
      case 'send':
        if (item.reply.type === 'announced') this.#ledger.answered(item.to, item.reply.infoHash)
        else if (item.reply.type === 'failed') this.#failed(item.to, item.reply)
        break
      case 'ping': {
        if (!this.#ledger.knows(item.to)) return
        const owners = this.#pinged.get(item.to) ?? new Set()
        this.#pinged.set(item.to, owners.add(from))
        break
      }
      default:
        break
    }
    this.#around.perform(item)
  }

  /** Other nodes own now: whatever moved is told to its new owner, and taken from the old one. */
  move(isThere: (owner: NodeId) => boolean): void {
    this.#retired.clear()
    for (const entry of this.#ledger.entries()) {
      const owner = this.#around.ownerOf(nameOf(entry))
      if (owner === entry.owner) continue
      this.#around.untell(entry)
      if (isThere(entry.owner)) this.#around.post(entry.owner, farewell(entry), true)
      entry.owner = owner
      this.#told(entry)
    }
  }

  /** Everything that this owner must know, or what it was asked and did not answer. */
  *entriesOf(owner: NodeId, which: 'all' | 'pending'): Iterable<Entry> {
    for (const entry of this.#ledger.entries()) {
      if (entry.owner !== owner) continue
      if (which === 'all' || (entry.type === 'membership' && entry.pending)) yield entry
    }
  }

  /** What has waited long enough ends. */
  tick(now: number): void {
    for (const answer of this.#scrapes.endDue(now)) this.#answer(answer)
    for (const entry of this.#ledger.forgetSilent(now)) {
      this.#around.untell(entry)
      this.#around.post(entry.owner, farewell(entry), true)
    }
  }

  #request(connection: number, request: TrackerRequest, now: number): void {
    if (request.type === 'scrape') this.#scrape(connection, request, now)
    else if (request.type === 'announce') this.#announce(connection, request, now)
    else this.#post(connection, this.#around.ownerOf(request.infoHash), { type: 'message', connection, request }, false)
  }

  #announce(connection: number, whole: AnnounceRequest, now: number): void {
    const { siteTotals: totals, ...request } = whole
    const visit = this.#ledger.visitOf(connection)
    if (totals && visit) {
      visit.totals = totals
      this.#post(connection, visit.owner, { type: 'report', connection, totals }, false)
    }
    const { infoHash, peerId } = request
    const owner = this.#around.ownerOf(infoHash)
    const isLeaving = request.event === 'stopped'
    const entry = isLeaving
      ? this.#ledger.left(connection, infoHash, peerId)
      : this.#ledger.announced(connection, request, owner, now)
    if (!entry && !isLeaving) return this.#fail(connection, 'announce', FULL, infoHash)
    if (entry) this.#around.untell(entry)
    this.#post(connection, owner, { type: 'message', connection, request }, true)
  }

  #visit(connection: number, told: ToldPointer): void {
    const { key, retired } = told.pointer
    const owner = this.#around.ownerOf(key)
    if (told.verdict === 'forged') {
      this.#post(connection, owner, { type: 'pointer', connection, told }, false)
      return
    }
    const visit = this.#ledger.visited(connection, told, owner)
    this.#around.untell(visit)
    if (visit.owner !== owner) this.#around.post(visit.owner, farewell(visit), true)
    visit.owner = owner
    this.#post(connection, owner, { type: 'pointer', connection, told }, true)
    if (told.verdict !== 'genuine' || this.#retired.has(visit.told)) return
    if (this.#retired.size >= RETIRED_MAX) this.#retired.clear()
    this.#retired.add(visit.told)
    const others = new Set(retired.map(formerKey => this.#around.ownerOf(formerKey)))
    others.delete(owner)
    for (const other of others) this.#around.post(other, { type: 'retire', told }, false)
  }

  #scrape(connection: number, { infoHashes }: ScrapeRequest, now: number): void {
    const parts = new Map<NodeId, WireId[] | undefined>()
    if (!infoHashes) for (const owner of this.#around.owners) parts.set(owner, undefined)
    for (const infoHash of infoHashes ?? []) {
      const owner = this.#around.ownerOf(infoHash)
      parts.set(owner, [...(parts.get(owner) ?? []), infoHash])
    }
    const scrape = this.#scrapes.open(connection, infoHashes, parts.size, now)
    if (scrape === undefined) return this.#fail(connection, 'scrape', BUSY)
    for (const [owner, part] of parts) {
      this.#around.post(owner, { type: 'scrape', scrape, ...(part && { infoHashes: part }) }, false)
    }
    if (parts.size === 0) this.#answer(this.#scrapes.add(scrape, []))
  }

  #failed(connection: number, { infoHash, toPeerId, action, code }: FailureReply): void {
    if (action !== 'announce' || infoHash === undefined || toPeerId !== undefined || !REFUSALS.includes(code)) return
    const entry = this.#ledger.answered(connection, infoHash)
    if (entry) this.#ledger.left(connection, infoHash, entry.peerId)
  }

  #told(entry: Entry): void {
    this.#ledger.told(entry.connection, entry.owner)
    this.#around.tell(entry)
  }

  #post(connection: number, owner: NodeId, item: ToOwner, isVital: boolean): void {
    this.#ledger.told(connection, owner)
    this.#around.post(owner, item, isVital)
  }

  #answer(answer: ScrapeAnswer | undefined): void {
    if (answer) this.#around.perform({ type: 'send', ...answer })
  }

  #fail(to: number, action: 'announce' | 'scrape', reason: string, infoHash?: WireId): void {
    this.#around.perform({ type: 'send', to, reply: { type: 'failed', action, infoHash, code: 'limit', reason } })
  }
}

/** What takes an entry from an owner. */
function farewell(entry: Entry): ToOwner {
  const { connection } = entry
  if (entry.type === 'visit') return { type: 'unvisit', connection }
  return { type: 'leave', connection, infoHash: entry.infoHash, peerId: entry.peerId }
}

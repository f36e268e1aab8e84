/**
 * What a node knows of its own connections: the swarms that they are in, the site that they visit, and who owns these. So it can tell
 * another owner whenever the one that knew them has gone. PURE.
 */
import { toLatin1 } from '../../../src/metainfo/bytes.ts'
import type { AnnounceRequest } from '../../../src/protocol/tracker-request.ts'
import type { SiteTotals } from '../../../src/protocol/tracker-site.ts'
import type { TrackerExtension, WireId } from '../../../src/protocol/tracker.ts'
import type { ToldPointer } from '../../swarms/sites.ts'
import type { NodeId, ToOwner } from './items.ts'

/** One peer of one connection in one swarm. */
export interface Membership {
  readonly type: 'membership'
  readonly connection: number
  readonly infoHash: WireId
  readonly peerId: WireId
  left: number | null
  extensions: readonly TrackerExtension[] | undefined
  owner: NodeId
  /** When it last announced (ms). */
  heardAt: number
  /** Its last announce, while it waits for an answer. */
  pending: AnnounceRequest | undefined
}

/** One connection on one site. */
export interface Visit {
  readonly type: 'visit'
  readonly connection: number
  told: ToldPointer
  owner: NodeId
  /** What it reported last. */
  totals: SiteTotals | undefined
}

export type Entry = Membership | Visit

interface Holder {
  readonly memberships: Map<string, Membership>
  /** Those that wait for an answer, by swarm. */
  readonly pending: Map<WireId, Membership>
  /** Every node that was told anything of this connection. */
  readonly owners: Set<NodeId>
  visit: Visit | undefined
}

export interface LedgerLimits {
  readonly membersPerConnectionMax: number
  readonly membersMax: number
  readonly pendingCharsMax: number
  /** Who announces nothing for so long has left: owners forget it as well. */
  readonly silentMs: number
}

/** Pointers kept but once, for all visitors of a deploy tell the same one. */
const POINTERS_MAX = 1_000

export class Ledger {
  readonly #limits: LedgerLimits
  readonly #holders = new Map<number, Holder>()
  /** The longest silent first. */
  readonly #memberships = new Set<Membership>()
  readonly #visits = new Set<Visit>()
  readonly #pointers = new Map<string, ToldPointer>()
  #pendingChars = 0

  constructor(limits: LedgerLimits) {
    this.#limits = limits
  }

  *entries(): Iterable<Entry> {
    yield* this.#memberships
    yield* this.#visits
  }

  knows(connection: number): boolean {
    return this.#holders.has(connection)
  }

  visitOf(connection: number): Visit | undefined {
    return this.#holders.get(connection)?.visit
  }

  /** Notes that a node is told of a connection. */
  told(connection: number, owner: NodeId): void {
    this.#holder(connection).owners.add(owner)
  }

  /** Notes an announce. undefined: there is no room for another. */
  announced(connection: number, request: AnnounceRequest, owner: NodeId, now: number): Membership | undefined {
    const { infoHash, peerId, left, event, extensions } = request
    const holder = this.#holder(connection)
    const key = infoHash + peerId
    let membership = holder.memberships.get(key)
    if (membership) {
      this.#memberships.delete(membership)
    } else {
      const { membersPerConnectionMax, membersMax } = this.#limits
      if (holder.memberships.size >= membersPerConnectionMax || this.#memberships.size >= membersMax) return undefined
      membership = {
        type: 'membership',
        connection,
        infoHash,
        peerId,
        left,
        extensions,
        owner,
        heardAt: now,
        pending: undefined,
      }
      holder.memberships.set(key, membership)
    }
    this.#memberships.add(membership)
    membership.left = event === 'completed' ? 0 : left
    membership.extensions = extensions
    membership.heardAt = now
    this.#expect(holder, membership, request)
    return membership
  }

  /** An announce was answered. @returns whose it was */
  answered(connection: number, infoHash: WireId): Membership | undefined {
    const holder = this.#holders.get(connection)
    const membership = holder?.pending.get(infoHash)
    if (holder && membership) this.#settle(holder, membership)
    return membership
  }

  left(connection: number, infoHash: WireId, peerId: WireId): Membership | undefined {
    const holder = this.#holders.get(connection)
    const membership = holder?.memberships.get(infoHash + peerId)
    if (holder && membership) this.#drop(holder, membership)
    return membership
  }

  /** A connection tells a pointer. The visit's owner is the former one still. */
  visited(connection: number, told: ToldPointer, owner: NodeId): Visit {
    const holder = this.#holder(connection)
    const visit = holder.visit ?? { type: 'visit', connection, told, owner, totals: undefined }
    visit.told = this.#interned(told)
    holder.visit = visit
    this.#visits.add(visit)
    return visit
  }

  /** A connection has closed. @returns who was told of it, and what was known of it */
  closed(connection: number): { owners: Iterable<NodeId>; entries: Entry[] } {
    const holder = this.#holders.get(connection)
    if (!holder) return { owners: [], entries: [] }
    const entries: Entry[] = [...holder.memberships.values()]
    for (const membership of holder.memberships.values()) this.#drop(holder, membership)
    if (holder.visit) {
      entries.push(holder.visit)
      this.#visits.delete(holder.visit)
    }
    this.#holders.delete(connection)
    return { owners: holder.owners, entries }
  }

  /** Those that were silent for too long; they are forgotten. */
  forgetSilent(now: number): Membership[] {
    const silent: Membership[] = []
    for (const membership of this.#memberships) {
      if (now - membership.heardAt < this.#limits.silentMs) break
      silent.push(membership)
    }
    for (const { connection, infoHash, peerId } of silent) this.left(connection, infoHash, peerId)
    return silent
  }

  #holder(connection: number): Holder {
    let holder = this.#holders.get(connection)
    if (!holder) {
      holder = { memberships: new Map(), pending: new Map(), owners: new Set(), visit: undefined }
      this.#holders.set(connection, holder)
    }
    return holder
  }

  #expect(holder: Holder, membership: Membership, request: AnnounceRequest): void {
    const former = holder.pending.get(request.infoHash)
    if (former) this.#settle(holder, former)
    const chars = charsOf(request)
    const isTooMuch = this.#pendingChars + chars > this.#limits.pendingCharsMax
    membership.pending = isTooMuch ? { ...request, offers: [] } : request
    this.#pendingChars += charsOf(membership.pending)
    holder.pending.set(request.infoHash, membership)
  }

  #settle(holder: Holder, membership: Membership): void {
    if (!membership.pending) return
    this.#pendingChars -= charsOf(membership.pending)
    membership.pending = undefined
    holder.pending.delete(membership.infoHash)
  }

  #drop(holder: Holder, membership: Membership): void {
    this.#settle(holder, membership)
    holder.memberships.delete(membership.infoHash + membership.peerId)
    this.#memberships.delete(membership)
  }

  #interned(told: ToldPointer): ToldPointer {
    const name = told.verdict + toLatin1(told.pointer.bytes)
    const known = this.#pointers.get(name)
    if (known) return known
    if (this.#pointers.size >= POINTERS_MAX) this.#pointers.clear()
    this.#pointers.set(name, told)
    return told
  }
}

/** What tells an owner of an entry, as if it had always known. An announce that nobody answered is said again in full. */
export function tellings(entry: Entry): ToOwner[] {
  const { connection } = entry
  if (entry.type === 'visit') {
    const { told, totals } = entry
    const pointer = { type: 'pointer', connection, told } as const
    return totals ? [pointer, { type: 'report', connection, totals, isCounted: true }] : [pointer]
  }
  const { infoHash, peerId, left, extensions, pending } = entry
  if (pending) return [{ type: 'message', connection, request: pending }]
  const counts = { peersWanted: 0, uploaded: 0, downloaded: 0 }
  const request = { type: 'announce', infoHash, peerId, ...counts, left, event: 'update', offers: [] } as const
  return [{ type: 'restore', connection, request: { ...request, ...(extensions && { extensions }) } }]
}

/** By what an entry is owned. */
export function nameOf(entry: Entry): string {
  return entry.type === 'visit' ? entry.told.pointer.key : entry.infoHash
}

function charsOf(request: AnnounceRequest): number {
  return request.offers.reduce((chars, { sdp }) => chars + sdp.length, 0)
}

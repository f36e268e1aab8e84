/**
 * The tracker's brain: messages in, replies out. PURE: no clock, no randomness of its own, no I/O.
 *
 * A peer id belongs to the connection that first used it (`takeovers.ts` tells what happens on conflict), and nobody
 * else speaks for it. Who is where is in `roster.ts`, who may signal whom in `relay.ts`.
 */
import { TRACKER_EXTENSIONS, TRACKER_MESSAGE_LIMITS } from '../src/protocol/tracker.ts'
import type { TrackerExtension, WireId } from '../src/protocol/tracker.ts'
import type { FailureReply } from '../src/protocol/tracker-reply.ts'
import type { AnnounceRequest, ScrapeRequest, TrackerRequest } from '../src/protocol/tracker-request.ts'
import { SITE_EXTENSIONS } from '../src/protocol/tracker-site.ts'
import type { SiteTotals } from '../src/protocol/tracker-site.ts'
import { SWARMS_DEFAULTS } from './options.ts'
import type { SwarmsLimits } from './options.ts'
import { Outbox } from './swarms/effects.ts'
import type { TrackerEffect } from './swarms/effects.ts'
import { Relay } from './swarms/relay.ts'
import { Roster } from './swarms/roster.ts'
import { Sites } from './swarms/sites.ts'
import type { SiteFigures, ToldPointer } from './swarms/sites.ts'
import type { Member, Peer } from './swarms/swarm.ts'
import { Takeovers } from './swarms/takeovers.ts'
import type { Takeover } from './swarms/takeovers.ts'

export type { TrackerEffect } from './swarms/effects.ts'

/** What comes over a connection. Connections are numbered by the caller, and no number is used twice. */
export type ConnectionInput =
  | { readonly type: 'message'; readonly connection: number; readonly request: TrackerRequest }
  | { readonly type: 'pointer'; readonly connection: number; readonly told: ToldPointer }
  | { readonly type: 'pong'; readonly connection: number }
  | { readonly type: 'closed'; readonly connection: number }

/** What the nodes of a cluster add to it: members and visitors that move to another owner, of which their clients notice nothing. */
export type MoveInput =
  /** As if it had announced so before, and been answered. */
  | { readonly type: 'restore'; readonly connection: number; readonly request: AnnounceRequest }
  | { readonly type: 'leave'; readonly connection: number; readonly infoHash: WireId; readonly peerId: WireId }
  /** What a visitor took of its site; in one process it comes with announces. `isCounted`: another owner has counted it. */
  | { readonly type: 'report'; readonly connection: number; readonly totals: SiteTotals; readonly isCounted?: boolean }
  | { readonly type: 'unvisit'; readonly connection: number }

export type TrackerInput = ConnectionInput | MoveInput | { readonly type: 'tick' }

export interface SwarmsOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly limits?: Partial<SwarmsLimits>
  /** Whether clients are lent ICE servers: `ice_servers` is listed then, and whoever holds the connection adds them. @default false */
  readonly lendsIceServers?: boolean
  /** Whether it knows sites: their extensions are listed then, and the caller judges pointers. @default false */
  readonly knowsSites?: boolean
}

export interface SwarmsStats {
  readonly swarms: number
  readonly seeds: number
  readonly leeches: number
  readonly peers: number
  readonly offersUnderWay: number
  /** Those that visitors took most of, first. */
  readonly sites: readonly SiteFigures[]
}

const NO_SITES: FailureReply = {
  type: 'failed',
  action: 'pointer',
  code: 'unknown-action',
  reason: 'This tracker takes no pointers.',
}

export class Swarms {
  readonly #limits: SwarmsLimits
  readonly #extensions: readonly TrackerExtension[]
  readonly #outbox = new Outbox()
  readonly #roster: Roster
  readonly #relay: Relay
  readonly #takeovers: Takeovers
  readonly #sites: Sites | undefined

  constructor({ random, limits, lendsIceServers = false, knowsSites = false }: SwarmsOptions) {
    this.#limits = { ...SWARMS_DEFAULTS, ...limits }
    const extensions = TRACKER_EXTENSIONS.filter(name => name !== 'ice_servers' || lendsIceServers)
    this.#extensions = knowsSites ? [...extensions, ...SITE_EXTENSIONS] : extensions
    this.#sites = knowsSites ? new Sites(this.#limits, this.#outbox) : undefined
    this.#roster = new Roster(this.#limits)
    this.#relay = new Relay(this.#limits, random, this.#outbox)
    this.#takeovers = new Takeovers(this.#limits)
  }

  /** When a `tick` is needed (ms); Infinity when none is. Old offers and silent members go with any input. */
  get deadline(): number {
    return Math.min(this.#takeovers.deadline, this.#sites?.deadline ?? Number.POSITIVE_INFINITY)
  }

  get stats(): SwarmsStats {
    return { ...this.#roster.stats, offersUnderWay: this.#relay.count, sites: this.#sites?.figures() ?? [] }
  }

  /** `now` in ms, never less than before. Effects are to be performed in order. */
  step(input: TrackerInput, now: number): TrackerEffect[] {
    this.#relay.expire(now)
    this.#roster.forgetSilent(now)
    for (const takeover of this.#takeovers.endDue(now)) {
      this.#outbox.close(takeover.holder)
      this.#roster.leaveAll(takeover.holder)
      this.#handOver(takeover, now)
    }
    this.#sites?.tellDue(now)
    switch (input.type) {
      case 'message':
        this.#receive(input.connection, input.request, now)
        break
      case 'pointer':
        if (this.#sites) this.#sites.receive(input.connection, input.told, now)
        else this.#outbox.refuse(input.connection, NO_SITES)
        break
      case 'pong':
        for (const { held, newcomer } of this.#takeovers.endOfHolder(input.connection)) {
          for (const request of held.values()) this.#refuseInUse(newcomer, request)
        }
        break
      case 'closed':
        this.#takeovers.endOfNewcomer(input.connection)
        this.#sites?.leave(input.connection)
        this.#roster.leaveAll(input.connection)
        for (const takeover of this.#takeovers.endOfHolder(input.connection)) this.#handOver(takeover, now)
        break
      case 'restore':
        this.#restore(input.connection, input.request, now)
        break
      case 'leave': {
        const peer = this.#roster.peer(input.peerId)
        if (peer?.connection.id === input.connection) this.#roster.leave(peer.members.get(input.infoHash))
        else this.#takeovers.forget(input.connection, input.peerId, input.infoHash)
        break
      }
      case 'report':
        this.#sites?.report(input.connection, input.totals, now, input.isCounted)
        break
      case 'unvisit':
        this.#sites?.leave(input.connection)
        break
      case 'tick':
        break
    }
    return this.#outbox.take()
  }

  #restore(connection: number, request: AnnounceRequest, now: number): void {
    const peer = this.#roster.peer(request.peerId)
    if (peer && peer.connection.id !== connection) return this.#claim(connection, request, peer, now)
    const member = this.#roster.join(connection, request, isSeeding(request), now)
    if (member) member.canTrickle = request.extensions?.includes('trickle') ?? false
  }

  #receive(connection: number, request: TrackerRequest, now: number): void {
    if (request.type === 'scrape') {
      this.#scrape(connection, request)
      return
    }
    const peer = this.#roster.peer(request.peerId)
    const isFree = peer === undefined
    const isOwn = peer?.connection.id === connection
    if (request.type === 'announce') {
      if (request.siteTotals) this.#sites?.report(connection, request.siteTotals, now)
      if (request.event === 'stopped') this.#stop(connection, request, peer, now)
      else if (isFree || isOwn) this.#announce(connection, request, now)
      else this.#claim(connection, request, peer, now)
      return
    }
    const member = isOwn ? peer.members.get(request.infoHash) : undefined
    if (!member) {
      this.#outbox.fail(connection, request, 'not-your-peer', 'Announce this peer id over this connection first.')
      return
    }
    switch (request.type) {
      case 'offer': {
        const target = this.#roster.peer(request.toPeerId)?.members.get(request.infoHash)
        this.#relay.dial(member, request, target, now)
        break
      }
      case 'answer':
        this.#relay.answer(member, request)
        break
      case 'candidate':
        this.#relay.candidate(member, request)
        break
    }
  }

  #announce(connection: number, request: AnnounceRequest, now: number): void {
    const { infoHash, peerId, extensions = [] } = request
    const isSeed = isSeeding(request)
    const wasLeech = this.#roster.peer(peerId)?.members.get(infoHash)?.isSeed === false
    const member = this.#roster.join(connection, request, isSeed, now)
    if (!member) {
      const reason = 'This tracker, or this connection, is in as many swarms as it may be. Try later or elsewhere.'
      this.#outbox.fail(connection, request, 'limit', reason)
      return
    }
    if (wasLeech && isSeed) member.swarm.downloads++
    member.canTrickle = extensions.includes('trickle')
    this.#reply(
      connection,
      request,
      extensions.includes('dial') ? this.#relay.name(member, request.peersWanted, now) : [],
    )
    this.#relay.spread(member, request.offers, now)
  }

  #stop(connection: number, request: AnnounceRequest, peer: Peer | undefined, now: number): void {
    const { infoHash, peerId } = request
    if (peer && peer.connection.id !== connection) {
      this.#takeovers.forget(connection, peerId, infoHash)
      this.#outbox.fail(connection, request, 'not-your-peer', 'This peer id belongs to another connection.')
      return
    }
    this.#roster.leave(peer?.members.get(infoHash))
    this.#reply(connection, request, [])
    const takeover = this.#roster.peer(peerId) ? undefined : this.#takeovers.end(peerId)
    if (takeover) this.#handOver(takeover, now)
  }

  #claim(connection: number, request: AnnounceRequest, holder: Peer, now: number): void {
    const outcome = this.#takeovers.hold(holder.connection.id, connection, request, now)
    if (outcome === 'ping') this.#outbox.ping(holder.connection.id)
    if (outcome === 'refused') this.#refuseInUse(connection, request)
  }

  /** As if the newcomer announced now: should the peer id have found another holder, that one is pinged in turn. */
  #handOver({ held, newcomer }: Takeover, now: number): void {
    for (const request of held.values()) this.#receive(newcomer, request, now)
  }

  #scrape(connection: number, request: ScrapeRequest): void {
    const swarms = []
    for (const infoHash of request.infoHashes ?? this.#roster.infoHashes()) {
      if (swarms.length >= TRACKER_MESSAGE_LIMITS.scrapeMax) break
      swarms.push(this.#roster.counts(infoHash))
    }
    this.#outbox.send(connection, { type: 'scraped', swarms })
  }

  #reply(connection: number, { infoHash, extensions }: AnnounceRequest, named: readonly Member[]): void {
    const { seeds, leeches } = this.#roster.counts(infoHash)
    this.#outbox.send(connection, {
      type: 'announced',
      infoHash,
      intervalSeconds: this.#limits.intervalSeconds,
      seeds,
      leeches,
      peers: named.map(({ peer }) => peer.peerId),
      trickling: named.filter(member => member.canTrickle).map(({ peer }) => peer.peerId),
      ...(extensions && { extensions: this.#extensions }),
    })
  }

  #refuseInUse(connection: number, request: AnnounceRequest): void {
    const reason = 'This peer id is in use over another connection that is alive.'
    this.#outbox.fail(connection, request, 'peer-id-in-use', reason)
  }
}

function isSeeding({ left, event }: AnnounceRequest): boolean {
  return left === 0 || event === 'completed'
}

/**
 * One torrent's place in the network: a session on each of its trackers, and a dialer that connects to the peers
 * they bring.
 */
import { fromLatin1 } from '../metainfo/bytes.ts'
import { TRACKER_LIMITS } from '../options.ts'
import type { JoinOptions, Membership, MembershipEvents } from '../ports.ts'
import { isWebRtcSupported } from './channel.ts'
import { Dialer } from './dialer.ts'
import type { Slots } from './slots.ts'
import type { TrackerEvents, TrackerSession, TrackerSocket } from './tracker-client.ts'

export interface MembershipContext {
  /** Ours; 20 characters of latin-1. */
  readonly peerId: string
  readonly slots: Slots
  readonly iceServers: readonly RTCIceServer[]
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined
  /** The one socket that all torrents of a client share. */
  socket(url: string): TrackerSocket
  /** Called once, when it is left. */
  left(membership: TorrentMembership): void
}

export class TorrentMembership implements Membership {
  readonly #context: MembershipContext
  readonly #dialer: Dialer
  readonly #sessions = new Set<TrackerSession>()
  #trackerIceServers: readonly RTCIceServer[] = []
  #leaving: Promise<void> | undefined

  constructor(options: JoinOptions, events: MembershipEvents, context: MembershipContext) {
    this.#context = context
    const peerId = fromLatin1(context.peerId) as Uint8Array
    this.#dialer = new Dialer(
      {
        peerId: context.peerId,
        slots: context.slots,
        greeting: () => ({ infoHash: options.infoHash, peerId, v2: options.v2() }),
        iceServers: () => [...context.iceServers, ...this.#trackerIceServers],
        iceTransportPolicy: context.iceTransportPolicy,
      },
      events,
    )
    const announcement = { infoHash: options.infoHash, totals: options.totals }
    // Who cannot be connected to is no peer: trackers need not know of it.
    const trackers = isWebRtcSupported ? options.trackers.slice(0, TRACKER_LIMITS.trackersMax) : []
    // One tracker may be named twice, and be written in two ways.
    const sockets = new Set(trackers.map(url => context.socket(url)))
    for (const socket of sockets) {
      const session: TrackerSession = socket.join(
        announcement,
        this.#trackerEvents(() => session, events),
      )
      this.#sessions.add(session)
    }
  }

  wanted(count: number): void {
    if (count === 0) this.#dialer.stopSpeculating()
    for (const session of this.#sessions) session.wanted(count)
  }

  completed(): void {
    for (const session of this.#sessions) session.completed()
  }

  dial(peerId: string): void {
    this.#dialer.dial(peerId)
  }

  accept(offer: number): void {
    this.#dialer.accept(offer)
  }

  refuse(offer: number): void {
    this.#dialer.refuse(offer)
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    // The trackers hear of it before the connections end: nobody should be sent here any more.
    const left = [...this.#sessions].map(session => session.leave())
    this.#sessions.clear()
    this.#dialer.close()
    this.#context.left(this)
    await Promise.allSettled(left)
  }

  #trackerEvents(session: () => TrackerSession, events: MembershipEvents): TrackerEvents {
    const dialer = this.#dialer
    return {
      found: (peerIds, trickling) => {
        const others = dialer.found(peerIds, trickling, session())
        if (others.length > 0) events.found(others)
      },
      gone: peerId => dialer.gone(peerId, session()),
      offer: offer => dialer.offer(offer, session()),
      answer: answer => dialer.answer(answer),
      candidate: candidate => dialer.candidate(candidate),
      makeOffers: count => dialer.makeOffers(count, session()),
      iceServers: servers => {
        this.#trackerIceServers = servers
      },
      status: status => events.tracker(status),
      warning: error => events.warning(error),
    }
  }
}

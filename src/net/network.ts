/**
 * The network of one client: a socket for each tracker, a bounded number of connections in the making, and a
 * membership for each torrent. Implements the port `Network`.
 */
import { ShoalError } from '../errors.ts'
import { fromLatin1 } from '../metainfo/bytes.ts'
import { TRACKER_LIMITS } from '../options.ts'
import type { JoinOptions, Membership, MembershipEvents, Network } from '../ports.ts'
import { isWebRtcSupported } from './channel.ts'
import { createDialer } from './dialer.ts'
import { Slots } from './slots.ts'
import { TrackerSocket } from './tracker-client.ts'
import type { TrackerEvents, TrackerTiming, WebSocketLike } from './tracker-types.ts'

export interface NetworkOptions {
  /** Ours, the same in every torrent: 20 characters of latin-1, a char a byte. */
  readonly peerId: string
  /** STUN and TURN servers. @default [] (peers on the same network, and those that trackers help to reach) */
  readonly iceServers?: readonly RTCIceServer[]
  /** `relay`: connections go through TURN only, and show no address of this machine. @default 'all' */
  readonly iceTransportPolicy?: RTCIceTransportPolicy
  /** The browser's, or that of `ws`. */
  readonly WebSocket: new (
    url: string,
  ) => WebSocketLike
  /** 0 ≤ x < 1: spreads announces and reconnects. @default Math.random */
  readonly random?: () => number
  /** For tests and unusual networks. */
  readonly trackerTiming?: Partial<TrackerTiming>
}

/** A network that nothing has been sent on yet. */
export function createNetwork(options: NetworkOptions): Network {
  const { peerId, iceServers = [], iceTransportPolicy, WebSocket, random = Math.random, trackerTiming } = options
  const slots = new Slots()
  /** By their addresses, written in one way: all torrents of a client share a socket. */
  const sockets = new Map<string, TrackerSocket>()
  const memberships = new Set<Membership>()

  function socketAt(url: string): TrackerSocket {
    const key = URL.canParse(url) ? new URL(url).href : url
    const socket = sockets.get(key) ?? new TrackerSocket({ url, peerId, WebSocket, random, timing: trackerTiming })
    sockets.set(key, socket)
    return socket
  }

  function join(torrent: JoinOptions, events: MembershipEvents): Membership {
    const { infoHash, v2 } = torrent
    const peerIdBytes = fromLatin1(peerId)!
    let trackerIceServers: readonly RTCIceServer[] = []
    const dialer = createDialer(
      {
        peerId,
        slots,
        greeting: () => ({ infoHash, peerId: peerIdBytes, v2: v2() }),
        iceServers: () => [...iceServers, ...trackerIceServers],
        iceTransportPolicy,
      },
      events,
    )
    const trackerEvents: TrackerEvents = {
      ...dialer,
      iceServers(servers) {
        trackerIceServers = servers
      },
      status: status => events.tracker(status),
      warning: error => events.warning(error),
    }
    // Who cannot be connected to is no peer: trackers need not know of it. One tracker may be named twice.
    const trackers = isWebRtcSupported ? torrent.trackers.slice(0, TRACKER_LIMITS.trackersMax) : []
    const sessions = [...new Set(trackers.map(socketAt))].map(socket => socket.join(torrent, trackerEvents))
    const membership: Membership = {
      dial: dialer.dial,
      accept: dialer.accept,
      refuse: dialer.refuse,
      wanted(count) {
        if (count === 0) dialer.stopSpeculating()
        for (const session of sessions) session.wanted(count)
      },
      completed() {
        for (const session of sessions) session.completed()
      },
      async leave() {
        // The trackers hear of it before the connections end: nobody should be sent here any more.
        const left = sessions.map(session => session.leave())
        dialer.close()
        memberships.delete(membership)
        await Promise.allSettled(left)
      },
    }
    memberships.add(membership)
    if (!isWebRtcSupported) {
      const sentence = 'This browser has no WebRTC, or it was turned off: only web seeds can be used.'
      queueMicrotask(() => events.warning(new ShoalError('no-webrtc', sentence)))
    }
    return membership
  }

  return {
    join,
    async close() {
      // The last to leave a tracker closes its socket.
      await Promise.all([...memberships].map(membership => membership.leave()))
    },
  }
}

/**
 * The network of one client: a socket for each tracker, a bounded number of connections in the making, and a
 * membership for each torrent. Implements the port `Network`.
 */
import { ShoalError } from '../errors.ts'
import type { JoinOptions, Membership, MembershipEvents, Network } from '../ports.ts'
import { isWebRtcSupported } from './channel.ts'
import { type MembershipContext, TorrentMembership } from './membership.ts'
import { Slots } from './slots.ts'
import { TrackerSocket } from './tracker-client.ts'
import type { TrackerTiming, WebSocketLike } from './tracker-types.ts'

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
  return new WebRtcNetwork(options)
}

class WebRtcNetwork implements Network {
  readonly #options: NetworkOptions
  readonly #context: MembershipContext
  readonly #sockets = new Map<string, TrackerSocket>()
  readonly #memberships = new Set<TorrentMembership>()

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#context = {
      peerId: options.peerId,
      slots: new Slots(),
      iceServers: options.iceServers ?? [],
      iceTransportPolicy: options.iceTransportPolicy,
      socket: url => this.#socket(url),
      left: membership => this.#memberships.delete(membership),
    }
  }

  join(options: JoinOptions, events: MembershipEvents): Membership {
    const membership = new TorrentMembership(options, events, this.#context)
    this.#memberships.add(membership)
    if (!isWebRtcSupported) {
      const sentence = 'This browser has no WebRTC, or it was turned off: only web seeds can be used.'
      queueMicrotask(() => events.warning(new ShoalError('no-webrtc', sentence)))
    }
    return membership
  }

  async close(): Promise<void> {
    await Promise.all([...this.#memberships].map(membership => membership.leave()))
    await Promise.all([...this.#sockets.values()].map(socket => socket.close()))
    this.#sockets.clear()
  }

  #socket(url: string): TrackerSocket {
    const key = normalise(url)
    const known = this.#sockets.get(key)
    if (known !== undefined) return known
    const { peerId, WebSocket, random = Math.random, trackerTiming } = this.#options
    const socket = new TrackerSocket({ url, peerId, WebSocket, random, timing: trackerTiming })
    this.#sockets.set(key, socket)
    return socket
  }
}

/** One tracker may be written in several ways. */
function normalise(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url
}

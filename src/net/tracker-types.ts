/**
 * What the network needs from trackers: one socket for each tracker, one session for each torrent on it.
 */
import type { ShoalError } from '../errors.ts'
import type { TRACKER_CLIENT_DEFAULTS } from '../options.ts'
import type { TrackerStatus } from '../ports.ts'
import type { Candidate } from '../protocol/tracker.ts'

export type { Candidate as IceCandidate } from '../protocol/tracker.ts'

/** As much of a WebSocket as is used; the browser's and `ws`'s both fit. */
export interface WebSocketLike {
  readonly readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(text: string): void
  close(): void
  /** Node only: ends a connection whose other side does not answer the close. */
  terminate?(): void
}

export interface TrackerClientOptions {
  /** `ws:` or `wss:`. For any other scheme every `join` gets one warning, and nothing else happens. */
  readonly url: string
  /** Our peer id: 20 characters of latin-1, a char a byte. */
  readonly peerId: string
  readonly WebSocket: new (url: string) => WebSocketLike
  /** 0 ≤ x < 1: spreads reconnects and announces. */
  readonly random: () => number
  /** Overrides of `TRACKER_CLIENT_DEFAULTS`, for tests and unusual networks. */
  readonly timing?: Partial<TrackerTiming> | undefined
}

/** Milliseconds. The defaults and their reasons are in `TRACKER_CLIENT_DEFAULTS`. */
export type TrackerTiming = { readonly [K in keyof typeof TRACKER_CLIENT_DEFAULTS]: number }

export interface Announcement {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** Asked at every announce. `left` is null while the length is unknown. */
  totals(): { uploaded: number; downloaded: number; left: number | null }
}

/** An offer or an answer. `trickle`: candidates follow, or may follow. */
export interface Description {
  /** 20 characters of latin-1, chosen by the offerer. */
  readonly offerId: string
  readonly sdp: string
  readonly trickle: boolean
}

/** A description that came from another peer. */
export interface Signal extends Description {
  readonly peerId: string
}

export type OutgoingSignal = { readonly toPeerId: string } & (
  | ({ readonly type: 'offer' | 'answer' } & Description)
  | { readonly type: 'candidate'; readonly offerId: string; readonly candidate: Candidate }
)

/** What a tracker brings. None of these is called before `join` has returned. */
export interface TrackerEvents {
  /**
   * The tracker named peers to dial, or none, and counts so many members, us included; NaN: it does not say. Only those in `trickling`
   * take candidates after the offer: an offer to any other must carry its candidates.
   */
  found(peerIds: readonly string[], trickling: ReadonlySet<string>, members: number, session: TrackerSession): void
  /** A peer that was dialled cannot be reached through this tracker now: it has gone, or the socket is down. */
  gone?(peerId: string, session: TrackerSession): void
  /** A peer offers a connection. */
  offer(offer: Signal, session: TrackerSession): void
  /** A peer answers an offer of ours. */
  answer(answer: Signal): void
  candidate(candidate: { offerId: string; peerId: string; candidate: Candidate }): void
  /** The tracker has no `dial`: resolves with at most `count` offers that carry their candidates. Never rejects. */
  makeOffers(count: number, session: TrackerSession): Promise<{ offerId: string; sdp: string }[]>
  /** STUN and TURN servers of the tracker's operator. */
  iceServers(servers: readonly RTCIceServer[]): void
  status(status: TrackerStatus): void
  /** Something a person may want to know; the client keeps trying where that makes sense. */
  warning(error: ShoalError): void
}

/** One torrent on one tracker. What cannot be sent now is dropped: signaling is tried again by who started it. */
export interface TrackerSession {
  /** How many more peers could be used now. A rise from zero announces again soon. */
  wanted(count: number): void
  /** This peer has become a seed. */
  completed(): void
  /**
   * Brings an offer to a peer that `found` named, an answer to one that offered, or a candidate after either.
   * `trickle` only toward those that have it.
   */
  signal(signal: OutgoingSignal): void
  /** Says `stopped` and forgets the torrent. The last to leave closes the socket. */
  leave(): Promise<void>
}

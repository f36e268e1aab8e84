/**
 * The ports: what the session needs from the outside world, and nothing more.
 *
 * `net/` and `store/` implement these; `session.ts` consumes them; neither side knows the other. Each port has
 * one contract suite in `test/contract/`, passed by every adapter.
 */
import type { FileSlice, Layout } from './metainfo/layout.ts'
import type { PeerFeatures, WireMessage } from './protocol/wire.ts'
import type { ShoalError } from './errors.ts'

// ---------------------------------------------------------------------------------------------- network

/** The network of one client: trackers, signaling and WebRTC. All torrents share its sockets. */
export interface Network {
  /** Joins the swarm of one torrent on every given tracker. Never throws; failures arrive as `warning`. */
  join(options: JoinOptions, events: MembershipEvents): Membership
  /** Leaves every swarm (saying `stopped` to the trackers) and closes every socket and connection. */
  close(): Promise<void>
}

export interface JoinOptions {
  /** 20 bytes: the v1 infohash, or the truncated v2 infohash of a v2-only torrent. */
  readonly infoHash: Uint8Array
  readonly trackers: readonly string[]
  /** Asked at every announce. `left` is null until the layout is known. */
  readonly totals: () => { uploaded: number; downloaded: number; left: number | null }
  /** Whether we can speak v2 for this torrent: sets the v2 bit of the handshake (hybrid and v2). */
  readonly v2: () => boolean
}

/** One torrent's place in the network. */
export interface Membership {
  /**
   * How many more peers the swarm could use now (0: none). Trackers without `dial` get at most this many
   * offers with the next announce; a rise from zero announces again, no sooner than the trackers allow.
   */
  wanted(count: number): void
  /** Tells the trackers that this peer has become a seed. */
  completed(): void
  /** Opens a connection to a peer that a tracker named. Ends in `opened` or `failed`. */
  dial(peerId: string): void
  /** Answers or ignores an offer from `offered`. Accepting ends in `opened` or `failed`. */
  accept(offer: number): void
  refuse(offer: number): void
  /** Stops announcing, closes what is pending and every open connection of this torrent. */
  leave(): Promise<void>
}

export interface MembershipEvents {
  /**
   * A tracker named peers that can be dialled, or none, and counts so many members, us included; NaN: it does not say. Peer ids are
   * 20-character latin-1 strings, a char a byte.
   */
  found(peerIds: readonly string[], members: number): void
  /** A peer offers a connection. Every offer must be answered by `accept` or `refuse`. */
  offered(offer: number, peerId: string): void
  /** A connection is open and the handshakes match this infohash. */
  opened(connection: PeerConnection): void
  /** A dialled or accepted connection did not come about. */
  failed(peerId: string): void
  /** Something a person may want to know; the network keeps trying. */
  warning(error: ShoalError): void
  /** The state of a tracker changed. */
  tracker(status: TrackerStatus): void
}

export interface TrackerStatus {
  readonly url: string
  readonly state: 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'closed'
  /** Seeds and leeches that the tracker counts, this peer included. */
  readonly seeds?: number
  readonly leeches?: number
  /** When the next attempt is due, in ms from now, while reconnecting. */
  readonly retryMs?: number
  readonly error?: ShoalError
}

/** An open connection to a peer, past the handshake. Messages are whole, checked for form and bounds. */
export interface PeerConnection {
  /** 20-character latin-1 string. */
  readonly peerId: string
  /** True on the side that made the WebRTC offer. */
  readonly initiator: boolean
  readonly features: PeerFeatures
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedBytes: number
  /** Starts the flow of events; messages that came before are kept until then. Called once. */
  start(events: PeerConnectionEvents): void
  /** The piece count bounds what lengths and indices are acceptable; before it is known, bitfields are kept back by the sender. */
  setPieceCount(count: number): void
  send(message: WireMessage<Uint8Array>): void
  /** `writable` is raised when buffered bytes fall to this mark. */
  setLowWaterMark(bytes: number): void
  close(reason: string): void
  /** Kinds of the candidates in use, where known: for diagnostics, without addresses. */
  readonly route?: { local: string; remote: string; relayed: boolean }
}

export interface PeerConnectionEvents {
  message(message: WireMessage<Uint8Array>): void
  /** The send buffer fell to the low-water mark. */
  writable(bufferedBytes: number): void
  /** Exactly once, after which nothing else comes. */
  closed(reason: string): void
}

// ----------------------------------------------------------------------------------------------- origin

/** Fetches byte ranges of a torrent's files from web seeds (BEP 19). */
export interface Origin {
  /**
   * Fetches pieces `first` (inclusive) to `end` (exclusive) and hands each to `piece` as soon as it is whole,
   * in order. Resolves when all were delivered; rejects with a ShoalError: `aborted`, or
   * `web-seed-failed`, whose details hold `retryable: boolean`.
   */
  fetch(request: OriginRequest, piece: (index: number, bytes: Uint8Array) => void): Promise<void>
}

export interface OriginRequest {
  readonly url: string
  readonly layout: Layout
  /** Name of the torrent, appended to a URL that ends in '/' (BEP 19). */
  readonly name: string
  readonly first: number
  readonly end: number
  readonly signal: AbortSignal
}

// ------------------------------------------------------------------------------------------------ store

/** Names a piece to a store: by content for stores that keep values, by place for stores that keep files. */
export interface PieceRef {
  readonly piece: number
  /** `<scope>/<v2 root hex>/<offset>/<length>`, or `<scope>/<infohash hex>/<piece>` while only SHA-1 vouches. */
  readonly key: string
  /** Data bytes (padding excluded). */
  readonly length: number
  readonly slices: readonly FileSlice[]
}

/** Where the pieces of one torrent rest. The session verifies every byte it reads from one. */
export interface PieceStore {
  /** Presence says nothing about content (plain files): the session hashes what is there at opening. */
  readonly recheck: boolean
  has(refs: readonly PieceRef[]): Promise<boolean[]>
  /** undefined: not there, or torn. */
  read(ref: PieceRef): Promise<Uint8Array | undefined>
  /** Writes all or, where the medium can, none. @throws ShoalError `quota` or `store-failed` */
  write(entries: readonly { ref: PieceRef; bytes: Uint8Array }[]): Promise<void>
  remove(refs: readonly PieceRef[]): Promise<void>
  close(): Promise<void>
}

/** A torrent that a client remembers across reloads. */
export interface TorrentRecord {
  /** Hex of the 20-byte wire infohash. */
  readonly infoHash: string
  /** The whole `.torrent`, piece layers included as far as they are known. */
  readonly metainfo: Uint8Array
  /** The user wants it back after a reload (`restore()`); others are remembered so that adding them again goes on. */
  readonly isKept?: boolean
  /** What was seeded: file handles where the browser has them, else the files themselves. Absent for downloads. */
  readonly sources?: readonly { readonly path: string; readonly data: Blob | FileSystemFileHandle }[]
  /** Milliseconds since the epoch. */
  readonly addedAt: number
}

/** The storage of one client. */
export interface Store {
  open(torrent: { infoHash: string; layout: Layout }): Promise<PieceStore>
  remember(record: TorrentRecord): Promise<void>
  recall(infoHash: string): Promise<TorrentRecord | undefined>
  recallAll(): Promise<TorrentRecord[]>
  forget(infoHash: string): Promise<void>
  close(): Promise<void>
}

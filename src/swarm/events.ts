/**
 * The seam of a swarm, whole: what goes in and what comes out.
 *
 * A swarm is one synchronous state machine. It reads no clock and does no I/O; the session (or a simulator)
 * hands it inputs with the time and performs the effects it returns. Every `check`, `load`, `save`, `hash` and
 * `fetch` carries an id and ends in exactly one closing input with that id (`checked`, `loaded`, `saved`,
 * `hashed`, `fetch-ended`), cancelled or not.
 *
 * `Body` is the bytes of one or more blocks: a `Uint8Array` in life, a token in simulation.
 */
import type { ShoalError } from '../errors.ts'
import type { Metainfo } from '../metainfo/metainfo.ts'
import type { PeerFeatures, WireMessage } from '../protocol/wire.ts'

/** What the swarm needs to know about a `Body`. */
export interface BodyOps<Body> {
  /** Bytes. */
  length(body: Body): number
  /** Without copying where possible. */
  slice(body: Body, begin: number, end: number): Body
  equal(a: Body, b: Body): boolean
  /** `length` zero bytes. */
  zeros(length: number): Body
  /** One body of these, in order. */
  concat(bodies: readonly Body[]): Body
}

export type Input<Body> =
  // peers
  /** `members`: how many the tracker counts, us included; NaN: it does not say. */
  | { readonly type: 'found'; readonly peerIds: readonly string[]; readonly members: number }
  | { readonly type: 'offered'; readonly offer: number; readonly peerId: string }
  | {
      readonly type: 'opened'
      /** A handle of the session's choosing, never used twice. */
      readonly peer: number
      readonly peerId: string
      readonly initiator: boolean
      readonly features: PeerFeatures
    }
  | { readonly type: 'failed'; readonly peerId: string }
  | { readonly type: 'closed'; readonly peer: number }
  | { readonly type: 'message'; readonly peer: number; readonly message: WireMessage<Body> }
  /** The connection's send buffer fell to this many bytes. */
  | { readonly type: 'writable'; readonly peer: number; readonly bufferedBytes: number }
  // the ends of effects
  /**
   * `good`: every hash that was asked for matches. `bad`: the piece is not what the torrent says; `badUnits` lists
   * the 16 KiB units whose leaf hash differs, where leaves were given. `inconsistent`: one half of a hybrid matches and the
   * other does not. `root` is the piece's SHA-256 subtree root, for v2 and hybrid.
   */
  | {
      readonly type: 'checked'
      readonly id: number
      readonly result: 'good' | 'bad' | 'inconsistent'
      readonly body?: Body
      readonly root?: Uint8Array
      readonly badUnits?: readonly number[]
    }
  | { readonly type: 'saved'; readonly id: number }
  /** No body: the store no longer has it, or it did not verify. */
  | { readonly type: 'loaded'; readonly id: number; readonly body?: Body }
  /** Leaf hashes of a piece, 32 bytes each, padding leaves included. */
  | { readonly type: 'hashed'; readonly id: number; readonly leaves?: Uint8Array }
  | { readonly type: 'fetched'; readonly id: number; readonly piece: number; readonly body: Body }
  | { readonly type: 'fetch-ended'; readonly id: number; readonly failed?: 'retry' | 'permanent' }
  /** What is remembered of a torrent that was here before: no peer is needed to know its files. */
  | { readonly type: 'metainfo'; readonly metainfo: Metainfo }
  /** Ends `open`: which pieces are in the store, one bit a piece. May come again when others have put more there. */
  | { readonly type: 'resumed'; readonly have: Uint8Array }
  /** A piece that was thought to be in the store is not, or did not verify. */
  | { readonly type: 'lost'; readonly piece: number }
  // the user
  | ({ readonly type: 'want' } & Want)
  | { readonly type: 'unwant'; readonly id: number }
  | { readonly type: 'policy'; readonly policy: Partial<Policy> }
  // the client
  | { readonly type: 'granted'; readonly share: Share }
  | { readonly type: 'tick' }

/** A run of pieces that somebody wants. A piece's priority is the highest of the wants that cover it. */
export interface Want {
  /** Of the session's choosing; a second want with the same id replaces the first. */
  readonly id: number
  readonly first: number
  /** Exclusive. */
  readonly end: number
  /** 1 (last) to 7 (first). */
  readonly priority: number
  /**
   * Set for streaming: pieces are fetched in order, before any want without a deadline. The first is due at
   * `at` (ms, the swarm's clock), each next one `stepMs` later.
   */
  readonly deadline?: { readonly at: number; readonly stepMs: number }
}

export interface Policy {
  /** Nothing is requested or sent; connections stay. @default false */
  readonly isPaused: boolean
  /** Whether blocks are sent to peers. @default true */
  readonly isUploading: boolean
}

/** A swarm's share of what all swarms of a client have together. See `budget.ts`. */
export interface Share {
  /** Open and pending connections. */
  readonly connectionsMax: number
  /** Peers unchoked at a time. */
  readonly unchokesMax: number
  /** Infinity: no cap. */
  readonly uploadBytesPerSecond: number
  /** Bytes of unfinished, unchecked and unsaved pieces. */
  readonly bufferBytesMax: number
}

/** What a swarm could make use of. */
export interface Demand {
  readonly connections: number
  readonly unchokes: number
  readonly isDownloading: boolean
}

export type Effect<Body> =
  | { readonly type: 'send'; readonly peer: number; readonly message: WireMessage<Body> }
  | { readonly type: 'close'; readonly peer: number; readonly reason: string }
  /** Raise `writable` when the send buffer falls to this many bytes. */
  | { readonly type: 'low-water'; readonly peer: number; readonly bytes: number }
  | { readonly type: 'dial'; readonly peerId: string }
  | { readonly type: 'accept'; readonly offer: number }
  | { readonly type: 'refuse'; readonly offer: number }
  /** How many more peers could be used now; sent when it changes. */
  | { readonly type: 'wanted'; readonly count: number }
  /**
   * Check a received piece. `units` are its 16 KiB units in order. Compare every hash that is given; also compute
   * the subtree root for v2 and hybrid torrents. `leaves`, when given, are trusted leaf hashes: say which units differ.
   */
  | {
      readonly type: 'check'
      readonly id: number
      readonly piece: number
      readonly units: readonly Body[]
      readonly sha1?: Uint8Array
      readonly root?: Uint8Array
      readonly leaves?: Uint8Array
    }
  /** Keep a verified piece. `proof` says which hash vouches for it. */
  | {
      readonly type: 'save'
      readonly id: number
      readonly piece: number
      readonly body: Body
      readonly proof: 'sha1' | 'sha256'
    }
  /** Read a run of bytes of a verified piece. */
  | {
      readonly type: 'load'
      readonly id: number
      readonly piece: number
      readonly begin: number
      readonly length: number
    }
  /** Compute the leaf hashes of a piece that we have. */
  | { readonly type: 'hash'; readonly id: number; readonly piece: number }
  /** Fetch pieces `first` to `end` (exclusive) from a web seed. */
  | { readonly type: 'fetch'; readonly id: number; readonly url: string; readonly first: number; readonly end: number }
  /** Stop a fetch; its `fetch-ended` still comes. */
  | { readonly type: 'cancel-fetch'; readonly id: number }
  /** The layout is known: open the store and answer with `resumed`. */
  | { readonly type: 'open'; readonly metainfo: Metainfo }
  | { readonly type: 'ask'; readonly demand: Demand }
  | { readonly type: 'report'; readonly report: Report }

/** What a person or a program may want to know. */
export type Report =
  /** A piece was verified. */
  | { readonly type: 'piece'; readonly piece: number; readonly source: 'peers' | 'origin' }
  /** Every piece that is wanted is there. */
  | { readonly type: 'done' }
  /** Something is missing again (more was wanted, or a piece was lost). */
  | { readonly type: 'undone' }
  /** A piece failed its check and was thrown away. */
  | { readonly type: 'damaged'; readonly piece: number }
  | { readonly type: 'banned'; readonly peerId: string; readonly reason: string }
  /** The halves of a hybrid disagree; the swarm has stopped. */
  | { readonly type: 'inconsistent'; readonly piece: number }
  /** Connected peers do not have what is missing; `pieces` of them are nowhere. */
  | { readonly type: 'unavailable'; readonly pieces: number }
  | { readonly type: 'web-seed-failed'; readonly url: string }
  /** The metadata is what the infohash says and still no valid torrent; the swarm has stopped. */
  | { readonly type: 'unreadable'; readonly error: ShoalError }
  /** A file's piece hashes were received and proven. */
  | { readonly type: 'layer'; readonly file: number }
  /** Peers came or went, or their state changed. */
  | { readonly type: 'peers' }

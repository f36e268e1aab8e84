/**
 * Every option and limit of the library with its default, unit and reason. Plain data.
 * Limits that belong to one room are grouped under its name.
 */

/** Bytes of a Merkle leaf, and the smallest block (BEP 52, BEP 3). */
export const BLOCK_BYTES = 16 * 1024

/** Bytes of the largest request that WebTorrent and Shoal serve; one byte more disconnects WebTorrent. */
export const REQUEST_BYTES_MAX = 128 * 1024

/** Prefix of our peer ids (BEP 20): client `SH`, version 0.1.0. */
export const PEER_ID_PREFIX = '-SH0100-'

/** Limits of what is read from strangers. */
export const METAINFO_LIMITS = {
  /** Nesting of bencode; metainfo needs about ten, file trees more. */
  depthMax: 32,
  /** Bytes of an info dict accepted from peers (BEP 9 has none; libtorrent takes 3 MB, large v1 folders need more). */
  metadataBytesMax: 10 * 1024 * 1024,
  /** Smallest v2 piece (BEP 52). */
  pieceLengthMin: 16 * 1024,
  /** Largest piece: it must be held in memory whole to be checked. */
  pieceLengthMax: 64 * 1024 * 1024,
  /** Files in one torrent. */
  filesMax: 200_000,
  /** Pieces in one torrent: bounds bitfields at 512 KiB. */
  piecesMax: 4_194_304,
} as const

/** How torrents are made. */
export const CREATE_DEFAULTS = {
  /** Largest piece length chosen on our own: one IndexedDB value, and a third of a second at 3 MB/s. */
  pieceLengthMax: 1024 * 1024,
  /** Largest share of padding that a piece length may cost a hybrid. */
  paddingShareMax: 0.05,
  /** A folder that no piece length pads within this share is made v2-only. */
  paddingShareHybridMax: 0.25,
} as const

/** Limits of the peer wire. */
export const WIRE_LIMITS = {
  /** Requests that a peer may have queued with us; more are rejected. Advertised as `reqq`. */
  requestsQueuedMax: 256,
  /** Hashes in one hash request (BEP 52 recommends 512). */
  hashesMax: 512,
  /** Bytes of an extended handshake. */
  extendedHandshakeBytesMax: 16 * 1024,
} as const

/** Limits of the signaling with trackers, on the client's side. */
export const TRACKER_LIMITS = {
  /** Bytes of one tracker message. */
  messageBytesMax: 64 * 1024,
  /** Characters of an SDP. */
  sdpBytesMax: 16 * 1024,
  /** Offers in one announce to a tracker without `dial`. */
  offersMax: 5,
  /** RTCPeerConnections that are not open yet, for a whole client. */
  pendingConnectionsMax: 10,
  /** Candidates trickled after one offer. */
  candidatesMax: 20,
} as const

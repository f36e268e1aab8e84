/**
 * What is accepted from strangers: files, peers, trackers and servers. Plain data; part of `options.ts`.
 *
 * Limits are read one by one, never taken apart by `const { a, b } =`: so the bundle has their values alone.
 */

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
  /** Names in one path: folders and the file. */
  pathComponentsMax: 32,
  /** Bytes of one name (UTF-8): file systems hold 255; room is left for a suffix. Longer ones are cut. */
  nameBytesMax: 240,
  /** Characters of one path: macOS holds 1,024 bytes. */
  pathCharactersMax: 1024,
  /** Characters of all paths of a torrent together. */
  pathsCharactersMax: 64 * 1024 * 1024,
  /** Trackers, and web seeds, that are kept of one torrent or magnet. */
  urlsMax: 64,
  /** Characters of one tracker or web seed URL. */
  urlCharactersMax: 2048,
  /** Characters of a magnet link. */
  magnetCharactersMax: 16 * 1024,
} as const

/** Limits of the peer wire. */
export const WIRE_LIMITS = {
  /** Requests that a peer may have queued with us; more are rejected. Advertised as `reqq`. */
  requestsQueuedMax: 256,
  /** Requests without an answer, rejects included, that end a connection: nobody who honours `reqq` comes near. */
  requestsUnansweredMax: 4096,
  /** The most that another's `reqq` is believed. */
  requestsAdvertisedMax: 4096,
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
  /** How many of them may be offers that nobody has answered, and for how long each is left to be answered. */
  speculationsMax: 6,
  speculationMinMs: 5_000,
  /** Trackers of one torrent; magnets and torrents may name any number. */
  trackersMax: 10,
  /** Peers that trackers named, remembered with the way to reach them, for one torrent. */
  pathsMax: 1_000,
  /** Connections being made or waiting for their turn, for one torrent. */
  attemptsMax: 64,
  /** Offers waiting for the swarm's word; it answers at once. */
  offersWaitingMax: 32,
  /** Candidates trickled after one offer. */
  candidatesMax: 20,
} as const

/** Limits of one WebRTC connection and its data channel. */
export const CHANNEL_LIMITS = {
  /** Bytes of messages that leave together with others of the same turn. */
  joinedBytesMax: 1024,
  /** How long a description waits for its candidates, where they cannot follow it. */
  gatheringMs: 1_000,
  /** Node: how long an answerer leaves the first connectivity checks to the offerer. See `net/node-peer.ts`. */
  candidatesHeldMs: 250,
  /** Bytes of one data-channel message: dcSCTP takes no more, whatever the other side says. */
  messageBytesMax: 256 * 1024,
  /** The same for a side that does not say (RFC 8841), and the least that is believed. */
  messageBytesDefault: 64 * 1024,
  messageBytesMin: 1024,
  /** From this round trip on a path is long, and is sent to in bursts of so many bytes, in messages of so many, so often. */
  longPathMs: 10,
  burstBytes: 48 * 1024,
  burstMs: 4,
  pacedMessageBytes: 16 * 1024,
  /** Bytes of messages that keep dcSCTP going: four packets. */
  kickBytes: 4_700,
  /** Bytes in the send buffer that end a connection; Chromium throws at 16 MiB. */
  bufferedBytesMax: 15 * 1024 * 1024,
  /** With so much in the send buffer a peer is taken for one that does not read. */
  unreadBytes: 64 * 1024,
  /** From the answer to an open channel, and from there to the peer's handshake. */
  openTimeoutMs: 20_000,
  handshakeTimeoutMs: 10_000,
  /** How long the side that did not make the offer waits for the other's handshake before it sends its own. */
  greetingWaitMs: 1_000,
  /**
   * How long an offer that a tracker without `dial` handed to somebody waits for that peer's answer before it is
   * handed out again, and how long it lives: Chromium makes only some 500 connections before it collects garbage.
   */
  speculationReuseMs: 45_000,
  speculationMs: 600_000,
  /** A keep-alive is sent when nothing else was for this long: libtorrent drops silent peers after 120 s. */
  keepAliveMs: 60_000,
  /** Bytes of messages kept for a connection whose events have not been started. */
  unstartedBytesMax: 1024 * 1024,
  /** Rejects in the send buffer that end a connection: it asks without reading. */
  rejectsUnsentMax: 4096,
} as const

/** Limits of fetching from web seeds. */
export const ORIGIN_LIMITS = {
  /** A request that brings nothing for this long is ended, and may be tried again. */
  idleTimeoutMs: 20_000,
  /** Requests of one fetch at a time: folders of small files would otherwise cost a round trip each. */
  requestsMax: 4,
  /** Bytes thrown away at most to get to a range, from a server that sends the whole file. */
  skippedBytesMax: 16 * 1024 * 1024,
} as const

/** Bounds of tracker messages that both sides hold: beyond them a message is refused. */
export const TRACKER_MESSAGE_LIMITS = {
  /** Offers in one announce; WebTorrent sends five, older versions ten. */
  offersMax: 10,
  /** Peers that a reply names, and the most that `numwant` asks for. */
  peersMax: 20,
  /** Infohashes in one scrape, and swarms in its reply: the reply stays within one message. */
  scrapeMax: 300,
  /** Characters of a candidate line; real ones take 60 to 200. */
  candidateCharsMax: 512,
  /** Names of extensions in one message. */
  extensionsMax: 16,
  /** STUN and TURN servers in one reply; browsers warn above five. */
  iceServersMax: 8,
  /** Characters of a failure reason that are kept. */
  reasonCharsMax: 200,
} as const

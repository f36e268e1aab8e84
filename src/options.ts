/**
 * Every option and limit of the library with its default, unit and reason. Plain data.
 * Limits that belong to one room are grouped under its name.
 */
export * from './limits.ts'

/** Bytes of a Merkle leaf, and the smallest block (BEP 52, BEP 3). */
export const BLOCK_BYTES = 16 * 1024

/** Bytes of the largest request that WebTorrent and Shoal serve; one byte more disconnects WebTorrent. */
export const REQUEST_BYTES_MAX = 128 * 1024

/** Prefix of our peer ids (BEP 20): client `SH`, version 0.1.0. */
export const PEER_ID_PREFIX = '-SH0100-'

/** How torrents are made. */
export const CREATE_DEFAULTS = {
  /** Largest piece length chosen on our own: one IndexedDB value, and a third of a second at 3 MB/s. */
  pieceLengthMax: 1024 * 1024,
  /** Largest share of padding that a piece length may cost a hybrid. */
  paddingShareMax: 0.05,
  /** A folder that no piece length pads within this share is made v2-only. */
  paddingShareHybridMax: 0.25,
} as const

/** How a swarm behaves. Every figure can be set per swarm, so that simulations can move it. */
export const SWARM_DEFAULTS = {
  /** Bytes of a unit: what is asked for, blamed and thrown away at the least. */
  unitBytes: BLOCK_BYTES,
  /** Bytes of one request toward clients known to serve it (`-SH`, `-WW`). */
  requestBytesMax: REQUEST_BYTES_MAX,
  /** Bytes of one request to a peer whose rate is not known yet: a slow one must be able to answer in time. */
  requestStartBytes: 32 * 1024,
  /**
   * Pieces that every peer has, and that are wanted alike, are fetched in aligned runs of this many bytes: torrents of small
   * pieces are then read and stored in ranges that files and databases are fast at. Pieces that somebody lacks are fetched in
   * random order, so that peers have different ones to trade.
   */
  runBytes: 1024 * 1024,
  /** Bytes in flight toward a peer before anything is known of its rate. */
  windowStartBytes: 256 * 1024,
  /** Bytes in flight toward one peer at the most: 2 × 40 MB/s × 200 ms. */
  windowMaxBytes: 16 * 1024 * 1024,
  /** A window covers at least this much time at the peer's rate: turns of the event loop are longer than a loopback's RTT. */
  windowFloorMs: 120,
  /** What a peer may owe however much others owe: or who keeps silent would keep others from being asked. */
  owedMinBytes: 64 * 1024,
  /** Requests in flight toward a peer that does not say how many it keeps (BEP 10 `reqq`; libtorrent's own default). */
  requestsMaxDefault: 250,
  /**
   * Send buffer of a connection: this much time at its rate, within these bytes. Little on a slow line: our own requests and
   * chokes wait behind what is in it, and arrive when they mean nothing any more.
   */
  sendBufferMs: 250,
  sendBufferMinBytes: 32 * 1024,
  sendBufferMaxBytes: 256 * 1024,
  /** Bytes loaded ahead for one peer: a piece is read and verified while the one before it leaves. */
  readAheadBytes: 2 * 1024 * 1024,
  /** Pieces suggested to a peer ahead of its requests: so many, and so many bytes; and how many of a peer's are kept. */
  suggestedMin: 1,
  suggestedBytes: 1024 * 1024,
  suggestedMax: 128,
  /** A peer that owes blocks and sends none is snubbed after this long, or after four times what its rate promises. */
  snubMinMs: 3_000,
  snubMaxMs: 20_000,
  /** Endgame duplicates: at most this share of what is wanted, or `duplicateRequestsMax` requests a peer, whichever is more. */
  duplicateShareMax: 0.01,
  duplicateRequestsMax: 2,
  /** Whoever is unchoked and asks for nothing for this long gives way to those who wait: a few round trips. */
  idleUnchokeMs: 300,
  /** Chokes are weighed this often, and an unchoke lasts at least `unchokeMinMs`. */
  chokeIntervalMs: 10_000,
  unchokeMinMs: 5_000,
  /** The optimistic unchoke moves on after this long (BEP 3). */
  optimisticMs: 30_000,
  /** What a leech received from each peer is weighed over this long. */
  reciprocityMs: 20_000,
  /** Peers remembered, connected or not. */
  knownPeersMax: 1_000,
  /** Connections being set up at a time, for one swarm. */
  dialsMax: 8,
  /** First wait after a failed connection; doubles up to the maximum. */
  retryMinMs: 2_000,
  retryMaxMs: 300_000,
  /** A peer that breaks the protocol this often is dropped. */
  strikesMax: 8,
  /** A metadata or hash request unanswered for this long goes to another peer. */
  answerMs: 6_000,
  /** Failed pieces held to find out which block was bad. */
  suspectPiecesMax: 4,
  /** Bytes asked of a web seed in one request, which is taken back as soon as peers come, and requests to it at a time. */
  originRunBytes: 2 * 1024 * 1024,
  originFetchesMax: 2,
  /** What a stream needs within this long comes from the origin, if no peer sends it. */
  originUrgentMs: 8_000,
  /** While the origin is spared, it is seen this often what only it can give. */
  originLookMs: 250,
  /** First wait after a web seed failed; doubles up to `retryMaxMs`. */
  originRetryMs: 2_000,
} as const

export type SwarmLimits = { readonly [K in keyof typeof SWARM_DEFAULTS]: number }

/** What all swarms of a client have together. */
export const BUDGET_DEFAULTS = {
  /** Open and pending connections; browsers stand a few hundred RTCPeerConnections in a lifetime. */
  connectionsMax: 60,
  /** Peers unchoked at a time: enough to fill a home uplink, few enough that each gets a usable rate. */
  unchokesMax: 8,
  /** No cap. */
  uploadBytesPerSecond: Number.POSITIVE_INFINITY,
  /** Bytes of unfinished, unchecked and unsaved pieces. */
  bufferBytesMax: 64 * 1024 * 1024,
} as const

/** Timing of the client toward trackers. */
export const TRACKER_CLIENT_DEFAULTS = {
  /** First wait before connecting again, jittered by a half: a restarted tracker has its swarm back in seconds. */
  reconnectMinMs: 1_000,
  /** Longest wait between attempts: a tracker that is gone costs little. */
  reconnectMaxMs: 5 * 60_000,
  /** Announce interval until the tracker gives one. */
  intervalMs: 120_000,
  /** Intervals are held between these, so that no tracker makes us flood it or fall silent. */
  intervalMinMs: 10_000,
  intervalMaxMs: 60 * 60_000,
  /** While peers are wanted a `dial` tracker is asked again after this, doubling up to the interval. */
  askAgainMs: 15_000,
  /** A socket that has not opened by now is given up. */
  connectTimeoutMs: 20_000,
  /** A tracker that says nothing for this long after an announce is given up: its socket may be dead. */
  replyTimeoutMs: 30_000,
  /** How long a close waits for the tracker before the socket is cut. */
  closeTimeoutMs: 1_000,
} as const

/** Limits of the stores. */
export const STORE_LIMITS = {
  /** Bytes of pieces in one IndexedDB value, evicted together: Chromium writes 64 KiB values at 60 MB/s, 1 MiB ones at 200. */
  packBytesMax: 1024 * 1024,
  /**
   * Bytes of a file that are read together once small pieces of it are asked for one after another, and how many such ranges (of
   * files, or packs) are kept: one for each peer that is served at a time.
   */
  readAheadBytes: 1024 * 1024,
  readAheadRangesMax: 8,
  /** Bytes read at a time where all of a file is read in order: a read costs a browser more than its bytes do. */
  readInOrderBytes: 4 * 1024 * 1024,
  /** Bytes in one IndexedDB transaction: about 30 ms of writing, which is what a read may have to wait, and what a crash may lose. */
  transactionBytesMax: 8 * 1024 * 1024,
  /** Largest budget chosen on our own: several downloads of a person, without filling a small disk. */
  budgetBytesMax: 4 * 1024 * 1024 * 1024,
  /** Largest share of what the browser still grants to the origin: the site's own data needs room too. */
  budgetQuotaShare: 0.5,
  /** Budget where the browser tells no quota. */
  budgetBytesUnknown: 256 * 1024 * 1024,
  /** Budget of a memory store: what a tab on a phone survives. */
  memoryBudgetBytes: 512 * 1024 * 1024,
  /** How long a database may take to open, when another tab holds it, before the store counts as failed. */
  openTimeoutMs: 5_000,
  /** Packs whose time of use is kept in memory before it is written. */
  touchesMax: 64,
  /** A torrent that filled the budget is told so for this long without looking for room again. */
  fullMs: 5_000,
  /** Files that Node keeps open at a time, in one store or one list of files. */
  fileHandlesMax: 64,
  /** How long a file stays open unused. */
  fileHandleIdleMs: 10_000,
  /** Bytes read at a time when a file is streamed. */
  streamChunkBytes: 256 * 1024,
} as const

/** How verified pieces are held between the swarm and the store. */
export const VAULT_LIMITS = {
  /** Bytes of pieces read and verified lately: peers ask for the blocks of one piece one after another. */
  cacheBytes: 16 * 1024 * 1024,
  /** Pieces asked of a store in one call. */
  inventoryBatch: 4096,
} as const

/** How files are read. */
export const STREAM_DEFAULTS = {
  /** Of a file that is selected without a priority; streams come before all of them by their deadlines. */
  filePriority: 4,
  /** Time between the pieces of a stream: after it a late piece may be asked of a second peer. */
  pieceStepMs: 250,
  /** Bytes of one part of a Blob that is put together from pieces. */
  blobPartBytes: 16 * 1024 * 1024,
} as const

/** Limits of one client. */
export const CLIENT_LIMITS = {
  /** Connections that one torrent may ask for: more than this adds little to its speed (libtorrent and WebTorrent settle near it). */
  connectionsPerTorrent: 40,
} as const

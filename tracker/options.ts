/**
 * Every limit of the tracker with its default, unit and reason. Plain data.
 * The bounds of single messages are the protocol's: `TRACKER_LIMITS` and `TRACKER_MESSAGE_LIMITS` in `src/options.ts`.
 */

/** Limits of the swarms: what the tracker keeps in memory, and whom it lets talk to whom. */
export const SWARMS_DEFAULTS = {
  /** Announce interval, and the span over which dialling is counted. bittorrent-tracker's default for WebSockets. */
  intervalSeconds: 120,
  /** A member that has not announced for this many intervals is forgotten, though its socket lives. */
  silentIntervalsMax: 4,
  /** Swarms in all; about 1 KiB each. */
  swarmsMax: 500_000,
  /** Members of one swarm: a quarter of all, so that none takes the room of the others. Choosing peers costs the same in any. */
  membersPerSwarmMax: 250_000,
  /** Members of all swarms together; about 1 KiB each. */
  membersMax: 1_000_000,
  /** Swarms that one connection may be in: a client's torrents share its socket. */
  membersPerConnectionMax: 1_000,
  /** Peer ids of one connection: WebTorrent shares a socket between all clients of a page. */
  peersPerConnectionMax: 16,
  /** A named peer may be dialled, and an offer answered, for this long. */
  signalSeconds: 120,
  /** Distinct peers that a member may dial in one interval: more would be harvesting addresses. */
  dialsPerIntervalMax: 20,
  /** Offers that a member may send in one interval, dialled and not; WebTorrent sends five to ten. */
  offersPerIntervalMax: 100,
  /** Offers relayed and not yet expired, in all; about 300 bytes each. The oldest make room. */
  offersMax: 500_000,
  /** Candidates after one offer, each way. */
  candidatesMax: 20,
  /** How long the holder of a peer id has to answer a ping before a newcomer takes it over. */
  takeoverSeconds: 3,
  /** Peer ids that are being taken over at a time, in all. */
  takeoversMax: 1_000,
  /** Sites whose pointer and figures are kept, about 1 KiB each; those that nobody visits make room. */
  sitesMax: 10_000,
  /** A site's visitors are told of a new pointer at once, and of the next after so long at the earliest: 500 bytes for each of them. */
  pointerSeconds: 10,
  /** Bytes by source that are believed of a visitor, on the average since it connected: 128 Mbit/s. The rest is counted in time. */
  reportedBytesPerSecondMax: 16 * 1024 * 1024,
  /** A site's figures are shown once so many visitors have reported, so that they are nobody's own. */
  reportersMin: 5,
  /** Sites in `/stats.json`: those that visitors took most of. */
  sitesListedMax: 100,
  /** Announces held back during takeovers, in all, and the bytes of their offers; beyond, offers are let go. */
  heldRequestsMax: 20_000,
  heldBytesMax: 16 * 1024 * 1024,
} as const

/** Limits of the server: what one connection, one address and all together may cost. */
export const SERVER_DEFAULTS = {
  /** WebSockets in all: about 20 KiB each. */
  connectionsMax: 20_000,
  /** WebSockets of one address (IPv6: of one /64): a school or an office behind one address still fits. */
  connectionsPerAddressMax: 500,
  /** WebSockets of one IPv4 /24, or IPv6 /48: who has one has all of its addresses. A campus still fits. */
  connectionsPerNetworkMax: 2_000,
  /** Connections that are no WebSocket (yet), where the server is the tracker's own: they have this long to say what they want. */
  requestsMax: 1_000,
  handshakeSeconds: 10,
  /** A client that says nothing for so long, or for `silentIntervalsMax` announces, is closed though it answers pings. */
  idleSeconds: 600,
  /** Messages a connection may send in the long run, and at once. Trickling ten dials takes 210. Beyond, it is read slower. */
  messagesPerSecond: 50,
  messagesBurst: 1_000,
  /** Of these, announces; at once as many as a connection may be in swarms: a client that comes back announces them all. */
  announcesPerSecond: 20,
  announcesBurst: 1_000,
  /** Offers, answers and candidates to pass on; at once the ten offers of 200 torrents of WebTorrent. */
  relaysPerSecond: 100,
  relaysBurst: 2_000,
  /** The same for all connections of one address together. */
  messagesPerSecondPerAddress: 500,
  messagesBurstPerAddress: 10_000,
  /** Pointers whose signature is checked, in all and of one address, in the long run and at once. A check takes 0.2 to 0.8 ms. */
  pointerChecksPerSecond: 100,
  pointerChecksBurst: 200,
  pointerChecksPerSecondPerAddress: 1,
  pointerChecksBurstPerAddress: 20,
  /** Genuine pointers remembered, about 1 KiB each: all visitors of a deploy tell the same one, which is checked once. */
  pointersRememberedMax: 1_000,
  /** Bytes waiting to be sent to a reader; a slower one is dropped. A full set of offers is 160 KiB. */
  sendQueueBytesMax: 1024 * 1024,
  /** Malformed messages of one connection: it is told of each but the last, which closes it. */
  violationsPerConnectionMax: 2,
  /** Malformed messages of one address within `banSeconds` that get it banned. 0: never ban. */
  violationsPerAddressMax: 20,
  /** How long a ban lasts. */
  banSeconds: 600,
  /** Addresses remembered; the longest unseen are forgotten first. */
  addressesMax: 100_000,
  /** Pings keep connections through proxies that cut idle ones (commonly after 60–100 s), and find dead ones. */
  pingSeconds: 30,
  /** How long a closing connection may take before it is cut. */
  closeSeconds: 2,
} as const

/** Limits of a cluster: what nodes may cost each other, and how soon one that died is missed. */
export const CLUSTER_DEFAULTS = {
  /** A node whose lease was not renewed for so long has died: its connections are forgotten, and its swarms go to others. */
  leaseSeconds: 10,
  /** Leases are renewed, and looked at, so often: a death is noticed after 12 s at the latest. A few renewals may be lost. */
  renewSeconds: 2,
  /** Who could not renew for so long serves its own clients alone, well before the others count it dead. */
  awaySeconds: 5,
  /** Nodes in all: each sends each a sign of life every `renewSeconds`. */
  nodesMax: 64,
  /** Connections that one other node may speak for; its own limit is `connectionsMax`. About 200 bytes each. */
  connectionsPerNodeMax: 250_000,
  /** Text that goes to a node at a time; one announce with all its offers has 160 KiB. */
  batchCharsMax: 256 * 1024,
  /** Text that is taken from a node at a time: a batch and its last item. */
  receivedCharsMax: 1024 * 1024,
  itemsPerBatchMax: 4_000,
  /** Waiting for a node. From half of it on signals are let go, as a slow network does; beyond all of it the stream starts anew. */
  queueCharsMax: 8 * 1024 * 1024,
  /** Offers kept of announces that were not answered yet, for another owner should theirs die. */
  pendingCharsMax: 32 * 1024 * 1024,
  /** A stream starts anew so often at the most. */
  restartSeconds: 1,
  /** Scrapes that wait for several owners, and how long they do. What is missing then counts as empty. */
  scrapesMax: 1_000,
  scrapeSeconds: 2,
  /** How long a node that drains waits for others to take its swarms. */
  handOverSeconds: 5,
} as const

export type ClusterLimits = { readonly [K in keyof typeof CLUSTER_DEFAULTS]: number }
export type SwarmsLimits = { readonly [K in keyof typeof SWARMS_DEFAULTS]: number }
export type ServerLimits = { readonly [K in keyof typeof SERVER_DEFAULTS]: number }

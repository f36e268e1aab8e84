/** What a user sees of a torrent's peers and figures: plain snapshots of the swarm's state. */
import type { ShoalError } from '../errors.ts'
import { fromLatin1, toHex } from '../metainfo/bytes.ts'
import type { TrackerStatus } from '../ports.ts'
import type { Session } from '../session.ts'
import type { TorrentEngine } from './engine.ts'

export type TorrentState =
  | 'hashing'
  | 'joining'
  | 'checking'
  | 'downloading'
  | 'seeding'
  | 'paused'
  | 'stopped'
  | 'closed'

export interface TorrentStats {
  /** Bytes received from peers and web seeds, whether or not they were of use. */
  readonly fromPeersBytes: number
  readonly fromOriginBytes: number
  /** Bytes that were already in the store when the torrent was added. */
  readonly fromStoreBytes: number
  /** Bytes received and thrown away. */
  readonly wastedBytes: number
  /** Of these, what came for what was here or was asked for no more. */
  readonly duplicateBytes: number
  readonly uploadedBytes: number
  readonly downloadBytesPerSecond: number
  readonly uploadBytesPerSecond: number
  /** Until everything selected is there, at the present rate; Infinity when nothing comes. */
  readonly remainingMs: number
  /** Full copies among connected peers; the fraction is the share of pieces of which there is one more. */
  readonly availability: number
}

export interface PeerView {
  /** 40 hex digits: the peer id, new in every session of the peer. */
  readonly id: string
  readonly client: string
  /** 0 to 1. */
  readonly progress: number
  readonly isSeed: boolean
  readonly downloadBytesPerSecond: number
  readonly uploadBytesPerSecond: number
  readonly downloadedBytes: number
  readonly uploadedBytes: number
  /** It does not serve us. */
  readonly isChoking: boolean
  /** We do not serve it. */
  readonly isChoked: boolean
  /** It wants something that we have. */
  readonly isInterested: boolean
  /** Kinds of ICE candidates in use, without addresses. */
  readonly route?: { readonly local: string; readonly remote: string; readonly relayed: boolean }
}

/** Events of a torrent: name → `detail`. */
export interface TorrentEvents {
  state: { readonly state: TorrentState }
  /** The file list is known and the store is open. */
  ready: undefined
  /** Something selected was verified (or hashed, while preparing to seed); at most every 100 ms, and at the end. */
  progress: { readonly progress: number }
  piece: { readonly index: number; readonly source: 'peers' | 'origin' }
  /** Peers came, went or were banned. */
  peer: { readonly peers: number }
  tracker: { readonly status: TrackerStatus }
  /** Something went wrong that Shoal goes on from. */
  warning: { readonly error: ShoalError }
  /** The torrent has stopped. */
  error: { readonly error: ShoalError }
  /** Everything selected is verified and kept. */
  done: undefined
  close: undefined
}

export function viewPeers(session: Session): PeerView[] {
  const { swarm, now } = session
  return [...swarm.peers.values()].map(peer => {
    const route = session.connection(peer.handle)?.route
    return {
      id: toHex(fromLatin1(peer.peerId)!),
      client: peer.clientName,
      progress: peer.have === undefined || peer.have.length === 0 ? 0 : peer.have.count / peer.have.length,
      isSeed: peer.isSeed,
      downloadBytesPerSecond: peer.received.rate(now),
      uploadBytesPerSecond: peer.sent.rate(now),
      downloadedBytes: peer.received.total,
      uploadedBytes: peer.sent.total,
      isChoking: peer.isChoking,
      isChoked: peer.amChoking,
      isInterested: peer.isInterested,
      route,
    }
  })
}

export function viewStats(session: Session | undefined, missingBytes: number): TorrentStats {
  if (session === undefined) return NO_STATS
  const { swarm, now } = session
  let downloadBytesPerSecond = 0
  let uploadBytesPerSecond = 0
  for (const peer of swarm.peers.values()) {
    downloadBytesPerSecond += peer.received.rate(now)
    uploadBytesPerSecond += peer.sent.rate(now)
  }
  const remainingMs = missingBytes === 0 ? 0 : (missingBytes * 1000) / downloadBytesPerSecond
  const availability = availabilityOf(session)
  return { ...swarm.counters, downloadBytesPerSecond, uploadBytesPerSecond, remainingMs, availability }
}

/** Bytes of a file that are verified. */
export function receivedBytes({ session, metainfo }: TorrentEngine, file: number): number {
  const { layout } = metainfo!
  const { pieceLength } = layout
  const { first, end } = layout.piecesOf(file)
  const fileBegin = layout.startOf(file)
  const fileEnd = fileBegin + layout.files[file]!.length
  let bytes = 0
  for (let piece = first; piece < end; piece++) {
    if (!session?.swarm.have.has(piece)) continue
    const begin = piece * pieceLength
    bytes += Math.min(fileEnd, begin + pieceLength) - Math.max(fileBegin, begin)
  }
  return bytes
}

const NO_STATS: TorrentStats = {
  fromPeersBytes: 0,
  fromOriginBytes: 0,
  fromStoreBytes: 0,
  wastedBytes: 0,
  duplicateBytes: 0,
  uploadedBytes: 0,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  remainingMs: Number.POSITIVE_INFINITY,
  availability: 0,
}

function availabilityOf({ swarm }: Session): number {
  const pieces = swarm.transfer?.pieces
  if (pieces === undefined || pieces.layout.pieceCount === 0) return 0
  let least = Number.POSITIVE_INFINITY
  let above = 0
  for (let piece = 0; piece < pieces.layout.pieceCount; piece++) {
    const copies = pieces.rarity.availability(piece)
    if (copies < least) {
      least = copies
      above = 0
    }
    if (copies > least) above++
  }
  return least + above / pieces.layout.pieceCount
}

/** One connected peer: what it has, who chokes whom, what was asked of it and what it asked for. */
import type { ExtensionName, PeerFeatures } from '../protocol/wire.ts'
import { Bitfield } from './bitfield.ts'
import { RateMeter } from './rate.ts'

/** A request that a peer has not answered yet. */
export interface PendingRequest {
  readonly piece: number
  readonly begin: number
  readonly length: number
  readonly sentAt: number
  /** Sent while nothing else was in flight: its answer shows the bare round trip. */
  readonly isProbe: boolean
  /** Asked again elsewhere after a snub; still welcome. */
  isLate: boolean
  /** ms; since when it is late. */
  lateAt: number
}

/** A request that a peer waits for. */
export interface QueuedRequest {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** Pieces that a peer may name before the piece count is known. */
const EARLY_PIECES_MAX = 10_000

export type ClientKind = 'shoal' | 'webtorrent' | 'other'

export class Peer {
  // What is looked at at every turn stands together, in as few lines of the processor's cache as can be.
  /** Undefined until the layout is known; see `early`. */
  have: Bitfield | undefined
  isChoking = true
  amInterested = false
  /** Its slot goes to another as soon as it has what was promised to it. */
  isTurnOver = false
  /** Pieces that were suggested to it while it is served, or that it asked for, and whether it has; until it has them. */
  readonly promised = new Map<number, boolean>()
  isInterested = false
  amChoking = true
  readonly queue: QueuedRequest[] = []
  /** Bytes being loaded or ready. */
  loadingBytes = 0
  bufferedBytes = 0
  lowWaterBytes = 0
  unchokedAt = Number.NEGATIVE_INFINITY
  lastServedAt = Number.NEGATIVE_INFINITY

  readonly handle: number
  readonly peerId: string
  readonly client: ClientKind
  readonly initiator: boolean
  readonly features: PeerFeatures
  readonly openedAt: number
  /**
   * What it said it has before the piece count was known: `pieces` in the order of the news, one that it has no more as its
   * complement (`~piece`). Bounded by the wire's own limits.
   */
  early: { all: boolean; bits?: Uint8Array; pieces: number[] } = { all: false, pieces: [] }
  extensions: Readonly<Partial<Record<ExtensionName, number>>> = {}
  metadataBytes = 0
  clientName: string
  requestsMax: number
  /** Protocol offences so far. */
  strikes = 0
  /** No piece of which it was the only source has verified yet: it gets whole pieces to itself. */
  isOnParole = true
  /** It is asked for no data until it is known whether it lies; see `reprieve.ts`. */
  isSuspended = false

  // what we ask of it
  readonly pending = new Map<number, PendingRequest>()
  pendingBytes = 0
  /** Requests sent less blocks received: more blocks than were ever asked for are a flood. */
  blocksDue = 0
  windowBytes: number
  isRamping = true
  /** Bytes received in the current ramp round, and what the best round so far reached. */
  roundBytes = 0
  roundStartedAt = 0
  roundRateBest = 0
  flatRounds = 0
  /** ms; the lowest seen of a request sent into an empty pipe. */
  rttMs = Number.POSITIVE_INFINITY
  lastBlockAt = Number.NEGATIVE_INFINITY
  isSnubbed = false
  duplicateRequests = 0
  /** Pieces that it would rather send than others. Bounded. */
  readonly suggested = new Set<number>()
  readonly received: RateMeter
  readonly receivedLately: RateMeter

  // what it asks of us
  /** Loaded, waiting for room in the connection's send buffer; `body` is what the swarm's `Body` is. */
  readonly ready: { readonly request: QueuedRequest; readonly body: unknown }[] = []
  readonly sent: RateMeter
  /** Over a few round trips, so that the send buffer can grow as fast as the path allows. */
  readonly sentLately: RateMeter
  /** Pieces that nobody else has, which it had from us, and whether others ever got one from it. */
  keptCount = 0
  hasPassedOn = false

  constructor(
    opened: { peer: number; peerId: string; initiator: boolean; features: PeerFeatures },
    now: number,
    options: { windowStartBytes: number; requestsMaxDefault: number; reciprocityMs: number },
  ) {
    this.handle = opened.peer
    this.peerId = opened.peerId
    this.initiator = opened.initiator
    this.features = opened.features
    this.openedAt = now
    this.client = clientKind(opened.peerId)
    this.clientName = opened.peerId.slice(0, 8)
    this.windowBytes = options.windowStartBytes
    this.requestsMax = options.requestsMaxDefault
    this.received = new RateMeter(2_000, 20)
    this.receivedLately = new RateMeter(options.reciprocityMs, 20)
    this.sent = new RateMeter(2_000, 20)
    this.sentLately = new RateMeter(500, 10)
  }

  get isSeed(): boolean {
    return this.have?.isFull ?? false
  }

  /** It has sent us something that we asked for, at some time. */
  get hasGiven(): boolean {
    return this.received.total > 0
  }

  /** Something that it asked for is on its way to it. */
  get isServed(): boolean {
    return this.queue.length > 0 || this.loadingBytes > 0 || this.bufferedBytes > this.lowWaterBytes
  }

  has(piece: number): boolean {
    return this.have?.has(piece) ?? false
  }

  /** @param news a piece that it has, or the complement of one that it has no more; the piece count is not known yet */
  noteEarly(news: number): void {
    if (this.early.pieces.length < EARLY_PIECES_MAX) this.early.pieces.push(news)
  }

  /** Gives the peer a bitfield of the right length, out of what it said early. @returns false where that was out of range */
  learnPieceCount(count: number): boolean {
    const { all, bits, pieces } = this.early
    this.early = { all: false, pieces: [] }
    this.have = all ? Bitfield.full(count) : new Bitfield(count, bits)
    let isInRange = bits === undefined || bits.length === Math.ceil(count / 8)
    for (const piece of pieces) {
      if (Math.max(piece, ~piece) >= count) isInRange = false
      else if (piece < 0) this.have.delete(~piece)
      else this.have.add(piece)
    }
    return isInRange
  }
}

/** Names a block within a peer's requests. Units are 16 KiB at the least, so that indices stay exact. */
export function requestKey(piece: number, begin: number): number {
  return piece * 0x1_0000_0000 + begin
}

function clientKind(peerId: string): ClientKind {
  if (peerId.startsWith('-SH')) return 'shoal'
  if (peerId.startsWith('-WW')) return 'webtorrent'
  return 'other'
}

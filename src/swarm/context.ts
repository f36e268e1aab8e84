/** What every part of a swarm is given: the time of this step, chance, limits, and where effects go. */
import type { SwarmLimits } from '../options.ts'
import type { WireMessage } from '../protocol/wire.ts'
import type { Metainfo } from '../metainfo/metainfo.ts'
import type { BodyOps, Effect, Report, Share } from './events.ts'
import type { Peer } from './peer.ts'
import type { Random } from './random.ts'

export class Context<Body> {
  /** ms; the clock of the caller, set at each step. */
  now = 0
  share: Share = { connectionsMax: 0, unchokesMax: 0, uploadBytesPerSecond: 0, bufferBytesMax: 0 }
  isPaused = false
  isUploading = true
  /** As many as the tracker counts that answered last, or as are known, us included; NaN: nobody has said. */
  members = Number.NaN
  /** Peers that are interested in us. */
  interestedCount = 0
  /** Peers that we do not choke. */
  readonly unchoked = new Set<Peer>()
  /** Peers that do not choke us: of few of many, something can be asked or is. */
  readonly unchokers = new Set<Peer>()
  readonly counters: Counters = {
    fromPeersBytes: 0,
    fromOriginBytes: 0,
    fromStoreBytes: 0,
    wastedBytes: 0,
    duplicateBytes: 0,
    uploadedBytes: 0,
  }
  readonly peerId: string
  readonly random: Random
  readonly body: BodyOps<Body>
  readonly limits: SwarmLimits
  #effects: Effect<Body>[] = []
  #lastId = 0

  constructor(peerId: string, random: Random, body: BodyOps<Body>, limits: SwarmLimits) {
    this.peerId = peerId
    this.random = random
    this.body = body
    this.limits = limits
  }

  emit(effect: Effect<Body>): void {
    this.#effects.push(effect)
  }

  send(peer: number, message: WireMessage<Body>): void {
    this.#effects.push({ type: 'send', peer, message })
  }

  report(report: Report): void {
    this.#effects.push({ type: 'report', report })
  }

  /** An id for an effect that ends in an input. */
  nextId(): number {
    return ++this.#lastId
  }

  /**
   * When to try again after so many failures in a row: each wait is twice as long, and jitters between half and all of it, so that
   * peers that lost somebody together do not all come back together.
   */
  retryAt(firstMs: number, failures: number): number {
    const { retryMaxMs } = this.limits
    let waitMs = firstMs
    for (let i = 1; i < failures && waitMs < retryMaxMs; i++) waitMs *= 2
    return this.now + Math.min(waitMs, retryMaxMs) * (0.5 + this.random() / 2)
  }

  duplicated(bytes: number): void {
    this.counters.wastedBytes += bytes
    this.counters.duplicateBytes += bytes
  }

  takeEffects(): Effect<Body>[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}

/** Bytes, since the swarm began. */
export interface Counters {
  /** Verified or not: what peers sent and was asked for. */
  fromPeersBytes: number
  fromOriginBytes: number
  /** Already there when the torrent was added. */
  fromStoreBytes: number
  /** Received and thrown away: duplicates, late answers, pieces that failed. */
  wastedBytes: number
  /** Of these, what came for what was here or was asked for no more. */
  duplicateBytes: number
  uploadedBytes: number
}

export interface SwarmOptions<Body> {
  /** 20-character latin-1 string. */
  readonly peerId: string
  readonly random: Random
  readonly body: BodyOps<Body>
  /** Known at once from a `.torrent`; else `expected` says what peers' metadata must hash to. */
  readonly metainfo?: Metainfo
  readonly expected?: ExpectedHashes
  readonly webSeeds?: readonly string[]
  readonly limits?: Partial<SwarmLimits>
}

/** What the info dict must hash to: every one that is given. */
export interface ExpectedHashes {
  /** SHA-1, 20 bytes. */
  readonly infoHashV1?: Uint8Array
  /** SHA-256, 32 bytes. */
  readonly infoHashV2?: Uint8Array
}

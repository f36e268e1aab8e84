/**
 * One swarm of the site that this page has joined, the site's own or that of a bulk file: a session without a torrent around it.
 *
 * It has what was used in this session, and nothing else: what lies in the store from earlier visits is nobody's business until a page
 * asks for it again. So a fresh visitor and one with a full store say the same to their peers.
 */
import { deferred } from '../../deferred.ts'
import type { ShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import type { Network, Origin, PieceRef, PieceStore, Store, TrackerStatus } from '../../ports.ts'
import { Session } from '../../session.ts'
import { openPieces } from '../../torrent/opening.ts'
import { outcomeOf } from '../../torrent/outcomes.ts'
import type { Demand, Share } from '../../swarm/events.ts'
import type { Random } from '../../swarm/random.ts'
import { Vault } from '../../vault.ts'
import { pieceKey } from '../keys.ts'
import type { SiteSwarm } from '../swarms.ts'
import { dialsOnDemand, type DemandingNetwork } from './dials-on-demand.ts'

export interface JoinOptions {
  readonly swarm: SiteSwarm
  /** Of the site's keys: where the service worker looks too. */
  readonly scope: string
  readonly store: Store
  readonly network: Network
  readonly origin: Origin
  readonly peerId: string
  readonly random: Random
}

export interface JoinEvents {
  demanded(): void
  warning(error: ShoalError): void
  tracker(status: TrackerStatus): void
  /** A piece has come, and is genuine. */
  piece(piece: number, source: 'peers' | 'origin'): void
}

/** Pieces that somebody waits for. */
export interface Run {
  /** 1 (last) to 7 (first); up to 3 it is left to peers while they deliver. */
  prefer(priority: number): void
  /** A piece of the run, verified; waits for it. Rejects when the swarm was left. */
  take(piece: number): Promise<Uint8Array>
  /** Nobody waits any more. */
  end(): void
}

/** Priorities of wants: what can wait (`thrift.ts`), and what a stream needs. */
const PATIENT = 3
const URGENT = 7

export class JoinedSwarm {
  readonly swarm: SiteSwarm
  demand: Demand = { connections: 0, unchokes: 0, isDownloading: false }
  readonly #options: JoinOptions
  readonly #session: Session
  readonly #network: DemandingNetwork
  /** Pieces in use that others than this swarm put into the store, one bit each. */
  readonly #kept: Uint8Array
  readonly #ready = deferred()
  /** The store is open. */
  readonly ready = this.#ready.promise
  #pieceStore: PieceStore | undefined
  readonly #trackerStates = new Map<string, TrackerStatus['state']>()
  #isTelling = false
  #news = deferred()
  #lastWant = 0
  #left: Error | undefined

  constructor(options: JoinOptions, events: JoinEvents) {
    const { swarm, origin, peerId, random } = options
    const { metainfo } = swarm
    this.swarm = swarm
    this.#options = options
    this.#network = dialsOnDemand(options.network)
    this.#kept = new Uint8Array(Math.ceil(metainfo.layout.pieceCount / 8))
    this.#session = new Session(
      {
        swarm: { peerId, random, metainfo },
        network: this.#network,
        origin,
        wireInfoHash: metainfo.wireInfoHash,
        trackers: metainfo.trackers.flat(),
        clock: () => performance.now(),
      },
      {
        open: () => void this.#open(events),
        ask: demand => {
          this.demand = demand
          events.demanded()
        },
        report: report => {
          if (report.type === 'banned') events.warning(outcomeOf(report)!.error)
          if (report.type !== 'piece') return
          events.piece(report.piece, report.source)
          this.#arrived()
        },
        warning: error => {
          if (error.code !== 'tracker-unreachable') events.warning(error)
        },
        tracker: status => {
          const { url, state, error } = status
          // A connection that breaks is made anew: browsers break it when the page is left. Told is when it cannot be made.
          if (state === 'reconnecting' && error && this.#trackerStates.get(url) !== 'connected') events.warning(error)
          this.#trackerStates.set(url, state)
          events.tracker(status)
        },
      },
    )
  }

  get counters() {
    return this.#session.swarm.counters
  }

  get peerCount(): number {
    return this.#session.swarm.peers.size
  }

  start(share: Share): void {
    this.#session.start(share)
  }

  grant(share: Share): void {
    this.#session.input({ type: 'granted', share })
  }

  setUploading(isUploading: boolean): void {
    this.#session.input({ type: 'policy', policy: { isUploading } })
  }

  has(piece: number): boolean {
    return this.#session.swarm.have.has(piece)
  }

  /** All of these are here. */
  hasAll(first: number, end: number): boolean {
    for (let piece = first; piece < end; piece++) if (!this.has(piece)) return false
    return true
  }

  /** Peers who are connected have all of these, or they are here. */
  isAmongPeers(first: number, end: number): boolean {
    const rarity = this.#session.swarm.transfer?.pieces.rarity
    for (let piece = first; piece < end; piece++) {
      if (!this.has(piece) && !(rarity && rarity.availability(piece) > 0)) return false
    }
    return true
  }

  /** How much of these is here, in bytes. */
  bytesOf(first: number, end: number): number {
    const { layout } = this.swarm.metainfo
    let bytes = 0
    for (let piece = first; piece < end; piece++) if (this.has(piece)) bytes += layout.pieceBytes(piece)
    return bytes
  }

  /** Trackers may name peers, and connections be made. */
  lookForPeers(): void {
    this.#network.demand()
  }

  /**
   * Wants pieces `first` to `end` (exclusive), from peers as long as these deliver.
   * @param stepMs of a stream, whose pieces are wanted in order: the time from the deadline of one to that of the next
   */
  want(first: number, end: number, stepMs?: number): Run {
    const id = ++this.#lastWant
    const input = (priority: number): void => {
      const deadline = stepMs === undefined ? {} : { deadline: { at: this.#session.now + stepMs, stepMs } }
      this.#session.input({ type: 'want', id, first, end, priority, ...deadline })
    }
    this.lookForPeers()
    input(stepMs === undefined ? PATIENT : URGENT)
    return {
      prefer: input,
      take: piece => this.#take(piece),
      end: () => this.#session.input({ type: 'unwant', id }),
    }
  }

  /** A piece is in use, and in the store: peers may have it. */
  keep(piece: number): void {
    this.#kept[piece >> 3]! |= 0x80 >> (piece & 7)
    if (this.#isTelling) return
    this.#isTelling = true
    // Pieces come to the store in bunches.
    queueMicrotask(() => {
      this.#isTelling = false
      if (this.#session.vault === undefined) return
      this.#session.input({ type: 'resumed', have: this.#kept })
      this.#arrived()
    })
  }

  /** What the store has of these pieces, in use or not. */
  async findStored(first: number, end: number): Promise<number[]> {
    const pieces = Array.from({ length: end - first }, (_, i) => first + i)
    const found = await this.#pieceStore?.has(pieces.map(piece => this.#ref(piece)))
    return pieces.filter((_, i) => found?.[i])
  }

  /** Keeps bytes of a piece that came by other ways, when they are genuine. @returns whether they are */
  async ingest(piece: number, bytes: Uint8Array): Promise<boolean> {
    const { vault } = this.#session
    const root = this.#session.swarm.transfer?.pieces.hashes.root(piece)
    if (vault === undefined || root === undefined) return false
    if (this.has(piece)) return true
    const { result } = await vault.check(piece, [bytes], { root })
    if (result !== 'good') return false
    await vault.save(piece, bytes, 'sha256')
    this.keep(piece)
    return true
  }

  async leave(): Promise<void> {
    this.#left = new Error('The swarm was left.')
    this.#arrived()
    await this.#session.close()
  }

  async #take(piece: number): Promise<Uint8Array> {
    for (;;) {
      if (this.#left) throw this.#left
      const bytes = this.has(piece) ? await this.#session.vault?.read(piece) : undefined
      if (bytes !== undefined) return bytes
      if (this.has(piece)) this.#session.lost(piece)
      await this.#news.promise
    }
  }

  #arrived(): void {
    this.#news.resolve()
    this.#news = deferred()
  }

  async #open(events: JoinEvents): Promise<void> {
    const { layout } = this.swarm.metainfo
    const { scope, store } = this.#options
    const warn = (error: ShoalError): void => events.warning(error)
    const pieces = await openPieces({ layout, infoHash: this.swarm.id, files: undefined, store, warn })
    const root = (piece: number) => this.#session.swarm.transfer?.pieces.hashes.root(piece)
    const vault = new Vault({ layout, infoHash: scope, store: pieces, root, onRefused: warn })
    if (this.#left) return vault.close()
    this.#pieceStore = pieces
    this.#session.resume(vault, this.#kept)
    this.#ready.resolve()
    this.#arrived()
  }

  #ref(piece: number): PieceRef {
    const { layout } = this.swarm.metainfo
    const file = layout.fileOf(piece)!
    const offset = (piece - layout.piecesOf(file).first) * layout.pieceLength
    const length = layout.pieceBytes(piece)
    const key = pieceKey(this.#options.scope, toHex(layout.files[file]!.piecesRoot!), offset, length)
    return { piece, key, length, slices: layout.slices(piece) }
  }
}

/**
 * The BitTorrent brain of one torrent: a synchronous state machine without I/O.
 *
 * `step` takes an input and the time, and returns what is to be done. Everything it knows comes in by inputs; see
 * `events.ts` for all of them. The same code runs in browsers, in Node and in the simulator.
 */
import { type Metainfo, metainfoFromInfo } from '../metainfo/metainfo.ts'
import { ShoalError } from '../errors.ts'
import { SWARM_DEFAULTS, type SwarmLimits } from '../options.ts'
import { Bitfield } from './bitfield.ts'
import { Choker, type Verdict } from './choker.ts'
import { Connector } from './connector.ts'
import { Context, type Counters } from './context.ts'
import type { BodyOps, Demand, Effect, Input, Share } from './events.ts'
import { type ExpectedHashes, MetadataExchange } from './metadata.ts'
import { MessageHandler } from './messages.ts'
import { Peer } from './peer.ts'
import type { Random } from './random.ts'
import { Transfer } from './transfer.ts'

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

export class Swarm<Body> {
  readonly peers: ReadonlyMap<number, Peer>
  readonly #peers = new Map<number, Peer>()
  readonly #context: Context<Body>
  readonly #connector: Connector<Body>
  readonly #choker: Choker<Body>
  readonly #metadata: MetadataExchange<Body>
  readonly #messages: MessageHandler<Body>
  readonly #webSeeds: readonly string[]
  #initial: Metainfo | undefined
  #transfer: Transfer<Body> | undefined
  #isStopped = false
  #demand: Demand = { connections: 0, unchokes: 0, isDownloading: false }
  #unavailable = 0

  constructor(options: SwarmOptions<Body>) {
    this.peers = this.#peers
    this.#context = new Context(options.random, options.body, { ...SWARM_DEFAULTS, ...options.limits })
    this.#connector = new Connector(this.#context, options.peerId)
    this.#choker = new Choker(this.#context, this.#peers)
    this.#metadata = new MetadataExchange(this.#context, this.#peers, options.expected ?? {})
    this.#initial = options.metainfo
    this.#webSeeds = options.webSeeds ?? []
    this.#messages = new MessageHandler(this.#context, this.#peers, this.#metadata, {
      transfer: () => (this.#transfer?.isResumed ? this.#transfer : undefined),
      infoBytes: () => this.#transfer?.metainfo.infoBytes,
      learnt: infoBytes => this.#learn(infoBytes),
      ban: (peer, reason) => this.#ban(peer, reason),
      reviewInterest: peer => this.#reviewInterest(peer),
      interestChanged: () => this.#fillSlots(),
    })
  }

  /** Undefined until the layout is known. */
  get transfer(): Transfer<Body> | undefined {
    return this.#transfer
  }

  get have(): Bitfield {
    return this.#transfer?.pieces.have ?? new Bitfield(0)
  }

  get isDone(): boolean {
    return this.#transfer?.isResumed === true && this.#transfer.pieces.isDone
  }

  get counters(): Readonly<Counters> {
    return this.#context.counters
  }

  /** When the swarm next wants a `tick`, in the clock of `step`; Infinity when idle. */
  get deadline(): number {
    if (this.#isStopped) return Number.POSITIVE_INFINITY
    let deadline = Math.min(
      this.#choker.deadline,
      this.#isHungry() ? this.#connector.deadline : Number.POSITIVE_INFINITY,
    )
    if (this.#transfer === undefined) deadline = Math.min(deadline, this.#metadata.deadline)
    else deadline = Math.min(deadline, this.#transfer.deadline)
    for (const peer of this.#peers.values()) {
      if (peer.pending.size > 0) return Math.min(deadline, this.#context.now + 500)
    }
    return deadline
  }

  /** Takes one input at a time (ms, any clock that does not run backwards) and returns what is to be done, in order. */
  step(input: Input<Body>, now: number): Effect<Body>[] {
    this.#context.now = Math.max(this.#context.now, now)
    if (!this.#isStopped) {
      this.#take(input)
      this.#settle()
    }
    return this.#context.takeEffects()
  }

  #take(input: Input<Body>): void {
    const transfer = this.#transfer
    switch (input.type) {
      case 'found':
        return this.#connector.found(input.peerIds)
      case 'offered':
        return this.#connector.offered(input.offer, input.peerId)
      case 'opened':
        return this.#opened(input)
      case 'failed':
        return this.#connector.failed(input.peerId)
      case 'closed':
        return this.#closed(input.peer)
      case 'message': {
        const peer = this.#peers.get(input.peer)
        return peer && this.#messages.take(peer, input.message)
      }
      case 'writable': {
        const peer = this.#peers.get(input.peer)
        return peer && transfer?.uploads.onWritable(peer, input.bufferedBytes)
      }
      case 'checked':
        return transfer?.pieces.onChecked(input)
      case 'saved':
        return transfer?.pieces.onSaved(input.id)
      case 'loaded':
        return transfer?.uploads.onLoaded(input.id, input.body)
      case 'hashed':
        return transfer?.onHashed(input.id, input.leaves)
      case 'fetched':
        return transfer?.origin.receive(input.id, input.piece, input.body)
      case 'fetch-ended':
        return transfer?.origin.ended(input.id, input.failed)
      case 'resumed':
        return this.#resumed(input.have)
      case 'lost':
        return this.#lost(input.piece)
      case 'want':
        transfer?.pieces.want(input)
        return this.#review()
      case 'unwant':
        transfer?.pieces.unwant(input.id)
        return this.#review()
      case 'policy':
        return this.#setPolicy(input.policy.isPaused, input.policy.isUploading)
      case 'granted':
        return this.#granted(input.share)
      case 'tick':
        return this.#tick()
    }
  }

  /** What every step ends with: free windows are filled, dials made, demand told. */
  #settle(): void {
    const transfer = this.#transfer
    if (this.#isStopped) return
    if (transfer?.isResumed) {
      if (transfer.isStale) {
        transfer.isStale = false
        transfer.requests.fillAll()
      }
      transfer.origin.fill()
    }
    this.#connector.tick(this.#isHungry())
    const isDownloading = transfer === undefined || transfer.pieces.missing.count > 0
    const connections = this.#context.isPaused ? this.#peers.size : Number.POSITIVE_INFINITY
    const unchokes = [...this.#peers.values()].filter(peer => peer.isInterested).length
    const last = this.#demand
    if (last.connections === connections && last.unchokes === unchokes && last.isDownloading === isDownloading) return
    this.#demand = { connections, unchokes, isDownloading }
    this.#context.emit({ type: 'ask', demand: this.#demand })
  }

  #isHungry(): boolean {
    return !this.#context.isPaused && (this.#context.isUploading || !this.isDone)
  }

  #granted(share: Share): void {
    this.#context.share = share
    if (this.#initial !== undefined) {
      this.#begin(this.#initial)
      this.#initial = undefined
    }
    this.#fillSlots()
    if (this.#transfer !== undefined) this.#transfer.isStale = true
  }

  #tick(): void {
    if (this.#transfer === undefined) this.#metadata.tick()
    this.#apply(this.#choker.tick(this.isDone))
    if (!this.#transfer?.isResumed) return
    this.#transfer.requests.tick()
    this.#transfer.hashExchange.tick()
    this.#transfer.uploads.pumpAll()
    this.#transfer.isStale = true
    this.#reportAvailability()
  }

  #apply({ choke, unchoke }: Verdict): void {
    for (const peer of choke) this.#messages.choke(peer)
    for (const peer of unchoke) this.#messages.unchoke(peer)
  }

  #fillSlots(): void {
    if (this.#transfer?.isResumed) this.#apply(this.#choker.fillSlots())
  }

  #setPolicy(isPaused = this.#context.isPaused, isUploading = this.#context.isUploading): void {
    this.#context.isPaused = isPaused
    this.#context.isUploading = isUploading
    this.#apply(this.#choker.weigh(this.isDone))
    if (this.#transfer === undefined) return
    if (isPaused) {
      for (const peer of this.#peers.values()) this.#transfer.requests.cancelAll(peer)
      this.#transfer.origin.cancelAll()
    }
    for (const peer of this.#peers.values()) this.#reviewInterest(peer)
    this.#transfer.isStale = true
    this.#fillSlots()
  }

  #begin(metainfo: Metainfo): void {
    this.#transfer = new Transfer(this.#context, metainfo, [...this.#webSeeds, ...metainfo.webSeeds], this.#peers, {
      announce: piece => this.#announce(piece),
      ban: (peer, reason) => this.#ban(peer, reason),
      stop: () => this.#stop(),
    })
    this.#context.emit({ type: 'open', metainfo })
  }

  #learn(infoBytes: Uint8Array): void {
    if (this.#transfer !== undefined) return
    try {
      this.#begin(metainfoFromInfo(infoBytes))
    } catch (error) {
      // The hash is right, so every peer has the same: no other peer can help.
      if (!(error instanceof ShoalError)) throw error
      this.#context.report({ type: 'unreadable', error })
      this.#stop()
    }
  }

  #resumed(have: Uint8Array): void {
    const transfer = this.#transfer
    if (transfer === undefined || transfer.isResumed) return
    transfer.isResumed = true
    transfer.pieces.resume(have)
    for (const peer of [...this.#peers.values()]) this.#messages.introduce(peer)
    this.#review()
    this.#fillSlots()
  }

  #review(): void {
    if (!this.#transfer?.isResumed) return
    this.#transfer.review()
    for (const peer of this.#peers.values()) this.#reviewInterest(peer)
  }

  #lost(piece: number): void {
    if (!this.#transfer?.pieces.lose(piece)) return
    for (const peer of this.#peers.values()) this.#messages.dontHave(peer, piece)
    this.#review()
  }

  #opened(input: Input<Body> & { type: 'opened' }): void {
    const objection = this.#connector.opened(input.peerId)
    if (objection !== undefined) {
      this.#context.emit({ type: 'close', peer: input.peer, reason: objection })
      return
    }
    const peer = new Peer(input, this.#context.now, this.#context.limits)
    this.#peers.set(peer.handle, peer)
    this.#messages.greet(peer)
    if (this.#transfer?.isResumed) this.#messages.introduce(peer)
    this.#context.report({ type: 'peers' })
  }

  #closed(handle: number): void {
    const peer = this.#peers.get(handle)
    if (peer === undefined) return
    this.#peers.delete(handle)
    this.#connector.closed(peer.peerId)
    this.#metadata.closed(peer)
    if (this.#transfer !== undefined) {
      this.#transfer.requests.release(peer)
      this.#transfer.hashExchange.closed(peer)
      this.#messages.forgetPieces(peer)
      this.#transfer.isStale = true
    }
    if (this.#transfer === undefined) this.#metadata.tick()
    this.#fillSlots()
    this.#context.report({ type: 'peers' })
  }

  #announce(piece: number): void {
    for (const peer of [...this.#peers.values()]) {
      this.#messages.have(peer, piece)
      if (peer.amInterested) this.#reviewInterest(peer)
    }
  }

  /** Says whether we are interested, asks if we may, and parts with a peer when neither has anything for the other. */
  #reviewInterest(peer: Peer): void {
    const transfer = this.#transfer
    if (!transfer?.isResumed || peer.have === undefined || !this.#peers.has(peer.handle)) return
    const { missing, have } = transfer.pieces
    const isInterested = !this.#context.isPaused && intersects(missing, peer.have)
    if (isInterested !== peer.amInterested) {
      peer.amInterested = isInterested
      this.#context.send(peer.handle, { type: isInterested ? 'interested' : 'not-interested' })
    }
    if (isInterested) transfer.requests.fill(peer)
    if (peer.isSeed && have.isFull) {
      this.#connector.avoid(peer.peerId)
      this.#context.emit({ type: 'close', peer: peer.handle, reason: 'both have everything' })
    }
  }

  #ban(peer: Peer, reason: string): void {
    this.#connector.ban(peer.peerId)
    // Nothing more is asked of it while it closes.
    peer.isChoking = true
    this.#context.report({ type: 'banned', peerId: peer.peerId, reason })
    this.#context.emit({ type: 'close', peer: peer.handle, reason })
  }

  #stop(): void {
    this.#isStopped = true
    this.#transfer?.origin.cancelAll()
    for (const peer of this.#peers.values()) this.#context.emit({ type: 'close', peer: peer.handle, reason: 'stopped' })
  }

  /** Tells when connected peers together lack something that is wanted, and when that changes. */
  #reportAvailability(): void {
    const { pieces, origin } = this.#transfer!
    let unavailable = 0
    if (!origin.isUsable && this.#peers.size > 0) {
      for (let piece = 0; piece < pieces.layout.pieceCount; piece++) {
        if (pieces.isWanted(piece) && pieces.rarity.availability(piece) === 0) unavailable++
      }
    }
    if (unavailable === this.#unavailable) return
    this.#unavailable = unavailable
    this.#context.report({ type: 'unavailable', pieces: unavailable })
  }
}

function intersects(a: Bitfield, b: Bitfield): boolean {
  if (a.count === 0 || b.count === 0) return false
  for (let i = 0; i < a.bytes.length; i++) if ((a.bytes[i]! & b.bytes[i]!) !== 0) return true
  return false
}

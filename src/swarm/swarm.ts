/**
 * The BitTorrent brain of one torrent: a synchronous state machine without I/O.
 *
 * `step` takes an input and the time, and returns what is to be done. Everything it knows comes in by inputs; see
 * `events.ts` for all of them. The same code runs in browsers, in Node and in the simulator.
 */
import { type Metainfo, metainfoFromInfo } from '../metainfo/metainfo.ts'
import { ShoalError } from '../errors.ts'
import { SWARM_DEFAULTS } from '../options.ts'
import { Bitfield } from './bitfield.ts'
import { isSameDemand } from './budget.ts'
import { Choker, type Verdict } from './choker.ts'
import { Connector } from './connector.ts'
import { Context, type Counters, type SwarmOptions } from './context.ts'
import type { Demand, Effect, Input, Share } from './events.ts'
import { overhear } from './hearsay.ts'
import { MetadataExchange } from './metadata.ts'
import { MessageHandler } from './messages.ts'
import { Peer } from './peer.ts'
import { Transfer } from './transfer.ts'

export type { SwarmOptions }

export class Swarm<Body> {
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
  /** Undefined: something happened since it was last looked up. */
  #deadline: number | undefined
  #demand: Demand = { connections: 0, unchokes: 0, isDownloading: false }

  constructor(options: SwarmOptions<Body>) {
    this.#context = new Context(options.peerId, options.random, options.body, { ...SWARM_DEFAULTS, ...options.limits })
    this.#connector = new Connector(this.#context)
    this.#choker = new Choker(this.#context, this.#peers)
    this.#metadata = new MetadataExchange(this.#context, this.#peers, options.expected ?? {})
    this.#initial = options.metainfo
    this.#webSeeds = options.webSeeds ?? []
    this.#messages = new MessageHandler(this.#context, this.#peers, this.#metadata, {
      transfer: () => (this.#transfer?.isResumed ? this.#transfer : undefined),
      infoBytes: () => this.#transfer?.metainfo.infoBytes,
      learnt: infoBytes => this.#learn(infoBytes),
      ban: (peer, reason) => this.#ban(peer, reason),
      interestChanged: () => this.#fillSlots(),
    })
  }

  get peers(): ReadonlyMap<number, Peer> {
    return this.#peers
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

  /** More peers would be of use. */
  get isHungry(): boolean {
    return !this.#context.isPaused && (this.#context.isUploading || !this.isDone)
  }

  get counters(): Readonly<Counters> {
    return this.#context.counters
  }

  /** When the swarm next wants a `tick`, in the clock of `step`; Infinity when idle. */
  get deadline(): number {
    if (this.#isStopped) return Number.POSITIVE_INFINITY
    this.#deadline ??= Math.min(
      this.#choker.deadline,
      this.isHungry ? this.#connector.deadline : Number.POSITIVE_INFINITY,
      (this.#transfer ?? this.#metadata).deadline,
    )
    return this.#deadline
  }

  /** Takes one input at a time (ms, any clock that does not run backwards) and returns what is to be done, in order. */
  step(input: Input<Body>, now: number): Effect<Body>[] {
    if (this.#isStopped || overhear(input, this.#peers, this.#transfer?.pieces)) return []
    this.#context.now = Math.max(this.#context.now, now)
    this.#deadline = undefined
    this.#take(input)
    this.#settle()
    return this.#context.takeEffects()
  }

  #take(input: Input<Body>): void {
    const transfer = this.#transfer
    switch (input.type) {
      case 'found':
        return this.#connector.found(input.peerIds, input.members)
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
        return transfer?.fetched(input.id, input.piece, input.body)
      case 'fetch-ended':
        if (transfer) transfer.isStale = true
        return transfer?.origin.ended(input.id, input.failed)
      case 'metainfo':
        return transfer ? undefined : this.#begin(input.metainfo)
      case 'resumed':
        return this.#resumed(input.have)
      case 'lost':
        return this.#lost(input.piece)
      case 'want':
        transfer?.pieces.want(input)
        return transfer?.review()
      case 'unwant':
        transfer?.pieces.unwant(input.id)
        return transfer?.review()
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
    if (this.#isStopped) return
    this.#transfer?.fill()
    this.#connector.tick(this.isHungry)
    this.#ask(this.#transfer?.pieces.missing.count !== 0)
  }

  /** Says what could be made use of, when that changes. */
  #ask(isDownloading: boolean): void {
    const { isPaused, interestedCount } = this.#context
    // As many peers as it gets, and a slot for everyone who is interested.
    const connections = isPaused ? this.#peers.size : Number.POSITIVE_INFINITY
    const demand = { connections, unchokes: interestedCount, isDownloading }
    if (isSameDemand(demand, this.#demand)) return
    this.#demand = demand
    this.#context.emit({ type: 'ask', demand })
  }

  #granted(share: Share): void {
    this.#context.share = share
    if (this.#initial !== undefined) this.#begin(this.#initial)
    this.#initial = undefined
    this.#fillSlots()
    if (this.#transfer !== undefined) this.#transfer.isStale = true
  }

  #tick(): void {
    if (this.#transfer === undefined) this.#metadata.tick()
    this.#apply(this.#choker.tick(this.isDone))
    if (this.#transfer?.isResumed) this.#transfer.tick()
  }

  #apply({ choke, unchoke }: Verdict): void {
    for (const peer of choke) this.#messages.choke(peer)
    for (const peer of unchoke) this.#messages.unchoke(peer)
  }

  #fillSlots(): void {
    if (this.#transfer?.isResumed) this.#apply(this.#choker.fillSlots(this.isDone))
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
    this.#transfer.reviewInterests()
    this.#transfer.isStale = true
    this.#fillSlots()
  }

  #begin(metainfo: Metainfo): void {
    this.#transfer = new Transfer(this.#context, metainfo, [...this.#webSeeds, ...metainfo.webSeeds], this.#peers, {
      announce: piece => this.#messages.announce(piece),
      part: peer => this.#part(peer),
      ban: (peer, reason) => this.#ban(peer, reason),
      stop: () => this.#stop(),
    })
    this.#context.emit({ type: 'open', metainfo })
  }

  #learn(infoBytes: Uint8Array): void {
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
    const news = transfer?.pieces.resume(have)
    if (transfer?.isResumed) for (const piece of news!) this.#messages.announce(piece)
    else if (transfer) {
      transfer.isResumed = true
      for (const peer of [...this.#peers.values()]) this.#messages.introduce(peer)
    }
    transfer?.review()
    this.#fillSlots()
  }

  #lost(piece: number): void {
    if (!this.#transfer?.pieces.lose(piece)) return
    this.#connector.avoidNobody()
    for (const peer of this.#peers.values()) this.#messages.dontHave(peer, piece)
    this.#transfer.review()
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
    else if (this.#transfer === undefined) this.#messages.hope(peer)
    this.#context.report({ type: 'peers' })
  }

  #closed(handle: number): void {
    const peer = this.#peers.get(handle)
    if (peer === undefined) return
    this.#peers.delete(handle)
    this.#connector.closed(peer.peerId)
    this.#metadata.closed(peer)
    this.#messages.forget(peer)
    if (this.#transfer === undefined) this.#metadata.tick()
    else this.#transfer.parted(peer)
    this.#fillSlots()
    this.#context.report({ type: 'peers' })
  }

  /** Neither has anything for the other. */
  #part(peer: Peer): void {
    this.#connector.avoid(peer.peerId)
    this.#context.emit({ type: 'close', peer: peer.handle, reason: 'both have everything' })
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
    for (const peer of this.#peers.keys()) this.#context.emit({ type: 'close', peer, reason: 'stopped' })
  }
}

/**
 * Drives one swarm: every callback becomes an input, every step's effects are performed, one timer is armed.
 *
 * Inputs that are raised while effects are performed wait their turn, so the swarm is never entered twice. There is one deadline,
 * so a timer never has to be cancelled: one that fires early finds nothing to do and is armed again.
 */
import type { ShoalError } from './errors.ts'
import { concatBytes, equalBytes } from './metainfo/bytes.ts'
import type { Metainfo } from './metainfo/metainfo.ts'
import type { Membership, MembershipEvents, Network, Origin, PeerConnection, TrackerStatus } from './ports.ts'
import type { BodyOps, Demand, Effect, Input, Report, Share } from './swarm/events.ts'
import { Swarm, type SwarmOptions } from './swarm/swarm.ts'
import type { Vault } from './vault.ts'

export interface SessionOptions {
  readonly swarm: Omit<SwarmOptions<Uint8Array>, 'body'>
  readonly network: Network
  readonly origin: Origin
  /** 20 bytes. */
  readonly wireInfoHash: Uint8Array
  readonly trackers: readonly string[]
  /** ms, monotonic. */
  readonly clock: () => number
}

/** What a session tells its torrent. */
export interface SessionEvents {
  /** The layout is known: open the vault, then `resume`. */
  open(metainfo: Metainfo): void
  report(report: Report): void
  ask(demand: Demand): void
  warning(error: ShoalError): void
  tracker(status: TrackerStatus): void
}

/** Bytes as bodies: slices are views. */
export const bytesOps: BodyOps<Uint8Array> = {
  length: body => body.length,
  slice: (body, begin, end) => (begin === 0 && end === body.length ? body : body.subarray(begin, end)),
  equal: equalBytes,
  zeros: length => new Uint8Array(length),
  concat: concatBytes,
}

/** A store that loses what it is given is not read from end to end for ever. */
const AUDIT_INTERVAL_MS = 60_000
/** Timers of browsers take 31 bits of milliseconds. */
const TIMER_MAX_MS = 2 ** 31 - 1

export class Session {
  readonly swarm: Swarm<Uint8Array>
  readonly #options: SessionOptions
  readonly #events: SessionEvents
  readonly #connections = new Map<number, PeerConnection>()
  readonly #fetches = new Map<number, AbortController>()
  readonly #inputs: Input<Uint8Array>[] = []
  #membership: Membership | undefined
  #vault: Vault | undefined
  #lastPeer = 0
  #isStepping = false
  #isClosed = false
  #isComplete = false
  /** When the store may be looked through again. */
  #auditAt = 0
  #armedFor = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options
    this.#events = events
    this.swarm = new Swarm({ ...options.swarm, body: bytesOps })
  }

  get vault(): Vault | undefined {
    return this.#vault
  }

  get now(): number {
    return this.#options.clock()
  }

  /** Joins the network and takes the first share of the client's budget. */
  start(share: Share): void {
    const { network, wireInfoHash, trackers } = this.#options
    const isV2 = () => this.swarm.transfer !== undefined && this.swarm.transfer.metainfo.layout.version !== 'v1'
    const expectsV2 = this.#options.swarm.expected?.infoHashV2 !== undefined
    this.#membership = network.join(
      { infoHash: wireInfoHash, trackers, totals: () => this.#totals(), v2: () => isV2() || expectsV2 },
      this.#membershipEvents(),
    )
    this.input({ type: 'granted', share })
  }

  /** Gives the swarm an input and performs what follows from it. */
  input(input: Input<Uint8Array>): void {
    if (this.#isClosed) return
    this.#inputs.push(input)
    if (this.#isStepping) return
    this.#isStepping = true
    for (let next = this.#inputs.shift(); next !== undefined && !this.#isClosed; next = this.#inputs.shift()) {
      for (const effect of this.swarm.step(next, this.now)) this.#perform(effect)
    }
    this.#isStepping = false
    this.#arm()
  }

  /** A piece that was thought to be stored cannot be read as it should be. One is seldom alone, so all are looked at. */
  lost(piece: number): void {
    this.input({ type: 'lost', piece })
    if (this.now < this.#auditAt) return
    this.#auditAt = Number.POSITIVE_INFINITY
    const isExpected = (at: number) => !this.#isClosed && this.swarm.have.has(at)
    void this.#vault
      ?.audit(isExpected, bad => this.input({ type: 'lost', piece: bad }))
      .then(() => {
        this.#auditAt = this.now + AUDIT_INTERVAL_MS
      })
  }

  /** Ends `open`: where the pieces rest, and which of them are there. */
  resume(vault: Vault, have: Uint8Array): void {
    this.#vault = vault
    this.input({ type: 'resumed', have })
  }

  connection(peer: number): PeerConnection | undefined {
    return this.#connections.get(peer)
  }

  /** Leaves the swarm and closes every connection; nothing is raised after it. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const fetch of this.#fetches.values()) fetch.abort()
    for (const connection of this.#connections.values()) connection.close('the torrent was closed')
    this.#connections.clear()
    await this.#membership?.leave()
    await this.#vault?.close()
  }

  #perform(effect: Effect<Uint8Array>): void {
    switch (effect.type) {
      case 'send':
        return this.#connections.get(effect.peer)?.send(effect.message)
      case 'close':
        return this.#connections.get(effect.peer)?.close(effect.reason)
      case 'low-water':
        return this.#connections.get(effect.peer)?.setLowWaterMark(effect.bytes)
      case 'dial':
        return this.#membership?.dial(effect.peerId)
      case 'accept':
        return this.#membership?.accept(effect.offer)
      case 'refuse':
        return this.#membership?.refuse(effect.offer)
      case 'wanted':
        return this.#membership?.wanted(effect.count)
      case 'check':
        return this.#check(effect)
      case 'save':
        return this.#save(effect)
      case 'load':
        return this.#load(effect)
      case 'hash':
        return this.#hash(effect)
      case 'fetch':
        return this.#fetch(effect)
      case 'cancel-fetch':
        return this.#fetches.get(effect.id)?.abort()
      case 'open':
        return this.#open(effect.metainfo)
      case 'ask':
        return this.#events.ask(effect.demand)
      case 'report':
        if (effect.report.type === 'done') this.#completed()
        return this.#events.report(effect.report)
    }
  }

  #open(metainfo: Metainfo): void {
    for (const connection of this.#connections.values()) connection.setPieceCount(metainfo.layout.pieceCount)
    this.#events.open(metainfo)
  }

  #check({ id, piece, units, ...expected }: Effect<Uint8Array> & { type: 'check' }): void {
    void this.#vault!.check(piece, units, expected).then(result => this.input({ type: 'checked', id, ...result }))
  }

  #save({ id, piece, body, proof }: Effect<Uint8Array> & { type: 'save' }): void {
    void this.#vault!.save(piece, body, proof).then(() => this.input({ type: 'saved', id }))
  }

  #load({ id, piece, begin, length }: Effect<Uint8Array> & { type: 'load' }): void {
    void this.#vault!.read(piece).then(bytes => {
      if (bytes === undefined) this.lost(piece)
      this.input({ type: 'loaded', id, body: bytes?.subarray(begin, begin + length) })
    })
  }

  #hash({ id, piece }: Effect<Uint8Array> & { type: 'hash' }): void {
    void this.#vault!.leaves(piece).then(leaves => this.input({ type: 'hashed', id, leaves }))
  }

  #fetch({ id, url, first, end }: Effect<Uint8Array> & { type: 'fetch' }): void {
    const { layout, name } = this.swarm.transfer!.metainfo
    const controller = new AbortController()
    this.#fetches.set(id, controller)
    const request = { url, layout, name, first, end, signal: controller.signal }
    const onPiece = (piece: number, body: Uint8Array) => this.input({ type: 'fetched', id, piece, body })
    void this.#options.origin.fetch(request, onPiece).then(
      () => this.#fetchEnded(id),
      (error: ShoalError) => {
        const isRetryable = error.code === 'aborted' || error.details.retryable === true
        if (error.code !== 'aborted') this.#events.warning(error)
        this.#fetchEnded(id, isRetryable ? 'retry' : 'permanent')
      },
    )
  }

  #fetchEnded(id: number, failed?: 'retry' | 'permanent'): void {
    this.#fetches.delete(id)
    this.input({ type: 'fetch-ended', id, failed })
  }

  #membershipEvents(): MembershipEvents {
    return {
      found: (peerIds, members) => this.input({ type: 'found', peerIds, members }),
      offered: (offer, peerId) => this.input({ type: 'offered', offer, peerId }),
      opened: connection => this.#opened(connection),
      failed: peerId => this.input({ type: 'failed', peerId }),
      warning: error => this.#events.warning(error),
      tracker: status => this.#events.tracker(status),
    }
  }

  #opened(connection: PeerConnection): void {
    if (this.#isClosed) return connection.close('the torrent was closed')
    const peer = ++this.#lastPeer
    this.#connections.set(peer, connection)
    const layout = this.swarm.transfer?.metainfo.layout
    if (layout !== undefined) connection.setPieceCount(layout.pieceCount)
    const { peerId, initiator, features } = connection
    this.input({ type: 'opened', peer, peerId, initiator, features })
    connection.start({
      message: message => this.input({ type: 'message', peer, message }),
      writable: bufferedBytes => this.input({ type: 'writable', peer, bufferedBytes }),
      closed: () => {
        this.#connections.delete(peer)
        this.input({ type: 'closed', peer })
      },
    })
  }

  /** Trackers are told once that this peer has everything. */
  #completed(): void {
    if (this.#isComplete || !this.swarm.have.isFull) return
    this.#isComplete = true
    if (this.swarm.counters.fromPeersBytes + this.swarm.counters.fromOriginBytes > 0) this.#membership?.completed()
  }

  #totals(): { uploaded: number; downloaded: number; left: number | null } {
    const { transfer, counters } = this.swarm
    const downloaded = counters.fromPeersBytes + counters.fromOriginBytes
    if (!transfer?.isResumed) return { uploaded: counters.uploadedBytes, downloaded, left: null }
    const { have, layout } = transfer.pieces
    const left = have.isFull ? 0 : Math.max(1, layout.totalBytes - have.count * layout.pieceLength)
    return { uploaded: counters.uploadedBytes, downloaded, left }
  }

  #arm(): void {
    const { deadline } = this.swarm
    if (this.#isClosed || deadline >= this.#armedFor) return
    clearTimeout(this.#timer)
    this.#armedFor = deadline
    const delayMs = Math.min(TIMER_MAX_MS, Math.max(0, deadline - this.now))
    this.#timer = setTimeout(() => {
      this.#armedFor = Number.POSITIVE_INFINITY
      this.input({ type: 'tick' })
    }, delayMs)
  }
}

/**
 * What is asked of peers and when: the window of each, late answers, and what becomes of a request that ends.
 *
 * The window aims at 2 × delivery rate × lowest round trip, so that it finds the path's capacity: while the path is
 * not full the rate rises with the window, and once it is full the lowest round trip keeps the queue short. At the
 * start it doubles each round trip until the rate stops rising (as slow start does in RFC 9002).
 */
import type { Context } from './context.ts'
import { type Peer, type PendingRequest, requestKey } from './peer.ts'
import type { PartialPiece } from './partial-piece.ts'
import type { Picker } from './picker.ts'
import type { Pieces } from './pieces.ts'

/** A round that is this much faster than the best before it shows that the window was the limit. */
const RISING = 1.15
/** While blocks are owed, peers' patience is looked at this often. */
const PATIENCE_CHECK_MS = 500
/** After this many rounds without a rise the path is full. */
const FLAT_ROUNDS_MAX = 3
/** Who refuses so many requests is asked again when patience is looked at next: at once, the two might go on without end. */
const REFUSALS_MAX = 8

interface BlockRange {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

export class Requests<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #picker: Picker<Body>
  /** Requests to all peers that are late: asked elsewhere, and cancelled when the block comes. */
  #lateCount = 0
  /** Peers that were asked for something and have not answered. */
  readonly #asked = new Set<Peer>()
  /** How many requests peers refused that had unchoked us, since patience was last looked at. */
  readonly #refusals = new Map<Peer, number>()
  /** ms; when patience is looked at next. Fixed, or a peer that says something again and again would put it off for ever. */
  #looksAt = 0

  constructor(context: Context<Body>, pieces: Pieces<Body>, picker: Picker<Body>) {
    this.#context = context
    this.#pieces = pieces
    this.#picker = picker
  }

  get deadline(): number {
    return this.#asked.size + this.#refusals.size > 0 ? this.#looksAt : Number.POSITIVE_INFINITY
  }

  /** Asks the peer for blocks until its window is full. */
  fill(peer: Peer): void {
    if (this.#context.isPaused || peer.isChoking || peer.isSuspended || !peer.amInterested) return
    if ((this.#refusals.get(peer) ?? 0) >= REFUSALS_MAX) return
    const { limits, now } = this.#context
    const windowBytes = peer.isSnubbed ? limits.unitBytes : peer.windowBytes
    while (peer.pendingBytes < windowBytes && peer.pending.size < peer.requestsMax) {
      const pick = this.#picker.next(peer, this.#unitsMax(peer))
      if (pick === undefined) return
      const { partial, run } = pick
      const { piece } = partial
      const { begin, length } = partial.range(run)
      const known = peer.pending.get(requestKey(piece, begin))
      if (known !== undefined) {
        // Who is late would get it again at every turn, before others are asked.
        if (peer.isSnubbed) return
        this.#renew(known)
        continue
      }
      if (peer.pending.size === 0) startRound(peer, now)
      partial.ask(run)
      const request = { piece, begin, length, sentAt: now, isProbe: peer.pending.size === 0, isLate: false, lateAt: 0 }
      peer.pending.set(requestKey(piece, begin), request)
      if (this.deadline === Number.POSITIVE_INFINITY) this.#looksAt = now + PATIENCE_CHECK_MS
      this.#asked.add(peer)
      peer.pendingBytes += length
      peer.blocksDue++
      this.#context.send(peer.handle, { type: 'request', piece, begin, length })
    }
  }

  fillAll(): void {
    for (const peer of this.#context.unchokers) if (peer.pendingBytes < peer.windowBytes) this.fill(peer)
  }

  /** Takes a block. @returns false where nobody asked for it, or not like this: a late one answers what was cancelled since */
  receive(peer: Peer, piece: number, begin: number, body: Body): boolean {
    const { now, counters } = this.#context
    const length = this.#context.body.length(body)
    counters.fromPeersBytes += length
    const request = peer.pending.get(requestKey(piece, begin))
    const isDue = peer.blocksDue > 0
    if (isDue) peer.blocksDue--
    if (request === undefined || request.length !== length) {
      counters.wastedBytes += length
      return request === undefined && isDue
    }
    this.#forget(peer, request)
    this.#measure(peer, request, now)
    const partial = this.#pieces.partials.get(piece)
    if (partial === undefined) {
      counters.wastedBytes += length
    } else {
      // Taken in first: a peer whose request is cancelled is asked anew at once, and must not be asked for this block.
      counters.wastedBytes += this.#pieces.receive(partial, begin, body, peer.handle)
      this.#cancelElsewhere(peer, partial, request)
    }
    if (hasRoomForSeveral(peer)) this.fill(peer)
    return true
  }

  /** The peer will not send this block. One of another length answers a request that was cancelled since. */
  reject(peer: Peer, { piece, begin, length }: BlockRange): void {
    const request = peer.pending.get(requestKey(piece, begin))
    if (request?.length !== length) return
    this.#forget(peer, request)
    if (peer.isChoking) return
    if (this.deadline === Number.POSITIVE_INFINITY) this.#looksAt = this.#context.now + PATIENCE_CHECK_MS
    this.#refusals.set(peer, (this.#refusals.get(peer) ?? 0) + 1)
  }

  /**
   * The peer chokes us. With the fast extension it answers every request all the same, by a block or a reject (BEP 6): what was
   * asked stays asked, for an unchoke may have crossed it and the block be on its way. Without, everything is dropped.
   */
  choked(peer: Peer): void {
    if (peer.features.fast) this.#pieces.endExclusive(peer.handle)
    else this.release(peer)
  }

  /** Gives back everything that was asked of a peer. */
  release(peer: Peer): void {
    for (const request of [...peer.pending.values()]) this.#forget(peer, request)
    this.#refusals.delete(peer)
    this.#pieces.endExclusive(peer.handle)
    peer.isSnubbed = false
  }

  /** Cancels and gives back all that was asked for a piece. */
  withdraw(piece: number): void {
    for (const peer of this.#asked) {
      for (const request of [...peer.pending.values()]) if (request.piece === piece) this.#cancel(peer, request)
    }
  }

  /** Cancels and gives back all that was asked of a peer. */
  cancelAll(peer: Peer): void {
    for (const request of [...peer.pending.values()]) this.#cancel(peer, request)
    this.release(peer)
  }

  /** Snubs peers that owe blocks for too long: what they owe is asked of others. */
  tick(): void {
    const { now, limits } = this.#context
    this.#looksAt = now + PATIENCE_CHECK_MS
    for (const peer of this.#asked) {
      const isOverdue = now >= this.#patienceEnd(peer)
      if (isOverdue) {
        peer.isSnubbed = true
        peer.isRamping = false
        this.#pieces.endExclusive(peer.handle)
      }
      for (const request of [...peer.pending.values()]) {
        if (!request.isLate && isOverdue) {
          request.isLate = true
          request.lateAt = now
          this.#lateCount++
          this.#unask(request)
        } else if (request.isLate && now >= Math.max(request.lateAt, peer.lastBlockAt) + limits.snubMaxMs) {
          // The peer may never answer it (WebTorrent is silent about pieces it lacks). Until here waiting cost nothing, for
          // others were asked; a cancel would have put a slow peer back to the start.
          this.#cancel(peer, request)
        }
      }
    }
    const refusers = [...this.#refusals.keys()]
    this.#refusals.clear()
    for (const peer of refusers) this.fill(peer)
  }

  /** When a peer that owes blocks that nobody else was asked for is too late. */
  #patienceEnd(peer: Peer): number {
    const { snubMinMs, snubMaxMs } = this.#context.limits
    let oldest: PendingRequest | undefined
    for (const request of peer.pending.values()) {
      if (request.isLate) continue
      oldest = request
      break
    }
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    // Over many seconds: a slow peer's blocks come seconds apart, and nothing in the last two is no sign of death.
    const rate = peer.receivedLately.rate(this.#context.now)
    const expectedMs = rate > 0 ? (4_000 * peer.pendingBytes) / rate : snubMinMs
    return Math.max(oldest.sentAt, peer.lastBlockAt) + Math.min(snubMaxMs, Math.max(snubMinMs, expectedMs))
  }

  /** Whole units, at most what the client serves, and at most a second at the peer's rate: small ones until it is known. */
  #unitsMax(peer: Peer): number {
    const { unitBytes, requestBytesMax, requestStartBytes } = this.#context.limits
    if (peer.client === 'other' || peer.isSnubbed) return 1
    const rate = peer.received.rate(this.#context.now)
    const bytes = Math.min(requestBytesMax, rate > 0 ? rate : requestStartBytes)
    return Math.max(1, Math.floor(bytes / unitBytes))
  }

  #measure(peer: Peer, request: PendingRequest, now: number): void {
    const { windowFloorMs, windowMaxBytes, requestBytesMax } = this.#context.limits
    const elapsedMs = Math.max(1, now - request.sentAt)
    if (request.isProbe || elapsedMs < peer.rttMs) peer.rttMs = elapsedMs
    peer.received.add(request.length, now)
    peer.receivedLately.add(request.length, now)
    peer.lastBlockAt = now
    if (peer.isSnubbed) this.#forgive(peer)
    if (peer.isRamping) {
      peer.windowBytes = Math.min(windowMaxBytes, peer.windowBytes + request.length)
      peer.roundBytes += request.length
      const spentMs = now - peer.roundStartedAt
      if (spentMs < Math.max(peer.rttMs, 20)) return
      const rate = peer.roundBytes / spentMs
      peer.flatRounds = rate < peer.roundRateBest * RISING ? peer.flatRounds + 1 : 0
      peer.roundRateBest = Math.max(peer.roundRateBest, rate)
      if (peer.flatRounds >= FLAT_ROUNDS_MAX) peer.isRamping = false
      startRound(peer, now)
      return
    }
    const targetBytes = (peer.received.rate(now) * Math.max(2 * peer.rttMs, windowFloorMs)) / 1000
    peer.windowBytes = Math.min(windowMaxBytes, Math.max(targetBytes, 2 * Math.min(request.length, requestBytesMax)))
  }

  /** Nobody else need send what is here now: this block, or anything of a piece that is whole. */
  #cancelElsewhere(winner: Peer, partial: PartialPiece<Body>, { piece, begin, length }: PendingRequest): void {
    const run = partial.run(begin, length)
    const isWhole = partial.state === 'checking'
    const isAsked = isWhole ? partial.isAsked() : run !== undefined && partial.asked(run.first) > 0
    if (!isAsked && this.#lateCount === 0) return
    for (const peer of [...this.#asked]) {
      const same = peer === winner ? undefined : peer.pending.get(requestKey(piece, begin))
      let vain: PendingRequest[] = []
      if (isWhole) vain = [...peer.pending.values()].filter(request => request.piece === piece)
      else if (same !== undefined && same.length <= length) vain = [same]
      for (const request of vain) this.#cancel(peer, request)
      if (vain.length > 0) this.fill(peer)
    }
  }

  #cancel(peer: Peer, request: PendingRequest): void {
    const { piece, begin, length } = request
    this.#forget(peer, request)
    this.#context.send(peer.handle, { type: 'cancel', piece, begin, length })
  }

  #forget(peer: Peer, request: PendingRequest): void {
    peer.pending.delete(requestKey(request.piece, request.begin))
    if (peer.pending.size === 0) this.#asked.delete(peer)
    peer.pendingBytes -= request.length
    if (request.isLate) this.#lateCount--
    else this.#unask(request)
  }

  #unask({ piece, begin, length }: PendingRequest): void {
    const partial = this.#pieces.partials.get(piece)
    const run = partial?.run(begin, length)
    if (partial === undefined || run === undefined) return
    partial.unask(run)
    if (partial.state === 'filling') this.#pieces.open.add(partial)
  }

  /** The peer answers after all: what nobody else was asked for is expected of it again. */
  #forgive(peer: Peer): void {
    peer.isSnubbed = false
    for (const request of peer.pending.values()) {
      const partial = request.isLate ? this.#pieces.partials.get(request.piece) : undefined
      const run = partial?.run(request.begin, request.length)
      if (run && partial!.isOpen(run.first)) this.#renew(request)
    }
  }

  #renew(request: PendingRequest): void {
    const partial = this.#pieces.partials.get(request.piece)
    const run = partial?.run(request.begin, request.length)
    if (!request.isLate || partial === undefined || run === undefined) return
    request.isLate = false
    this.#lateCount--
    partial.ask(run)
  }
}

/** Requests leave several at a time: a message costs a page's main thread more than its bytes do. */
function hasRoomForSeveral(peer: Peer): boolean {
  return peer.windowBytes - peer.pendingBytes >= peer.windowBytes / 4 || peer.pending.size <= 2
}

function startRound(peer: Peer, now: number): void {
  if (peer.pending.size === 0 && now - peer.lastBlockAt > 1_000) peer.received.reset()
  peer.roundBytes = 0
  peer.roundStartedAt = now
}

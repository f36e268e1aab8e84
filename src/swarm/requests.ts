/** What is asked of peers and when, within the window of each (`window.ts`); late answers; what becomes of a request that ends. */
import type { Context } from './context.ts'
import { Patience } from './patience.ts'
import { type Peer, type PendingRequest, requestKey } from './peer.ts'
import type { PartialPiece } from './partial-piece.ts'
import type { Picker } from './picker.ts'
import type { Pieces } from './pieces.ts'
import { RateMeter } from './rate.ts'
import { measure, startRound } from './window.ts'

/** While blocks are owed, peers' patience is looked at this often. */
const PATIENCE_CHECK_MS = 500
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
  readonly #patience: Patience
  /** Bytes that peers owe and are expected to send, and those that come. */
  #owedBytes = 0
  readonly #received = new RateMeter(2_000, 20)
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
    this.#patience = new Patience(context)
  }

  get deadline(): number {
    return this.#asked.size + this.#refusals.size > 0 ? this.#looksAt : Number.POSITIVE_INFINITY
  }

  /** Asks the peer for blocks until its window is full. */
  fill(peer: Peer): void {
    if (this.#context.isPaused || peer.isChoking || peer.isSuspended || !peer.amInterested) return
    if ((this.#refusals.get(peer) ?? 0) >= REFUSALS_MAX) return
    const { limits, now } = this.#context
    const shareBytes = this.#shareBytes(peer)
    const windowBytes = peer.isSnubbed ? limits.unitBytes : Math.min(peer.windowBytes, shareBytes)
    while (peer.pendingBytes < windowBytes && peer.pending.size < peer.requestsMax) {
      const pick = this.#picker.next(peer, this.#unitsMax(peer, shareBytes - peer.pendingBytes))
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
      this.#owedBytes += length
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
    this.#received.add(length, now)
    const request = peer.pending.get(requestKey(piece, begin))
    const isDue = peer.blocksDue > 0
    if (isDue) peer.blocksDue--
    if (request === undefined || request.length !== length) {
      this.#context.duplicated(length)
      return request === undefined && isDue
    }
    this.#forget(peer, request)
    measure(peer, request, this.#context)
    if (peer.isSnubbed) this.#forgive(peer)
    const partial = this.#pieces.partials.get(piece)
    if (partial === undefined) {
      this.#context.duplicated(length)
    } else {
      // Taken in first: a peer whose request is cancelled is asked anew at once, and must not be asked for this block.
      this.#context.duplicated(this.#pieces.receive(partial, begin, body, peer.handle))
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
    this.#patience.look(this.#asked)
    for (const peer of this.#asked) {
      const isOverdue = now >= this.#patience.end(peer)
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
          this.#owedBytes -= request.length
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

  /**
   * What the peer may owe beside what all others do: together no more than our own downlink brings before patience ends. Asked of
   * twenty fast peers at once, more waits in its queue, and comes when it was asked elsewhere. And of what is missing it owes no more
   * than its part in all windows: or the first one asked would send what others could send meanwhile.
   */
  #shareBytes(peer: Peer): number {
    const { now, limits, unchokers } = this.#context
    const { missing, layout } = this.#pieces
    const allBytes = Math.max(limits.windowStartBytes, (this.#received.rate(now) * limits.snubMaxMs) / 1000)
    let windowsBytes = 0
    for (const each of unchokers) if (each.amInterested) windowsBytes += each.windowBytes
    const partBytes = (missing.count * layout.pieceLength * peer.windowBytes) / windowsBytes
    return Math.max(limits.owedMinBytes, Math.min(partBytes, peer.pendingBytes + allBytes - this.#owedBytes))
  }

  /** Whole units, at most what the client serves, and at most a second at the peer's rate: small ones until it is known. @param leftBytes of its share */
  #unitsMax(peer: Peer, leftBytes: number): number {
    const { unitBytes, requestBytesMax, requestStartBytes } = this.#context.limits
    if (peer.client === 'other' || peer.isSnubbed) return 1
    const rate = peer.received.rate(this.#context.now)
    const bytes = Math.min(requestBytesMax, rate > 0 ? rate : requestStartBytes, leftBytes)
    return Math.max(1, Math.floor(bytes / unitBytes))
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
    if (request.isLate) {
      this.#lateCount--
    } else {
      this.#owedBytes -= request.length
      this.#unask(request)
    }
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
    this.#owedBytes += request.length
    partial.ask(run)
  }
}

/** Requests leave several at a time: a message costs a page's main thread more than its bytes do. */
function hasRoomForSeveral(peer: Peer): boolean {
  return peer.windowBytes - peer.pendingBytes >= peer.windowBytes / 4 || peer.pending.size <= 2
}

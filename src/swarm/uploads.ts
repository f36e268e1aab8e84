/** Serving blocks: a queue per peer, loaded and sent as the connection and the upload cap allow. */
import { REQUEST_BYTES_MAX, WIRE_LIMITS } from '../options.ts'
import type { Context } from './context.ts'
import type { Peer, QueuedRequest } from './peer.ts'
import { Suggestions } from './suggestions.ts'
import type { Pieces } from './pieces.ts'

interface Load {
  readonly peer: Peer
  readonly request: QueuedRequest
  /** Zero bytes to put after what is loaded: padding that a v1 peer asked for. */
  readonly paddingBytes: number
}

export class Uploads<Body> {
  readonly suggestions: Suggestions<Body>
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #loads = new Map<number, Load>()
  /** Bytes that may be sent now under the cap; refilled over time, at most one second's worth. */
  #allowanceBytes = 0
  #allowanceAt = 0

  constructor(context: Context<Body>, pieces: Pieces<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#pieces = pieces
    this.suggestions = new Suggestions(context, pieces)
    this.#peers = peers
  }

  /** When the upload cap lets something more be sent; Infinity when nothing waits for it. */
  get deadline(): number {
    const cap = this.#context.share.uploadBytesPerSecond
    if (cap === Number.POSITIVE_INFINITY || this.#context.isPaused || !this.#context.isUploading)
      return Number.POSITIVE_INFINITY
    let nextBytes = Number.POSITIVE_INFINITY
    for (const peer of this.#peers.values()) {
      if (peer.ready.length > 0 && this.#hasRoom(peer)) nextBytes = Math.min(nextBytes, peer.ready[0]!.request.length)
    }
    if (nextBytes === Number.POSITIVE_INFINITY || cap <= 0) return Number.POSITIVE_INFINITY
    return this.#allowanceAt + Math.max(0, ((nextBytes - this.#allowanceBytes) * 1000) / cap)
  }

  /** @returns false where the request is out of bounds, so that no honest peer would make it */
  request(peer: Peer, request: QueuedRequest): boolean {
    const { piece, begin, length } = request
    if (piece >= this.#pieces.layout.pieceCount || length === 0 || length > REQUEST_BYTES_MAX) return false
    if (begin + length > Math.max(this.#pieces.layout.paddedBytes(piece), this.#pieces.layout.pieceBytes(piece)))
      return false
    const isServed =
      !peer.amChoking && this.#pieces.have.has(piece) && peer.queue.length < WIRE_LIMITS.requestsQueuedMax
    if (isServed) {
      peer.queue.push(request)
      this.suggestions.asked(peer, piece)
      this.pump(peer)
    } else {
      this.#reject(peer, request)
    }
    return true
  }

  /** The peer no longer wants a block: it is left out, be it waiting, being loaded, or loaded. */
  cancel(peer: Peer, { piece, begin, length }: QueuedRequest): void {
    const isSame = (other: QueuedRequest) => other.piece === piece && other.begin === begin && other.length === length
    const queuedAt = peer.queue.findIndex(isSame)
    const readyAt = peer.ready.findIndex(({ request }) => isSame(request))
    if (queuedAt >= 0) peer.queue.splice(queuedAt, 1)
    else if (readyAt >= 0) peer.ready.splice(readyAt, 1)
    else {
      const loading = [...this.#loads].find(([, load]) => load.peer === peer && isSame(load.request))
      if (loading === undefined) return
      this.#loads.delete(loading[0])
    }
    if (queuedAt < 0) peer.loadingBytes -= length
    this.#reject(peer, { piece, begin, length })
  }

  /** We choke the peer: nothing that it asked for will come (BEP 6 wants each refused). */
  clear(peer: Peer): void {
    this.suggestions.settle(peer)
    for (const { request } of peer.ready.splice(0)) {
      peer.loadingBytes -= request.length
      this.#reject(peer, request)
    }
    for (const request of peer.queue.splice(0)) this.#reject(peer, request)
  }

  onWritable(peer: Peer, bufferedBytes: number): void {
    peer.bufferedBytes = bufferedBytes
    this.pump(peer)
  }

  onLoaded(id: number, body: Body | undefined): void {
    const load = this.#loads.get(id)
    if (load === undefined) return
    this.#loads.delete(id)
    const { peer, request, paddingBytes } = load
    if (!this.#peers.has(peer.handle)) return
    if (body === undefined || peer.amChoking) {
      peer.loadingBytes -= request.length
      this.#reject(peer, request)
    } else {
      const { body: ops } = this.#context
      peer.ready.push({ request, body: paddingBytes > 0 ? ops.concat([body, ops.zeros(paddingBytes)]) : body })
    }
    this.pump(peer)
  }

  pumpAll(): void {
    const busy = [...this.#context.unchoked].filter(({ ready, queue }) => ready.length + queue.length > 0)
    const peers = busy.sort((a, b) => a.lastServedAt - b.lastServedAt || a.handle - b.handle)
    for (const peer of peers) this.pump(peer)
  }

  /**
   * Loads and sends for one peer as far as its connection and the cap allow. Loading runs ahead of sending, so that
   * the next piece is read and verified while this one leaves.
   */
  pump(peer: Peer): void {
    if (this.#context.isPaused || !this.#context.isUploading) return
    while (peer.ready.length > 0 && this.#hasRoom(peer) && this.#spend(peer.ready[0]!.request.length)) {
      const { request, body } = peer.ready.shift()!
      peer.loadingBytes -= request.length
      this.#send(peer, request, body as Body)
    }
    while (peer.queue.length > 0 && peer.loadingBytes < this.#context.limits.readAheadBytes) {
      const request = peer.queue.shift()!
      const dataBytes = Math.max(
        0,
        Math.min(request.length, this.#pieces.layout.pieceBytes(request.piece) - request.begin),
      )
      peer.loadingBytes += request.length
      if (dataBytes === 0) {
        // All padding: a v1 peer asks for a hybrid's pad file.
        peer.ready.push({ request, body: this.#context.body.zeros(request.length) })
        return this.pump(peer)
      }
      const id = this.#context.nextId()
      this.#loads.set(id, { peer, request, paddingBytes: request.length - dataBytes })
      this.#context.emit({ type: 'load', id, piece: request.piece, begin: request.begin, length: dataBytes })
    }
  }

  #send(peer: Peer, { piece, begin, length }: QueuedRequest, body: Body): void {
    const { now, counters } = this.#context
    peer.lastServedAt = now
    peer.bufferedBytes += length
    peer.sent.add(length, now)
    peer.sentLately.add(length, now)
    counters.uploadedBytes += length
    // At half of it a fast peer needs more soon; a slow one is served until the little that is left has gone.
    const soonBytes = (peer.sent.rate(now) * this.#context.limits.idleUnchokeMs) / 1000
    const lowWaterBytes = Math.min(this.#bufferBytes(peer) / 2, soonBytes)
    if (lowWaterBytes > peer.lowWaterBytes * 1.1 || lowWaterBytes < peer.lowWaterBytes * 0.9) {
      peer.lowWaterBytes = lowWaterBytes
      this.#context.emit({ type: 'low-water', peer: peer.handle, bytes: lowWaterBytes })
    }
    this.#context.send(peer.handle, { type: 'piece', piece, begin, body })
  }

  #reject(peer: Peer, { piece, begin, length }: QueuedRequest): void {
    if (peer.features.fast) this.#context.send(peer.handle, { type: 'reject', piece, begin, length })
  }

  /** Below the mark there is always room: the connection has said so and will not say it again. */
  #hasRoom(peer: Peer): boolean {
    return peer.bufferedBytes < this.#bufferBytes(peer) || peer.bufferedBytes <= peer.lowWaterBytes
  }

  /**
   * The send buffer only has to outlast the turns of two event loops: what is in flight is the transport's own, and does not count as
   * buffered. A larger one is slower (dcSCTP sends it in bursts that get lost), and delays cancels.
   */
  #bufferBytes(peer: Peer): number {
    const { sendBufferMinBytes, sendBufferMaxBytes, sendBufferMs } = this.#context.limits
    const targetBytes = (peer.sentLately.rate(this.#context.now) * sendBufferMs) / 1000
    return Math.min(sendBufferMaxBytes, Math.max(sendBufferMinBytes, targetBytes))
  }

  #spend(bytes: number): boolean {
    const cap = this.#context.share.uploadBytesPerSecond
    if (cap === Number.POSITIVE_INFINITY) return true
    const { now } = this.#context
    // A block larger than a second's worth may still go, once a whole second's worth has gathered.
    const most = Math.max(cap, bytes)
    this.#allowanceBytes = Math.min(most, this.#allowanceBytes + ((now - this.#allowanceAt) * cap) / 1000)
    this.#allowanceAt = now
    if (this.#allowanceBytes + 1e-6 < bytes) return false
    this.#allowanceBytes -= bytes
    return true
  }
}

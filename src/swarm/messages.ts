/** What is said to peers and what follows from what they say. */
import { PEER_ID_PREFIX, WIRE_LIMITS } from '../options.ts'
import type { WireMessage } from '../protocol/wire.ts'
import type { Context } from './context.ts'
import { type MetadataExchange, serveMetadata } from './metadata.ts'
import type { Peer } from './peer.ts'
import type { Transfer } from './transfer.ts'

/** Ids under which we want to receive extension messages. */
const EXTENSIONS = { ut_metadata: 1, lt_donthave: 3 } as const
const CLIENT_NAME = `Shoal ${PEER_ID_PREFIX.slice(3, 7).split('').join('.').replace(/\.0$/, '')}`
/** A partial bitfield that comes late is told piece by piece up to this many: WebTorrent takes a late one for a seed's. */
const LATE_HAVES_MAX = 1_000

/** What the handler needs of the swarm. */
export interface MessageHost<Body> {
  /** Once the layout is known and the store has answered. */
  transfer(): Transfer<Body> | undefined
  infoBytes(): Uint8Array | undefined
  learnt(infoBytes: Uint8Array): void
  ban(peer: Peer, reason: string): void
  interestChanged(): void
}

export class MessageHandler<Body> {
  readonly #context: Context<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #metadata: MetadataExchange<Body>
  readonly #host: MessageHost<Body>

  constructor(
    context: Context<Body>,
    peers: ReadonlyMap<number, Peer>,
    metadata: MetadataExchange<Body>,
    host: MessageHost<Body>,
  ) {
    this.#context = context
    this.#peers = peers
    this.#metadata = metadata
    this.#host = host
  }

  /** The first words to a new peer. */
  greet(peer: Peer): void {
    if (!peer.features.extended) return
    const metadataBytes = this.#host.infoBytes()?.length
    this.#context.send(peer.handle, {
      type: 'extended-handshake',
      extensions: EXTENSIONS,
      ...(metadataBytes !== undefined && { metadataBytes }),
      requestsMax: WIRE_LIMITS.requestsQueuedMax,
      client: CLIENT_NAME,
    })
  }

  /** Before the file list is known everything is of interest: the peer can unchoke us while the list is on its way. */
  hope(peer: Peer): void {
    if (this.#context.isPaused) return
    peer.amInterested = true
    this.#context.send(peer.handle, { type: 'interested' })
  }

  /** Tells a peer what we have, and takes in what it said before the layout was known. */
  introduce(peer: Peer): void {
    const transfer = this.#host.transfer()!
    const { have } = transfer.pieces
    const isLate = peer.openedAt < this.#context.now
    if (isLate) this.greet(peer)
    if (have.isFull && peer.features.fast) this.#context.send(peer.handle, { type: 'have-all' })
    else if (have.count === 0 || (isLate && peer.features.fast && have.count <= LATE_HAVES_MAX)) {
      if (peer.features.fast) this.#context.send(peer.handle, { type: 'have-none' })
      for (let piece = 0; have.count > 0 && piece < have.length; piece++) {
        if (have.has(piece)) this.#context.send(peer.handle, { type: 'have', piece })
      }
    } else this.#context.send(peer.handle, { type: 'bitfield', bits: have.bytes.slice() })
    if (!peer.learnPieceCount(have.length)) this.#strike(peer)
    this.#countPieces(peer, 1)
    this.#host.transfer()?.reviewInterest(peer)
    if (peer.isInterested) this.#host.interestChanged()
  }

  /** Told to those who have it too: a seed shows how far its leeches are. */
  announce(piece: number): void {
    const message = { type: 'have', piece } as const
    for (const peer of this.#peers.keys()) this.#context.send(peer, message)
  }

  dontHave(peer: Peer, piece: number): void {
    if (peer.extensions.lt_donthave) this.#context.send(peer.handle, { type: 'dont-have', piece })
  }

  choke(peer: Peer): void {
    peer.amChoking = true
    this.#context.unchoked.delete(peer)
    this.#context.send(peer.handle, { type: 'choke' })
    this.#host.transfer()?.uploads.clear(peer)
  }

  unchoke(peer: Peer): void {
    peer.amChoking = false
    this.#context.unchoked.add(peer)
    peer.unchokedAt = this.#context.now
    peer.isTurnOver = false
    // First, so that the peer's first requests follow them.
    this.#host.transfer()?.uploads.suggestions.renew(peer)
    this.#context.send(peer.handle, { type: 'unchoke' })
  }

  /** The peer is gone: it and its pieces no longer count. */
  forget(peer: Peer): void {
    this.#setInterested(peer, false)
    this.#context.unchoked.delete(peer)
    this.#context.unchokers.delete(peer)
    if (peer.have !== undefined) this.#countPieces(peer, -1)
  }

  take(peer: Peer, message: WireMessage<Body>): void {
    const transfer = this.#host.transfer()
    switch (message.type) {
      case 'choke':
        peer.isChoking = true
        this.#context.unchokers.delete(peer)
        transfer?.requests.choked(peer)
        if (transfer) transfer.isStale = true
        return
      case 'unchoke':
        peer.isChoking = false
        this.#context.unchokers.add(peer)
        return transfer?.requests.fill(peer)
      case 'interested':
        this.#setInterested(peer, true)
        return this.#host.interestChanged()
      case 'not-interested':
        this.#setInterested(peer, false)
        transfer?.uploads.clear(peer)
        return this.#host.interestChanged()
      case 'have':
        return this.#onHave(peer, message.piece)
      case 'bitfield':
        return this.#onBitfield(peer, message.bits)
      case 'have-all':
        return this.#onAll(peer, true)
      case 'have-none':
        return this.#onAll(peer, false)
      case 'dont-have':
        return this.#onDontHave(peer, message.piece)
      case 'request':
        return this.#onRequest(peer, message)
      case 'cancel':
        return transfer?.uploads.cancel(peer, message)
      case 'reject':
        transfer?.requests.reject(peer, message)
        if (transfer) transfer.isStale = true
        return
      case 'piece':
        if (transfer && !transfer.requests.receive(peer, message.piece, message.begin, message.body)) this.#strike(peer)
        return
      case 'suggest':
        if (peer.suggested.size < this.#context.limits.suggestedMax) peer.suggested.add(message.piece)
        return
      case 'allowed-fast':
        // A hint that our picker has no use for.
        return
      case 'extended-handshake':
        peer.extensions = message.extensions
        peer.metadataBytes = message.metadataBytes ?? peer.metadataBytes
        if (message.requestsMax !== undefined && message.requestsMax > 0) peer.requestsMax = message.requestsMax
        if (message.client !== undefined) peer.clientName = message.client
        return this.#tickMetadata()
      case 'metadata-request':
        return this.#context.send(peer.handle, serveMetadata(this.#host.infoBytes(), message.piece))
      case 'metadata-data':
        return this.#onMetadata(peer, message)
      case 'metadata-reject':
        this.#metadata.rejected(peer)
        return this.#tickMetadata()
      case 'hash-request':
        return this.#onHashRequest(peer, message)
      case 'hashes':
        transfer?.hashExchange.receive(peer, message)
        return
      case 'hash-reject':
        return transfer?.hashExchange.rejected(peer, message)
    }
  }

  #setInterested(peer: Peer, isInterested: boolean): void {
    if (isInterested !== peer.isInterested) this.#context.interestedCount += isInterested ? 1 : -1
    peer.isInterested = isInterested
  }

  #tickMetadata(): void {
    if (this.#host.infoBytes() === undefined) this.#metadata.tick()
  }

  #onHave(peer: Peer, piece: number): void {
    if (peer.have === undefined) return peer.noteEarly(piece)
    if (piece >= peer.have.length) return this.#strike(peer)
    if (!peer.have.add(piece)) return
    const { pieces, uploads } = this.#host.transfer()!
    pieces.rarity.addAvailability(piece, 1)
    uploads.suggestions.has(peer, piece)
    if (peer.isTurnOver && peer.promised.size === 0) this.#host.interestChanged()
    // Only a piece that we miss, or the one that completes the peer, can change anything between us.
    if (pieces.isWanted(piece) || peer.isSeed) this.#host.transfer()?.reviewInterest(peer)
  }

  #onDontHave(peer: Peer, piece: number): void {
    if (peer.have === undefined) return peer.noteEarly(~piece)
    if (piece >= peer.have.length) return
    if (peer.have.delete(piece)) this.#host.transfer()!.pieces.rarity.addAvailability(piece, -1)
    this.#retracted(peer)
  }

  #onBitfield(peer: Peer, bits: Uint8Array): void {
    this.#replacePieces(peer, () => {
      peer.early = { all: false, bits, pieces: [] }
    })
  }

  #onAll(peer: Peer, all: boolean): void {
    this.#replacePieces(peer, () => {
      peer.early = { all, pieces: [] }
    })
  }

  #replacePieces(peer: Peer, say: () => void): void {
    const count = peer.have?.length
    if (count !== undefined) this.#countPieces(peer, -1)
    say()
    if (count === undefined) return
    if (!peer.learnPieceCount(count)) this.#strike(peer)
    this.#countPieces(peer, 1)
    this.#retracted(peer)
  }

  /** What was the peer's to itself may be what it has no more. */
  #retracted(peer: Peer): void {
    const transfer = this.#host.transfer()
    if (transfer === undefined) return
    transfer.pieces.endExclusive(peer.handle)
    transfer.isStale = true
    transfer.reviewInterest(peer)
  }

  #countPieces(peer: Peer, difference: 1 | -1): void {
    const transfer = this.#host.transfer()
    const { have } = peer
    if (transfer === undefined || have === undefined || have.count === 0) return
    for (let piece = 0; piece < have.length; piece++) {
      if (have.has(piece)) transfer.pieces.rarity.addAvailability(piece, difference)
    }
  }

  #onRequest(peer: Peer, request: WireMessage<Body> & { type: 'request' }): void {
    const { piece, begin, length } = request
    if (peer.rttMs === Number.POSITIVE_INFINITY && peer.isInterested) {
      // The first request after an unchoke shows the round trip to a peer that we ask nothing of.
      peer.rttMs = Math.max(1, this.#context.now - peer.unchokedAt)
    }
    const transfer = this.#host.transfer()
    if (transfer === undefined) {
      if (peer.features.fast) this.#context.send(peer.handle, { type: 'reject', piece, begin, length })
    } else if (!transfer.uploads.request(peer, { piece, begin, length })) this.#strike(peer)
  }

  #onMetadata(peer: Peer, message: WireMessage<Body> & { type: 'metadata-data' }): void {
    if (this.#host.infoBytes() !== undefined) return
    const result = this.#metadata.receive(peer, message)
    if (result === 'forged') this.#host.ban(peer, 'sent metadata that does not match the infohash')
    else if (result !== undefined) this.#host.learnt(result)
    else this.#tickMetadata()
  }

  #onHashRequest(peer: Peer, message: WireMessage<Body> & { type: 'hash-request' }): void {
    const { piecesRoot, baseLayer, index, length, proofLayers } = message
    const range = { piecesRoot: piecesRoot.slice(), baseLayer, index, length, proofLayers }
    const transfer = this.#host.transfer()
    const respond = (hashes: Uint8Array | undefined) => {
      if (!this.#peers.has(peer.handle)) return
      this.#context.send(peer.handle, hashes ? { type: 'hashes', ...range, hashes } : { type: 'hash-reject', ...range })
    }
    if (transfer === undefined) respond(undefined)
    else transfer.answerHashes(range, respond)
  }

  #strike(peer: Peer): void {
    peer.strikes++
    if (peer.strikes < this.#context.limits.strikesMax) return
    this.#context.emit({ type: 'close', peer: peer.handle, reason: 'broke the protocol too often' })
  }
}

/** A swarm whose layout is known: wires its rooms together, and decides what follows when a piece verifies or fails. */
import type { Metainfo } from '../metainfo/metainfo.ts'
import { PieceHashes } from '../metainfo/piece-hashes.ts'
import { Availability } from './availability.ts'
import { Blame } from './blame.ts'
import type { Context } from './context.ts'
import { HashExchange } from './hash-exchange.ts'
import { OriginSource } from './origin.ts'
import { ORIGIN, type PartialPiece } from './partial-piece.ts'
import type { Peer } from './peer.ts'
import { Picker } from './picker.ts'
import { Pieces } from './pieces.ts'
import { Reprieves } from './reprieve.ts'
import { Requests } from './requests.ts'
import { Thrift } from './thrift.ts'
import { Uploads } from './uploads.ts'

/** What only the swarm as a whole can do. */
export interface TransferEvents {
  /** Peers should hear of a new piece. */
  announce(piece: number): void
  /** Neither we nor the peer have anything for the other. */
  part(peer: Peer): void
  /** A peer is proven to have sent bad data. */
  ban(peer: Peer, reason: string): void
  /** Nothing may go on: the halves of the torrent disagree. */
  stop(): void
}

export class Transfer<Body> {
  readonly metainfo: Metainfo
  readonly pieces: Pieces<Body>
  readonly requests: Requests<Body>
  readonly uploads: Uploads<Body>
  readonly hashExchange: HashExchange<Body>
  readonly origin: OriginSource<Body>
  /** The store has said what it holds; before that nothing is asked for. */
  isResumed = false
  /** Something can be asked for that could not be before. */
  isStale = false
  readonly #context: Context<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #events: TransferEvents
  readonly #blame: Blame<Body>
  readonly #reprieves: Reprieves
  readonly #availability: Availability<Body>
  /** Who waits for leaf hashes from the store, by the id of the effect. */
  readonly #leafAnswers = new Map<number, (leaves: Uint8Array | undefined) => void>()

  constructor(
    context: Context<Body>,
    metainfo: Metainfo,
    webSeeds: readonly string[],
    peers: ReadonlyMap<number, Peer>,
    events: TransferEvents,
  ) {
    this.#context = context
    this.#peers = peers
    this.#events = events
    this.metainfo = metainfo
    const { layout } = metainfo
    const hashes = new PieceHashes(layout, metainfo.pieceLayers)
    this.pieces = new Pieces(context, layout, hashes, {
      verified: (partial, senders) => this.#verified(partial, senders),
      failed: (partial, badUnits, root) => this.#failed(partial, badUnits, root),
      inconsistent: piece => this.#inconsistent(piece),
      opened: () => {
        this.isStale = true
      },
    })
    this.#blame = new Blame(context)
    this.#reprieves = new Reprieves(context, hashes)
    this.requests = new Requests(context, this.pieces, new Picker(context, this.pieces, peers))
    this.uploads = new Uploads(context, this.pieces, peers)
    this.hashExchange = new HashExchange(context, layout, hashes, peers, {
      layer: file => this.#layerKnown(file),
      leaves: (piece, leaves) => this.#judge(piece, leaves),
      forged: peer => events.ban(peer, 'sent piece hashes that do not lead to the file’s root'),
    })
    this.origin = new OriginSource(context, this.pieces, webSeeds, new Thrift(context, this.pieces, peers))
    this.#availability = new Availability(context, this.pieces, this.origin, peers)
  }

  get deadline(): number {
    const { requests, uploads, hashExchange, origin } = this
    const rare = Math.min(this.#reprieves.deadline, this.#availability.deadline)
    return Math.min(requests.deadline, uploads.deadline, hashExchange.deadline, origin.deadline, rare)
  }

  /** After wants changed: hashes that they need are asked for, and what nobody wants any more is given up. */
  review(): void {
    if (!this.isResumed) return
    const { layout } = this.pieces
    for (const file of this.pieces.hashes.longFiles) {
      if (!this.pieces.hashes.needsLayer(file)) continue
      const { first, end } = layout.piecesOf(file)
      if (this.pieces.isAnyWanted(first, end)) this.hashExchange.wantFile(file)
    }
    for (const partial of [...this.pieces.partials.values()]) {
      if (this.pieces.isWanted(partial.piece) || partial.state !== 'filling' || partial.exclusive === ORIGIN) continue
      this.requests.withdraw(partial.piece)
      this.#context.counters.wastedBytes += partial.discard(() => true)
      this.pieces.abandon(partial)
    }
    if (this.pieces.missing.count === 0) this.origin.cancelAll()
    this.hashExchange.tick()
    this.reviewInterests()
  }

  /** Says whether we are interested in a peer, and asks for what we may. */
  reviewInterest(peer: Peer): void {
    if (this.#sayInterest(peer)) this.requests.fill(peer)
  }

  /** Asks peers and web seeds for what can be asked for now. */
  fill(): void {
    if (!this.isResumed) return
    if (this.isStale) {
      this.isStale = false
      this.requests.fillAll()
    }
    this.origin.fill()
  }

  /** A peer is gone: what was asked of it is asked of others. */
  parted(peer: Peer): void {
    this.uploads.suggestions.settle(peer)
    this.requests.release(peer)
    this.hashExchange.closed(peer)
    this.hashExchange.tick()
    this.isStale = true
    this.#availability.parted()
  }

  /** The same for all: nobody is asked before it is known who else can be, for they share what there is. */
  reviewInterests(): void {
    for (const peer of [...this.#peers.values()]) this.#sayInterest(peer)
    this.isStale = true
  }

  /** Answers a hash request, out of memory or by hashing a piece that we have; undefined: it is refused. */
  answerHashes(range: Parameters<PieceHashes['answer']>[0], respond: (hashes: Uint8Array | undefined) => void): void {
    const answer = this.pieces.hashes.answer(range)
    if (answer === undefined || answer instanceof Uint8Array) return respond(answer)
    if (!this.pieces.have.has(answer.leavesOf) || this.#leafAnswers.size >= 16) return respond(undefined)
    const id = this.#context.nextId()
    this.#leafAnswers.set(id, leaves => {
      const hashes = leaves && this.pieces.hashes.answer(range, leaves)
      respond(hashes instanceof Uint8Array ? hashes : undefined)
    })
    this.#context.emit({ type: 'hash', id, piece: answer.leavesOf })
  }

  /** A web seed sent a whole piece: peers who were asked for some of it need not send it. */
  fetched(id: number, piece: number, body: Body): void {
    this.origin.receive(id, piece, body)
    if (this.pieces.partials.get(piece)?.state !== 'checking') return
    this.requests.withdraw(piece)
    this.isStale = true
  }

  tick(): void {
    this.requests.tick()
    this.hashExchange.tick()
    this.#condemn()
    this.uploads.pumpAll()
    this.isStale = true
    this.#availability.tick()
  }

  onHashed(id: number, leaves: Uint8Array | undefined): void {
    this.#leafAnswers.get(id)?.(leaves)
    this.#leafAnswers.delete(id)
  }

  /** Says whether we are interested in a peer; parts with it when neither has anything for the other. @returns whether we are */
  #sayInterest(peer: Peer): boolean {
    if (!this.isResumed || peer.have === undefined || !this.#peers.has(peer.handle)) return false
    const { missing, have } = this.pieces
    const isInterested = !this.#context.isPaused && missing.intersects(peer.have)
    if (isInterested !== peer.amInterested) {
      peer.amInterested = isInterested
      this.#context.send(peer.handle, { type: isInterested ? 'interested' : 'not-interested' })
      // Whoever has pieces has their hashes, most likely.
      if (isInterested) this.hashExchange.tick()
    }
    if (peer.isSeed && have.isFull) this.#events.part(peer)
    return isInterested
  }

  #verified(partial: PartialPiece<Body>, senders: readonly number[]): void {
    const { piece } = partial
    this.origin.settled(piece)
    const peer = senders.length === 1 ? this.#peers.get(senders[0]!) : undefined
    if (peer?.isOnParole) {
      peer.isOnParole = false
      this.isStale = true
    }
    for (const guilty of this.#blame.compare(partial)) this.#accuse(guilty, piece)
    this.#events.announce(piece)
    for (const other of [...this.#peers.values()]) {
      if (other.amInterested && (!other.isChoking || other.has(piece))) this.reviewInterest(other)
    }
  }

  #failed(partial: PartialPiece<Body>, badUnits?: readonly number[], root?: Uint8Array): void {
    const { piece } = partial
    const senders = partial.senders()
    // A check against leaf hashes judges again what failed before.
    if (badUnits === undefined) this.#context.report({ type: 'damaged', piece })
    if (badUnits !== undefined && badUnits.length > 0) {
      for (const sender of new Set(badUnits.map(unit => partial.sender(unit)))) this.#accuse(sender, piece)
      const bad = new Set(badUnits)
      this.#context.counters.wastedBytes += partial.discard(unit => bad.has(unit))
    } else {
      if (senders.length > 1) this.#suspect(partial, senders)
      this.#context.counters.wastedBytes += partial.discard(() => true)
      if (senders.length === 1) this.#accuse(senders[0]!, piece, root)
    }
    this.origin.settled(piece)
    partial.exclusive = undefined
    this.pieces.open.add(partial)
    if (!this.pieces.isWanted(piece)) this.pieces.abandon(partial)
    this.isStale = true
  }

  #suspect(partial: PartialPiece<Body>, senders: readonly number[]): void {
    this.#blame.hold(partial)
    partial.isSuspect = true
    for (const sender of senders) {
      const peer = this.#peers.get(sender)
      if (peer !== undefined) peer.isOnParole = true
    }
    this.hashExchange.wantLeaves(partial.piece)
  }

  /** Trusted leaf hashes have come: they tell good units of a failed piece from bad ones. */
  #judge(piece: number, leaves: Uint8Array): void {
    const current = this.pieces.partials.get(piece)
    // Once the refetched piece is under its own check, comparing it with the evidence is as good.
    if (current === undefined || current.state !== 'filling') return
    const suspect = this.#blame.take(piece)
    if (suspect === undefined) return
    this.requests.withdraw(piece)
    this.#context.counters.wastedBytes += current.discard(() => true)
    for (let unit = 0; unit < suspect.unitCount; unit++)
      current.receive(unit, suspect.units[unit]!, suspect.sender(unit))
    this.pieces.check(current, leaves)
  }

  #layerKnown(file: number): void {
    const { first, end } = this.pieces.layout.piecesOf(file)
    for (let piece = first; piece < end; piece++) this.pieces.refresh(piece)
    this.#context.report({ type: 'layer', file })
    const contradicted = this.pieces.hashes.contradictedPiece(file) ?? this.#reprieves.contradictedPiece()
    if (contradicted !== undefined) this.#inconsistent(contradicted)
    else this.#condemn()
    this.isStale = true
  }

  /** @param root of the piece as this sender alone sent it */
  #accuse(sender: number, piece: number, root?: Uint8Array): void {
    if (sender === ORIGIN) {
      this.origin.blame(piece)
      return
    }
    const peer = this.#peers.get(sender)
    if (peer === undefined) return
    if (this.#mayComeRight(piece)) {
      this.requests.cancelAll(peer)
      this.#reprieves.grant({ peer, piece, root })
    } else {
      this.#ban(peer, piece)
    }
    this.pieces.discardFrom(sender)
  }

  /** Only the v1 half was there to judge by, and the v2 half is on its way. */
  #mayComeRight(piece: number): boolean {
    const { layout } = this.pieces
    return layout.version === 'hybrid' && this.hashExchange.isFetching(layout.fileOf(piece)!)
  }

  #condemn(): void {
    for (const { peer, piece } of this.#reprieves.takeDue()) {
      if (this.#peers.has(peer.handle)) this.#ban(peer, piece)
    }
  }

  #ban(peer: Peer, piece: number): void {
    this.#events.ban(peer, `sent bad data for piece ${piece}`)
  }

  #inconsistent(piece: number): void {
    this.#context.report({ type: 'inconsistent', piece })
    this.#events.stop()
  }
}

/**
 * What a member may know of its neighbours, put together from its swarm's inputs and effects alone: a second opinion
 * that checkers judge by. Inputs count before checkers see them, effects after.
 */
import { REQUEST_BYTES_MAX } from '../../src/options.ts'
import { Bitfield } from '../../src/swarm/bitfield.ts'
import type { Effect, Input, Share, Want } from '../../src/swarm/events.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Member } from './member.ts'
import { PerMember } from './per-member.ts'
import type { Token } from './token.ts'
import type { Torrent } from './torrent.ts'

/** A request that was not answered yet. */
export interface Asked {
  readonly piece: number
  readonly begin: number
  readonly length: number
  /** ms; when. */
  readonly at: number
}

export class Neighbour {
  readonly peerId: string
  /** ms. */
  readonly openedAt: number
  readonly has: Bitfield
  /** What we told it that we have. */
  readonly told: Bitfield
  isChoking = true
  isInterested = false
  amChoking = true
  /** ms; since when we choke it; Infinity: we do not. */
  chokedAt: number
  amInterested = false
  /** ms; since when it unchokes us, and since when it is interested; Infinity: it is not so. */
  unchokedAt = Number.POSITIVE_INFINITY
  interestedAt = Number.POSITIVE_INFINITY
  /** What we asked of it, by place. */
  readonly asked = new Map<Place, Asked>()
  /** How often it asked us for what lies at a place, less how often we answered. */
  readonly owed = new Map<Place, number>()
  /** What it called back, by place, and when (ms). Of requests that overlap, the others stand. */
  readonly cancelled = new Map<Place, { readonly at: number; readonly length: number }>()
  /** ms; when it was last asked for something, or answered. */
  activeAt: number
  /** ms; when it was last asked for something. */
  askedAt = Number.NEGATIVE_INFINITY
  requestsMax = Number.POSITIVE_INFINITY

  constructor(peerId: string, pieceCount: number, now: number) {
    this.peerId = peerId
    this.openedAt = now
    this.activeAt = now
    this.chokedAt = now
    this.has = new Bitfield(pieceCount)
    this.told = new Bitfield(pieceCount)
  }
}

/** A block's place in the torrent, as one number. */
export type Place = number

export class Neighbourhood {
  readonly neighbours = new Map<number, Neighbour>()
  /** Neighbours that have each piece. */
  readonly availability: Uint16Array
  /** What passed its check or was found in the store. */
  readonly here: Bitfield
  readonly wants = new Map<number, Want>()
  share: Share | undefined
  isPaused = false
  isUploading = true
  isResumed = false
  /** ms; when what is here last changed. */
  hereChangedAt = 0
  readonly #torrent: Torrent
  readonly #checks = new Map<number, number>()

  constructor(torrent: Torrent) {
    this.#torrent = torrent
    this.availability = new Uint16Array(torrent.pieceCount)
    this.here = new Bitfield(torrent.pieceCount)
  }

  /** Wanted and not here. */
  isMissing(piece: number): boolean {
    if (this.here.has(piece)) return false
    for (const want of this.wants.values()) if (piece >= want.first && piece < want.end) return true
    return false
  }

  place(piece: number, begin: number): Place {
    return piece * this.#torrent.pieceLength + begin
  }

  input(input: Input<Token>, now: number): void {
    switch (input.type) {
      case 'opened':
        this.neighbours.set(input.peer, new Neighbour(input.peerId, this.#torrent.pieceCount, now))
        return
      case 'closed':
        this.#replace(this.neighbours.get(input.peer)?.has, () => false)
        this.neighbours.delete(input.peer)
        return
      case 'message': {
        const neighbour = this.neighbours.get(input.peer)
        if (neighbour !== undefined) this.#heard(neighbour, input.message, now)
        return
      }
      case 'checked': {
        const piece = this.#checks.get(input.id)
        this.#checks.delete(input.id)
        if (input.result === 'good' && piece !== undefined) this.#keep(piece, now)
        return
      }
      case 'resumed': {
        const found = new Bitfield(this.#torrent.pieceCount, input.have)
        for (let piece = 0; piece < found.length; piece++) if (found.has(piece)) this.#keep(piece, now)
        this.isResumed = true
        return
      }
      case 'lost':
        if (this.here.delete(input.piece)) this.hereChangedAt = now
        return
      case 'want':
        this.wants.set(input.id, input)
        return
      case 'unwant':
        this.wants.delete(input.id)
        return
      case 'policy':
        this.isPaused = input.policy.isPaused ?? this.isPaused
        this.isUploading = input.policy.isUploading ?? this.isUploading
        return
      case 'granted':
        this.share = input.share
    }
  }

  effect(effect: Effect<Token>, now: number): void {
    if (effect.type === 'check') this.#checks.set(effect.id, effect.piece)
    if (effect.type !== 'send') return
    const neighbour = this.neighbours.get(effect.peer)
    if (neighbour === undefined) return
    const { message } = effect
    switch (message.type) {
      case 'choke':
      case 'unchoke':
        neighbour.amChoking = message.type === 'choke'
        neighbour.chokedAt = neighbour.amChoking ? now : Number.POSITIVE_INFINITY
        return
      case 'interested':
      case 'not-interested':
        neighbour.amInterested = message.type === 'interested'
        return
      case 'have':
        neighbour.told.add(message.piece)
        return
      case 'dont-have':
        neighbour.told.delete(message.piece)
        return
      case 'have-all':
      case 'have-none':
      case 'bitfield':
        replaceBits(neighbour.told, bitsOf(message, this.#torrent.pieceCount))
        return
      case 'request':
        neighbour.asked.set(this.place(message.piece, message.begin), { ...message, at: now })
        neighbour.askedAt = now
        neighbour.activeAt = now
        return
      case 'cancel':
        neighbour.asked.delete(this.place(message.piece, message.begin))
        neighbour.activeAt = now
        return
      case 'piece':
      case 'reject':
        addTo(neighbour.owed, this.place(message.piece, message.begin), -1)
        neighbour.cancelled.delete(this.place(message.piece, message.begin))
    }
  }

  #heard(neighbour: Neighbour, message: WireMessage<Token>, now: number): void {
    const { pieceCount } = this.#torrent
    switch (message.type) {
      case 'choke':
        neighbour.isChoking = true
        neighbour.unchokedAt = Number.POSITIVE_INFINITY
        return
      case 'unchoke':
        neighbour.isChoking = false
        neighbour.unchokedAt = Math.min(neighbour.unchokedAt, now)
        return
      case 'interested':
        neighbour.isInterested = true
        neighbour.interestedAt = Math.min(neighbour.interestedAt, now)
        return
      case 'not-interested':
        neighbour.isInterested = false
        neighbour.interestedAt = Number.POSITIVE_INFINITY
        return
      case 'have':
        if (message.piece < pieceCount && neighbour.has.add(message.piece)) this.availability[message.piece]! += 1
        return
      case 'dont-have':
        if (message.piece < pieceCount && neighbour.has.delete(message.piece)) this.availability[message.piece]! -= 1
        return
      case 'have-all':
      case 'have-none':
      case 'bitfield': {
        const said = bitsOf(message, pieceCount)
        this.#replace(neighbour.has, piece => said.has(piece))
        return
      }
      case 'extended-handshake':
        neighbour.requestsMax = message.requestsMax ?? neighbour.requestsMax
        return
      case 'request':
        if (this.#isInBounds(message)) addTo(neighbour.owed, this.place(message.piece, message.begin), 1)
        neighbour.cancelled.delete(this.place(message.piece, message.begin))
        return
      case 'cancel':
        neighbour.cancelled.set(this.place(message.piece, message.begin), { at: now, length: message.length })
        return
      case 'reject':
      case 'piece':
        neighbour.asked.delete(this.place(message.piece, message.begin))
        neighbour.activeAt = now
    }
  }

  #isInBounds({ piece, begin, length }: { piece: number; begin: number; length: number }): boolean {
    const isInPiece = piece < this.#torrent.pieceCount && begin + length <= this.#torrent.dataBytes(piece)
    return isInPiece && length > 0 && length <= REQUEST_BYTES_MAX
  }

  #keep(piece: number, now: number): void {
    if (this.here.add(piece)) this.hereChangedAt = now
  }

  #replace(has: Bitfield | undefined, isSaid: (piece: number) => boolean): void {
    if (has === undefined) return
    for (let piece = 0; piece < has.length; piece++) {
      if (has.has(piece)) this.availability[piece]! -= 1
      if (isSaid(piece)) {
        this.availability[piece]! += 1
        has.add(piece)
      } else {
        has.delete(piece)
      }
    }
  }
}

export class Neighbourhoods {
  readonly #all: PerMember<Neighbourhood>

  constructor(torrent: Torrent) {
    this.#all = new PerMember(() => new Neighbourhood(torrent))
  }

  of(member: Member): Neighbourhood {
    return this.#all.of(member)
  }

  /** Its session ended. */
  forget(member: Member): void {
    this.#all.delete(member)
  }
}

function bitsOf(
  message: WireMessage<Token> & { type: 'have-all' | 'have-none' | 'bitfield' },
  pieceCount: number,
): Bitfield {
  if (message.type === 'have-all') return Bitfield.full(pieceCount)
  return new Bitfield(pieceCount, message.type === 'bitfield' ? message.bits : undefined)
}

function replaceBits(to: Bitfield, from: Bitfield): void {
  for (let piece = 0; piece < to.length; piece++) {
    if (from.has(piece)) to.add(piece)
    else to.delete(piece)
  }
}

function addTo(counts: Map<Place, number>, place: Place, difference: number): void {
  const count = (counts.get(place) ?? 0) + difference
  if (count > 0) counts.set(place, count)
  else counts.delete(place)
}

/**
 * Which piece a seed's peers should take from it: each another one, of those that nobody has (BEP 6, "suggest piece").
 *
 * Leeches see what their neighbours have, not what these are fetching: left alone, twenty of them ask a lone seed for everything
 * twice (measured). A seed that knows whom it promised what sends little more than one copy, and the rest is exchanged.
 */
import { Bitfield } from './bitfield.ts'
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'
import type { Pieces } from './pieces.ts'
import { shuffled } from './random.ts'

/** ms between looks for pieces that nobody has after all: whoever was to have them left, or lost its turn. */
const REVIEW_MS = 1_000

/** Pieces that a peer may have to itself before others come first: who passes on what it gets has fewer. */
export const KEPT_MAX = 3

export class Suggestions<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  /** Pieces that may be new to everybody, in random order. */
  #fresh: number[] = []
  #reviewedAt = Number.NEGATIVE_INFINITY
  /** On their way to a peer that is served, or promised to it. */
  readonly #taken: Bitfield
  /** Pieces that one peer alone has, which had them from us. */
  readonly #kept = new Map<number, Peer>()

  constructor(context: Context<Body>, pieces: Pieces<Body>) {
    this.#context = context
    this.#pieces = pieces
    this.#taken = new Bitfield(pieces.layout.pieceCount)
  }

  /** Keeps a few suggestions ahead of what a peer asks for, enough to fill its window, if it is one that follows them. */
  renew(peer: Peer): void {
    const { have, layout } = this.#pieces
    const { limits, interestedCount } = this.#context
    // WebTorrent ignores suggestions, and a lone leech chooses for itself.
    if (!have.isFull || peer.client !== 'shoal' || peer.isTurnOver || interestedCount < 2) return
    // Whoever has passed nothing on yet may be one who never will.
    const aheadBytes = peer.hasPassedOn ? limits.suggestedBytes : 1
    let room = limits.suggestedMin + Math.ceil(aheadBytes / layout.pieceLength)
    for (const isAsked of peer.promised.values()) if (!isAsked) room--
    for (; room > 0; room--) {
      const piece = this.#next()
      if (piece === undefined) return
      this.#promise(peer, piece, false)
      this.#context.send(peer.handle, { type: 'suggest', piece })
    }
  }

  /** A peer asks for a piece. */
  asked(peer: Peer, piece: number): void {
    const wasAsked = peer.promised.get(piece)
    if (wasAsked === true) return
    this.#promise(peer, piece, true)
    if (wasAsked === false) this.renew(peer)
  }

  /** A peer says that it has a piece. If it got it from us, it may pass it on; if not, whoever got it from us has. */
  has(peer: Peer, piece: number): void {
    const isFromUs = peer.promised.get(piece) === true
    this.settle(peer, [piece])
    const keeper = this.#kept.get(piece)
    if (keeper !== undefined && this.#kept.delete(piece) && !isFromUs) {
      keeper.keptCount--
      keeper.hasPassedOn = true
    }
    if (!isFromUs || this.#pieces.rarity.availability(piece) > 1) return
    this.#kept.set(piece, peer)
    peer.keptCount++
    if (peer.keptCount > KEPT_MAX) peer.isTurnOver = true
  }

  /** A peer is served no more, or has the piece: nothing else will come of what was promised to it. */
  settle(peer: Peer, pieces: Iterable<number> = peer.promised.keys()): void {
    for (const piece of pieces) if (peer.promised.delete(piece)) this.#taken.delete(piece)
  }

  #promise(peer: Peer, piece: number, isAsked: boolean): void {
    this.#taken.add(piece)
    peer.promised.set(piece, isAsked)
  }

  /** A piece that nobody has and nobody is to have. */
  #next(): number | undefined {
    const isFresh = (piece: number) => !this.#taken.has(piece) && this.#pieces.rarity.availability(piece) === 0
    const { now, random } = this.#context
    for (;;) {
      const piece = this.#fresh.pop()
      if (piece === undefined && now < this.#reviewedAt + REVIEW_MS) return undefined
      if (piece !== undefined && isFresh(piece)) return piece
      if (piece !== undefined) continue
      this.#reviewedAt = now
      const all = Array.from({ length: this.#pieces.layout.pieceCount }, (_, index) => index)
      this.#fresh = shuffled(random, all.filter(isFresh))
    }
  }
}

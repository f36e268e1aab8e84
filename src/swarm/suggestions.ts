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

export class Suggestions<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  /** Pieces that may be new to everybody, in random order. Undefined until this swarm seeds. */
  #fresh: number[] | undefined
  /** Promised, or asked for without a promise. */
  readonly #taken: Bitfield

  constructor(context: Context<Body>, pieces: Pieces<Body>) {
    this.#context = context
    this.#pieces = pieces
    this.#taken = new Bitfield(pieces.layout.pieceCount)
  }

  /** Keeps a few suggestions ahead of what a peer asks for, enough to fill its window, if it is one that follows them. */
  renew(peer: Peer): void {
    const { have, layout, rarity } = this.#pieces
    const { random, limits, interestedCount } = this.#context
    // WebTorrent ignores suggestions, and a lone leech chooses for itself.
    if (!have.isFull || peer.client !== 'shoal' || interestedCount < 2) return
    const aheadMax = limits.suggestedMin + Math.ceil(limits.suggestedBytes / layout.pieceLength)
    this.#fresh ??= shuffled(
      random,
      Array.from({ length: layout.pieceCount }, (_, piece) => piece),
    )
    while (peer.promised.size < aheadMax && this.#fresh.length > 0) {
      const piece = this.#fresh.pop()!
      if (this.#taken.has(piece) || rarity.availability(piece) > 0) continue
      this.#taken.add(piece)
      peer.promised.add(piece)
      this.#context.send(peer.handle, { type: 'suggest', piece })
    }
  }

  /** A peer asks for a piece. */
  asked(peer: Peer, piece: number): void {
    this.#taken.add(piece)
    if (peer.promised.delete(piece)) this.renew(peer)
  }

  /** Nothing will come of what was promised to a peer. */
  revoke(peer: Peer): void {
    for (const piece of peer.promised) {
      this.#taken.delete(piece)
      this.#fresh?.push(piece)
    }
    peer.promised.clear()
  }
}

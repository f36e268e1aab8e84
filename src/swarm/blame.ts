/**
 * Who sent the bad block of a piece that failed.
 *
 * A lone sender is guilty at once. Where several contributed, the units are held: in v2 the piece's leaf hashes,
 * proven against its root, name the bad unit (BEP 52); in v1 the units are compared with those of the piece once it
 * verified. Until then all contributors are on parole again, so the next bad piece has one source.
 */
import type { Context } from './context.ts'
import { PartialPiece } from './partial-piece.ts'

export class Blame<Body> {
  readonly #context: Context<Body>
  readonly #suspects = new Map<number, PartialPiece<Body>>()

  constructor(context: Context<Body>) {
    this.#context = context
  }

  /** Keeps what a piece held when it failed; the oldest evidence goes when there is too much. */
  hold(partial: PartialPiece<Body>): void {
    const copy = new PartialPiece<Body>(partial.piece, partial.bytes, this.#context.limits.unitBytes)
    for (let unit = 0; unit < partial.unitCount; unit++) copy.receive(unit, partial.units[unit]!, partial.sender(unit))
    this.#suspects.delete(partial.piece)
    this.#suspects.set(partial.piece, copy)
    const [oldest] = this.#suspects.keys()
    if (this.#suspects.size > this.#context.limits.suspectPiecesMax) this.#suspects.delete(oldest!)
  }

  /** The evidence for a piece, once: leaf hashes have come to judge it. */
  take(piece: number): PartialPiece<Body> | undefined {
    const suspect = this.#suspects.get(piece)
    this.#suspects.delete(piece)
    return suspect
  }

  /** The piece has verified: whoever sent other units than these is guilty. */
  compare(verified: PartialPiece<Body>): number[] {
    const suspect = this.take(verified.piece)
    if (suspect === undefined) return []
    const guilty = new Set<number>()
    for (let unit = 0; unit < suspect.unitCount; unit++) {
      if (!this.#context.body.equal(suspect.units[unit]!, verified.units[unit]!)) guilty.add(suspect.sender(unit))
    }
    return [...guilty]
  }
}

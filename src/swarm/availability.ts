/** Tells when connected peers together lack something that is wanted, or when all of them have left, and when that changes. */
import type { Context } from './context.ts'
import type { OriginSource } from './origin.ts'
import type { Peer } from './peer.ts'
import type { Pieces } from './pieces.ts'

/**
 * A new peer has this long to say what it has, and one that left this long to come back, before anything is called
 * unavailable.
 */
const SETTLE_MS = 5_000

export class Availability<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #origin: OriginSource<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  #unavailable = 0
  /** ms; when the last peer left. Before the first has come nobody is missed. */
  #desertedAt = Number.NEGATIVE_INFINITY

  constructor(
    context: Context<Body>,
    pieces: Pieces<Body>,
    origin: OriginSource<Body>,
    peers: ReadonlyMap<number, Peer>,
  ) {
    this.#context = context
    this.#pieces = pieces
    this.#origin = origin
    this.#peers = peers
  }

  get deadline(): number {
    return this.#isDeserted && this.#unavailable === 0 ? this.#desertedAt + SETTLE_MS : Number.POSITIVE_INFINITY
  }

  /** A peer has left. */
  parted(): void {
    if (this.#peers.size === 0) this.#desertedAt = this.#context.now
  }

  tick(): void {
    const { rarity } = this.#pieces
    if (this.#unavailable === 0 && rarity.absentCount === 0) return
    let unavailable = 0
    // Of the connected peers the newest comes last.
    const newest = [...this.#peers.values()].at(-1)
    const since = this.#isDeserted ? this.#desertedAt : newest?.openedAt
    if (since !== undefined && since + SETTLE_MS > this.#context.now) return
    if (!this.#origin.isUsable && since !== undefined && this.#pieces.missing.count > 0) {
      for (let piece = 0; piece < this.#pieces.layout.pieceCount; piece++) {
        if (this.#pieces.isWanted(piece) && rarity.availability(piece) === 0) unavailable++
      }
    }
    if (unavailable === this.#unavailable) return
    this.#unavailable = unavailable
    this.#context.report({ type: 'unavailable', pieces: unavailable })
  }

  /** Every peer has left, and something is missing that no web seed brings. */
  get #isDeserted(): boolean {
    const isAlone = this.#peers.size === 0 && this.#desertedAt !== Number.NEGATIVE_INFINITY
    return isAlone && this.#pieces.missing.count > 0 && !this.#origin.isUsable
  }
}

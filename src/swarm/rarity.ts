/**
 * Pieces that can be started, ordered by priority and then by how few peers have them.
 *
 * Buckets by rank, each an unordered array with swap-removal, so that a change of availability costs O(1). Ties
 * are broken by a preferred piece, if the caller has one, and else by a random start within the bucket: peers that start
 * at the same moment spread out (rarest-first without it makes them fetch the same piece).
 */
import { Bitfield } from './bitfield.ts'
import { type Random, randomIndex } from './random.ts'

const PRIORITIES = 8
const LEVELS = 64
const RANKS = PRIORITIES * LEVELS
const OUT = -1

export class RarityIndex {
  /** Made when first needed: most ranks never are. */
  readonly #buckets: (number[] | undefined)[] = new Array(RANKS).fill(undefined)
  readonly #rank: Int16Array
  readonly #position: Uint32Array
  readonly #availability: Uint16Array
  /** Pieces that are offered. */
  readonly #offered: Bitfield
  /** Pieces that no connected peer has. */
  #absentCount: number
  /** No bucket below this rank holds a piece. */
  #lowest = RANKS

  constructor(pieceCount: number) {
    this.#rank = new Int16Array(pieceCount).fill(OUT)
    this.#position = new Uint32Array(pieceCount)
    this.#availability = new Uint16Array(pieceCount)
    this.#offered = new Bitfield(pieceCount)
    this.#absentCount = pieceCount
  }

  get absentCount(): number {
    return this.#absentCount
  }

  /** Whether any of these pieces is offered. */
  offers(pieces: Bitfield): boolean {
    return this.#offered.intersects(pieces)
  }

  /** Connected peers that have the piece. */
  availability(piece: number): number {
    return this.#availability[piece]!
  }

  addAvailability(piece: number, difference: 1 | -1): void {
    if (this.#availability[piece]! === Math.max(0, -difference)) this.#absentCount -= difference
    this.#availability[piece]! += difference
    const rank = this.#rank[piece]!
    if (rank !== OUT) this.#move(piece, rankOf(PRIORITIES - 1 - Math.floor(rank / LEVELS), this.#availability[piece]!))
  }

  /** Offers the piece at a priority of 1 to 7, or takes it out (0). */
  offer(piece: number, priority: number): void {
    this.#move(piece, priority === 0 ? OUT : rankOf(priority, this.#availability[piece]!))
  }

  /** The first piece, in order, for which `accepts` holds; among equals `preferred`, if it is one of them. */
  find(random: Random, accepts: (piece: number) => boolean, preferred?: number): number | undefined {
    for (let rank = this.#lowest; rank < RANKS; rank++) {
      const bucket = this.#buckets[rank]
      if (bucket === undefined || bucket.length === 0) {
        if (rank === this.#lowest) this.#lowest++
        continue
      }
      if (preferred !== undefined && this.#rank[preferred] === rank && accepts(preferred)) return preferred
      const start = randomIndex(random, bucket.length)
      for (let i = 0; i < bucket.length; i++) {
        const piece = bucket[(start + i) % bucket.length]!
        if (accepts(piece)) return piece
      }
    }
    return undefined
  }

  #move(piece: number, rank: number): void {
    const from = this.#rank[piece]!
    if (from === rank) return
    if (from !== OUT) {
      const bucket = this.#buckets[from]!
      const last = bucket.pop()!
      if (last !== piece) {
        const position = this.#position[piece]!
        bucket[position] = last
        this.#position[last] = position
      }
    }
    this.#rank[piece] = rank
    if (rank === OUT) {
      this.#offered.delete(piece)
      return
    }
    this.#offered.add(piece)
    this.#buckets[rank] ??= []
    const bucket = this.#buckets[rank]
    this.#position[piece] = bucket.length
    bucket.push(piece)
    if (rank < this.#lowest) this.#lowest = rank
  }
}

/** Rank 0 is picked first: the highest priority, the lowest availability. */
function rankOf(priority: number, availability: number): number {
  return (PRIORITIES - 1 - priority) * LEVELS + Math.min(availability, LEVELS - 1)
}

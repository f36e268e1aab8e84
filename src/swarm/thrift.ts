/**
 * When the origin is spared: for what can wait, while there are peers who deliver, or who may yet.
 *
 * What can wait is wanted with a low priority, or due only later in a stream. Of that the origin gives what no neighbour has,
 * and each piece to one of those who lack it, whom rendezvous hashing names (Thaler and Ravishankar 1996): a flash crowd of 200
 * then costs four copies (simulated), and nobody has to be asked who fetches what.
 */
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'
import type { Pieces } from './pieces.ts'

/** Wants of at most this priority can wait. */
const PATIENT_PRIORITY_MAX = 3
/** ms; a new peer has so long to show that it delivers, and a peer that did has so long to go on. */
const PATIENCE_MS = 3_000
/** ms; until then who is there, and what they have, is still being learnt. */
const ACQUAINTANCE_MS = 2_000

export class Thrift<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #startedAt: number
  /** ms; when the first of the peers that are here now came. */
  #acquaintedSince: number | undefined

  constructor(context: Context<Body>, pieces: Pieces<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#pieces = pieces
    this.#peers = peers
    this.#startedAt = context.now
  }

  /** Whether there is anybody to wait for, or may be. */
  get isUseful(): boolean {
    const { now } = this.#context
    if (this.#peers.size === 0) this.#acquaintedSince = undefined
    else this.#acquaintedSince ??= now
    if (now < this.#startedAt + ACQUAINTANCE_MS) return true
    for (const { openedAt, lastBlockAt } of this.#peers.values()) {
      if (now < Math.max(openedAt, lastBlockAt) + PATIENCE_MS) return true
    }
    return false
  }

  /** Whether a piece is to come from the origin, given that there is somebody to wait for. */
  isDue(piece: number): boolean {
    if (!this.#canWait(piece)) return true
    const knownSince = this.#acquaintedSince ?? this.#startedAt
    const isAcquainted = this.#context.now >= knownSince + ACQUAINTANCE_MS
    return isAcquainted && this.#pieces.rarity.availability(piece) === 0 && this.#isOurs(piece)
  }

  #canWait(piece: number): boolean {
    const { now, limits } = this.#context
    for (const { first, end, deadline } of this.#pieces.streams) {
      if (piece < first || piece >= end) continue
      return deadline!.at + (piece - first) * deadline!.stepMs > now + limits.originUrgentMs
    }
    return this.#pieces.priority(piece) <= PATIENT_PRIORITY_MAX
  }

  #isOurs(piece: number): boolean {
    const ours = weight(piece, this.#context.peerId)
    for (const { peerId } of this.#peers.values()) if (weight(piece, peerId) > ours) return false
    return true
  }
}

/** Of all who could fetch a piece, whoever has the highest fetches it. Of a peer id the last characters differ. */
function weight(piece: number, peerId: string): number {
  let hash = Math.imul(piece + 1, 0x9e3779b1)
  for (let i = 8; i < peerId.length; i++) hash = Math.imul(hash ^ peerId.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}

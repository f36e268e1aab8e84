/**
 * When the origin is spared: for what can wait, while there are peers who deliver, or who may yet.
 *
 * What can wait is wanted with a low priority, or due only later in a stream. Of that the origin gives what no neighbour has,
 * and each piece to one of those who lack it, whom rendezvous hashing names (Thaler and Ravishankar 1996). In a large swarm every
 * neighbourhood names somebody else. So whoever is named waits, the longer the less likely it is that the whole swarm would name
 * it, and finds that the piece has come meanwhile: a flash crowd of 200 costs 1.2 to 1.5 copies (simulated), and without the wait 3.6.
 */
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'
import type { Pieces } from './pieces.ts'

/** Wants of at most this priority can wait. */
const PATIENT_PRIORITY_MAX = 3
/** ms; peers have so long to show that they deliver, and from each block on to go on. */
const PATIENCE_MS = 10_000
/** ms; who is alone after that, with connections tried or no answer from trackers, is taken to stay alone. Busy machines take six seconds to connect. */
const SEARCH_MS = 10_000
/** ms; so long whoever found nobody does not look again. */
const LONELY_MS = 60_000
/** ms; until then who is there, and what they have, is still being learnt. */
const ACQUAINTANCE_MS = 2_000
/** ms; the longest wait for what somebody else may be fetching: a piece goes once round a swarm in less. */
const SPREAD_MS = 20_000
/** So many are a crowd. */
const CROWD = 20

export class Thrift<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  /** ms; since when something is missing. */
  #startedAt: number | undefined
  /** ms; when the first peer came, or was there already. */
  #acquaintedSince: number | undefined

  constructor(context: Context<Body>, pieces: Pieces<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#pieces = pieces
    this.#peers = peers
  }

  /** Whether there is anybody to wait for, or may be. */
  get isUseful(): boolean {
    const { now } = this.#context
    this.#startedAt ??= now
    if (this.#peers.size > 0) this.#acquaintedSince ??= now
    if (now < this.#startedAt + SEARCH_MS && !(this.#context.members < 2)) return true
    if (this.#acquaintedSince === undefined || this.#peers.size === 0) return false
    // What nobody has nobody delivers, until all who are named have had their turn.
    const turnsMs = this.#pieces.rarity.absentCount > 0 ? ACQUAINTANCE_MS + SPREAD_MS : 0
    if (now < this.#acquaintedSince + turnsMs + PATIENCE_MS) return true
    for (const { lastBlockAt } of this.#peers.values()) if (now < lastBlockAt + PATIENCE_MS) return true
    return false
  }

  /** Nothing is missing: whoever is there when something is next has time to show it again. */
  rest(): void {
    const isLonely = this.#peers.size === 0 && this.#context.now < this.#startedAt! + LONELY_MS
    if (!isLonely) this.#acquaintedSince = this.#startedAt = undefined
  }

  /** Whether a piece is to come from the origin, given that there is somebody to wait for. */
  isDue(piece: number): boolean {
    if (!this.#canWait(piece)) return true
    const age = this.#context.now - (this.#acquaintedSince ?? this.#startedAt!)
    if (age < ACQUAINTANCE_MS || this.#pieces.rarity.availability(piece) > 0 || !this.#isOurs(piece)) return false
    const known = this.#peers.size + 1
    // Nobody else is named where all are connected; a crowd has grown since it was counted.
    const isComplete = known >= this.#context.members && known < CROWD
    // Among n this is 1 on average for whom all would name, and more for whom only a part of them would.
    const rank = (1 - weight(piece, this.#context.peerId) / 0x1_0000_0000) * known
    return isComplete || age >= ACQUAINTANCE_MS + SPREAD_MS * Math.min(1, rank)
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

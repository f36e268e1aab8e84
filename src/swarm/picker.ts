/**
 * Which blocks to ask a peer for next. A pick depends on
 * - streams: pieces with a deadline come first, in order, and overdue ones may be asked of two peers;
 * - pieces already started: finished before new ones, so that they can be checked, announced and passed on;
 * - priority, then rarity (how few peers have a piece), then runs (what every peer has needs no order that spreads it:
 *   small pieces that lie together are fetched, read and stored together), then chance;
 * - parole: a peer that has proven nothing gets whole pieces to itself, so that a bad piece names its sender, and few of
 *   them, so that it costs little; so does whoever fetches a piece anew that failed with several senders;
 * - room: unfinished pieces are bounded in bytes;
 * - endgame: when every missing block is asked of somebody, the last ones may be asked of two, within a bound.
 */
import type { Context } from './context.ts'
import type { PartialPiece, UnitRun } from './partial-piece.ts'
import { type Peer, requestKey } from './peer.ts'
import type { Pieces } from './pieces.ts'

/** Pieces under way from a peer, or under check, before the first of them has passed. */
const UNPROVEN_PIECES_MAX = 4

export interface Pick<Body> {
  readonly partial: PartialPiece<Body>
  readonly run: UnitRun
}

export class Picker<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  /** The piece last begun with a peer. */
  readonly #begun = new WeakMap<Peer, number>()
  #duplicateBytes = 0

  constructor(context: Context<Body>, pieces: Pieces<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#pieces = pieces
    this.#peers = peers
  }

  /** The next run of at most `unitsMax` units to ask of a peer; undefined when it has nothing for us now. */
  next(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    if (peer.isOnParole && this.#ownPieces(peer) >= UNPROVEN_PIECES_MAX) return this.#started(peer, unitsMax)
    const first = this.#streamed(peer, unitsMax) ?? this.#suggested(peer, unitsMax)
    // A peer that suggests goes on doing so, if it means to go on serving.
    if (first !== undefined || this.#isOnSuggested(peer)) return first
    return (
      this.#started(peer, unitsMax) ??
      this.#fresh(peer, unitsMax) ??
      this.#joined(peer, unitsMax) ??
      this.#endgame(peer, unitsMax)
    )
  }

  #ownPieces(peer: Peer): number {
    let count = 0
    for (const { exclusive } of this.#pieces.partials.values()) if (exclusive === peer.handle) count++
    return count
  }

  #streamed(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    for (const stream of this.#pieces.streams) {
      for (let piece = stream.first; piece < stream.end; piece++) {
        if (this.#pieces.have.has(piece) || !peer.has(piece)) continue
        const partial = this.#pieces.partials.get(piece)
        if (partial === undefined) {
          if (!this.#pieces.isVerifiable(piece)) continue
          if (!this.#pieces.hasRoom()) return undefined
          return this.#begin(peer, piece, unitsMax)
        }
        if (partial.state !== 'filling') continue
        const run = this.#mayHelp(peer, partial) ? partial.nextOpen(unitsMax) : undefined
        if (run) return this.#pick(peer, partial, run)
        const { at, stepMs } = stream.deadline!
        const isOverdue = this.#context.now >= at + (piece - stream.first) * stepMs
        // A piece that failed is fetched whole from one peer, or it might fail again and name nobody.
        const duplicate =
          isOverdue && !partial.isSuspect ? this.#duplicate(peer, partial, partial.missing(unitsMax)) : undefined
        if (duplicate) return duplicate
      }
    }
    return undefined
  }

  /** What the peer would rather send than anything else: it knows what it has sent to whom. */
  #suggested(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    for (const piece of peer.suggested) {
      const partial = this.#pieces.partials.get(piece)
      if (!this.#pieces.isWanted(piece) || !peer.has(piece)) peer.suggested.delete(piece)
      else if (partial !== undefined) {
        const run = this.#mayHelp(peer, partial) && partial.state === 'filling' ? partial.nextOpen(unitsMax) : undefined
        if (run) return this.#pick(peer, partial, run)
      } else if (this.#pieces.isVerifiable(piece) && this.#pieces.hasRoom()) return this.#begin(peer, piece, unitsMax)
    }
    return undefined
  }

  #isOnSuggested(peer: Peer): boolean {
    if (peer.suggested.size === 0) return false
    for (const { piece, isLate } of peer.pending.values()) if (!isLate && peer.suggested.has(piece)) return true
    return false
  }

  #started(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    for (const partial of this.#pieces.open) {
      if (!peer.has(partial.piece) || !this.#pieces.isWanted(partial.piece)) continue
      const run = partial.nextOpen(unitsMax)
      if (run === undefined) this.#pieces.open.delete(partial)
      else if (this.#mayHelp(peer, partial)) return this.#pick(peer, partial, run)
    }
    return undefined
  }

  #fresh(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    if (!this.#pieces.rarity.offers(peer.have!)) return undefined
    if (!this.#pieces.hasRoom() && (peer.pending.size > 0 || !this.#pieces.makeRoom(piece => !peer.has(piece))))
      return undefined
    const piece = this.#pieces.rarity.find(
      this.#context.random,
      candidate => peer.has(candidate),
      this.#following(peer),
    )
    return piece === undefined ? undefined : this.#begin(peer, piece, unitsMax)
  }

  /** A peer on parole that finds no piece of its own helps with one that nobody holds, rather than stand idle. */
  #joined(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    for (const partial of this.#pieces.open) {
      if (partial.exclusive !== undefined || !peer.has(partial.piece) || !this.#pieces.isWanted(partial.piece)) continue
      const run = partial.nextOpen(unitsMax)
      if (run) return this.#pick(peer, partial, run)
    }
    return undefined
  }

  #endgame(peer: Peer, unitsMax: number): Pick<Body> | undefined {
    if (!this.#pieces.isEndgame) return undefined
    // From the end: whoever was asked first sends that last.
    for (const partial of [...this.#pieces.partials.values()].reverse()) {
      if (partial.state !== 'filling' || partial.isSuspect || !peer.has(partial.piece)) continue
      const duplicate = this.#duplicate(peer, partial, [...partial.missing(unitsMax)].reverse())
      if (duplicate) return duplicate
    }
    return undefined
  }

  #duplicate(peer: Peer, partial: PartialPiece<Body>, runs: Iterable<UnitRun>): Pick<Body> | undefined {
    for (const run of runs) {
      const { begin, length } = partial.range(run)
      if (peer.pending.has(requestKey(partial.piece, begin))) continue
      if (partial.asked(run.first) !== 1 || !this.#mayDuplicate(peer, length)) continue
      this.#duplicateBytes += length
      peer.duplicateRequests++
      return { partial, run }
    }
    return undefined
  }

  #mayDuplicate(peer: Peer, bytes: number): boolean {
    const { duplicateShareMax, duplicateRequestsMax } = this.#context.limits
    const shareBytes = duplicateShareMax * this.#pieces.layout.totalBytes
    return peer.duplicateRequests < duplicateRequestsMax || this.#duplicateBytes + bytes <= shareBytes
  }

  /** The piece after the one last begun with a peer, if it lies in the same run and every peer has it. */
  #following(peer: Peer): number | undefined {
    const last = this.#begun.get(peer)
    if (last === undefined) return undefined
    const { layout, rarity } = this.#pieces
    const runPieces = Math.max(1, Math.floor(this.#context.limits.runBytes / layout.pieceLength))
    const next = last + 1
    const isInRun = next < layout.pieceCount && next % runPieces !== 0
    return isInRun && rarity.availability(next) === this.#peers.size ? next : undefined
  }

  #begin(peer: Peer, piece: number, unitsMax: number): Pick<Body> | undefined {
    this.#begun.set(peer, piece)
    const partial = this.#pieces.start(piece)
    if (peer.isOnParole) partial.exclusive = peer.handle
    const run = partial.nextOpen(unitsMax)
    return run && { partial, run }
  }

  #pick(peer: Peer, partial: PartialPiece<Body>, run: UnitRun): Pick<Body> {
    if (partial.isSuspect) partial.exclusive = peer.handle
    return { partial, run }
  }

  #mayHelp(peer: Peer, partial: PartialPiece<Body>): boolean {
    const isFree = partial.exclusive === undefined && (partial.isSuspect || !peer.isOnParole)
    return isFree || partial.exclusive === peer.handle
  }
}

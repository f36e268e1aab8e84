/**
 * Peers that sent what SHA-1 refuses, of a hybrid's file whose v2 hashes are still on their way.
 *
 * The two halves of a hybrid may describe different content; whoever serves the v2 half is honest then. So nobody is banned
 * before the hashes have come, which shows. Until then such a peer is asked for no data: it cannot send a second bad piece.
 * Hashes that stay away longer than an answer may take excuse nobody.
 */
import { equalBytes } from '../metainfo/bytes.ts'
import type { PieceHashes } from '../metainfo/piece-hashes.ts'
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'

export interface Charge {
  readonly peer: Peer
  readonly piece: number
  /** The SHA-256 subtree root of what it sent, where it sent the whole piece. */
  readonly root: Uint8Array | undefined
}

export class Reprieves {
  readonly #context: Context<unknown>
  readonly #hashes: PieceHashes
  /** One a peer, the oldest first. */
  readonly #charges: (Charge & { readonly until: number })[] = []

  constructor(context: Context<unknown>, hashes: PieceHashes) {
    this.#context = context
    this.#hashes = hashes
  }

  get deadline(): number {
    return this.#charges[0]?.until ?? Number.POSITIVE_INFINITY
  }

  /** Puts a charge off. The caller drops what the peer was asked for. */
  grant(charge: Charge): void {
    if (charge.peer.isSuspended) return
    charge.peer.isSuspended = true
    this.#charges.push({ ...charge, until: this.#context.now + this.#context.limits.answerMs })
  }

  /** A refused piece that is what its file's root says: the halves disagree. */
  contradictedPiece(): number | undefined {
    return this.#charges.find(({ piece, root }) => {
      const known = this.#hashes.root(piece)
      return root !== undefined && known !== undefined && equalBytes(root, known)
    })?.piece
  }

  /** Charges whose time is over, or whose hashes have come and excuse nothing; each once. */
  takeDue(): Charge[] {
    const isDue = ({ piece, until }: { piece: number; until: number }): boolean =>
      until <= this.#context.now || this.#hashes.root(piece) !== undefined
    const due = this.#charges.filter(isDue)
    if (due.length > 0) this.#charges.splice(0, this.#charges.length, ...this.#charges.filter(held => !isDue(held)))
    return due
  }
}

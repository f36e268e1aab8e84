/**
 * What of a peer's messages cannot be, in any torrent or in this one. The first offence is kept; it ends the
 * connection. What depends on more than the piece count (a short last piece, say) is the swarm's to judge.
 */
import { METAINFO_LIMITS, REQUEST_BYTES_MAX, WIRE_LIMITS } from '../options.ts'

export class WireChecks {
  /** What the peer did wrong. */
  offence: string | undefined
  #pieceCount: number | undefined
  /** What was seen before the piece count was known, to be judged then. */
  #highestPiece = -1
  #earlyBitfield: Uint8Array | undefined
  #requestsUnanswered = 0

  setPieceCount(count: number): void {
    this.#pieceCount = count
    if (this.#highestPiece >= count) this.refuse(`named piece ${this.#highestPiece} of ${count}`)
    if (this.#earlyBitfield !== undefined) this.#judgeBitfield(this.#earlyBitfield, count)
    this.#earlyBitfield = undefined
  }

  piece(piece: number): boolean {
    const count = this.#pieceCount ?? METAINFO_LIMITS.piecesMax
    if (piece > this.#highestPiece) this.#highestPiece = piece
    return piece < count || this.refuse(`named piece ${piece}; there are at most ${count}`)
  }

  block({ piece, begin, length }: { piece: number; begin: number; length: number }): boolean {
    if (!this.piece(piece)) return false
    const isPossible = length >= 1 && length <= REQUEST_BYTES_MAX && begin + length <= METAINFO_LIMITS.pieceLengthMax
    return isPossible || this.refuse(`named a block of ${length} bytes at ${begin}, which no piece has`)
  }

  bitfield(bits: Uint8Array): boolean {
    if (this.#pieceCount !== undefined) return this.#judgeBitfield(bits, this.#pieceCount)
    this.#earlyBitfield = bits
    return true
  }

  /** A request arrived. */
  request(): boolean {
    this.#requestsUnanswered++
    const isBearable = this.#requestsUnanswered <= WIRE_LIMITS.requestsUnansweredMax
    return isBearable || this.refuse(`asked for ${this.#requestsUnanswered} blocks without waiting for an answer`)
  }

  /** A request was answered or taken back. */
  requestEnded(): void {
    if (this.#requestsUnanswered > 0) this.#requestsUnanswered--
  }

  /** All requests were dropped, as a choke without the fast extension does (BEP 3). */
  requestsDropped(): void {
    this.#requestsUnanswered = 0
  }

  refuse(offence: string): false {
    this.offence ??= offence
    return false
  }

  #judgeBitfield(bits: Uint8Array, count: number): boolean {
    if (bits.length !== Math.ceil(count / 8)) return this.refuse('sent a bitfield for another torrent')
    const spareBits = bits.length * 8 - count
    const lastByte = bits[bits.length - 1] ?? 0
    return (lastByte & ((1 << spareBits) - 1)) === 0 || this.refuse('set spare bits of its bitfield')
  }
}

/**
 * The info dict from peers (BEP 9), for a swarm that began with a magnet.
 *
 * It is fetched whole from one peer at a time, so that a wrong one names its sender; another peer is asked when
 * one is silent or refuses. What comes must hash to every infohash of the magnet.
 */
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../metainfo/bytes.ts'
import { BLOCK_BYTES, METAINFO_LIMITS } from '../options.ts'
import type { WireMessage } from '../protocol/wire.ts'
import type { Context, ExpectedHashes } from './context.ts'
import type { Peer } from './peer.ts'

/** Pieces of the info dict asked for at a time. */
const REQUESTS_MAX = 32

interface Attempt {
  readonly peer: Peer
  readonly bytes: Uint8Array
  readonly received: boolean[]
  receivedCount: number
  nextPiece: number
  progressAt: number
}

export class MetadataExchange<Body> {
  readonly #context: Context<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #expected: ExpectedHashes
  /** When a peer refused or was silent: others are tried first, then it again. */
  readonly #refusedAt = new Map<number, number>()
  #attempt: Attempt | undefined

  constructor(context: Context<Body>, peers: ReadonlyMap<number, Peer>, expected: ExpectedHashes) {
    this.#context = context
    this.#peers = peers
    this.#expected = expected
  }

  get deadline(): number {
    if (this.#attempt !== undefined) return this.#attempt.progressAt + this.#context.limits.answerMs
    let deadline = Number.POSITIVE_INFINITY
    for (const peer of this.#peers.values()) if (canServe(peer)) deadline = Math.min(deadline, this.#readyAt(peer))
    return deadline
  }

  /** Gives up a silent peer and asks the next. */
  tick(): void {
    const { now, limits } = this.#context
    if (this.#attempt !== undefined && now >= this.#attempt.progressAt + limits.answerMs) this.#giveUp()
    if (this.#attempt !== undefined) return
    const candidates = [...this.#peers.values()].filter(peer => canServe(peer) && this.#readyAt(peer) <= now)
    // Who never failed, or failed longest ago: silent peers would take turns among themselves.
    const [peer] = candidates.sort((a, b) => this.#readyAt(a) - this.#readyAt(b) || 0)
    if (peer === undefined) return
    const pieceCount = Math.ceil(peer.metadataBytes / BLOCK_BYTES)
    this.#attempt = {
      peer,
      bytes: new Uint8Array(peer.metadataBytes),
      received: new Array<boolean>(pieceCount).fill(false),
      receivedCount: 0,
      nextPiece: 0,
      progressAt: now,
    }
    this.#ask()
  }

  closed(peer: Peer): void {
    this.#refusedAt.delete(peer.handle)
    if (this.#attempt?.peer === peer) this.#attempt = undefined
  }

  rejected(peer: Peer): void {
    if (this.#attempt?.peer === peer) this.#giveUp()
  }

  /** @returns the info dict when it is whole and right, `'forged'` when it is whole and wrong */
  receive(peer: Peer, message: WireMessage<Body> & { type: 'metadata-data' }): Uint8Array | 'forged' | undefined {
    const attempt = this.#attempt
    if (attempt === undefined || attempt.peer !== peer) return undefined
    const { piece, bytes } = message
    const begin = piece * BLOCK_BYTES
    const length = Math.min(BLOCK_BYTES, attempt.bytes.length - begin)
    if (piece >= attempt.received.length || bytes.length !== length || message.totalBytes !== attempt.bytes.length) {
      this.#giveUp()
      return undefined
    }
    if (attempt.received[piece]) return undefined
    attempt.received[piece] = true
    attempt.receivedCount++
    attempt.progressAt = this.#context.now
    attempt.bytes.set(bytes, begin)
    if (attempt.receivedCount < attempt.received.length) {
      this.#ask()
      return undefined
    }
    this.#attempt = undefined
    return isInfoOf(attempt.bytes, this.#expected) ? attempt.bytes : 'forged'
  }

  #ask(): void {
    const attempt = this.#attempt!
    while (attempt.nextPiece < attempt.received.length && attempt.nextPiece - attempt.receivedCount < REQUESTS_MAX) {
      this.#context.send(attempt.peer.handle, { type: 'metadata-request', piece: attempt.nextPiece++ })
    }
  }

  #giveUp(): void {
    this.#refusedAt.set(this.#attempt!.peer.handle, this.#context.now)
    this.#attempt = undefined
  }

  #readyAt(peer: Peer): number {
    const refusedAt = this.#refusedAt.get(peer.handle)
    return refusedAt === undefined ? Number.NEGATIVE_INFINITY : refusedAt + this.#context.limits.answerMs
  }
}

/** The answer to a request for a piece of our info dict. */
export function serveMetadata<Body>(infoBytes: Uint8Array | undefined, piece: number): WireMessage<Body> {
  if (infoBytes === undefined || piece * BLOCK_BYTES >= infoBytes.length) return { type: 'metadata-reject', piece }
  const bytes = infoBytes.subarray(piece * BLOCK_BYTES, (piece + 1) * BLOCK_BYTES)
  return { type: 'metadata-data', piece, totalBytes: infoBytes.length, bytes }
}

function canServe(peer: Peer): boolean {
  const { metadataBytes } = peer
  return Boolean(peer.extensions.ut_metadata) && metadataBytes > 0 && metadataBytes <= METAINFO_LIMITS.metadataBytesMax
}

/** Whether an info dict is the one with these hashes. */
export function isInfoOf(infoBytes: Uint8Array, { infoHashV1, infoHashV2 }: ExpectedHashes): boolean {
  const isV1 = infoHashV1 === undefined || equalBytes(sha1(infoBytes), infoHashV1)
  const isV2 = infoHashV2 === undefined || equalBytes(sha256(infoBytes), infoHashV2)
  return isV1 && isV2
}

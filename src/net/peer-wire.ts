/**
 * The peer wire of one connection: messages to bytes and back, and what the one has to do with the other.
 *
 * Bytes come through a guard that cuts them into messages of possible lengths; the codec reads them, and what cannot
 * be, in any torrent or in this one, ends the connection. What depends on more than the piece count (a short last
 * piece, say) is the swarm's to judge. Of the state that BitTorrent knows only what decides about form is kept here:
 * which extensions were agreed on, and how many requests wait.
 */
import { METAINFO_LIMITS, REQUEST_BYTES_MAX, WIRE_LIMITS } from '../options.ts'
import type { ExtendedHandshake, PeerFeatures, WireMessage } from '../protocol/wire.ts'
import { decodeHandshake, decodeMessage, encodeHandshake, encodeMessage } from '../protocol/wire-codec.ts'
import { FrameGuard } from './framing.ts'

/** What the peer's handshake said. `features` are those that both sides have. */
export interface PeerHandshake {
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  readonly features: PeerFeatures
}

/** Where decoded messages and encoded bytes go. */
export interface PeerWireSink {
  /** Bytes that should leave as one data-channel message. */
  write(bytes: Uint8Array): void
  handshake(handshake: PeerHandshake): void
  message(message: WireMessage<Uint8Array>): void
}

/** What only a peer with the fast extension may send (BEP 6). */
const FAST: readonly string[] = ['suggest', 'have-all', 'have-none', 'reject', 'allowed-fast']

export class PeerWire {
  readonly #sink: PeerWireSink
  readonly #guard: FrameGuard
  #speaksV2 = false
  /** The peer announced the fast extension; we always do. */
  #isFast = false
  /** Under which ids the peer wants extension messages; from its extended handshake. */
  #peerExtensions: ExtendedHandshake['extensions'] = {}
  /** What was seen before the piece count was known, to be judged then. */
  #highestPiece = -1
  #earlyBitfield: Uint8Array | undefined
  #requestsUnanswered = 0
  /** The first thing that the peer must not send. */
  #offence: string | undefined

  constructor(sink: PeerWireSink) {
    this.#sink = sink
    this.#guard = new FrameGuard({
      handshake: bytes => this.#onHandshake(bytes),
      frame: frame => this.#onFrame(frame),
    })
  }

  /** Sends our handshake; must come before anything else. Peer id and infohash: 20 bytes each. */
  greet(greeting: { readonly infoHash: Uint8Array; readonly peerId: Uint8Array; readonly v2: boolean }): void {
    this.#speaksV2 = greeting.v2
    this.#sink.write(encodeHandshake(greeting))
  }

  /** Extension messages that the peer does not want are not sent. */
  send(message: WireMessage<Uint8Array>): void {
    const { type } = message
    if (type === 'piece' || type === 'reject') this.#requestEnded()
    // Without the fast extension a choke drops what was asked for (BEP 3); with it, every request is rejected.
    if ((type === 'choke' || type === 'unchoke') && !this.#isFast) this.#requestsUnanswered = 0
    const bytes = encodeMessage(message, this.#peerExtensions)
    if (bytes !== undefined) this.#sink.write(bytes)
  }

  keepAlive(): void {
    this.#sink.write(new Uint8Array(4))
  }

  /** Takes the next bytes from the peer. Returns what it must not send, after which everything is ignored. */
  receive(chunk: Uint8Array): string | undefined {
    return this.#guard.push(chunk) ?? this.#offence
  }

  /** From now on lengths and indices are checked against it. Returns what was wrong with earlier messages. */
  setPieceCount(count: number): string | undefined {
    this.#guard.pieceCount = count
    this.#refuse(this.#objectionToPiece(this.#highestPiece))
    if (this.#earlyBitfield !== undefined) this.#refuse(objectionTo(this.#earlyBitfield, count))
    this.#earlyBitfield = undefined
    return this.#offence
  }

  /** Ignores whatever else comes. */
  close(): void {
    this.#guard.close()
  }

  #onHandshake(bytes: Uint8Array): void {
    const handshake = decodeHandshake(bytes)
    const { features } = handshake
    this.#isFast = features.fast
    this.#sink.handshake({ ...handshake, features: { ...features, v2: features.v2 && this.#speaksV2 } })
  }

  #onFrame(frame: Uint8Array): void {
    const message = decodeMessage(frame)
    const offence = typeof message === 'object' ? this.#objectionTo(message) : message
    this.#refuse(offence)
    if (typeof message !== 'object' || offence !== undefined) return
    if (message.type === 'extended-handshake') {
      this.#peerExtensions = { ...this.#peerExtensions, ...message.extensions }
    }
    this.#sink.message(message)
  }

  #refuse(offence: string | undefined): void {
    this.#offence ??= offence
    if (offence !== undefined) this.#guard.close()
  }

  /** Why this message cannot be, if it cannot. */
  #objectionTo(message: WireMessage<Uint8Array>): string | undefined {
    const { type } = message
    if (FAST.includes(type) && !this.#isFast) return `${type} without the fast extension`
    switch (type) {
      case 'have':
      case 'dont-have':
      case 'suggest':
      case 'allowed-fast':
        return this.#objectionToPiece(message.piece)
      case 'bitfield': {
        const { pieceCount } = this.#guard
        if (pieceCount !== undefined) return objectionTo(message.bits, pieceCount)
        this.#earlyBitfield = message.bits
        return undefined
      }
      case 'request':
        if (++this.#requestsUnanswered > WIRE_LIMITS.requestsUnansweredMax) {
          return 'requests without waiting for answers'
        }
        return this.#objectionToBlock(message, message.length)
      case 'cancel':
        // With the fast extension a cancelled request still gets its answer (BEP 6).
        if (!this.#isFast) this.#requestEnded()
        return this.#objectionToBlock(message, message.length)
      case 'reject':
        return this.#objectionToBlock(message, message.length)
      case 'piece':
        return this.#objectionToBlock(message, message.body.length)
      default:
        return undefined
    }
  }

  #objectionToPiece(piece: number): string | undefined {
    const count = this.#guard.pieceCount ?? METAINFO_LIMITS.piecesMax
    this.#highestPiece = Math.max(this.#highestPiece, piece)
    return piece < count ? undefined : `piece ${piece} of ${count}`
  }

  #objectionToBlock({ piece, begin }: { piece: number; begin: number }, length: number): string | undefined {
    const isPossible = length >= 1 && length <= REQUEST_BYTES_MAX && begin + length <= METAINFO_LIMITS.pieceLengthMax
    return isPossible ? this.#objectionToPiece(piece) : `a block of ${length} bytes at ${begin}`
  }

  /** A request was answered or taken back. */
  #requestEnded(): void {
    if (this.#requestsUnanswered > 0) this.#requestsUnanswered--
  }
}

function objectionTo(bits: Uint8Array, pieceCount: number): string | undefined {
  const spareBits = bits.length * 8 - pieceCount
  const isRight = bits.length === Math.ceil(pieceCount / 8) && (bits.at(-1)! & ((1 << spareBits) - 1)) === 0
  return isRight ? undefined : 'a bitfield of another torrent'
}

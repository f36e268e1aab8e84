/**
 * The peer wire of one connection: messages to bytes and back, and what the one has to do with the other.
 *
 * Bytes come through a guard that cuts them into messages of possible lengths; the codec reads them, and the
 * checks say what cannot be. Of the state that BitTorrent knows only what decides about form is kept here: which
 * extensions were agreed on, and how many requests wait.
 */
import { WIRE_LIMITS } from '../options.ts'
import type { ExtendedHandshake, PeerFeatures, WireMessage } from '../protocol/wire.ts'
import { decodeHandshake, decodeMessage, encodeHandshake, encodeMessage } from '../protocol/wire-codec.ts'
import { FrameGuard } from './framing.ts'
import { WireChecks } from './wire-checks.ts'

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

export class PeerWire {
  readonly #sink: PeerWireSink
  readonly #guard: FrameGuard
  readonly #checks = new WireChecks()
  #speaksV2 = false
  /** The peer announced the fast extension; we always do. */
  #isFast = false
  /** Under which ids the peer wants extension messages; from its extended handshake. */
  #peerExtensions: ExtendedHandshake['extensions'] = {}

  constructor(sink: PeerWireSink) {
    this.#sink = sink
    this.#guard = new FrameGuard({
      handshake: bytes => this.#onHandshake(bytes),
      frame: frame => {
        this.#onFrame(frame)
        if (this.#checks.offence !== undefined) this.#guard.close()
      },
    })
  }

  /** Sends our handshake; must come before anything else. Peer id and infohash: 20 bytes each. */
  greet({ infoHash, peerId, v2 }: { infoHash: Uint8Array; peerId: Uint8Array; v2: boolean }): void {
    this.#speaksV2 = v2
    this.#sink.write(encodeHandshake({ infoHash, peerId, features: { fast: true, extended: true, v2 } }))
  }

  /** Extension messages that the peer does not want are not sent. */
  send(message: WireMessage<Uint8Array>): void {
    const { type } = message
    if (type === 'piece' || type === 'reject') this.#checks.requestEnded()
    // Without the fast extension a choke drops what was asked for; with it, every request is rejected.
    if ((type === 'choke' || type === 'unchoke') && !this.#isFast) this.#checks.requestsDropped()
    const bytes = encodeMessage(message, this.#peerExtensions)
    if (bytes !== undefined) this.#sink.write(bytes)
  }

  keepAlive(): void {
    this.#sink.write(new Uint8Array(4))
  }

  /** Takes the next bytes from the peer. Returns what it did wrong, after which everything is ignored. */
  receive(chunk: Uint8Array): string | undefined {
    return this.#guard.push(chunk) ?? this.#checks.offence
  }

  /** From now on lengths and indices are checked against it. Returns what was wrong with earlier messages. */
  setPieceCount(count: number): string | undefined {
    this.#guard.pieceCount = count
    this.#checks.setPieceCount(count)
    if (this.#checks.offence !== undefined) this.#guard.close()
    return this.#checks.offence
  }

  /** Ignores whatever else comes. */
  close(): void {
    this.#guard.close()
  }

  #onHandshake(bytes: Uint8Array): void {
    const { infoHash, peerId, features } = decodeHandshake(bytes)
    this.#isFast = features.fast
    this.#sink.handshake({ infoHash, peerId, features: { ...features, v2: features.v2 && this.#speaksV2 } })
  }

  #onFrame(frame: Uint8Array): void {
    const message = decodeMessage(frame)
    if (typeof message === 'string') this.#checks.refuse(message)
    else if (message !== undefined && this.#isAcceptable(message)) this.#sink.message(message)
  }

  #isAcceptable(message: WireMessage<Uint8Array>): boolean {
    switch (message.type) {
      case 'have':
      case 'dont-have':
        return this.#checks.piece(message.piece)
      case 'bitfield':
        return this.#checks.bitfield(message.bits)
      case 'request':
        return this.#checks.request() && this.#checks.block(message)
      case 'cancel':
        // With the fast extension a cancelled request still gets its answer (BEP 6).
        if (!this.#isFast) this.#checks.requestEnded()
        return this.#checks.block(message)
      case 'piece':
        return this.#checks.block({ piece: message.piece, begin: message.begin, length: message.body.length })
      case 'suggest':
      case 'allowed-fast':
        return this.#requireFast(message.type) && this.#checks.piece(message.piece)
      case 'have-all':
      case 'have-none':
        return this.#requireFast(message.type)
      case 'reject':
        return this.#requireFast(message.type) && this.#checks.block(message)
      case 'extended-handshake':
        this.#peerExtensions = { ...this.#peerExtensions, ...message.extensions }
        return true
      case 'hash-request':
        if (message.length <= WIRE_LIMITS.hashesMax) return true
        this.send({ ...message, type: 'hash-reject' })
        return false
      default:
        return true
    }
  }

  /** Messages of BEP 6 from a peer that did not announce it end the connection. */
  #requireFast(type: string): boolean {
    return this.#isFast || this.#checks.refuse(`sent ${type} without the fast extension`)
  }
}

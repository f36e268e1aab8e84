/**
 * The peer wire: typed messages to bytes and back (BEP 3, 6, 9, 10, 52, 54).
 *
 * bittorrent-protocol's Wire does the coding and nothing else. Its hooks are overridden where they would keep
 * requests, choke states, bitfields, speeds or timers, for all state lives in the swarm; what is sent leaves as
 * one chunk, header and payload together, and what is received comes through a guard that has cut it into
 * messages and checked their lengths.
 */
import Wire, { type WireExtensions } from 'bittorrent-protocol'
import { WIRE_LIMITS } from '../options.ts'
import { decodeHashMessage, encodeHashPayload } from '../protocol/hashes.ts'
import { decodeExtended, encodeExtended } from '../protocol/metadata.ts'
import type { ExtensionName, PeerFeatures, WireMessage } from '../protocol/wire.ts'
import { MESSAGE_ID } from '../protocol/wire-codec-lengths.ts'
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

export interface PeerWire {
  /** Sends our handshake; must come before anything else. Peer id and infohash: 20 bytes each. */
  greet(ours: { infoHash: Uint8Array; peerId: Uint8Array; v2: boolean }): void
  send(message: WireMessage<Uint8Array>): void
  keepAlive(): void
  /** Takes the next bytes from the peer. Returns what it did wrong, after which everything is ignored. */
  receive(chunk: Uint8Array): string | undefined
  /** From now on lengths and indices are checked against it. Returns what was wrong with earlier messages. */
  setPieceCount(count: number): string | undefined
  /** Ignores whatever else comes. */
  close(): void
}

/** A wire whose bytes and messages go to `sink`. */
export function createPeerWire(sink: PeerWireSink): PeerWire {
  return new CodecWire(sink)
}

/** Byte of the handshake that holds the fast and v2 bits: the last of the reserved eight. */
const FEATURE_BYTE = 27
const V2_BIT = 0x10

class CodecWire extends Wire implements PeerWire {
  readonly #sink: PeerWireSink
  readonly #guard: FrameGuard
  readonly #checks = new WireChecks()
  #isGreeting = false
  #speaksV2 = false
  #peerSpeaksV2 = false
  /** Under which ids the peer wants extension messages; from its extended handshake. */
  #peerExtensions: Readonly<Partial<Record<ExtensionName, number>>> = {}

  constructor(sink: PeerWireSink) {
    super()
    this.#sink = sink
    this.#guard = new FrameGuard({
      handshake: bytes => {
        this.#peerSpeaksV2 = ((bytes[FEATURE_BYTE] as number) & V2_BIT) !== 0
        this._onHandshakeBuffer(bytes.subarray(1))
      },
      frame: frame => {
        this._onMessage(frame)
        if (this.#checks.offence !== undefined) this.#guard.close()
      },
    })
    this.on('unknownmessage', frame => this.#onUnknown(frame))
  }

  greet(ours: { infoHash: Uint8Array; peerId: Uint8Array; v2: boolean }): void {
    this.#speaksV2 = ours.v2
    this.#isGreeting = true
    this.handshake(ours.infoHash, ours.peerId, { fast: true })
    this.#isGreeting = false
  }

  receive(chunk: Uint8Array): string | undefined {
    return this.#guard.push(chunk) ?? this.#checks.offence
  }

  close(): void {
    this.#guard.close()
  }

  setPieceCount(count: number): string | undefined {
    this.#guard.pieceCount = count
    this.#checks.setPieceCount(count)
    if (this.#checks.offence !== undefined) this.#guard.close()
    return this.#checks.offence
  }

  // ------------------------------------------------------------------------------------------- outgoing

  /** Where the Wire's own method keeps a state (choke, request, piece) its hook is called instead. */
  send(message: WireMessage<Uint8Array>): void {
    switch (message.type) {
      case 'choke':
        // Without the fast extension a choke drops what was asked for; with it, every request is rejected.
        if (!this.hasFast) this.#checks.requestsDropped()
        return this._message(MESSAGE_ID.choke, [], null)
      case 'unchoke':
        if (!this.hasFast) this.#checks.requestsDropped()
        return this._message(MESSAGE_ID.unchoke, [], null)
      case 'interested':
        return this._message(MESSAGE_ID.interested, [], null)
      case 'not-interested':
        return this._message(MESSAGE_ID.notInterested, [], null)
      case 'have':
        return this.have(message.piece)
      case 'bitfield':
        return this.bitfield(message.bits)
      case 'have-all':
        return this.haveAll()
      case 'have-none':
        return this.haveNone()
      case 'request':
        return this._message(MESSAGE_ID.request, [message.piece, message.begin, message.length], null)
      case 'cancel':
        return this.cancel(message.piece, message.begin, message.length)
      case 'reject':
        this.#checks.requestEnded()
        return this.reject(message.piece, message.begin, message.length)
      case 'piece':
        this.#checks.requestEnded()
        return this._message(MESSAGE_ID.piece, [message.piece, message.begin], message.body)
      case 'suggest':
        return this.suggest(message.piece)
      case 'allowed-fast':
        return this.allowedFast(message.piece)
      case 'extended-handshake':
        return this.extended(0, encodeExtended(message))
      case 'metadata-request':
      case 'metadata-data':
      case 'metadata-reject':
        return this.#sendExtension('ut_metadata', encodeExtended(message))
      case 'dont-have':
        return this.#sendExtension('lt_donthave', encodeExtended(message))
      case 'hash-request':
        return this._message(MESSAGE_ID.hashRequest, [], encodeHashPayload(message))
      case 'hashes':
        return this._message(MESSAGE_ID.hashes, [], encodeHashPayload(message))
      case 'hash-reject':
        return this._message(MESSAGE_ID.hashReject, [], encodeHashPayload(message))
    }
  }

  /** A peer that did not name the extension, or took it back, gets nothing. */
  #sendExtension(name: ExtensionName, payload: Uint8Array): void {
    const id = this.#peerExtensions[name]
    if (id !== undefined && id > 0) this.extended(id, payload)
  }

  /** Header and payload in one chunk: two chunks would be two data-channel messages, at half the speed. */
  override _message(id: number, numbers: readonly number[], data: Uint8Array | null): void {
    const headerBytes = 5 + 4 * numbers.length
    const chunk = new Uint8Array(headerBytes + (data?.length ?? 0))
    const view = new DataView(chunk.buffer)
    view.setUint32(0, chunk.length - 4)
    chunk[4] = id
    for (let index = 0; index < numbers.length; index++) view.setUint32(5 + 4 * index, numbers[index] as number)
    if (data !== null) chunk.set(data, headerBytes)
    this._push(chunk)
  }

  override _push(data: Uint8Array): void {
    if (this.#isGreeting && this.#speaksV2) data[FEATURE_BYTE] = (data[FEATURE_BYTE] as number) | V2_BIT
    this.#sink.write(data)
  }

  override _debug(): void {}

  // ------------------------------------------------------------------------------------------- incoming

  override _onHandshake(infoHash: Uint8Array, peerId: Uint8Array, extensions: WireExtensions): void {
    this.hasFast = extensions.fast
    const features = {
      fast: extensions.fast,
      extended: extensions.extended,
      v2: this.#speaksV2 && this.#peerSpeaksV2,
    }
    this.#sink.handshake({ infoHash, peerId, features })
  }

  override _onChoke(): void {
    this.#sink.message({ type: 'choke' })
  }

  override _onUnchoke(): void {
    this.#sink.message({ type: 'unchoke' })
  }

  override _onInterested(): void {
    this.#sink.message({ type: 'interested' })
  }

  override _onUninterested(): void {
    this.#sink.message({ type: 'not-interested' })
  }

  override _onHave(piece: number): void {
    this.#emitPiece('have', piece)
  }

  override _onBitField(bits: Uint8Array): void {
    if (this.#checks.bitfield(bits)) this.#sink.message({ type: 'bitfield', bits })
  }

  override _onRequest(piece: number, begin: number, length: number): void {
    if (this.#checks.request()) this.#emitBlock('request', piece, begin, length)
  }

  override _onPiece(piece: number, begin: number, body: Uint8Array): void {
    const place = { piece: piece >>> 0, begin: begin >>> 0 }
    if (this.#checks.block({ ...place, length: body.length })) this.#sink.message({ type: 'piece', ...place, body })
  }

  override _onCancel(piece: number, begin: number, length: number): void {
    // With the fast extension a cancelled request still gets its answer (BEP 6).
    if (!this.hasFast) this.#checks.requestEnded()
    this.#emitBlock('cancel', piece, begin, length)
  }

  override _onPort(): void {}

  override _onSuggest(piece: number): void {
    if (this.#requireFast('suggest')) this.#emitPiece('suggest', piece)
  }

  override _onHaveAll(): void {
    if (this.#requireFast('have-all')) this.#sink.message({ type: 'have-all' })
  }

  override _onHaveNone(): void {
    if (this.#requireFast('have-none')) this.#sink.message({ type: 'have-none' })
  }

  override _onReject(piece: number, begin: number, length: number): void {
    if (this.#requireFast('reject')) this.#emitBlock('reject', piece, begin, length)
  }

  override _onAllowedFast(piece: number): void {
    if (this.#requireFast('allowed-fast')) this.#emitPiece('allowed-fast', piece)
  }

  override _onExtended(id: number, payload: Uint8Array): void {
    // Messages under ids that we never named are ignored (BEP 10), and so are dicts that do not parse.
    const message = decodeExtended(id, payload)
    if (message === undefined) return
    if (message.type === 'extended-handshake') {
      this.#peerExtensions = { ...this.#peerExtensions, ...message.extensions }
    }
    if (message.type === 'dont-have' && !this.#checks.piece(message.piece)) return
    this.#sink.message(message)
  }

  #onUnknown(frame: Uint8Array): void {
    const id = frame[0] as number
    if (id < MESSAGE_ID.hashRequest || id > MESSAGE_ID.hashReject) return
    const message = decodeHashMessage(frame)
    if (message === undefined) {
      this.#checks.refuse(`sent a malformed message ${id}`)
      return
    }
    if (message.type === 'hash-request' && message.length > WIRE_LIMITS.hashesMax) {
      return this.send({ ...message, type: 'hash-reject' })
    }
    this.#sink.message(message)
  }

  /** The Wire reads numbers as signed. */
  #emitPiece(type: 'have' | 'suggest' | 'allowed-fast', index: number): void {
    const piece = index >>> 0
    if (this.#checks.piece(piece)) this.#sink.message({ type, piece })
  }

  #emitBlock(type: 'request' | 'cancel' | 'reject', piece: number, begin: number, length: number): void {
    const block = { piece: piece >>> 0, begin: begin >>> 0, length: length >>> 0 }
    if (this.#checks.block(block)) this.#sink.message({ type, ...block })
  }

  /** Messages of BEP 6 from a peer that did not announce it end the connection. */
  #requireFast(type: string): boolean {
    return this.hasFast || this.#checks.refuse(`sent ${type} without the fast extension`)
  }
}

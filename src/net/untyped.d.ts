/**
 * The parts of two untyped packages that we use, pinned to the versions in package.json. Declarations are not
 * emitted, so nothing exported from this folder may mention these types.
 */

declare module 'bittorrent-protocol' {
  export interface WireExtensions {
    readonly fast: boolean
    readonly extended: boolean
  }

  /** 5.0.9. Names with an underscore are its own hooks between codec and bookkeeping. */
  export default class Wire {
    hasFast: boolean
    on(event: 'unknownmessage', listener: (frame: Uint8Array) => void): this
    handshake(infoHash: Uint8Array, peerId: Uint8Array, extensions: { fast: boolean }): void
    keepAlive(): void
    have(piece: number): void
    bitfield(bits: Uint8Array): void
    cancel(piece: number, begin: number, length: number): void
    suggest(piece: number): void
    haveAll(): void
    haveNone(): void
    reject(piece: number, begin: number, length: number): void
    allowedFast(piece: number): void
    extended(id: number, payload: Uint8Array): void
    _debug(...args: unknown[]): void
    _message(id: number, numbers: readonly number[], data: Uint8Array | null): void
    _push(data: Uint8Array): unknown
    _onMessage(frame: Uint8Array): void
    _onHandshakeBuffer(handshake: Uint8Array): void
    _onHandshake(infoHash: Uint8Array, peerId: Uint8Array, extensions: WireExtensions): void
    _onChoke(): void
    _onUnchoke(): void
    _onInterested(): void
    _onUninterested(): void
    _onHave(piece: number): void
    _onBitField(bits: Uint8Array): void
    _onRequest(piece: number, begin: number, length: number): void
    _onPiece(piece: number, begin: number, body: Uint8Array): void
    _onCancel(piece: number, begin: number, length: number): void
    _onPort(port: number): void
    _onSuggest(piece: number): void
    _onHaveAll(): void
    _onHaveNone(): void
    _onReject(piece: number, begin: number, length: number): void
    _onAllowedFast(piece: number): void
    _onExtended(id: number, payload: Uint8Array): void
  }
}

declare module '@thaunknown/simple-peer/lite.js' {
  export interface PeerOptions {
    readonly initiator: boolean
    readonly trickle: boolean
    readonly iceCompleteTimeout: number
    readonly config: RTCConfiguration
  }

  export type PeerSignal =
    | { readonly type: 'offer' | 'answer'; readonly sdp: string }
    | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit }

  /** 10.1.2. Names with an underscore are its own hooks; its stream is never used for data. */
  export default class Peer {
    static readonly WEBRTC_SUPPORT: boolean
    readonly initiator: boolean
    _pc: RTCPeerConnection | null
    _channel: RTCDataChannel | null
    _iceComplete: boolean
    _iceCompleteTimer: ReturnType<typeof setTimeout> | null
    _closingInterval: ReturnType<typeof setInterval> | null
    constructor(options: PeerOptions)
    on(event: 'signal', listener: (signal: PeerSignal) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    emit(event: '_iceComplete'): boolean
    signal(signal: { readonly type: string; readonly sdp: string } | { readonly candidate: RTCIceCandidateInit }): void
    send(chunk: Uint8Array): void
    destroy(): void
    _debug(...args: unknown[]): void
    __destroy(error?: Error): void
    _destroy(done: (error: null) => void): void
    _maybeReady(): void
    _addIceCandidate(candidate: RTCIceCandidateInit): void
    _onIceStateChange(): void
    _onChannelOpen(): void
    _onChannelMessage(event: MessageEvent): void
    _onChannelBufferedAmountLow(): void
    _onChannelClose(): void
  }
}

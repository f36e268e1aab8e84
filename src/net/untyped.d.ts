/**
 * The parts of an untyped package that we use, pinned to the version in package.json. Declarations are not
 * emitted, so nothing exported from this folder may mention these types.
 */

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
    readonly trickle: boolean
    _pc: RTCPeerConnection | null
    _channel: RTCDataChannel | null
    _iceComplete: boolean
    _iceCompleteTimer: ReturnType<typeof setTimeout> | null
    _closingInterval: ReturnType<typeof setInterval> | null
    constructor(options: PeerOptions)
    on(event: 'signal', listener: (signal: PeerSignal) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    emit(event: 'signal' | '_iceComplete', ...args: PeerSignal[]): boolean
    signal(signal: PeerSignal): void
    send(chunk: Uint8Array): void
    destroy(): void
    _debug(...args: unknown[]): void
    __destroy(error?: Error): void
    _destroy(done: (error: null) => void): void
    _maybeReady(): void
    _needsNegotiation(): void
    _createOffer(): void
    _onSignalingStateChange(): void
    _addIceCandidate(candidate: RTCIceCandidateInit): void
    _onIceStateChange(): void
    _onConnectionStateChange(): void
    _onChannelOpen(): void
    _onChannelMessage(event: MessageEvent): void
    _onChannelBufferedAmountLow(): void
    _onChannelClose(): void
  }
}

/**
 * One WebRTC connection with its one data channel, as a stream of bytes in both directions.
 *
 * simple-peer makes the connection and carries messages; its stream, its backpressure and its `connect` event
 * (which waits for getStats, polled) are not used. The channel is open when the data channel says so.
 */
import type { PeerSignal } from '@thaunknown/simple-peer/lite.js'
import { CHANNEL_LIMITS } from '../options.ts'
import { NodePeer } from './node-peer.ts'
import { Pacer } from './pacer.ts'
import { type ChannelRoute, readRoute } from './route.ts'

/** What the two sides exchange to find each other. */
export type ChannelSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit }

export interface ChannelEvents {
  /** To be brought to the other side. Candidates come after the description, and only when trickling. */
  signal(signal: ChannelSignal): void
  open(): void
  message(bytes: Uint8Array): void
  /** The send buffer fell to the low-water mark. */
  drained(): void
  /** Exactly once, unless `close` was called; after it nothing else comes. */
  closed(reason: string): void
}

export interface ChannelOptions {
  /** Makes the offer. */
  readonly initiator: boolean
  /** Sends candidates as they are found; otherwise descriptions wait for them, at most a second. */
  readonly trickle: boolean
  readonly iceServers: readonly RTCIceServer[]
  /** `relay` lets no address of this machine be seen by the other side. @default 'all' */
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

export interface Channel {
  /** Bytes that were sent and have not left. */
  readonly bufferedBytes: number
  /** What the other side sent; what is malformed ends the connection. */
  signal(signal: ChannelSignal): void
  /** Sends bytes in as few data-channel messages as the other side can take. */
  send(bytes: Uint8Array): void
  setLowWaterMark(bytes: number): void
  /** How the connection runs, and from then on it is sent to accordingly. Undefined where the platform does not tell. */
  route(): Promise<ChannelRoute | undefined>
  /** At once: frees the RTCPeerConnection, no event follows. */
  close(): void
}

/** Whether this browser or Node can make connections at all. */
export const isWebRtcSupported: boolean = NodePeer.WEBRTC_SUPPORT

/** Starts a connection, where WebRTC is supported; an initiator's offer comes as a `signal`. */
export function openChannel(options: ChannelOptions, events: ChannelEvents): Channel {
  return new PeerChannel(options, events)
}

class PeerChannel extends NodePeer implements Channel {
  /** Undefined while Peer's constructor runs, which calls the hooks below, and from the end on. */
  declare private events: ChannelEvents | undefined
  readonly #pacer = new Pacer(
    message => this.#write(message),
    () => this.events?.drained(),
  )
  #isDescribed = false
  /** Candidates that were found before the description was ready. */
  #earlyCandidates: ChannelSignal[] = []

  constructor(options: ChannelOptions, events: ChannelEvents) {
    super({
      initiator: options.initiator,
      trickle: options.trickle,
      iceCompleteTimeout: CHANNEL_LIMITS.gatheringMs,
      config: {
        iceServers: options.iceServers as RTCIceServer[],
        iceTransportPolicy: options.iceTransportPolicy,
      },
    })
    this.events = events
    this.on('signal', signal => this.#onSignal(signal))
    this.on('error', error => this.#end(error.message))
    // The browser refused to make a connection: said in a later turn, when our caller holds this object.
    if (this._pc === undefined || this._pc === null) setTimeout(() => this.#end('No connection can be made.'), 0)
  }

  get bufferedBytes(): number {
    return (this._channel?.bufferedAmount ?? 0) + this.#pacer.waitingBytes
  }

  override signal(signal: ChannelSignal): void {
    if (this.events === undefined) return
    try {
      super.signal(signal)
    } catch (error) {
      this.#end(String(error))
    }
  }

  override send(bytes: Uint8Array): void {
    if (this.events === undefined || this._channel === null) return
    // Chromium throws above 16 MiB; the swarm keeps far below it.
    const { bufferedBytes } = this
    if (bufferedBytes + bytes.length > CHANNEL_LIMITS.bufferedBytesMax) {
      return this.#end('The send buffer overflowed.')
    }
    this.#pacer.send(bytes, bufferedBytes)
  }

  setLowWaterMark(bytes: number): void {
    if (this._channel !== null) this._channel.bufferedAmountLowThreshold = bytes
  }

  async route(): Promise<ChannelRoute | undefined> {
    const report = await this._pc?.getStats().catch(() => undefined)
    const route = report && readRoute(report)
    this.#pacer.isPathLong = (route?.roundTripMs ?? 0) >= CHANNEL_LIMITS.longPathMs
    return route
  }

  close(): void {
    this.events = undefined
    this.#pacer.close()
    this.destroy()
  }

  #end(reason: string): void {
    const events = this.events
    if (events === undefined) return
    this.close()
    events.closed(reason)
  }

  #write(message: Uint8Array): void {
    try {
      super.send(message)
    } catch (error) {
      this.#end(String(error))
    }
  }

  #onSignal(signal: PeerSignal): void {
    if (signal.type === 'candidate' && !this.#isDescribed) {
      this.#earlyCandidates.push(signal)
      return
    }
    this.events?.signal(signal)
    if (signal.type === 'candidate' || this.#isDescribed) return
    this.#isDescribed = true
    for (const candidate of this.#earlyCandidates) this.events?.signal(candidate)
    this.#earlyCandidates = []
  }

  // ------------------------------------------------------------------------------- simple-peer's hooks

  override _debug(): void {}

  /** `connect` is not waited for. */
  override _maybeReady(): void {}

  /** Once: tracks, which would have to be negotiated again, are not used. Later, because Chromium once crashed. */
  override _needsNegotiation(): void {
    if (this.initiator) setTimeout(() => this._createOffer(), 0)
  }

  override _onSignalingStateChange(): void {}

  override _onChannelOpen(): void {
    this.#pacer.messageBytesMax = messageBytesMax(this._pc?.sctp?.maxMessageSize)
    this.events?.open()
  }

  override _onChannelMessage(event: MessageEvent): void {
    if (event.data instanceof ArrayBuffer) this.events?.message(new Uint8Array(event.data))
    else this.#end('The peer sent text.')
  }

  override _onChannelBufferedAmountLow(): void {
    this.events?.drained()
  }

  override _onChannelClose(): void {
    this.#end('The peer closed the connection.')
  }

  /** A candidate that cannot be used is no reason to give up: others may do. */
  override _addIceCandidate(candidate: RTCIceCandidateInit): void {
    this._pc?.addIceCandidate(candidate).catch(() => {})
  }

  /** simple-peer's own end waits for a turn and, after `end()`, for its stream to flush. */
  override __destroy(error?: Error): void {
    // In Peer's constructor there is nobody to tell yet, and no `#end` either.
    if (this.events !== undefined) this.#end(error?.message ?? 'The connection was closed.')
    else this.destroy()
  }

  override _destroy(done: (error: null) => void): void {
    if (this._closingInterval !== null) clearInterval(this._closingInterval)
    if (this._iceCompleteTimer !== null) clearTimeout(this._iceCompleteTimer)
    // What these still say comes to nothing: there is nobody to tell.
    this._pc?.close()
    this._pc = null
    this._channel = null
    done(null)
  }
}

function messageBytesMax(announced: number | undefined): number {
  // Zero and infinity mean "any" (RFC 8841), nonsense means unknown.
  if (announced === undefined || !(announced >= CHANNEL_LIMITS.messageBytesMin))
    return CHANNEL_LIMITS.messageBytesDefault
  return Math.min(announced, CHANNEL_LIMITS.messageBytesMax)
}

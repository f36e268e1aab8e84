/**
 * A connection to one peer: a channel, the wire on it, and the handshakes.
 *
 * Whoever made the offer shakes hands first, as in BitTorrent at large. The other side does not send at once: Chromium 156
 * loses a message that arrives just as the offerer's channel opens, about one in thirty on a busy machine.
 *
 * It becomes a `PeerConnection` of the port when the peer's handshake names the same torrent. What comes before
 * the session starts it is kept, within bounds.
 */
import { concatBytes, equalBytes, toLatin1 } from '../metainfo/bytes.ts'
import { CHANNEL_LIMITS } from '../options.ts'
import type { PeerConnection, PeerConnectionEvents } from '../ports.ts'
import type { PeerFeatures, WireMessage } from '../protocol/wire.ts'
import type { Channel, ChannelEvents, ChannelSignal } from './channel.ts'
import type { ChannelRoute } from './route.ts'
import { type PeerHandshake, PeerWire } from './peer-wire.ts'

/** Who we are in this torrent. */
export interface Greeting {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** Whether to set the v2 bit. */
  readonly v2: boolean
}

/** How the attempt ends: exactly one of these, once. */
export interface ConnectionOutcome {
  opened(connection: Connection): void
  failed(reason: string): void
}

export interface ConnectionOptions {
  readonly greeting: Greeting
  /** Whether the WebRTC offer is ours. */
  readonly initiator: boolean
  /** Opens the channel; its events go to the connection. */
  readonly open: (events: Omit<ChannelEvents, 'signal'>) => Channel
}

export class Connection implements PeerConnection {
  readonly initiator: boolean
  /** Of the handshake, which may differ from the one that a tracker told. */
  peerId!: string
  features!: PeerFeatures
  route: ChannelRoute | undefined
  /** Told once, after the session was: for those who keep count. */
  ended: (() => void) | undefined
  readonly #greeting: Greeting
  readonly #channel: Channel
  readonly #wire: PeerWire
  #outcome: ConnectionOutcome | undefined
  #events: PeerConnectionEvents | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  /** Until the handshake; from there between keep-alives. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #greetTimer: ReturnType<typeof setTimeout> | undefined
  #hasGreeted = false
  #isIdle = true
  /** The swarm believes so too: at another mark `writable` would tell it of bytes whose end is never told. */
  #lowWaterBytes = 0
  #isWritableDue = false
  /** Small messages of this turn. */
  #unsent: Uint8Array[] = []
  #rejectsUnsent = 0
  /** Before `start`: messages, their bytes, and why it was closed meanwhile. */
  #early: WireMessage<Uint8Array>[] = []
  #earlyBytes = 0
  #earlyEnd: string | undefined

  constructor(options: ConnectionOptions, outcome: ConnectionOutcome) {
    this.initiator = options.initiator
    this.#greeting = options.greeting
    this.#outcome = outcome
    this.#wire = new PeerWire({
      write: bytes => this.#write(bytes),
      handshake: handshake => this.#onHandshake(handshake),
      message: message => this.#onMessage(message),
    })
    this.#channel = options.open({
      open: () => this.#onOpen(),
      message: bytes => this.#onBytes(bytes),
      drained: () => this.#events?.writable(this.bufferedBytes),
      closed: reason => this.#end(reason),
    })
  }

  /** What the other side sent while the connection is being made. */
  signal(signal: ChannelSignal): void {
    this.#channel.signal(signal)
  }

  get bufferedBytes(): number {
    return this.#state === 'closed' ? 0 : this.#channel.bufferedBytes
  }

  start(events: PeerConnectionEvents): void {
    this.#events = events
    if (this.#earlyEnd !== undefined) return events.closed(this.#earlyEnd)
    const early = this.#early
    this.#early = []
    for (const message of early) if (this.#state === 'open') events.message(message)
  }

  setPieceCount(count: number): void {
    const offence = this.#wire.setPieceCount(count)
    if (offence !== undefined) this.#end(`The peer sent ${offence}.`)
  }

  send(message: WireMessage<Uint8Array>): void {
    if (this.#state !== 'open') return
    if (message.type === 'reject' && !this.#mayReject()) {
      return this.#end('The peer does not read.')
    }
    this.#wire.send(message)
    if (message.type === 'piece') this.#dueWritable()
  }

  setLowWaterMark(bytes: number): void {
    if (this.#state === 'closed') return
    this.#lowWaterBytes = bytes
    this.#channel.setLowWaterMark(bytes)
  }

  close(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#timer)
    clearTimeout(this.#greetTimer)
    this.#outcome = undefined
    this.#wire.close()
    this.#early = []
    this.#channel.close()
    if (this.#events !== undefined) this.#events.closed(reason)
    else this.#earlyEnd = reason
    this.ended?.()
  }

  // ------------------------------------------------------------------------------------------- helpers

  #onOpen(): void {
    this.#timer = setTimeout(() => this.#end('The peer did not shake hands.'), CHANNEL_LIMITS.handshakeTimeoutMs)
    this.#channel.setLowWaterMark(this.#lowWaterBytes)
    if (this.initiator) this.#greet()
    else this.#greetTimer = setTimeout(() => this.#greet(), CHANNEL_LIMITS.greetingWaitMs)
  }

  #greet(): void {
    clearTimeout(this.#greetTimer)
    if (this.#hasGreeted || this.#state === 'closed') return
    this.#hasGreeted = true
    this.#wire.greet(this.#greeting)
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#state === 'closed') return
    // Whoever speaks has an open channel. What it can do depends on what we say.
    this.#greet()
    if (this.#events === undefined) this.#earlyBytes += bytes.length
    if (this.#earlyBytes > CHANNEL_LIMITS.unstartedBytesMax) return this.#end('The peer sent too much.')
    const offence = this.#wire.receive(bytes)
    if (offence !== undefined) this.#end(`The peer sent ${offence}.`)
  }

  #onHandshake({ infoHash, peerId, features }: PeerHandshake): void {
    clearTimeout(this.#timer)
    if (!equalBytes(infoHash, this.#greeting.infoHash)) return this.#end('The peer wants another torrent.')
    if (equalBytes(peerId, this.#greeting.peerId)) return this.#end('The peer is us.')
    this.peerId = toLatin1(peerId)
    this.features = features
    this.#state = 'open'
    this.#timer = setInterval(() => this.#keepAlive(), CHANNEL_LIMITS.keepAliveMs)
    void this.#channel.route().then(route => {
      this.route = route
    })
    const outcome = this.#outcome
    this.#outcome = undefined
    outcome?.opened(this)
  }

  /** Tells a peer that drops silent connections that this one is alive, unless it was told otherwise. */
  #keepAlive(): void {
    if (this.#isIdle) this.#wire.keepAlive()
    this.#isIdle = true
  }

  #onMessage(message: WireMessage<Uint8Array>): void {
    if (this.#events === undefined) this.#early.push(message)
    else this.#events.message(message)
  }

  /** Small messages of one turn leave as one: a send costs a page's main thread more than its bytes do. */
  #write(bytes: Uint8Array): void {
    this.#isIdle = false
    if (bytes.length > CHANNEL_LIMITS.joinedBytesMax) {
      this.#flush()
      return this.#channel.send(bytes)
    }
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush())
    this.#unsent.push(bytes)
  }

  #flush(): void {
    const unsent = this.#unsent
    this.#unsent = []
    if (unsent.length > 0 && this.#state !== 'closed') this.#channel.send(concatBytes(unsent))
  }

  /**
   * A channel whose buffer never rose above the mark never tells that it fell to it; a sender that counts what
   * it sent would wait for ever. So the end of a turn tells, once for all blocks sent in it.
   */
  #dueWritable(): void {
    if (this.#isWritableDue) return
    this.#isWritableDue = true
    queueMicrotask(() => {
      this.#isWritableDue = false
      const bufferedBytes = this.bufferedBytes
      if (this.#state === 'open' && bufferedBytes <= this.#lowWaterBytes) this.#events?.writable(bufferedBytes)
    })
  }

  /** Rejects are cheap to cause and pile up in the send buffer of a peer that does not read. */
  #mayReject(): boolean {
    this.#rejectsUnsent = this.bufferedBytes > CHANNEL_LIMITS.unreadBytes ? this.#rejectsUnsent + 1 : 0
    return this.#rejectsUnsent <= CHANNEL_LIMITS.rejectsUnsentMax
  }

  #end(reason: string): void {
    const outcome = this.#outcome
    this.close(reason)
    outcome?.failed(reason)
  }
}

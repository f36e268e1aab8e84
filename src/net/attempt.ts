/**
 * One attempt at a connection: from the wish to the handshake, or to giving up.
 *
 * Three kinds, alike but for how they begin: a dial (our offer to a named peer), an answer (to a peer's offer)
 * and a speculation (our offer to whoever a tracker hands it to).
 */
import { CHANNEL_LIMITS, TRACKER_LIMITS } from '../options.ts'
import { type ChannelSignal, openChannel } from './channel.ts'
import { Connection, type Greeting } from './connection.ts'
import type { Slot } from './slots.ts'
import type { TrackerSession } from './tracker-types.ts'

export interface AttemptOptions {
  readonly kind: 'dial' | 'answer' | 'speculation'
  /** 20 characters of latin-1, chosen by the offerer. */
  readonly offerId: string
  /** Whom; undefined for a speculation. */
  readonly peerId?: string
  /** The tracker that signals go through. */
  readonly session: TrackerSession
  /** Candidates follow the description. */
  readonly trickle: boolean
  /** The session waits for the outcome. */
  readonly isAsked: boolean
}

export interface AttemptContext {
  readonly greeting: () => Greeting
  readonly iceServers: () => readonly RTCIceServer[]
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

export interface AttemptEvents {
  /** A speculation's offer is ready to be handed to a tracker. */
  speculated(attempt: Attempt, sdp: string): void
  // Exactly one of these, once, unless `abandon` comes first.
  opened(attempt: Attempt, connection: Connection): void
  failed(attempt: Attempt): void
}

export class Attempt {
  readonly kind: AttemptOptions['kind']
  readonly session: TrackerSession
  offerId: string
  peerId: string | undefined
  isAsked: boolean
  slot: Slot | undefined
  /** Our description has gone to the peer. */
  isSent = false
  readonly #trickle: boolean
  readonly #context: AttemptContext
  readonly #events: AttemptEvents
  #connection: Connection | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false
  #isAnswered = false
  #candidatesSent = 0
  #candidatesReceived = 0
  /** What came before there was a connection to take it: a slot had to be waited for. */
  #earlySignals: ChannelSignal[] = []

  constructor(options: AttemptOptions, context: AttemptContext, events: AttemptEvents) {
    this.kind = options.kind
    this.offerId = options.offerId
    this.peerId = options.peerId
    this.session = options.session
    this.isAsked = options.isAsked
    this.#trickle = options.trickle
    this.#context = context
    this.#events = events
  }

  /** Makes the connection. For a dial and a speculation this makes the offer. */
  start(): void {
    if (this.#isOver) return
    const isSpeculation = this.kind === 'speculation'
    this.#expire(isSpeculation ? CHANNEL_LIMITS.speculationMs : CHANNEL_LIMITS.openTimeoutMs)
    const connection = new Connection(
      {
        greeting: this.#context.greeting(),
        initiator: this.kind !== 'answer',
        open: events =>
          openChannel(
            {
              initiator: this.kind !== 'answer',
              trickle: this.#trickle,
              iceServers: this.#context.iceServers(),
              iceTransportPolicy: this.#context.iceTransportPolicy,
            },
            { ...events, signal: signal => this.#onSignal(signal) },
          ),
      },
      {
        // From here on the handshake has its own time.
        reached: () => clearTimeout(this.#timer),
        opened: () => this.#open(connection),
        failed: () => this.fail(),
      },
    )
    this.#connection = connection
    for (const signal of this.#earlySignals) connection.signal(signal)
    this.#earlySignals = []
  }

  /** The offer that this attempt answers. */
  takeOffer(sdp: string): void {
    this.#take({ type: 'offer', sdp })
  }

  /** The first answer is the one that counts; whether this was it. */
  takeAnswer(peerId: string, sdp: string): boolean {
    if (this.kind === 'answer' || this.#isAnswered || !this.isSent) return false
    if (this.peerId !== undefined && this.peerId !== peerId) return false
    this.#isAnswered = true
    if (this.kind === 'speculation') this.#expire(CHANNEL_LIMITS.openTimeoutMs)
    this.peerId = peerId
    this.#take({ type: 'answer', sdp })
    return true
  }

  takeCandidate(candidate: RTCIceCandidateInit): void {
    // The empty candidate that ends the list is of no use: simple-peer never waits for it.
    if (candidate.candidate === '' || this.#candidatesReceived++ >= TRACKER_LIMITS.candidatesMax) return
    this.#take({ type: 'candidate', candidate })
  }

  /** Nobody has answered yet. */
  get isOpenToAnswers(): boolean {
    return this.kind !== 'answer' && !this.#isAnswered
  }

  fail(): void {
    if (this.#isOver) return
    this.abandon()
    this.#events.failed(this)
  }

  /** Gives up without a word. */
  abandon(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#connection?.close('The attempt was given up.')
    this.slot?.release()
  }

  #open(connection: Connection): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.slot?.release()
    this.#events.opened(this, connection)
  }

  #take(signal: ChannelSignal): void {
    if (this.#connection === undefined) this.#earlySignals.push(signal)
    else this.#connection.signal(signal)
  }

  #onSignal(signal: ChannelSignal): void {
    const { peerId, offerId } = this
    if (signal.type === 'candidate') {
      if (peerId === undefined || this.#candidatesSent++ >= TRACKER_LIMITS.candidatesMax) return
      return this.session.sendCandidate(peerId, offerId, {
        ...signal.candidate,
        candidate: signal.candidate.candidate ?? '',
      })
    }
    // No tracker would take it.
    if (signal.sdp.length > TRACKER_LIMITS.sdpBytesMax) return this.fail()
    const description = { offerId, sdp: signal.sdp, trickle: this.#trickle }
    this.isSent = true
    if (peerId === undefined) this.#events.speculated(this, signal.sdp)
    else if (this.kind === 'dial') this.session.sendOffer(peerId, description)
    else this.session.sendAnswer(peerId, description)
  }

  #expire(timeoutMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.fail(), timeoutMs)
  }
}

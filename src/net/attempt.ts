/**
 * One attempt at a connection: from the wish to the handshake, or to giving up.
 *
 * Three kinds, alike but for how they begin: a dial (our offer to a named peer), an answer (to a peer's offer)
 * and a speculation (our offer to whoever a tracker hands it to, a dial once that peer has answered).
 */
import { CHANNEL_LIMITS, TRACKER_LIMITS } from '../options.ts'
import { type ChannelSignal, openChannel } from './channel.ts'
import { Connection, type Greeting } from './connection.ts'
import type { TrackerSession } from './tracker-types.ts'

export interface AttemptOptions {
  /** The offer is ours. */
  readonly initiator: boolean
  /** 20 characters of latin-1, chosen by the offerer. */
  offerId: string
  /** Whom; undefined for a speculation that nobody has answered. */
  peerId?: string | undefined
  /** The tracker that signals go through. */
  readonly session: TrackerSession
  /** Candidates follow the description. */
  readonly trickle: boolean
  /** The session waits for the outcome. */
  isAsked: boolean
}

export interface AttemptContext {
  readonly greeting: () => Greeting
  readonly iceServers: () => readonly RTCIceServer[]
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

/** Exactly one of these, once, unless it is closed first. */
export interface AttemptOutcome {
  opened(connection: Connection): void
  failed(): void
}

export interface Attempt extends AttemptOptions {
  /** Our description, once it has gone to the peer, or is ready to be handed to a tracker. */
  sdp?: string
  /** When a tracker was given the offer to hand to somebody, in ms since the epoch. */
  handedAtMs: number
  isAnswered: boolean
  /** Resolves when our description is there, or never will be. */
  readonly described: Promise<void>
  /** Makes the connection. For a dial and a speculation this makes the offer. */
  start(): void
  /** What the peer sent: its offer or a candidate. */
  take(signal: ChannelSignal): void
  /** Its answer to our offer. */
  takeAnswer(peerId: string, sdp: string): void
  fail(): void
  /** Gives up without a word. */
  close(): void
}

export function createAttempt(options: AttemptOptions, context: AttemptContext, outcome: AttemptOutcome): Attempt {
  const { initiator, session, trickle } = options
  let connection: Connection | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let candidatesSent = 0
  let candidatesReceived = 0
  /** What came before there was a connection to take it: a slot had to be waited for. */
  let earlySignals: ChannelSignal[] = []
  let describe: () => void
  const described = new Promise<void>(resolve => {
    describe = resolve
  })

  const expire = (timeoutMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(attempt.fail, timeoutMs)
  }

  const send = (signal: ChannelSignal): void => {
    const { peerId, offerId } = attempt
    if (signal.type === 'candidate') {
      if (peerId === undefined || candidatesSent++ >= TRACKER_LIMITS.candidatesMax) return
      const candidate = { ...signal.candidate, candidate: signal.candidate.candidate ?? '' }
      return session.signal({ type: 'candidate', toPeerId: peerId, offerId, candidate })
    }
    const { type, sdp } = signal
    // No tracker would take it.
    if (sdp.length > TRACKER_LIMITS.sdpBytesMax) return attempt.fail()
    attempt.sdp = sdp
    describe()
    if (peerId !== undefined) session.signal({ type, toPeerId: peerId, offerId, sdp, trickle })
  }

  const attempt: Attempt = {
    ...options,
    handedAtMs: Date.now(),
    isAnswered: false,
    described,
    start() {
      expire(attempt.peerId === undefined ? CHANNEL_LIMITS.speculationMs : CHANNEL_LIMITS.openTimeoutMs)
      const { greeting, iceServers, iceTransportPolicy } = context
      const channelOptions = { initiator, trickle, iceServers: iceServers(), iceTransportPolicy }
      connection = new Connection(
        {
          greeting: greeting(),
          initiator,
          open: events => openChannel(channelOptions, { ...events, signal: send }),
        },
        {
          opened(opened) {
            clearTimeout(timer)
            outcome.opened(opened)
          },
          failed: attempt.fail,
        },
      )
      for (const signal of earlySignals) connection.signal(signal)
      earlySignals = []
    },
    take(signal) {
      if (signal.type === 'candidate') {
        // The empty candidate that ends the list is of no use: simple-peer never waits for it.
        if (signal.candidate.candidate === '' || candidatesReceived++ >= TRACKER_LIMITS.candidatesMax) return
      }
      if (connection === undefined) earlySignals.push(signal)
      else connection.signal(signal)
    },
    takeAnswer(peerId, sdp) {
      attempt.isAnswered = true
      attempt.peerId = peerId
      expire(CHANNEL_LIMITS.openTimeoutMs)
      attempt.take({ type: 'answer', sdp })
    },
    fail() {
      attempt.close()
      outcome.failed()
    },
    close() {
      clearTimeout(timer)
      describe()
      connection?.close('The attempt was given up.')
    },
  }
  return attempt
}

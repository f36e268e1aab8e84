/** One way to one peer: from the first signal through the tracker to an open channel, its proof, and its end. */
import { type Channel, type ChannelSignal, openChannel } from '../../src/net/channel.ts'
import type { TrackerSession } from '../../src/net/tracker-types.ts'
import { TRACKER_LIMITS } from '../../src/options.ts'
import { ROOM_LIMITS } from './limits.ts'
import { SealedLink } from './sealed-link.ts'
import type { FrameKind } from './room.ts'

export interface PathOptions {
  /** As the tracker names it: 20 characters of latin-1. */
  readonly peerId: string
  readonly offerId: string
  /** The offer is ours. */
  readonly isOfferer: boolean
  /** Candidates follow the descriptions. */
  readonly trickle: boolean
  readonly session: TrackerSession
  readonly iceServers: readonly RTCIceServer[]
  /** Of the room's keys. */
  readonly material: CryptoKey
  /** What is said when the page ends. */
  readonly lastWord: Uint8Array
}

export interface PathEvents {
  /** Open, and the other side is a member. */
  linked(): void
  frame(kind: FrameKind, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Once, unless `close` was called. */
  ended(): void
}

export class Path {
  readonly peerId: string
  readonly offerId: string
  readonly isOfferer: boolean
  /** Our offer or answer has gone out. */
  isDescribed = false
  /** The peer has answered our offer: from here on the tracker is not needed. */
  isAnswered = false
  readonly #channel: Channel
  readonly #sealed: SealedLink
  readonly #ended: () => void
  readonly #timer: ReturnType<typeof setTimeout>
  #isClosed = false
  #candidatesSent = 0
  #candidatesTaken = 0

  constructor(options: PathOptions, events: PathEvents) {
    const { peerId, offerId, isOfferer, trickle, session, iceServers, material, lastWord } = options
    this.peerId = peerId
    this.offerId = offerId
    this.isOfferer = isOfferer
    this.#ended = events.ended
    const end = (): void => this.#end()
    this.#timer = setTimeout(end, ROOM_LIMITS.openTimeoutMs)
    this.#channel = openChannel(
      { initiator: isOfferer, trickle, iceServers },
      {
        signal: signal => this.#signal(signal, session, trickle),
        open: () => {
          clearTimeout(this.#timer)
          this.#sealed.start()
        },
        message: bytes => this.#sealed.receive(bytes),
        drained: () => undefined,
        // What came before is still heard.
        closed: () => void this.#sealed.settled().then(end),
      },
    )
    const { linked, frame } = events
    this.#sealed = new SealedLink(
      { channel: this.#channel, material, isOfferer, lastWord },
      { opened: linked, frame, failed: end },
    )
  }

  /** What the other side sent through the tracker. */
  take(signal: ChannelSignal): void {
    if (signal.type === 'answer') {
      // The first one counts.
      if (!this.isOfferer || this.isAnswered) return
      this.isAnswered = true
    } else if (signal.type === 'candidate') {
      // The empty one that ends the list is of no use.
      if (signal.candidate.candidate === '' || this.#candidatesTaken++ >= TRACKER_LIMITS.candidatesMax) return
    }
    this.#channel.signal(signal)
  }

  send(kind: FrameKind, bytes: Uint8Array): void {
    this.#sealed.send(kind, bytes)
  }

  /** Resolves when all that was sent has left, or never will; it may not, where the network does not take it. */
  async drained(): Promise<void> {
    await this.#sealed.settled()
    while (!this.#isClosed && this.#channel.bufferedBytes > 0) await new Promise(resolve => setTimeout(resolve, 10))
  }

  /** Says the last word and closes, within this turn. */
  hangUp(): void {
    this.#sealed.farewell()
    this.close()
  }

  /** At once; no event follows. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#sealed.close()
    this.#channel.close()
  }

  #end(): void {
    if (this.#isClosed) return
    this.close()
    this.#ended()
  }

  #signal(signal: ChannelSignal, session: TrackerSession, trickle: boolean): void {
    const { peerId: toPeerId, offerId } = this
    if (signal.type === 'candidate') {
      if (this.#candidatesSent++ >= TRACKER_LIMITS.candidatesMax) return
      const candidate = { ...signal.candidate, candidate: signal.candidate.candidate ?? '' }
      return session.signal({ type: 'candidate', toPeerId, offerId, candidate })
    }
    this.isDescribed = true
    session.signal({ type: signal.type, toPeerId, offerId, sdp: signal.sdp, trickle })
  }
}

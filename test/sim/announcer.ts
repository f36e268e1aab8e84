/**
 * A life's session with the tracker, as `src/net/tracker-session.ts` has it: announces at the tracker's interval, sooner but
 * ever less so while peers are wanted, and comes back after the socket broke.
 */
import { TRACKER_CLIENT_DEFAULTS, TRACKER_MESSAGE_LIMITS } from '../../src/options.ts'
import { TRACKER_EXTENSIONS } from '../../src/protocol/tracker.ts'
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { AnnounceRequest } from '../../src/protocol/tracker-request.ts'
import type { Random } from '../../src/swarm/random.ts'
import type { Timeline } from './timeline.ts'
import type { Socket, Tracker } from './tracker.ts'

export interface AnnouncerOptions {
  readonly timeline: Timeline
  readonly tracker: Tracker
  readonly random: Random
  readonly peerId: string
  /** One way. */
  readonly latencyMs: number
  readonly isSeed: () => boolean
}

export interface AnnouncerEvents {
  found(peerIds: readonly string[], members: number): void
  offer(peerId: string, number: number): void
  answer(peerId: string, number: number): void
  /** Cannot be signalled to. */
  gone(peerId: string): void
}

/** The one torrent of a world; the tracker wants 20 bytes. */
const INFO_HASH = 'the torrent of a sim'

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #events: AnnouncerEvents
  #socket: Socket | undefined
  #isOpen = false
  #isOver = false
  #failures = 0
  #wanted = 0
  #asked = 0
  #askedAt = Number.NEGATIVE_INFINITY
  #intervalMs: number = TRACKER_CLIENT_DEFAULTS.intervalMs
  /** The announce that is planned; an older plan is void. */
  #plan = 0

  constructor(options: AnnouncerOptions, events: AnnouncerEvents) {
    this.#options = options
    this.#events = events
  }

  start(): void {
    const { tracker, latencyMs } = this.#options
    this.#socket = tracker.connect(latencyMs, {
      opened: () => {
        this.#isOpen = true
        this.#failures = 0
        this.#announce('started')
      },
      reply: reply => this.#take(reply),
      lost: () => this.#reconnect(),
    })
  }

  wanted(count: number): void {
    const isRise = this.#wanted === 0 && count > 0
    this.#wanted = count
    if (!isRise || !this.#isOpen) return
    this.#asked = 0
    const { timeline } = this.#options
    this.#schedule(Math.max(0, this.#askedAt + TRACKER_CLIENT_DEFAULTS.askAgainMs - timeline.now))
  }

  completed(): void {
    if (this.#isOpen) this.#announce('completed')
  }

  /** An offer or answer; its number stands for the whole of it. */
  signal(type: 'offer' | 'answer', toPeerId: string, number: number): void {
    const offerId = String(number).padStart(20, '0')
    const { peerId, timeline } = this.#options
    if (this.#isOpen) {
      this.#socket?.send({
        type,
        infoHash: INFO_HASH,
        peerId,
        toPeerId,
        offerId,
        sdp: String(number),
        trickle: true,
      })
    } else timeline.after(0, () => this.#events.gone(toPeerId))
  }

  /** The tracker hears of it at once, or after `noticeMs` when there was no time to say goodbye. */
  stop(noticeMs: number, isPolite: boolean): void {
    this.#isOver = true
    if (this.#isOpen && isPolite) this.#send('stopped')
    this.#socket?.close(noticeMs)
  }

  #take(reply: TrackerReply): void {
    if (this.#isOver) return
    switch (reply.type) {
      case 'announced': {
        const { intervalMinMs, intervalMaxMs, intervalMs } = TRACKER_CLIENT_DEFAULTS
        const askedMs = (reply.intervalSeconds ?? intervalMs / 1000) * 1000
        this.#intervalMs = Math.min(intervalMaxMs, Math.max(intervalMinMs, askedMs))
        this.#events.found(reply.peers, reply.seeds! + reply.leeches!)
        this.#scheduleNext()
        return
      }
      case 'offer':
      case 'answer':
        this.#events[reply.type](reply.peerId, Number(reply.sdp))
        return
      case 'failed':
        if (reply.toPeerId !== undefined) {
          this.#events.gone(reply.toPeerId)
          if (reply.code === 'not-your-peer') this.#schedule(TRACKER_CLIENT_DEFAULTS.reconnectMinMs, 'started')
        } else if (reply.code === 'peer-id-in-use') {
          this.#schedule(TRACKER_CLIENT_DEFAULTS.askAgainMs, 'started')
        } else {
          this.#scheduleNext()
        }
    }
  }

  #reconnect(): void {
    this.#isOpen = false
    this.#plan += 1
    if (this.#isOver) return
    const { reconnectMinMs, reconnectMaxMs } = TRACKER_CLIENT_DEFAULTS
    const waitMs = Math.min(reconnectMaxMs, reconnectMinMs * (1 << Math.min(10, this.#failures++)))
    this.#options.timeline.after(waitMs * (0.5 + this.#options.random() / 2), () => {
      if (!this.#isOver) this.start()
    })
  }

  #announce(event: AnnounceRequest['event']): void {
    this.#send(event)
    if (this.#wanted > 0) {
      this.#askedAt = this.#options.timeline.now
      this.#asked += 1
    }
    this.#scheduleNext()
  }

  #send(event: AnnounceRequest['event']): void {
    this.#socket?.send({
      type: 'announce',
      infoHash: INFO_HASH,
      peerId: this.#options.peerId,
      peersWanted: event === 'stopped' ? 0 : Math.min(this.#wanted, TRACKER_MESSAGE_LIMITS.peersMax),
      uploaded: 0,
      downloaded: 0,
      left: this.#options.isSeed() ? 0 : 1,
      event,
      offers: [],
      extensions: TRACKER_EXTENSIONS,
    })
  }

  #scheduleNext(): void {
    const askAgainMs = TRACKER_CLIENT_DEFAULTS.askAgainMs * (1 << Math.min(10, Math.max(0, this.#asked - 1)))
    const delayMs = this.#wanted > 0 ? Math.min(this.#intervalMs, askAgainMs) : this.#intervalMs
    this.#schedule(delayMs * (0.9 + 0.1 * this.#options.random()))
  }

  #schedule(delayMs: number, event: AnnounceRequest['event'] = 'update'): void {
    const plan = ++this.#plan
    this.#options.timeline.after(delayMs, () => {
      if (plan === this.#plan && this.#isOpen && !this.#isOver) this.#announce(event)
    })
  }
}

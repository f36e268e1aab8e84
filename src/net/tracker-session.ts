/**
 * One torrent on one tracker: when to announce, and what to make of the replies.
 *
 * A tracker with `dial` names peers, and newcomers dial those who are there: one announce, no offers. Any other
 * tracker hands out offers made in advance, so once it is known to be such a one, announces carry a few.
 */
import { ShoalError } from '../errors.ts'
import { toLatin1 } from '../metainfo/bytes.ts'
import { TRACKER_LIMITS, TRACKER_MESSAGE_LIMITS } from '../options.ts'
import type { TrackerStatus } from '../ports.ts'
import { TRACKER_EXTENSIONS } from '../protocol/tracker.ts'
import type { TrackerExtension, WireId } from '../protocol/tracker.ts'
import type { AnnounceReply, FailureReply } from '../protocol/tracker-reply.ts'
import type { AnnounceRequest, TrackerRequest, UntargetedOffer } from '../protocol/tracker-request.ts'
import type { Announcement, OutgoingSignal, TrackerEvents, TrackerSession, TrackerTiming } from './tracker-types.ts'

/** What a session needs of the socket that it shares. */
export interface SessionHub {
  readonly url: string
  readonly host: string
  readonly peerId: WireId
  readonly timing: TrackerTiming
  readonly random: () => number
  readonly isOpen: boolean
  /** undefined: the tracker has not replied yet. */
  readonly extensions: ReadonlySet<TrackerExtension> | undefined
  /** False: not sent, the socket is down. */
  send(request: TrackerRequest): boolean
  left(session: Session): Promise<void>
}

type AnnounceEvent = AnnounceRequest['event']

export class Session implements TrackerSession {
  readonly infoHash: WireId
  readonly events: TrackerEvents
  readonly #announcement: Announcement
  readonly #hub: SessionHub
  #wanted = 0
  #isLeft = false
  /** The tracker of the present socket knows of us. */
  #isAnnounced = false
  #isOfferDue = false
  #isMakingOffers = false
  #intervalMs: number
  /** When we last announced wanting peers (ms since the epoch), and how often since wanting them. */
  #askedAt = 0
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** What was complained of, by code, so that it is said once. */
  readonly #complaints = new Set<string>()

  constructor(announcement: Announcement, events: TrackerEvents, hub: SessionHub) {
    this.infoHash = toLatin1(announcement.infoHash)
    this.events = events
    this.#announcement = announcement
    this.#hub = hub
    this.#intervalMs = hub.timing.intervalMs
  }

  // ------------------------------------------------------------------------------- what the network asks for

  wanted(count: number): void {
    const isRise = this.#wanted === 0 && count > 0
    this.#wanted = count
    if (!isRise || !this.#isAnnounced) return
    this.#asked = 0
    this.#schedule(Math.max(0, this.#askedAt + this.#hub.timing.askAgainMs - Date.now()))
  }

  completed(): void {
    if (this.#isAnnounced) this.#announce('completed')
  }

  signal(signal: OutgoingSignal): void {
    const { infoHash } = this
    const { peerId, extensions } = this.#hub
    const isCandidate = signal.type === 'candidate'
    if (isCandidate && !extensions?.has('trickle')) return
    if (this.#hub.send({ ...signal, infoHash, peerId }) || isCandidate) return
    queueMicrotask(() => {
      if (!this.#isLeft) this.events.gone?.(signal.toPeerId, this)
    })
  }

  async leave(): Promise<void> {
    if (this.#isLeft) return
    this.#isLeft = true
    clearTimeout(this.#timer)
    if (this.#isAnnounced) this.#sendAnnounce('stopped', [])
    this.#isAnnounced = false
    this.#status({ state: 'closed' })
    await this.#hub.left(this)
  }

  // ----------------------------------------------------------------------------------- what the socket brings

  opened(): void {
    if (!this.#isLeft && !this.#isAnnounced) this.#announce('started')
  }

  /** Called once, after `join` has returned. */
  joined(): void {
    if (this.#hub.isOpen) this.opened()
    else if (!this.#isLeft) this.#status({ state: 'connecting' })
  }

  lost(error: ShoalError, retryMs: number): void {
    clearTimeout(this.#timer)
    this.#isAnnounced = false
    this.#status({ state: 'reconnecting', retryMs, error })
    this.complain(error)
  }

  announced(reply: AnnounceReply): void {
    const { intervalMinMs, intervalMaxMs, intervalMs } = this.#hub.timing
    const askedMs = reply.intervalSeconds === undefined ? intervalMs : reply.intervalSeconds * 1000
    this.#intervalMs = Math.min(intervalMaxMs, Math.max(intervalMinMs, askedMs))
    this.#complaints.delete('tracker-unreachable')
    const { seeds, leeches, peers } = reply
    this.#status({ state: 'connected', seeds, leeches })
    if (reply.warning) {
      this.complain(new ShoalError('tracker-refused', `The tracker at ${this.#hub.host} warns: ${reply.warning}`))
    }
    if (reply.iceServers) this.events.iceServers(reply.iceServers)
    this.events.found(peers, new Set(reply.trickling), seeds! + leeches!, this)
    this.#scheduleNext()
    if (this.#isOfferDue && this.#lacksDial && this.#wanted > 0) void this.#announceOffers()
  }

  failed({ code, reason, toPeerId }: FailureReply): void {
    if (toPeerId !== undefined) {
      this.events.gone?.(toPeerId, this)
      // The tracker has forgotten us: after a restart behind a proxy, for instance.
      if (code === 'not-your-peer') this.#schedule(this.#hub.timing.reconnectMinMs, 'started')
      return
    }
    const { url, host } = this.#hub
    const sentence = `The tracker at ${host} refused this torrent: ${reason}`
    const error = new ShoalError('tracker-refused', sentence, { details: { url, code } })
    this.#status({ state: 'refused', error })
    this.complain(error)
    // In use: most often by our own former socket, which the tracker has yet to find dead.
    if (code === 'peer-id-in-use') this.#schedule(this.#hub.timing.askAgainMs, 'started')
    else this.#scheduleNext()
  }

  /** Warns, once of each kind of trouble: reasons may differ from try to try. */
  complain(error: ShoalError): void {
    if (this.#complaints.has(error.code)) return
    this.#complaints.add(error.code)
    this.events.warning(error)
  }

  // -------------------------------------------------------------------------------------------- announcing

  /** The tracker has replied, and has no `dial`. */
  get #lacksDial(): boolean {
    return this.#hub.extensions?.has('dial') === false
  }

  #announce(event: AnnounceEvent): void {
    if (event === 'update' && this.#lacksDial && this.#wanted > 0) {
      void this.#announceOffers()
      return
    }
    this.#isOfferDue = event !== 'completed'
    this.#sendAnnounce(event, [])
  }

  async #announceOffers(): Promise<void> {
    this.#isOfferDue = false
    if (this.#isMakingOffers) return
    this.#isMakingOffers = true
    const offers = await this.events.makeOffers(Math.min(this.#wanted, TRACKER_LIMITS.offersMax), this)
    this.#isMakingOffers = false
    if (this.#isAnnounced) this.#sendAnnounce('update', offers)
  }

  #sendAnnounce(event: AnnounceEvent, offers: readonly UntargetedOffer[]): void {
    const totals = this.#announcement.totals()
    const isSent = this.#hub.send({
      type: 'announce',
      infoHash: this.infoHash,
      peerId: this.#hub.peerId,
      peersWanted: event === 'stopped' ? 0 : Math.min(this.#wanted, TRACKER_MESSAGE_LIMITS.peersMax),
      ...totals,
      event,
      offers,
      extensions: TRACKER_EXTENSIONS,
    })
    if (!isSent || event === 'stopped') return
    this.#isAnnounced = true
    if (this.#wanted > 0) {
      this.#askedAt = Date.now()
      this.#asked++
    }
    this.#scheduleNext()
  }

  /** At the tracker's interval; sooner, but ever less so, while peers are wanted: a connection may have failed. */
  #scheduleNext(): void {
    const isAsking = this.#wanted > 0
    // Peers came to be wanted after what this is the answer to: they are about to be asked for.
    if (isAsking && this.#asked === 0) return
    const askAgainMs = this.#hub.timing.askAgainMs * 2 ** Math.min(10, Math.max(0, this.#asked - 1))
    const delayMs = isAsking ? Math.min(this.#intervalMs, askAgainMs) : this.#intervalMs
    this.#schedule(delayMs * (0.9 + 0.1 * this.#hub.random()))
  }

  #schedule(delayMs: number, event: AnnounceEvent = 'update'): void {
    clearTimeout(this.#timer)
    if (this.#isLeft) return
    this.#timer = setTimeout(() => this.#announce(event), delayMs)
  }

  // ------------------------------------------------------------------------------------------------- helpers

  #status(status: Omit<TrackerStatus, 'url'>): void {
    this.events.status({ url: this.#hub.url, ...status })
  }
}

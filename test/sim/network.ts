/**
 * What lies between members: a tracker that passes offers and answers, and connections that take time to set up, may
 * fail, may need a relay, or cannot come about at all.
 */
import { type Random, seededRandom } from '../../src/swarm/random.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Life } from './life.ts'
import { Pipe } from './pipe.ts'
import type { Member } from './member.ts'
import { type Path, pathBetween } from './nat.ts'
import type { Timeline } from './timeline.ts'
import type { Token } from './token.ts'
import { Tracker } from './tracker.ts'

export interface NetworkOptions {
  /** From the offer to the open channel, if the answer comes in time: uniform between the two. */
  readonly setUpMinMs: number
  readonly setUpMaxMs: number
  /** Share of connections that do not come about. */
  readonly setUpFailureShare: number
  /** After this long an attempt has failed. */
  readonly dialTimeoutMs: number
  /** Whether there is a relay (TURN) for those who cannot reach each other. */
  readonly hasRelay: boolean
  /** What the way over the relay adds, one way. */
  readonly relayMs: number
}

export const NETWORK_DEFAULTS: NetworkOptions = {
  setUpMinMs: 200,
  setUpMaxMs: 600,
  setUpFailureShare: 0,
  dialTimeoutMs: 10_000,
  hasRelay: false,
  relayMs: 30,
}

/** How long it takes to notice that nothing comes any more. */
const BREAK_NOTICE_MS = 5_000

/** One side of a connection, and the way that what it sends takes. */
export class End extends Pipe<WireMessage<Token>> {
  /** Who hears what this side sends, under which handle: undefined once the other side has closed it, or noticed that it is gone. */
  hearer: Life | undefined
  hearerHandle = 0
  readonly handle: number
  readonly life: Life
  /** Of whoever is at the other end. */
  readonly peerId: string
  other: End = this
  /** This side has not closed it, nor noticed that it is gone. */
  isOpen = true
  readonly #timeline: Timeline
  #isWritableDue = false

  constructor(handle: number, life: Life, to: Life, timeline: Timeline, detourMs: number) {
    super({ timeline, from: life.access, to: to.access, detourMs })
    this.handle = handle
    this.life = life
    this.peerId = to.peerId
    this.#timeline = timeline
  }

  join(other: End): void {
    this.other = other
    this.hearer = other.life
    this.hearerHandle = other.handle
  }

  /** This side has closed it, or noticed that it is gone. */
  end(): void {
    this.isOpen = false
    this.other.hearer = undefined
  }

  /** What this side sent arrives at the other. */
  deliver(message: WireMessage<Token>): void {
    this.hearer?.input({ type: 'message', peer: this.hearerHandle, message })
  }

  writable(bufferedBytes: number): void {
    if (this.isOpen) this.life.input({ type: 'writable', peer: this.handle, bufferedBytes })
  }

  /** As the connection does: a buffer that never rose above its mark says so once, when the turn is over. */
  dueWritable(): void {
    if (this.bufferedBytes > this.lowWaterBytes || this.#isWritableDue) return
    this.#isWritableDue = true
    this.#timeline.after(0, () => {
      this.#isWritableDue = false
      const { bufferedBytes, lowWaterBytes } = this
      if (bufferedBytes <= lowWaterBytes) this.writable(bufferedBytes)
    })
  }
}

export interface Offer {
  readonly number: number
  readonly from: Life
  readonly toPeerId: string
  /** ms; when the channel opens at the earliest. */
  readonly openAt: number
  readonly isLost: boolean
}

export class Network {
  readonly tracker: Tracker
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #options: NetworkOptions
  readonly #present = new Map<string, Life>()
  readonly #offers = new Map<number, Offer>()
  #lastOffer = 0
  #lastHandle = 0
  /** Members on one side of a rift; undefined: there is none. */
  #island: ReadonlySet<Member> | undefined

  constructor(timeline: Timeline, random: Random, options: Partial<NetworkOptions> = {}) {
    this.#timeline = timeline
    this.#random = random
    this.#options = { ...NETWORK_DEFAULTS, ...options }
    this.tracker = new Tracker(timeline, seededRandom(Math.floor(random() * 0x7fff_ffff)))
  }

  get dialTimeoutMs(): number {
    return this.#options.dialTimeoutMs
  }

  /** Whether a connection between two members can come about now. */
  canReach(a: Member, b: Member): boolean {
    return this.#path(a, b) !== 'none'
  }

  /** For a while nothing passes between these members and all others. Trackers are still reached. */
  partition(island: readonly Member[], fromMs: number, toMs: number): void {
    this.#timeline.at(fromMs, () => {
      this.#island = new Set(island)
      for (const life of this.#present.values()) {
        for (const end of [...life.ends.values()]) {
          if (!this.canReach(life.member, end.other.life.member)) life.cut(end, BREAK_NOTICE_MS)
        }
      }
    })
    this.#timeline.at(toMs, () => {
      this.#island = undefined
    })
  }

  join(life: Life): void {
    this.#present.set(life.peerId, life)
  }

  leave(life: Life): void {
    this.#present.delete(life.peerId)
  }

  isConnected(life: Life, peerId: string): boolean {
    for (const end of life.ends.values()) if (end.peerId === peerId) return true
    return false
  }

  offer(from: Life, toPeerId: string): Offer {
    const { setUpMinMs, setUpMaxMs, setUpFailureShare, dialTimeoutMs } = this.#options
    const setUpMs = setUpMinMs + this.#random() * (setUpMaxMs - setUpMinMs)
    const isLost = this.#random() < setUpFailureShare
    const offer: Offer = { number: ++this.#lastOffer, from, toPeerId, openAt: this.#timeline.now + setUpMs, isLost }
    this.#offers.set(offer.number, offer)
    this.#timeline.after(2 * dialTimeoutMs, () => this.#offers.delete(offer.number))
    return offer
  }

  /** Undefined: it is too old. */
  offerOf(number: number): Offer | undefined {
    return this.#offers.get(number)
  }

  /** The answer has come back: the channel opens when it can, on both sides at once, if both still wait for it. */
  answered(offer: Offer): void {
    const { from, toPeerId, openAt, isLost } = offer
    this.#timeline.at(openAt, () => {
      const to = this.#present.get(toPeerId)
      const path = to === undefined || isLost ? 'none' : this.#path(from.member, to.member)
      if (to === undefined || path === 'none') return
      if (!from.dialler.isWaitingFor(toPeerId, offer) || !to.dialler.isWaitingFor(from.peerId, offer)) return
      from.dialler.opened(toPeerId)
      to.dialler.opened(from.peerId)
      this.#connect(from, to, path === 'relayed' ? this.#options.relayMs : 0)
    })
  }

  #path(a: Member, b: Member): Path {
    if (this.#island !== undefined && this.#island.has(a) !== this.#island.has(b)) return 'none'
    return pathBetween(a.nat, b.nat, this.#options.hasRelay)
  }

  #connect(from: Life, to: Life, detourMs: number): void {
    const near = new End(++this.#lastHandle, from, to, this.#timeline, detourMs)
    const far = new End(++this.#lastHandle, to, from, this.#timeline, detourMs)
    near.join(far)
    far.join(near)
    from.open(near, true)
    to.open(far, false)
  }
}

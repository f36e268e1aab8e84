/**
 * How members meet: a tracker that names random members, and connections that take time to set up and may fail.
 * A refused or lost offer is noticed by its sender only when it gives up waiting, as in life.
 */
import { type Random, randomIndex } from '../../src/swarm/random.ts'
import type { Life } from './life.ts'
import type { Member } from './member.ts'
import { Pipe } from './link.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Timeline } from './timeline.ts'
import type { Token } from './token.ts'

export interface NetworkOptions {
  /** From dial to open: uniform between the two. */
  readonly setUpMinMs: number
  readonly setUpMaxMs: number
  /** Share of connections that do not come about. */
  readonly setUpFailureShare: number
  /** After this long a dial that nobody answers has failed. */
  readonly dialTimeoutMs: number
  /** Members that the tracker names at most, and how often a member that wants more may ask. */
  readonly peersNamedMax: number
  readonly announceIntervalMs: number
}

export const NETWORK_DEFAULTS: NetworkOptions = {
  setUpMinMs: 200,
  setUpMaxMs: 600,
  setUpFailureShare: 0,
  dialTimeoutMs: 10_000,
  peersNamedMax: 20,
  announceIntervalMs: 15_000,
}

/** One side of a connection. */
export interface End {
  readonly handle: number
  readonly life: Life
  /** Carries what this side sends. */
  readonly pipe: Pipe<WireMessage<Token>>
  readonly other: () => End
}

interface Offer {
  readonly id: number
  readonly from: Life
  readonly to: Life
  /** When the connection is open, if it is accepted at once. */
  readonly openAt: number
}

export class Network {
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #options: NetworkOptions
  readonly #present = new Map<string, Life>()
  /** Offers that nobody has answered, by id and by parties. */
  readonly #offers = new Map<number, Offer>()
  readonly #pending = new Map<string, Offer>()
  #lastOffer = 0
  #lastHandle = 0

  constructor(timeline: Timeline, random: Random, options: Partial<NetworkOptions> = {}) {
    this.#timeline = timeline
    this.#random = random
    this.#options = { ...NETWORK_DEFAULTS, ...options }
  }

  get announceIntervalMs(): number {
    return this.#options.announceIntervalMs
  }

  /** Whether a connection between two members can come about. */
  canReach(_from: Member, _to: Member): boolean {
    return true
  }

  join(life: Life): void {
    this.#present.set(life.peerId, life)
  }

  leave(life: Life): void {
    this.#present.delete(life.peerId)
    for (const offer of this.#offers.values()) if (offer.from === life) this.#settle(offer)
  }

  /** The tracker's answer: other members, drawn at random. Seeds are not matched with seeds. */
  announce(life: Life, count: number): void {
    const candidates = [...this.#present.values()].filter(other => other !== life && !(other.isSeed && life.isSeed))
    const named: string[] = []
    while (named.length < Math.min(count, this.#options.peersNamedMax) && candidates.length > 0) {
      const index = randomIndex(this.#random, candidates.length)
      named.push(candidates[index]!.peerId)
      candidates[index] = candidates.at(-1)!
      candidates.pop()
    }
    const roundTripMs = 4 * life.access.line.latencyMs
    if (named.length > 0) this.#timeline.after(roundTripMs, () => life.input({ type: 'found', peerIds: named }))
  }

  dial(from: Life, peerId: string): void {
    const to = this.#present.get(peerId)
    const { setUpMinMs, setUpMaxMs, setUpFailureShare, dialTimeoutMs } = this.#options
    const setUpMs = setUpMinMs + this.#random() * (setUpMaxMs - setUpMinMs)
    const isLost = this.#random() < setUpFailureShare
    const startedAt = this.#timeline.now
    if (to === undefined || isLost) {
      this.#timeline.after(dialTimeoutMs, () => from.input({ type: 'failed', peerId }))
      return
    }
    // Glare: of two offers that cross, the smaller peer id's wins, and the other side has agreed by offering.
    const rival = this.#pending.get(partiesKey(to, from))
    if (rival !== undefined && rival.from.peerId < from.peerId) {
      this.accept(rival.id)
      return
    }
    const offer: Offer = { id: ++this.#lastOffer, from, to, openAt: startedAt + setUpMs }
    this.#offers.set(offer.id, offer)
    this.#pending.set(partiesKey(from, to), offer)
    if (rival !== undefined) {
      this.#settle(rival)
      this.accept(offer.id)
      return
    }
    this.#timeline.after(setUpMs / 2, () => {
      if (this.#offers.has(offer.id)) to.input({ type: 'offered', offer: offer.id, peerId: from.peerId })
    })
    this.#timeline.after(dialTimeoutMs, () => {
      if (!this.#settle(offer)) return
      from.input({ type: 'failed', peerId })
    })
  }

  accept(id: number): void {
    const offer = this.#offers.get(id)
    if (offer === undefined) return
    this.#settle(offer)
    this.#timeline.at(Math.max(offer.openAt, this.#timeline.now), () => this.#open(offer))
  }

  /** An offer is answered, lost or given up. @returns false where it was so before */
  #settle(offer: Offer): boolean {
    this.#pending.delete(partiesKey(offer.from, offer.to))
    return this.#offers.delete(offer.id)
  }

  #open({ from, to }: Offer): void {
    if (!from.isOver && !to.isOver) this.#connect(from, to)
    else if (!from.isOver) from.input({ type: 'failed', peerId: to.peerId })
    else if (!to.isOver) to.input({ type: 'failed', peerId: from.peerId })
  }

  #connect(from: Life, to: Life): void {
    const ends: End[] = []
    const handles = [++this.#lastHandle, ++this.#lastHandle] as const
    const make = (life: Life, other: Life, index: 0 | 1): End => {
      const handle = handles[index]
      const peer = handles[index === 0 ? 1 : 0]
      const pipe = new Pipe<WireMessage<Token>>({
        timeline: this.#timeline,
        from: life.access,
        to: other.access,
        deliver: message => other.input({ type: 'message', peer, message }),
        writable: bufferedBytes => life.input({ type: 'writable', peer: handle, bufferedBytes }),
      })
      return { handle, life, pipe, other: () => ends[1 - index]! }
    }
    ends.push(make(from, to, 0), make(to, from, 1))
    from.open(ends[0]!, true)
    to.open(ends[1]!, false)
  }
}

function partiesKey(from: Life, to: Life): string {
  return `${from.peerId}>${to.peerId}`
}

/**
 * Whom to serve (BEP 3's tit-for-tat). A leech serves those who sent it most over the last seconds; a seed serves those
 * it served least, of those who pass on what they get. One slot in four is optimistic: given by chance, so that newcomers can
 * show what they have. Credit is local: only what we received ourselves, or saw arrive elsewhere, counts, nobody's claim.
 * Who asks for nothing while others wait gives up its slot, and who only takes waits for everybody else.
 */
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'
import { shuffled } from './random.ts'
import { UploadSlots } from './slots.ts'
import { KEPT_MAX } from './suggestions.ts'

/** One unchoke slot in this many is optimistic. */
const OPTIMISTIC_SHARE = 4
/** How often a slot that chance would give goes to whoever has the least. */
const SHARING_PROBABILITY = 0.5
/** Bytes that a peer which has something for us may take before it has given anything. */
const CREDIT_BYTES = 512 * 1024

export class Choker<Body> {
  readonly #context: Context<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #slots = new UploadSlots()
  #weighAt = Number.NEGATIVE_INFINITY
  #rotatedAt = Number.NEGATIVE_INFINITY
  #optimistic = new Set<Peer>()

  constructor(context: Context<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#peers = peers
  }

  /** When slots may be given to others. */
  get deadline(): number {
    const { interestedCount, unchoked, now } = this.#context
    if (interestedCount === 0) return Number.POSITIVE_INFINITY
    let servedCount = 0
    let idleAt = Number.POSITIVE_INFINITY
    for (const peer of unchoked) {
      if (!peer.isInterested) continue
      servedCount++
      const at = this.#idleAt(peer)
      if (at > now && at < idleAt) idleAt = at
    }
    return interestedCount > servedCount ? Math.min(this.#weighAt, idleAt) : this.#weighAt
  }

  /** Weighs all peers if it is time. @returns peers to choke and to unchoke */
  tick(isSeed: boolean): Verdict {
    return this.#context.now >= this.#weighAt ? this.weigh(isSeed) : this.fillSlots(isSeed)
  }

  /** Gives free slots at once to those who wait, and slots of those who want nothing: interest should not wait for the next round. */
  fillSlots(isSeed: boolean): Verdict {
    if (!this.#isServing()) return NO_CHANGE
    const { now, counters, share, unchoked, interestedCount } = this.#context
    const idle: Peer[] = []
    let waitingCount = interestedCount
    let isFull = unchoked.size >= this.#slotCount
    for (const peer of unchoked) {
      if (peer.isInterested) waitingCount--
      if (!peer.isServed) isFull = false
      if (!peer.isInterested || this.#idleAt(peer) <= now) idle.push(peer)
    }
    this.#slots.review(counters.uploadedBytes, now, waitingCount > 0 && isFull, share.unchokesMax)
    const free = this.#slotCount - unchoked.size
    // Asked at every turn, and mostly there is nothing to give; where there is one slot too many, who is idle gives it up.
    if (waitingCount === 0 || free + idle.length <= 0) return { choke: idle.slice(0, Math.max(0, -free)), unchoke: [] }
    const waiting = [...this.#peers.values()].filter(peer => peer.isInterested && peer.amChoking)
    const ranked = this.#drawn(waiting, isSeed, 2)
    const unchoke = ranked.slice(0, free + idle.length)
    return { choke: idle.slice(0, Math.max(0, unchoke.length - free)), unchoke }
  }

  weigh(isSeed: boolean): Verdict {
    const { now, limits } = this.#context
    const slotCount = this.#slotCount
    this.#weighAt = now + limits.chokeIntervalMs
    const isServing = this.#isServing()
    const candidates = isServing ? [...this.#peers.values()].filter(peer => peer.isInterested) : []
    const ranked = candidates
      .map(peer => ({
        peer,
        standing: isSeed ? standing(peer) : 0,
        merit: isSeed ? -peer.sent.total : peer.receivedLately.sum(now),
      }))
      .sort((a, b) => b.standing - a.standing || b.merit - a.merit || a.peer.handle - b.peer.handle)
      .map(({ peer }) => peer)
    const optimisticMax = slotCount < 2 ? 0 : Math.max(1, Math.floor(slotCount / OPTIMISTIC_SHARE))
    const chosen = new Set(ranked.slice(0, slotCount - optimisticMax))
    if (now - this.#rotatedAt >= limits.optimisticMs) {
      this.#optimistic.clear()
      this.#rotatedAt = now
    }
    const isLucky = (peer: Peer) => this.#optimistic.has(peer) && !isKeeping(peer)
    const lucky = ranked.filter(peer => isLucky(peer) && !chosen.has(peer))
    const rest = ranked.filter(peer => !isLucky(peer) && !chosen.has(peer))
    this.#optimistic = new Set([...lucky, ...this.#drawn(rest, isSeed, 1)].slice(0, optimisticMax))
    for (const peer of this.#optimistic) chosen.add(peer)
    for (const peer of chosen) peer.isTurnOver = isKeeping(peer)

    const choke: Peer[] = []
    for (const peer of this.#context.unchoked) {
      if (chosen.has(peer)) continue
      const isSettled = now - peer.unchokedAt >= limits.unchokeMinMs
      // Half a piece is of use to nobody: until the next round, what was promised is finished.
      const isAmidst = peer.promised.size > 0 && !peer.isTurnOver
      if (!peer.isInterested || !isServing || (isSettled && !isAmidst)) choke.push(peer)
      else peer.isTurnOver = isSettled
    }
    // Those whose slot has not lasted long enough keep it; the number of slots is still held.
    const free = slotCount + choke.length - this.#context.unchoked.size
    const unchoke = [...chosen].filter(peer => peer.amChoking).slice(0, Math.max(0, free))
    return { choke, unchoke }
  }

  get #slotCount(): number {
    return this.#slots.count(this.#context.share.unchokesMax)
  }

  /** ms; when a peer that is served has asked for nothing for long enough. */
  #idleAt(peer: Peer): number {
    if (peer.isTurnOver && peer.promised.size === 0) return Number.NEGATIVE_INFINITY
    if (peer.isServed) return Number.POSITIVE_INFINITY
    return Math.max(peer.unchokedAt, peer.lastServedAt) + this.#context.limits.idleUnchokeMs
  }

  /**
   * In random order, the best standing first, of which no more than `most` counts. Of the best ones, those with the least may go before
   * others: it brings slow lines on, which have little to give, so that all are done sooner. Not at a seed, whose pieces do more
   * where they are passed on fast.
   */
  #drawn(peers: readonly Peer[], isSeed: boolean, most: number): Peer[] {
    const { random } = this.#context
    const isSharing = !isSeed && random() < SHARING_PROBABILITY
    const rank = (peer: Peer) => Math.min(most, standing(peer))
    return shuffled(random, peers).sort((a, b) => {
      return rank(b) - rank(a) || (isSharing && rank(a) === most ? wealth(a) - wealth(b) : 0)
    })
  }

  #isServing(): boolean {
    return this.#context.isUploading && !this.#context.isPaused && this.#context.share.uploadBytesPerSecond > 0
  }
}

/** 2: it has given something, to us or of ours to others; 1: a newcomer; 0: it only takes. */
function standing(peer: Peer): number {
  if (isKeeping(peer)) return 0
  if (peer.hasGiven || peer.hasPassedOn) return 2
  return peer.amInterested && peer.sent.total >= CREDIT_BYTES ? 0 : 1
}

function isKeeping(peer: Peer): boolean {
  return peer.keptCount > KEPT_MAX
}

/** Pieces that it has. */
function wealth(peer: Peer): number {
  return peer.have?.count ?? 0
}

export interface Verdict {
  readonly choke: readonly Peer[]
  readonly unchoke: readonly Peer[]
}

const NO_CHANGE: Verdict = { choke: [], unchoke: [] }

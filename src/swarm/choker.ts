/**
 * Whom to serve (BEP 3's tit-for-tat). A leech serves those who sent it most over the last seconds; a seed serves those
 * it served least. One slot in four is optimistic: given by chance, so that newcomers can show what they have. Credit is local:
 * only bytes that we received ourselves count, nobody's claim.
 */
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'
import { shuffled } from './random.ts'

/** One unchoke slot in this many is optimistic. */
const OPTIMISTIC_SHARE = 4

export class Choker<Body> {
  readonly #context: Context<Body>
  readonly #peers: ReadonlyMap<number, Peer>
  #weighedAt = Number.NEGATIVE_INFINITY
  #rotatedAt = Number.NEGATIVE_INFINITY
  #optimistic = new Set<Peer>()

  constructor(context: Context<Body>, peers: ReadonlyMap<number, Peer>) {
    this.#context = context
    this.#peers = peers
  }

  get deadline(): number {
    const { interestedCount, limits } = this.#context
    return interestedCount > 0 ? this.#weighedAt + limits.chokeIntervalMs : Number.POSITIVE_INFINITY
  }

  /** Weighs all peers if it is time. @returns peers to choke and to unchoke */
  tick(isSeed: boolean): Verdict {
    return this.#context.now >= this.deadline ? this.weigh(isSeed) : { choke: [], unchoke: [] }
  }

  /** Gives free slots at once to those who wait, and slots of those who want nothing: interest should not wait for the next round. */
  fillSlots(): Verdict {
    if (!this.#isServing()) return { choke: [], unchoke: [] }
    const peers = [...this.#peers.values()]
    const unchoked = peers.filter(peer => !peer.amChoking)
    const idle = unchoked.filter(peer => !peer.isInterested)
    const waiting = peers.filter(peer => peer.isInterested && peer.amChoking)
    const free = this.#context.share.unchokesMax - unchoked.length
    const unchoke = shuffled(this.#context.random, waiting).slice(0, Math.max(0, free + idle.length))
    return { choke: idle.slice(0, Math.max(0, unchoke.length - free)), unchoke }
  }

  weigh(isSeed: boolean): Verdict {
    const { now, limits, share } = this.#context
    this.#weighedAt = now
    const isServing = this.#isServing()
    const candidates = isServing ? [...this.#peers.values()].filter(peer => peer.isInterested) : []
    const ranked = candidates
      .map(peer => ({ peer, merit: isSeed ? -peer.sent.total : peer.receivedLately.sum(now) }))
      .sort((a, b) => b.merit - a.merit || a.peer.handle - b.peer.handle)
      .map(({ peer }) => peer)
    const optimisticMax = share.unchokesMax < 2 ? 0 : Math.max(1, Math.floor(share.unchokesMax / OPTIMISTIC_SHARE))
    const chosen = new Set(ranked.slice(0, share.unchokesMax - optimisticMax))
    if (now - this.#rotatedAt >= limits.optimisticMs) {
      this.#optimistic.clear()
      this.#rotatedAt = now
    }
    const lucky = ranked.filter(peer => this.#optimistic.has(peer) && !chosen.has(peer))
    const rest = ranked.filter(peer => !this.#optimistic.has(peer) && !chosen.has(peer))
    this.#optimistic = new Set([...lucky, ...shuffled(this.#context.random, rest)].slice(0, optimisticMax))
    for (const peer of this.#optimistic) chosen.add(peer)

    const choke: Peer[] = []
    for (const peer of this.#peers.values()) {
      if (peer.amChoking || chosen.has(peer)) continue
      const isSettled = now - peer.unchokedAt >= limits.unchokeMinMs
      if (isSettled || !peer.isInterested || !isServing) choke.push(peer)
    }
    // Those whose slot has not lasted long enough keep it; the number of slots is still held.
    let free = share.unchokesMax + choke.length
    for (const peer of this.#peers.values()) if (!peer.amChoking) free--
    const unchoke = [...chosen].filter(peer => peer.amChoking).slice(0, Math.max(0, free))
    return { choke, unchoke }
  }

  #isServing(): boolean {
    return this.#context.isUploading && !this.#context.isPaused && this.#context.share.uploadBytesPerSecond > 0
  }
}

export interface Verdict {
  readonly choke: readonly Peer[]
  readonly unchoke: readonly Peer[]
}

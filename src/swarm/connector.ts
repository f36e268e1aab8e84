/**
 * Whom to connect to: peers that trackers named, offers that came in, when to try again, and whom never to.
 *
 * The book of known peers is bounded; banned and connected peers are kept, the longest silent others make room.
 */
import type { Context } from './context.ts'
import { shuffled } from './random.ts'

interface KnownPeer {
  state: 'idle' | 'dialing' | 'connected' | 'banned'
  failures: number
  /** ms; not dialled before. */
  retryAt: number
  /** ms; there is nothing to gain from it before. */
  uselessUntil: number
  /** A tracker named it: it can be dialled. */
  isDialable: boolean
}

export class Connector<Body> {
  readonly #context: Context<Body>
  readonly #known = new Map<string, KnownPeer>()
  #connected = 0
  #dialing = 0
  #wanted = 0
  /** ms; the earliest time at which an idle peer can be dialled. Undefined: something changed since it was looked up. */
  #dialableAt: number | undefined

  constructor(context: Context<Body>) {
    this.#context = context
  }

  get connections(): number {
    return this.#connected + this.#dialing
  }

  /** When the next peer may be tried again. */
  get deadline(): number {
    if (this.#room() <= 0) return Number.POSITIVE_INFINITY
    this.#dialableAt ??= this.#firstDialableAt()
    return this.#dialableAt
  }

  found(peerIds: readonly string[], members: number): void {
    for (const peerId of shuffled(this.#context.random, peerIds)) {
      if (peerId !== this.#context.peerId) this.#know(peerId).isDialable = true
    }
    this.#context.members = Math.max(members, this.#known.size + 1)
    this.#dialableAt = undefined
  }

  offered(offer: number, peerId: string): void {
    const peer = this.#know(peerId)
    const isWelcome =
      peerId !== this.#context.peerId && peer.state === 'idle' && this.connections < this.#context.share.connectionsMax
    if (isWelcome) this.#set(peer, 'dialing')
    this.#context.emit({ type: isWelcome ? 'accept' : 'refuse', offer })
  }

  /** @returns why the connection is not wanted, or undefined */
  opened(peerId: string): string | undefined {
    if (peerId === this.#context.peerId) return 'connected to ourselves'
    const peer = this.#know(peerId)
    if (peer.state === 'banned') return 'banned'
    if (peer.state === 'connected') return 'already connected'
    this.#set(peer, 'connected')
    peer.failures = 0
    return undefined
  }

  failed(peerId: string): void {
    const peer = this.#known.get(peerId)
    if (peer === undefined || peer.state === 'connected') return
    peer.failures++
    this.#rest(peer)
  }

  closed(peerId: string): void {
    const peer = this.#known.get(peerId)
    if (peer?.state !== 'connected') return
    // A connection that was of use is tried again soon; one that ends again and again waits longer each time.
    peer.failures = Math.min(peer.failures + 1, 3)
    this.#rest(peer)
  }

  ban(peerId: string): void {
    this.#set(this.#know(peerId), 'banned')
  }

  /** There is nothing to gain from this peer for a long while (both have everything). */
  avoid(peerId: string): void {
    this.#know(peerId).uselessUntil = this.#context.now + this.#context.limits.retryMaxMs
    this.#dialableAt = undefined
  }

  /** Something is missing again: those who have everything are of use. */
  avoidNobody(): void {
    for (const peer of this.#known.values()) peer.uselessUntil = 0
    this.#dialableAt = undefined
  }

  /** Dials who can be dialled and says how many more peers could be used. */
  tick(isHungry: boolean): void {
    if (isHungry && this.deadline <= this.#context.now) {
      for (const [peerId, peer] of this.#known) {
        if (this.#room() <= 0) break
        if (peer.state !== 'idle' || !peer.isDialable || dialableAt(peer) > this.#context.now) continue
        this.#set(peer, 'dialing')
        this.#context.emit({ type: 'dial', peerId })
      }
    }
    const wanted = isHungry ? Math.max(0, this.#context.share.connectionsMax - this.connections) : 0
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#context.emit({ type: 'wanted', count: wanted })
  }

  #firstDialableAt(): number {
    let first = Number.POSITIVE_INFINITY
    for (const peer of this.#known.values()) {
      if (peer.state === 'idle' && peer.isDialable) first = Math.min(first, dialableAt(peer))
    }
    return first
  }

  #room(): number {
    const { share, limits } = this.#context
    return Math.min(share.connectionsMax - this.connections, limits.dialsMax - this.#dialing)
  }

  #rest(peer: KnownPeer): void {
    if (peer.state !== 'banned') this.#set(peer, 'idle')
    peer.retryAt = this.#context.retryAt(this.#context.limits.retryMinMs, peer.failures)
    this.#dialableAt = undefined
  }

  #know(peerId: string): KnownPeer {
    let peer = this.#known.get(peerId)
    if (peer === undefined) {
      peer = { state: 'idle', failures: 0, retryAt: 0, uselessUntil: 0, isDialable: false }
      this.#known.set(peerId, peer)
      if (this.#known.size > this.#context.limits.knownPeersMax) this.#forgetOne()
    }
    return peer
  }

  #forgetOne(): void {
    for (const [peerId, peer] of this.#known) {
      if (peer.state !== 'idle') continue
      this.#known.delete(peerId)
      this.#dialableAt = undefined
      return
    }
  }

  #set(peer: KnownPeer, state: KnownPeer['state']): void {
    if (peer.state === 'connected') this.#connected--
    if (peer.state === 'dialing') this.#dialing--
    peer.state = state
    this.#dialableAt = undefined
    if (state === 'connected') this.#connected++
    if (state === 'dialing') this.#dialing++
  }
}

/** ms. */
function dialableAt({ retryAt, uselessUntil }: KnownPeer): number {
  return Math.max(retryAt, uselessUntil)
}

/**
 * What happens when a peer id is announced over a second connection.
 *
 * A page that lost its network comes back over a new socket while the old one still looks open here; but a stranger
 * may also announce somebody else's peer id. So the holder is pinged: a pong within a few seconds proves that it
 * is alive, and the newcomer is refused; silence hands the peer id over. What the newcomer announces meanwhile is held.
 */
import type { WireId } from '../../src/protocol/tracker.ts'
import type { AnnounceRequest } from '../../src/protocol/tracker-request.ts'
import type { SwarmsLimits } from '../options.ts'

export interface Takeover {
  readonly peerId: WireId
  readonly holder: number
  readonly newcomer: number
  readonly dueAt: number
  /** By infohash; the latest announce counts. */
  readonly held: Map<WireId, AnnounceRequest>
}

export class Takeovers {
  readonly #limits: SwarmsLimits
  /** In order of time: all wait equally long. */
  readonly #takeovers = new Map<WireId, Takeover>()
  #heldRequests = 0
  #heldBytes = 0

  constructor(limits: SwarmsLimits) {
    this.#limits = limits
  }

  /** When the next takeover is due; Infinity when none is. */
  get deadline(): number {
    for (const takeover of this.#takeovers.values()) return takeover.dueAt
    return Number.POSITIVE_INFINITY
  }

  /** `ping`: the holder must be pinged. `refused`: another newcomer came first, or there is no room. */
  hold(holder: number, newcomer: number, request: AnnounceRequest, now: number): 'ping' | 'held' | 'refused' {
    const running = this.#takeovers.get(request.peerId)
    if (running && running.newcomer !== newcomer) return 'refused'
    if (!running && this.#takeovers.size >= this.#limits.takeoversMax) return 'refused'
    if (running) this.#drop(running, request.infoHash)
    if (this.#heldRequests >= this.#limits.heldRequestsMax) return 'refused'
    const bytes = offerBytes(request)
    const isTooMuch = this.#heldBytes + bytes > this.#limits.heldBytesMax
    const takeover = running ?? {
      peerId: request.peerId,
      holder,
      newcomer,
      dueAt: now + this.#limits.takeoverSeconds * 1000,
      held: new Map<WireId, AnnounceRequest>(),
    }
    takeover.held.set(request.infoHash, isTooMuch ? { ...request, offers: [] } : request)
    this.#heldRequests++
    this.#heldBytes += isTooMuch ? 0 : bytes
    this.#takeovers.set(request.peerId, takeover)
    return running ? 'held' : 'ping'
  }

  /** The newcomer left a swarm again. */
  forget(newcomer: number, peerId: WireId, infoHash: WireId): void {
    const running = this.#takeovers.get(peerId)
    if (running?.newcomer === newcomer) this.#drop(running, infoHash)
  }

  /** Ends the takeover of one peer id, whatever its outcome. */
  end(peerId: WireId): Takeover | undefined {
    const takeover = this.#takeovers.get(peerId)
    if (!takeover) return undefined
    this.#takeovers.delete(peerId)
    for (const request of takeover.held.values()) {
      this.#heldRequests--
      this.#heldBytes -= offerBytes(request)
    }
    return takeover
  }

  /** Those whose holder kept silent. */
  endDue(now: number): Takeover[] {
    return this.deadline <= now ? this.#endWhere(takeover => takeover.dueAt <= now) : []
  }

  /** The holder has shown that it is alive. */
  endOfHolder(holder: number): Takeover[] {
    return this.#endWhere(takeover => takeover.holder === holder)
  }

  /** The newcomer's connection closed. */
  endOfNewcomer(newcomer: number): void {
    this.#endWhere(takeover => takeover.newcomer === newcomer)
  }

  #endWhere(matches: (takeover: Takeover) => boolean): Takeover[] {
    if (this.#takeovers.size === 0) return []
    return [...this.#takeovers.values()].filter(matches).map(({ peerId }) => this.end(peerId)!)
  }

  #drop(takeover: Takeover, infoHash: WireId): void {
    const request = takeover.held.get(infoHash)
    if (!request) return
    takeover.held.delete(infoHash)
    this.#heldRequests--
    this.#heldBytes -= offerBytes(request)
  }
}

function offerBytes(request: AnnounceRequest): number {
  return request.offers.reduce((bytes, { sdp }) => bytes + sdp.length, 0)
}

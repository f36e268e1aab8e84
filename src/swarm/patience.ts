/** How long peers are waited for that owe blocks, before others are asked for these as well. */
import type { Context } from './context.ts'
import type { Peer, PendingRequest } from './peer.ts'

type Surroundings = Pick<Context<unknown>, 'now' | 'limits'>

export class Patience {
  readonly #context: Surroundings
  /** ms; four times as long as all that is owed takes at the rate at which all deliver. */
  #allMs = 0

  constructor(context: Surroundings) {
    this.#context = context
  }

  /**
   * Looks at all who owe blocks. Where our own downlink is the narrow place they are slow together: to ask others as well
   * would bring the same bytes twice, and all of them later.
   */
  look(asked: Iterable<Peer>): void {
    const { now } = this.#context
    let owedBytes = 0
    let rate = 0
    for (const peer of asked) {
      if (peer.isSnubbed) continue
      owedBytes += peer.pendingBytes
      rate += peer.receivedLately.rate(now)
    }
    this.#allMs = rate > 0 ? (4_000 * owedBytes) / rate : 0
  }

  /** ms; when a peer that owes blocks that nobody else was asked for is too late. */
  end(peer: Peer): number {
    const { snubMinMs, snubMaxMs } = this.#context.limits
    let oldest: PendingRequest | undefined
    for (const request of peer.pending.values()) {
      if (request.isLate) continue
      oldest = request
      break
    }
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    // Over many seconds: a slow peer's blocks come seconds apart, and nothing in the last two is no sign of death.
    const rate = peer.receivedLately.rate(this.#context.now)
    const expectedMs = rate > 0 ? (4_000 * peer.pendingBytes) / rate : snubMinMs
    const waitMs = Math.min(snubMaxMs, Math.max(snubMinMs, expectedMs, this.#allMs))
    return Math.max(oldest.sentAt, peer.lastBlockAt) + waitMs
  }
}

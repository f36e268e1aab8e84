/** What an ingress counts from its start on. Plain numbers: some are counted for every message. */
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'

/** Upper bounds of the latencies of relays, in ms. */
export const RELAY_MS_BOUNDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const

export class Tally {
  /** Messages received, by what they are: announce, offer, answer, candidate, scrape, pointer, malformed. */
  readonly messages: Record<string, number> = {}
  /** Offers, answers and candidates handed on. */
  readonly relayed = { offer: 0, answer: 0, candidate: 0 }
  /** Connections and requests refused, by reason: codes of the protocol, and what the gate says. */
  readonly rejects: Record<string, number> = {}
  /** Relays by how long their message took through the tracker: one more than there are bounds. */
  readonly relayBuckets: number[] = new Array(RELAY_MS_BOUNDS.length + 1).fill(0)
  relayMsSum = 0

  message(kind: string): void {
    this.messages[kind] = (this.messages[kind] ?? 0) + 1
  }

  reject(reason: string): void {
    this.rejects[reason] = (this.rejects[reason] ?? 0) + 1
  }

  /** @param heardAt when the message came that brought the reply about (ms); undefined where it came to another process */
  reply(reply: TrackerReply, heardAt: number | undefined): void {
    if (reply.type === 'failed') this.reject(reply.code ?? 'failed')
    if (reply.type !== 'offer' && reply.type !== 'answer' && reply.type !== 'candidate') return
    this.relayed[reply.type]++
    if (heardAt === undefined) return
    const tookMs = performance.now() - heardAt
    this.relayMsSum += tookMs
    let bucket = 0
    while (bucket < RELAY_MS_BOUNDS.length && tookMs > RELAY_MS_BOUNDS[bucket]!) bucket++
    this.relayBuckets[bucket]!++
  }

  get messageCount(): number {
    return Object.values(this.messages).reduce((sum, count) => sum + count, 0)
  }
}

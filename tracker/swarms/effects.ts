/** What the swarms want done: replies above all. */
import type { TrackerErrorCode } from '../../src/protocol/tracker.ts'
import type { FailureReply, TrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { AnnounceRequest, CandidateRequest, SignalRequest } from '../../src/protocol/tracker-request.ts'

export type TrackerEffect =
  | { readonly type: 'send'; readonly to: number; readonly reply: TrackerReply }
  /** Its message was malformed, which shows only when it is acted on. */
  | { readonly type: 'refuse'; readonly to: number; readonly reply: FailureReply }
  /** Ask whether this connection is alive; its pong comes back as an input. */
  | { readonly type: 'ping'; readonly to: number }
  /** This connection is dead: its peer id went to another. */
  | { readonly type: 'close'; readonly to: number }

/** Collects the effects of one step, in order. */
export class Outbox {
  #effects: TrackerEffect[] = []

  send(to: number, reply: TrackerReply): void {
    this.#effects.push({ type: 'send', to, reply })
  }

  refuse(to: number, reply: FailureReply): void {
    this.#effects.push({ type: 'refuse', to, reply })
  }

  /** Tells a client that its request cannot be met. */
  fail(
    to: number,
    request: AnnounceRequest | SignalRequest | CandidateRequest,
    code: TrackerErrorCode,
    reason: string,
  ): void {
    const { infoHash } = request
    const toPeerId = request.type === 'announce' ? undefined : request.toPeerId
    this.send(to, { type: 'failed', action: 'announce', infoHash, code, reason, ...(toPeerId && { toPeerId }) })
  }

  ping(to: number): void {
    this.#effects.push({ type: 'ping', to })
  }

  close(to: number): void {
    this.#effects.push({ type: 'close', to })
  }

  /** Hands over what was collected and starts anew. */
  take(): TrackerEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}

/**
 * The connections of a client that are not open yet: a fixed number of slots, shared by all torrents.
 *
 * What was asked for (a dial, an accepted offer) waits for a slot in order. Offers made on speculation take only
 * some of the slots, and give theirs up when something that was asked for needs one; not at once, though, for
 * somebody may just be answering.
 */
import { TRACKER_LIMITS } from '../options.ts'

/** What holds a slot, or waits for one. */
export interface SlotUser {
  /** undefined: an offer that nobody has answered. */
  readonly peerId?: string | undefined
  /** Called once, as soon as there is a slot, which may be at once. */
  start(): void
  /** The slot is needed for something else. Must release it. */
  fail(): void
}

export class Slots {
  /** Since when each is in use, in ms; the oldest first. */
  readonly #taken = new Map<SlotUser, number>()
  readonly #waiting = new Set<SlotUser>()

  /** Slots in use, and how many of them were asked for or answered. */
  get taken(): number {
    return this.#taken.size
  }

  get asked(): number {
    return [...this.#taken.keys()].filter(({ peerId }) => peerId !== undefined).length
  }

  /** How many speculations one tracker may have now: half of what is left, so that something is left for others. */
  get speculationsLeft(): number {
    const speculations = this.taken - this.asked
    const left = Math.min(
      TRACKER_LIMITS.speculationsMax - speculations,
      TRACKER_LIMITS.pendingConnectionsMax - this.taken,
    )
    return this.#waiting.size > 0 ? 0 : Math.ceil(Math.max(0, left) / 2)
  }

  take(user: SlotUser): void {
    this.#waiting.add(user)
    this.#assign()
    if (!this.#waiting.has(user)) return
    for (const [{ peerId, fail }, sinceMs] of this.#taken) {
      if (peerId !== undefined) continue
      if (Date.now() - sinceMs >= TRACKER_LIMITS.speculationMinMs) fail()
      return
    }
  }

  /** Gives a slot back, or stops waiting for one. Twice is once. */
  release(user: SlotUser): void {
    this.#waiting.delete(user)
    this.#taken.delete(user)
    this.#assign()
  }

  #assign(): void {
    for (const user of this.#waiting) {
      if (this.taken >= TRACKER_LIMITS.pendingConnectionsMax) return
      this.#waiting.delete(user)
      this.#taken.set(user, Date.now())
      user.start()
    }
  }
}

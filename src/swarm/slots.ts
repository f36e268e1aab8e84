/**
 * How many peers to serve at a time: as few as fill the uplink, for who is served alone has whole pieces soon and passes them on,
 * while slices for many help nobody yet (simulated: two slots instead of eight make a swarm of 50 a sixth faster). Where it is the
 * receivers that are slow, more are served.
 *
 * Found by trial: while all slots are taken and others wait, one slot more and one less are tried in turn, and kept if the
 * bytes that leave say so.
 */

/** ms; how long a trial takes, and the time before the next one after one that failed. */
const TRIAL_MS = 5_000
const REST_MS = 30_000
/** So that a peer that sends nothing back, or takes nothing, does not hold up everybody. */
export const SLOTS_LEAST = 2

export class UploadSlots {
  #count = SLOTS_LEAST
  /** What is tried: one slot more (1), one less (-1), none (0). */
  #trial = 0
  #nextTrial = 1
  /** Bytes a ms without the trial. */
  #rate = 0
  #restsUntil = 0
  #startedAt = Number.NaN
  #startBytes = 0

  /** @param max what the client's budget allows */
  count(max: number): number {
    return Math.min(max, this.#count)
  }

  /**
   * Told now and then. `isContended`: all slots are taken, whoever has one has asked for more than it got so far, and somebody waits.
   * Only what leaves while it is so all the time says something about the lines. Never more than `max` are tried.
   */
  review(uploadedBytes: number, now: number, isContended: boolean, max: number): void {
    const elapsedMs = now - this.#startedAt
    if (isContended && elapsedMs < TRIAL_MS) return
    if (isContended && elapsedMs >= TRIAL_MS) this.#judge((uploadedBytes - this.#startBytes) / elapsedMs, now, max)
    this.#startedAt = isContended ? now : Number.NaN
    this.#startBytes = uploadedBytes
  }

  #judge(rate: number, now: number, max: number): void {
    // Half of what a slot carries if only its receiver sets the pace.
    const isWorthIt = rate > this.#rate * (1 + (0.5 * this.#trial) / this.#count)
    if (this.#trial !== 0 && !isWorthIt) {
      this.#count -= this.#trial
      this.#trial = 0
      this.#restsUntil = now + REST_MS
      return
    }
    this.#rate = rate
    if (this.#trial === 0 && now >= this.#restsUntil) {
      this.#trial = this.#count > SLOTS_LEAST ? this.#nextTrial : 1
      this.#nextTrial = -this.#trial
    }
    const tried = this.#count + this.#trial
    if (tried < SLOTS_LEAST || tried > max) this.#trial = 0
    this.#count += this.#trial
  }
}

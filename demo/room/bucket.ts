/** So many at once, and so many a second after that. Pure: told the time. */
export class Bucket {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at = 0

  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
  }

  /** @returns whether there was one left */
  take(now: number): boolean {
    const elapsedMs = Math.max(0, now - this.#at)
    this.#at = now
    this.#left = Math.min(this.#burst, this.#left + (elapsedMs * this.#perSecond) / 1000)
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}

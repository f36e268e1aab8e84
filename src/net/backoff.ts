/** How long to wait before trying again: longer after every failure, and never everybody at once. */
export class Backoff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #failures = 0

  constructor(options: { minMs: number; maxMs: number; random: () => number }) {
    this.#minMs = options.minMs
    this.#maxMs = options.maxMs
    this.#random = options.random
  }

  /** Counts a failure. The wait is `minMs`, doubled with each failure up to `maxMs`, times 0.5 to 1.5. */
  nextMs(): number {
    const middleMs = Math.min(this.#maxMs, this.#minMs * 2 ** this.#failures)
    if (middleMs < this.#maxMs) this.#failures++
    return Math.min(this.#maxMs, middleMs * (0.5 + this.#random()))
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0
  }
}

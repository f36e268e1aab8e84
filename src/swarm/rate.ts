/** Bytes over a sliding window, in slots, so that memory and cost do not depend on the rate. */
export class RateMeter {
  readonly #slotMs: number
  readonly #slots: number[]
  #slot = Number.NEGATIVE_INFINITY
  #firstSlot = Number.POSITIVE_INFINITY
  #firstAt = 0
  #sum = 0
  #total = 0

  constructor(windowMs: number, slots: number) {
    this.#slotMs = windowMs / slots
    // Not a typed array: there are four meters a peer, and an ArrayBuffer weighs more than these few numbers.
    this.#slots = new Array<number>(slots).fill(0)
  }

  /** All bytes ever. */
  get total(): number {
    return this.#total
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    if (this.#firstSlot === Number.POSITIVE_INFINITY) {
      this.#firstSlot = this.#slot
      this.#firstAt = now
    }
    this.#slots[this.#slot % this.#slots.length]! += bytes
    this.#sum += bytes
    this.#total += bytes
  }

  /** Bytes within the window. */
  sum(now: number): number {
    this.#advance(now)
    return this.#sum
  }

  /** Bytes per second, over the window or, while it is younger, over the time since the first byte (one slot at the least). */
  rate(now: number): number {
    this.#advance(now)
    if (this.#sum === 0) return 0
    const windowStart = (this.#slot - this.#slots.length + 1) * this.#slotMs
    const spanMs = Math.max(this.#slotMs, now - Math.max(windowStart, this.#firstAt))
    return (this.#sum * 1000) / spanMs
  }

  /** Forgets the window (the total stays): a new stretch of work begins. */
  reset(): void {
    this.#slots.fill(0)
    this.#sum = 0
    this.#firstSlot = Number.POSITIVE_INFINITY
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#slot) return
    const count = this.#slots.length
    if (slot - this.#slot >= count) {
      this.#slots.fill(0)
      this.#sum = 0
    } else {
      for (let s = this.#slot + 1; s <= slot; s++) {
        this.#sum -= this.#slots[s % count]!
        this.#slots[s % count] = 0
      }
    }
    this.#slot = slot
  }
}

/** Bytes over a sliding window, in slots, so that memory and cost do not depend on the rate. */
export class RateMeter {
  readonly #slotMs: number
  readonly #count: number
  /** Empty while the window is: of the four meters that each peer has, most stand still. */
  #slots: number[] = NONE
  #slot = 0
  /** ms; when the window began to fill. Undefined: it is empty since a new stretch began. */
  #firstAt: number | undefined
  #sum = 0
  #total = 0

  constructor(windowMs: number, slots: number) {
    this.#slotMs = windowMs / slots
    this.#count = slots
  }

  /** All bytes ever. */
  get total(): number {
    return this.#total
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    this.#firstAt ??= now
    // Not a typed array: an ArrayBuffer weighs more than these few numbers.
    if (this.#slots === NONE) this.#slots = new Array<number>(this.#count).fill(0)
    this.#slots[this.#slot % this.#count]! += bytes
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
    const windowStart = (this.#slot - this.#count + 1) * this.#slotMs
    const spanMs = Math.max(this.#slotMs, now - Math.max(windowStart, this.#firstAt ?? now))
    return (this.#sum * 1000) / spanMs
  }

  /** Forgets the window (the total stays): a new stretch of work begins. */
  reset(): void {
    this.#slots = NONE
    this.#sum = 0
    this.#firstAt = undefined
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#slot) return
    const passed = slot - this.#slot
    this.#slot = slot
    if (this.#slots === NONE) return
    if (passed >= this.#count) {
      this.#slots = NONE
      this.#sum = 0
      return
    }
    for (let s = slot - passed + 1; s <= slot; s++) {
      this.#sum -= this.#slots[s % this.#count]!
      this.#slots[s % this.#count] = 0
    }
  }
}

const NONE: number[] = []

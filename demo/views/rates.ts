/** The rates of the last minute, one value a second. Kept while nobody looks, for they must be there at once when somebody does. */

export interface Rates {
  /** Bytes per second, the latest last. */
  readonly downs: readonly number[]
  readonly ups: readonly number[]
  /** Asked often, it keeps one value a second. @param now milliseconds */
  note(now: number, downBytesPerSecond: number, upBytesPerSecond: number): void
}

export const RATE_SECONDS = 60

export function rates(): Rates {
  const downs: number[] = []
  const ups: number[] = []
  let keptAt = Number.NEGATIVE_INFINITY
  return {
    downs,
    ups,
    note(now, downBytesPerSecond, upBytesPerSecond) {
      if (now - keptAt < 1000) return
      keptAt = now
      downs.push(downBytesPerSecond)
      ups.push(upBytesPerSecond)
      if (downs.length > RATE_SECONDS) downs.shift()
      if (ups.length > RATE_SECONDS) ups.shift()
    },
  }
}

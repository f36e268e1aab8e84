/** Randomness that replays: equal seeds give equal sequences on every engine. */

/** A number in [0, 1). */
export type Random = () => number

/** A generator from a 32-bit seed (mulberry32 by T. Ettinger, public domain): integers only, so every engine agrees. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** An integer in [0, count). */
export function randomIndex(random: Random, count: number): number {
  return Math.floor(random() * count)
}

/** The same elements in random order (Fisher–Yates); the argument is left alone. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = randomIndex(random, i + 1)
    const held = result[i]!
    result[i] = result[j]!
    result[j] = held
  }
  return result
}

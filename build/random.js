/** Whole numbers below a count, always the same ones for a seed from 1 on (xorshift). */
export function randomNumbers(seed) {
  let state = seed
  return count => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % count
  }
}

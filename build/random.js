/** Whole numbers below a count, always the same ones (xorshift). */
export function randomNumbers() {
  let state = 7
  return count => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % count
  }
}

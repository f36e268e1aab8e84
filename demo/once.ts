/** Between two attempts. */
const RETRY_MS = 2_000

/** Does it at the first call; again at a later one where it failed, after a while. For parts of the page that are fetched late. */
export function once(work: () => Promise<void>): () => void {
  let isDue = true
  return () => {
    if (!isDue) return
    isDue = false
    work().catch(() => setTimeout(() => (isDue = true), RETRY_MS))
  }
}

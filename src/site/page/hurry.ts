/**
 * How long a page's request is left to peers: as long as they bring it about as soon as the site's own server would. Then both fetch it.
 */
import type { Run } from './joined-swarm.ts'

/** How often it is looked at. */
const LOOK_MS = 250
/** What peers may take longer than the server, and what everything may take anyway: the time to ask a few of them. */
const SLOWER_MAX = 1.25
const GRACE_MS = 500
/** Bytes a second that a server is taken for while nothing is known of it: 10 Mbit/s. */
const RATE_DEFAULT = 1_250_000

/** The first priority at which web seeds and peers compete (`thrift.ts`). */
const COMPETING = 4

/**
 * PURE: whether peers are too slow.
 * @param elapsedMs since the request
 */
export function isTooSlow(progress: {
  readonly elapsedMs: number
  readonly receivedBytes: number
  readonly wantedBytes: number
  readonly originRate: number | undefined
}): boolean {
  const { elapsedMs, receivedBytes, wantedBytes, originRate = RATE_DEFAULT } = progress
  const originMs = (wantedBytes / originRate) * 1000
  // At the rate so far.
  const peersMs = (elapsedMs * wantedBytes) / receivedBytes
  return peersMs > originMs * SLOWER_MAX + GRACE_MS && elapsedMs >= GRACE_MS
}

/** Lets the origin compete for a run once peers are too slow. @returns how to stop looking */
export function hurry(
  run: Run,
  watched: {
    receivedBytes(): number
    readonly wantedBytes: number
    readonly ledger: { readonly originRate: number | undefined }
  },
): () => void {
  const { wantedBytes, ledger } = watched
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAt
    const receivedBytes = watched.receivedBytes()
    if (!isTooSlow({ elapsedMs, receivedBytes, wantedBytes, originRate: ledger.originRate })) return
    clearInterval(timer)
    run.prefer(COMPETING)
  }, LOOK_MS)
  return () => clearInterval(timer)
}

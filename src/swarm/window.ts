/**
 * How much may be in flight toward a peer.
 *
 * The window aims at 2 × delivery rate × lowest round trip, so that it finds the path's capacity: while the path is
 * not full the rate rises with the window, and once it is full the lowest round trip keeps the queue short. At the
 * start it doubles each round trip until the rate stops rising (as slow start does in RFC 9002).
 */
import type { Context } from './context.ts'
import type { Peer, PendingRequest } from './peer.ts'

/** A round that is this much faster than the best before it shows that the window was the limit. */
const RISING = 1.15
/** After this many rounds without a rise the path is full. */
const FLAT_ROUNDS_MAX = 3

type Surroundings = Pick<Context<unknown>, 'now' | 'limits'>

/** A block has come: takes the peer's rate and round trip, and sets its window by them. */
export function measure(peer: Peer, request: PendingRequest, { now, limits }: Surroundings): void {
  const { windowFloorMs, windowMaxBytes, requestBytesMax } = limits
  const elapsedMs = Math.max(1, now - request.sentAt)
  if (request.isProbe || elapsedMs < peer.rttMs) peer.rttMs = elapsedMs
  peer.received.add(request.length, now)
  peer.receivedLately.add(request.length, now)
  peer.lastBlockAt = now
  if (peer.isRamping) {
    peer.windowBytes = Math.min(windowMaxBytes, peer.windowBytes + request.length)
    peer.roundBytes += request.length
    const spentMs = now - peer.roundStartedAt
    if (spentMs < Math.max(peer.rttMs, 20)) return
    const rate = peer.roundBytes / spentMs
    peer.flatRounds = rate < peer.roundRateBest * RISING ? peer.flatRounds + 1 : 0
    peer.roundRateBest = Math.max(peer.roundRateBest, rate)
    if (peer.flatRounds >= FLAT_ROUNDS_MAX) peer.isRamping = false
    startRound(peer, now)
    return
  }
  const targetBytes = (peer.received.rate(now) * Math.max(2 * peer.rttMs, windowFloorMs)) / 1000
  peer.windowBytes = Math.min(windowMaxBytes, Math.max(targetBytes, 2 * Math.min(request.length, requestBytesMax)))
}

/** Begins to count what comes within a round trip. */
export function startRound(peer: Peer, now: number): void {
  if (peer.pending.size === 0 && now - peer.lastBlockAt > 1_000) peer.received.reset()
  peer.roundBytes = 0
  peer.roundStartedAt = now
}

/**
 * Divides what a client has (connections, unchoke slots, upload bytes, buffers) over its swarms.
 *
 * Connections and slots are shared max–min fairly: everyone gets what it asks for, up to an equal share, and what some leave is
 * divided among the rest; slots that are enough for all hold nobody to what it asks for. Rates and buffers go in equal parts to the swarms that can use them.
 */
import type { Demand, Share } from './events.ts'

/** @returns one share for each demand, in the same order */
export function divide(total: Share, demands: readonly Demand[]): Share[] {
  const connections = fairShares(
    total.connectionsMax,
    demands.map(demand => demand.connections),
  )
  const unchokes = fairShares(
    total.unchokesMax,
    demands.map(demand => demand.unchokes),
  )
  // Who has had all it wanted is not choked then, and asks for more without a round trip.
  const isEnough = unchokes.reduce((sum, count) => sum + count, 0) < total.unchokesMax
  const uploading = Math.max(1, demands.filter(demand => demand.unchokes > 0).length)
  const downloading = Math.max(1, demands.filter(demand => demand.isDownloading).length)
  return demands.map((demand, i) => ({
    connectionsMax: connections[i]!,
    unchokesMax: isEnough ? total.unchokesMax : unchokes[i]!,
    uploadBytesPerSecond: demand.unchokes > 0 ? total.uploadBytesPerSecond / uploading : total.uploadBytesPerSecond,
    bufferBytesMax: Math.floor(total.bufferBytesMax / downloading),
  }))
}

/** Max–min fair whole shares; the first ones get what does not divide. */
export function fairShares(total: number, wanted: readonly number[]): number[] {
  const shares = wanted.map(() => 0)
  let left = total
  let open = wanted.map((_, i) => i).filter(i => wanted[i]! > 0)
  while (left > 0 && open.length > 0) {
    const each = Math.max(1, Math.floor(left / open.length))
    for (const i of open) {
      const given = Math.min(each, wanted[i]! - shares[i]!, left)
      shares[i]! += given
      left -= given
    }
    open = open.filter(i => shares[i]! < wanted[i]!)
  }
  return shares
}

export function isSameDemand(a: Demand, b: Demand): boolean {
  return a.connections === b.connections && a.unchokes === b.unchokes && a.isDownloading === b.isDownloading
}

export function isSameShare(a: Share, b: Share): boolean {
  return (
    a.connectionsMax === b.connectionsMax &&
    a.unchokesMax === b.unchokesMax &&
    a.uploadBytesPerSecond === b.uploadBytesPerSecond &&
    a.bufferBytesMax === b.bufferBytesMax
  )
}

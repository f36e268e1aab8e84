/**
 * A network that makes no connection of its own accord before there is something to fetch from peers. Whoever only has something to give is
 * known to the trackers, and answers those who call.
 */
import type { Network } from '../../ports.ts'

export interface DemandingNetwork extends Network {
  /** There is something to fetch: peers are looked for from now on. */
  demand(): void
}

/** @param network of which one torrent is joined */
export function dialsOnDemand(network: Network): DemandingNetwork {
  let isDemanded = false
  let wanted = 0
  let ask = (_count: number): void => {}
  return {
    join(options, events) {
      const membership = network.join(options, {
        ...events,
        found(peerIds, members) {
          if (isDemanded) events.found(peerIds, members)
        },
      })
      ask = count => membership.wanted(count)
      return {
        ...membership,
        wanted(count) {
          wanted = count
          if (isDemanded) ask(count)
        },
      }
    },
    close: () => network.close(),
    demand() {
      if (isDemanded) return
      isDemanded = true
      // Which announces again: trackers name peers to whom wants some.
      ask(wanted)
    },
  }
}

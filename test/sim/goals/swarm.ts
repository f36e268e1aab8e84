/** What the scenarios of the goals are made of: the defaults of the table, and how long things took. */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import { kumarRossMs } from '../bound.ts'
import { figuresOf, quantile } from '../command/figures.ts'
import type { Line } from '../link.ts'
import type { Member } from '../member.ts'
import { EQUAL_LINE, MiB, SET_UP, SHARE } from '../scenarios.ts'
import { createTorrent, type TorrentOptions } from '../torrent.ts'
import { World } from '../world.ts'

/** 256 MiB in 256 pieces. */
const FILE: TorrentOptions = { version: 'v2', bytes: 256 * MiB, pieceLength: MiB }
const HOUR_MS = 3_600_000

/** A world without checkers, which the tests run. */
export function worldOf(
  scenario: string,
  seed: number,
  file: TorrentOptions = FILE,
  setUpFailureShare: number = SET_UP.setUpFailureShare,
): World {
  const network = { ...SET_UP, setUpFailureShare }
  return new World({ scenario, seed, torrent: createTorrent(file), network, isChecked: false })
}

/** Runs until all leeches are done; a minute is left out that checkers would ask for. */
export function runToEnd(world: World): World {
  world.runUntil(() => world.leeches.every(leech => leech.isComplete), 4 * HOUR_MS)
  return world
}

/** Times from joining until done over the bound: the median's, and the last's. */
export function overBound(world: World, seeds: readonly Line[] = [EQUAL_LINE]): [median: number, last: number] {
  const lines = world.leeches.map(leech => leech.options.line)
  const boundMs = kumarRossMs(world.torrent.totalBytes, seeds, lines)
  const { completionsMs } = figuresOf(world)
  return [quantile(completionsMs, 0.5) / boundMs, quantile(completionsMs, 1) / boundMs]
}

/** ms; of the leeches that are asked about, from joining until done. */
export function completion(world: World, share: number, leeches: readonly Member[] = world.leeches): number {
  const times = leeches.map(leech => world.ledger.of(leech).doneAt! - (leech.options.joinsAt ?? 0))
  return quantile(
    times.sort((a, b) => a - b),
    share,
  )
}

/**
 * Bytes that came twice over what is allowed, max(1 % of the file, two blocks for every peer): of the leech for whom this is most.
 */
export function duplicates(world: World): number {
  const { torrent, ledger } = world
  const perPeer = 2 * REQUEST_BYTES_MAX
  const shares = world.leeches.map(leech => {
    const { fromPeersBytes, fromOriginBytes, savedBytes, forgedBytes } = ledger.of(leech)
    const allowed = Math.max(0.01 * torrent.totalBytes, perPeer * Math.min(SHARE.connectionsMax, world.members.length))
    return Math.max(0, fromPeersBytes + fromOriginBytes - savedBytes - forgedBytes) / allowed
  })
  return Math.max(...shares)
}

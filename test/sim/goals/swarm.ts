/** What the scenarios of the goals are made of: the defaults of the table, and how long things took. */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import { kumarRossMs } from '../bound.ts'
import { figuresOf, quantile } from '../command/figures.ts'
import { type Line, line } from '../link.ts'
import type { Member, MemberOptions } from '../member.ts'
import { MiB } from '../scenarios.ts'
import { createTorrent, type TorrentOptions } from '../torrent.ts'
import { World } from '../world.ts'

export const ORIGIN_URL = 'https://origin.example/'

/** 10 Mbit/s up, 100 down, 40 ms there and back. */
export const UPLINK = 1.25e6
export const EQUAL_LINE: Line = line(UPLINK, 10 * UPLINK)
export const SHARE = { connectionsMax: 40 } as const

/** 256 MiB in 256 pieces. */
const FILE: TorrentOptions = { version: 'v2', bytes: 256 * MiB, pieceLength: MiB }
const HOUR_MS = 3_600_000

/** A world without checkers (which the tests run): connections take 0.5 to 1.5 s, one in twenty fails. */
export function worldOf(scenario: string, seed: number, file: TorrentOptions = FILE, setUpFailureShare = 0.05): World {
  const network = { setUpMinMs: 500, setUpMaxMs: 1_500, setUpFailureShare }
  return new World({ scenario, seed, torrent: createTorrent(file), network, isChecked: false })
}

export function addSeed(world: World, options: Partial<MemberOptions> = {}): Member {
  return world.add({ name: 'seed', isSeed: true, line: EQUAL_LINE, share: SHARE, ...options })
}

export function addLeeches(
  world: World,
  count: number,
  options: (index: number) => Partial<MemberOptions> = () => ({}),
): Member[] {
  return Array.from({ length: count }, (_, index) =>
    world.add({ name: `leech-${index}`, line: EQUAL_LINE, share: SHARE, ...options(index) }),
  )
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

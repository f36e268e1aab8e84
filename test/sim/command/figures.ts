/** What a run came to, so far or in the end, in numbers. */
import { kumarRossMs } from '../bound.ts'
import type { Member } from '../member.ts'
import type { World } from '../world.ts'

export interface Figures {
  readonly leeches: number
  /** ms from joining until done, of those that are done, in ascending order. */
  readonly completionsMs: readonly number[]
  /** Kumar–Ross, for all of them together; a web seed counts as a seed. */
  readonly boundMs: number
  readonly fromSeedsBytes: number
  readonly fromPeersBytes: number
  readonly fromOriginBytes: number
  /** Genuine bytes that honest leeches received and had no use for. */
  readonly duplicateBytes: number
  readonly forgedBytes: number
  readonly bans: number
}

export function figuresOf(world: World): Figures {
  const { members, leeches, ledger, torrent } = world
  const seeds = members.filter(member => member.options.isSeed === true && !member.isHostile)
  const origins = [...world.origins.values()]
  const accounts = leeches.map(leech => ledger.of(leech))
  const received = sum(accounts.map(account => account.fromPeersBytes + account.fromOriginBytes))
  const saved = sum(accounts.map(account => account.savedBytes))
  const forgedBytes = sum(accounts.map(account => account.forgedBytes))
  const isOver = leeches.every(leech => leech.isComplete)
  return {
    leeches: leeches.length,
    completionsMs: leeches.flatMap(leech => completionMs(world, leech)).sort((a, b) => a - b),
    boundMs: kumarRossMs(
      torrent.totalBytes,
      [...seeds.map(seed => seed.options.line), ...origins.map(origin => origin.line)],
      leeches.map(leech => leech.options.line),
    ),
    fromSeedsBytes: sum(seeds.map(seed => ledger.of(seed).toPeersBytes)),
    fromPeersBytes: sum(accounts.map(account => account.toPeersBytes)),
    fromOriginBytes: sum(origins.map(origin => origin.sentBytes)),
    // While pieces are under way, what is not saved yet is not wasted.
    duplicateBytes: isOver ? Math.max(0, received - saved - forgedBytes) : 0,
    forgedBytes,
    bans: sum(members.map(member => ledger.of(member).bannedPeerIds.length)),
  }
}

/** The value that this share of them does not exceed; NaN of none. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN
}

function completionMs(world: World, leech: Member): number[] {
  const { doneAt } = world.ledger.of(leech)
  return doneAt === undefined ? [] : [doneAt - (leech.options.joinsAt ?? 0)]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Small pieces come in runs where order is free, and in an order of each leech's own where leeches have something to trade. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Member } from './member.ts'
import { HOME, KiB, MiB } from './scenarios.ts'
import { createTorrent } from './torrent.ts'
import { World } from './world.ts'

const PIECE_LENGTH = 16 * KiB

function swarmOf(scenario: string, leechCount: number): { world: World; leeches: Member[] } {
  const torrent = createTorrent({ bytes: 8 * MiB, pieceLength: PIECE_LENGTH })
  const world = new World({ scenario, seed: 1, torrent })
  world.add({ name: 'seed', isSeed: true, line: HOME })
  const leeches = Array.from({ length: leechCount }, (_, i) => world.add({ name: `leech-${i}`, line: HOME }))
  world.run(120_000)
  return { world, leeches }
}

/** The share of pieces that were saved right after the one before them. */
function shareInRuns(saved: readonly { piece: number }[]): number {
  return saved.filter(({ piece }, i) => i > 0 && piece === saved[i - 1]!.piece + 1).length / saved.length
}

describe('small pieces', () => {
  it('come from a lone seed in runs', () => {
    const { world, leeches } = swarmOf('runs', 1)
    assert.ok(shareInRuns(world.ledger.of(leeches[0]!).savedPieces) > 0.8)
  })

  it('come in random order to leeches that trade', () => {
    const { world, leeches } = swarmOf('no runs', 4)
    for (const leech of leeches) assert.ok(shareInRuns(world.ledger.of(leech).savedPieces) < 0.3)
  })
})

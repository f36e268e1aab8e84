/**
 * What open torrents hold on to: pieces that must not be evicted under them.
 *
 * Pins are on groups of keys, not on keys: a torrent of a million pieces pins as many groups as it has files.
 */
import type { PieceRef } from '../ports.ts'

/** What the pieces of one file (or, while only SHA-1 vouches, of one torrent) have in common: the key without its numbers. */
export function groupOf(key: string): string {
  return key.replace(/(?:\/\d+)+$/, '')
}

/** The groups that are pinned, counted over all open torrents. */
export class Pins {
  readonly #holders = new Map<string, number>()

  isPinned(key: string): boolean {
    return this.#holders.has(groupOf(key))
  }

  /** What one torrent pins, from its first use of a group until it is released. */
  holder(): PinHolder {
    return new PinHolder(this.#holders)
  }
}

export class PinHolder {
  readonly #holders: Map<string, number>
  readonly #held = new Set<string>()

  constructor(holders: Map<string, number>) {
    this.#holders = holders
  }

  hold(refs: readonly PieceRef[]): void {
    for (const { key } of refs) {
      const group = groupOf(key)
      if (this.#held.has(group)) continue
      this.#held.add(group)
      this.#holders.set(group, (this.#holders.get(group) ?? 0) + 1)
    }
  }

  release(): void {
    for (const group of this.#held) {
      const count = this.#holders.get(group)! - 1
      if (count === 0) this.#holders.delete(group)
      else this.#holders.set(group, count)
    }
    this.#held.clear()
  }
}

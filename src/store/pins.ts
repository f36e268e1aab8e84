/**
 * What open torrents hold on to: pieces that must not be evicted under them.
 *
 * Pins are on groups of keys, not on keys: a torrent of a million pieces pins as many groups as it has files.
 */

/** The groups that each open torrent has used. */
export type Pins = Set<ReadonlySet<string>>

/** What the pieces of one file (or, while only SHA-1 vouches, of one torrent) have in common: the key without its numbers. */
export function groupOf(key: string): string {
  return key.replace(/(?:\/\d+)+$/, '')
}

export function isPinned(pins: Pins, key: string): boolean {
  const group = groupOf(key)
  return [...pins].some(held => held.has(group))
}

/** Lists of infohashes: those that a tracker serves, or does not. */
import { toLatin1 } from '../../src/metainfo/bytes.ts'
import type { WireId } from '../../src/protocol/tracker.ts'

/**
 * One in hex per line; what follows a blank or `#` is for people. Those of v2 (64 digits) are cut to 20 bytes, as they are on the wire.
 * @throws Error naming the line that is none
 */
export function readInfoHashes(file: string): Set<WireId> {
  const infoHashes = new Set<WireId>()
  for (const [index, line] of file.split('\n').entries()) {
    const [hex = ''] = line.trim().split(/[\s#]/, 1)
    if (hex === '') continue
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(hex)) throw new Error(`line ${index + 1} is no infohash in hex`)
    infoHashes.add(toLatin1(Buffer.from(hex.slice(0, 40), 'hex')))
  }
  return infoHashes
}

/**
 * News from which nothing follows: half of all that comes to a swarm in full swing says that somebody has one more piece, and
 * changes only how rare that is. It is noted, and nothing else is looked at.
 */
import type { Input } from './events.ts'
import type { Peer } from './peer.ts'
import type { Pieces } from './pieces.ts'

/** @returns false where something may follow: then nothing is noted yet */
export function overhear<Body>(
  input: Input<Body>,
  peers: ReadonlyMap<number, Peer>,
  pieces: Pieces<Body> | undefined,
): boolean {
  if (input.type !== 'message' || input.message.type !== 'have' || pieces === undefined) return false
  const { piece } = input.message
  const peer = peers.get(input.peer)
  if (peer?.have === undefined || piece >= peer.have.length) return false
  // It can be asked for, or is the first that makes the peer interesting, or completes what was promised to it, or the peer itself.
  // In this order: mostly the flags of the peer tell, and nothing is promised to whom we choke.
  if (!(peer.amInterested && peer.isChoking) && pieces.isWanted(piece)) return false
  if (peer.isTurnOver || (!peer.amChoking && peer.promised.has(piece)) || peer.have.count >= peer.have.length - 1)
    return false
  if (peer.have.add(piece)) pieces.rarity.addAvailability(piece, 1)
  return true
}

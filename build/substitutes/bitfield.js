// bittorrent-protocol keeps each peer's pieces in one; net/peer-wire.ts overrides that, for state lives in the swarm.
export default class BitField {}

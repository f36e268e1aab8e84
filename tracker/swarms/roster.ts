/**
 * Who is where: connections, their peers, and the swarms these are in. Everything empty vanishes at once, and
 * every map is bounded.
 */
import type { WireId } from '../../src/protocol/tracker.ts'
import type { SwarmCounts } from '../../src/protocol/tracker-reply.ts'
import type { SwarmsLimits } from '../options.ts'
import { Swarm } from './swarm.ts'
import type { Connection, Member, Peer } from './swarm.ts'

export class Roster {
  readonly #limits: SwarmsLimits
  readonly #swarms = new Map<WireId, Swarm>()
  readonly #peers = new Map<WireId, Peer>()
  readonly #connections = new Map<number, Connection>()
  /** When each member last announced (ms); the longest silent first. */
  readonly #heard = new Map<Member, number>()
  #seeds = 0

  constructor(limits: SwarmsLimits) {
    this.#limits = limits
  }

  get stats(): { swarms: number; seeds: number; leeches: number; peers: number } {
    const leeches = this.#heard.size - this.#seeds
    return { swarms: this.#swarms.size, seeds: this.#seeds, leeches, peers: this.#peers.size }
  }

  peer(peerId: WireId): Peer | undefined {
    return this.#peers.get(peerId)
  }

  /** In the order in which the swarms came to be. */
  infoHashes(): Iterable<WireId> {
    return this.#swarms.keys()
  }

  /** Zeros for a swarm that is not there. */
  counts(infoHash: WireId): SwarmCounts {
    const swarm = this.#swarms.get(infoHash)
    return {
      infoHash,
      seeds: swarm?.seeds ?? 0,
      leeches: swarm?.leeches ?? 0,
      downloads: swarm?.downloads ?? 0,
    }
  }

  /**
   * Adds a peer to a swarm, or notes that it is still there. undefined: a limit is reached.
   * The peer id must be free, or bound to this connection.
   */
  join(
    connectionId: number,
    { infoHash, peerId }: { infoHash: WireId; peerId: WireId },
    isSeed: boolean,
    now: number,
  ): Member | undefined {
    let member = this.#peers.get(peerId)?.members.get(infoHash)
    if (member) {
      this.#seeds += Number(isSeed) - Number(member.isSeed)
      member.swarm.setSeed(member, isSeed)
      this.#heard.delete(member)
    } else {
      if (!this.#hasRoom(connectionId, infoHash, peerId)) return undefined
      const peer = this.#bind(connectionId, peerId)
      const swarm = this.#swarms.get(infoHash) ?? new Swarm(infoHash)
      this.#swarms.set(infoHash, swarm)
      member = swarm.add(peer, isSeed, now)
      peer.members.set(infoHash, member)
      peer.connection.members++
      this.#seeds += Number(isSeed)
    }
    this.#heard.set(member, now)
    return member
  }

  leave(member: Member | undefined): void {
    if (!member || member.isGone) return
    const { swarm, peer } = member
    const { connection } = peer
    swarm.remove(member)
    if (swarm.seeds + swarm.leeches === 0) this.#swarms.delete(swarm.infoHash)
    this.#heard.delete(member)
    this.#seeds -= Number(member.isSeed)
    connection.members--
    peer.members.delete(swarm.infoHash)
    if (peer.members.size > 0) return
    this.#peers.delete(peer.peerId)
    connection.peers.delete(peer.peerId)
    if (connection.peers.size === 0) this.#connections.delete(connection.id)
  }

  leaveAll(connectionId: number): void {
    const connection = this.#connections.get(connectionId)
    for (const peer of [...(connection?.peers.values() ?? [])]) {
      for (const member of [...peer.members.values()]) this.leave(member)
    }
  }

  /** A torrent that was dropped without `stopped` on a socket that others still use. */
  forgetSilent(now: number): void {
    const silentMs = this.#limits.intervalSeconds * this.#limits.silentIntervalsMax * 1000
    for (const [member, at] of this.#heard) {
      if (now - at < silentMs) return
      this.leave(member)
    }
  }

  #hasRoom(connectionId: number, infoHash: WireId, peerId: WireId): boolean {
    const connection = this.#connections.get(connectionId)
    if (this.#heard.size >= this.#limits.membersMax) return false
    const swarm = this.#swarms.get(infoHash)
    if (!swarm && this.#swarms.size >= this.#limits.swarmsMax) return false
    if (swarm && swarm.seeds + swarm.leeches >= this.#limits.membersPerSwarmMax) return false
    if (!connection) return true
    if (connection.members >= this.#limits.membersPerConnectionMax) return false
    return connection.peers.has(peerId) || connection.peers.size < this.#limits.peersPerConnectionMax
  }

  #bind(connectionId: number, peerId: WireId): Peer {
    const bound = this.#peers.get(peerId)
    if (bound) return bound
    const connection = this.#connections.get(connectionId) ?? { id: connectionId, peers: new Map(), members: 0 }
    const peer: Peer = { peerId, connection, members: new Map() }
    connection.peers.set(peerId, peer)
    this.#connections.set(connectionId, connection)
    this.#peers.set(peerId, peer)
    return peer
  }
}

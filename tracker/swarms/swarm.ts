/**
 * One swarm: its members in two arrays, so that members are added, removed and chosen at random in constant time.
 */
import type { WireId } from '../../src/protocol/tracker.ts'

/** One peer in one swarm. */
export interface Member {
  readonly peer: Peer
  readonly swarm: Swarm
  isSeed: boolean
  /** Its place in the swarm's array of seeds or leeches. */
  index: number
  isGone: boolean
  /** Whether it takes candidates after an offer. */
  canTrickle: boolean
  /** Peers that were named to it, and when (ms); the oldest first. */
  named: Map<WireId, number> | undefined
  /** What it sent since `windowStart` (ms): the peers it dialled, and how many offers. */
  dialled: Set<WireId> | undefined
  windowStart: number
  offers: number
}

/** A peer id, bound to the connection that first used it. */
export interface Peer {
  readonly peerId: WireId
  readonly connection: Connection
  readonly members: Map<WireId, Member>
}

export interface Connection {
  readonly id: number
  readonly peers: Map<WireId, Peer>
  /** Members of all its peers. */
  members: number
}

export class Swarm {
  readonly infoHash: WireId
  /** Downloads completed since the swarm came to be. */
  downloads = 0
  readonly #seeds: Member[] = []
  readonly #leeches: Member[] = []

  constructor(infoHash: WireId) {
    this.infoHash = infoHash
  }

  get seeds(): number {
    return this.#seeds.length
  }

  get leeches(): number {
    return this.#leeches.length
  }

  add(peer: Peer, isSeed: boolean, now: number): Member {
    const member: Member = {
      peer,
      swarm: this,
      isSeed,
      index: 0,
      isGone: false,
      canTrickle: false,
      // Empty maps are a third of what an idle peer costs, and many dial nobody.
      named: undefined,
      dialled: undefined,
      windowStart: now,
      offers: 0,
    }
    this.#insert(member)
    return member
  }

  remove(member: Member): void {
    this.#take(member)
    member.isGone = true
  }

  setSeed(member: Member, isSeed: boolean): void {
    if (member.isSeed === isSeed) return
    this.#take(member)
    member.isSeed = isSeed
    this.#insert(member)
  }

  /**
   * Up to `count` distinct members that could use `member`, every choice equally likely: seeds get leeches, leeches
   * get anyone. Robert Floyd's sampling takes `count` steps however large the swarm.
   */
  choose(count: number, member: Member, random: () => number): Member[] {
    const others = member.isSeed ? this.leeches : this.seeds + this.leeches - 1
    const picked = new Set<number>()
    for (let last = Math.max(0, others - count); last < others; last++) {
      const drawn = Math.floor(random() * (last + 1))
      picked.add(picked.has(drawn) ? last : drawn)
    }
    return [...picked].map(place => this.#other(place, member))
  }

  /** Numbers the candidates of `choose`: leeches alone for a seed, else seeds, then leeches without `member`. */
  #other(place: number, member: Member): Member {
    if (member.isSeed) return this.#leeches[place]!
    if (place < this.seeds) return this.#seeds[place]!
    const index = place - this.seeds
    return this.#leeches[index < member.index ? index : index + 1]!
  }

  #insert(member: Member): void {
    const list = member.isSeed ? this.#seeds : this.#leeches
    member.index = list.length
    list.push(member)
  }

  /** The last of the list takes the free place. */
  #take(member: Member): void {
    const list = member.isSeed ? this.#seeds : this.#leeches
    const last = list.pop()!
    if (last === member) return
    list[member.index] = last
    last.index = member.index
  }
}

/**
 * Bytes that came twice or for nothing stay within max(1 %, two blocks a peer). Forged bytes are counted apart, and
 * so are the genuine ones of a piece that a forger spoiled, and what neighbours hold back: no cancel reaches it any more.
 */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import type { Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Waste implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #neighbours = new Map<Member, Set<string>>()
  /** Bytes that slow neighbours sent, in the end. */
  readonly #heldBack = new Map<Member, number>()
  /** Bytes that a life took with it when it ended: unfinished pieces, and what was under way to the store. */
  readonly #lost = new Map<Member, number>()

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('waste')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'message' && input.message.type === 'piece') {
      const sender = member.life?.ends.get(input.peer)?.other.life.member
      if (sender?.options.disguise?.isSlow !== true) return
      this.#heldBack.set(member, (this.#heldBack.get(member) ?? 0) + input.message.body.bytes)
    }
    if (input.type !== 'opened') return
    const neighbours = this.#neighbours.get(member) ?? new Set()
    neighbours.add(input.peerId)
    this.#neighbours.set(member, neighbours)
  }

  stopped(member: Member): void {
    this.#lost.set(member, this.#unsavedBytes(member))
  }

  end(): void {
    const { torrent, ledger } = this.#world
    for (const member of this.#world.leeches) {
      const wasted = this.#unsavedBytes(member) - (this.#lost.get(member) ?? 0)
      const peers = this.#neighbours.get(member)?.size ?? 0
      // A web seed brings whole pieces, whatever peers had brought of them.
      const overlapping = 2 * torrent.pieceLength * (member.options.webSeeds?.length ?? 0)
      const allowed = Math.max(torrent.totalBytes / 100, 2 * REQUEST_BYTES_MAX * peers) + overlapping
      const spoiled = ledger.of(member).damaged * torrent.pieceLength
      const late = this.#heldBack.get(member) ?? 0
      if (wasted > allowed + spoiled + late) this.#object(`wasted ${wasted} bytes, ${allowed} are allowed`, member)
    }
  }

  #unsavedBytes(member: Member): number {
    const { fromPeersBytes, fromOriginBytes, savedBytes } = this.#world.ledger.of(member)
    return fromPeersBytes + fromOriginBytes - savedBytes
  }
}

/**
 * Bytes that came twice or for nothing stay within max(1 %, two blocks a peer). Forged bytes are counted apart, and
 * so are the genuine ones of a piece that a forger spoiled, and what neighbours hold back: no cancel reaches it any more.
 */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import type { Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

class Notes {
  readonly neighbours = new Set<string>()
  /** Bytes that slow neighbours sent, in the end. */
  heldBackBytes = 0
  /** Bytes that a life took with it when it ended: unfinished pieces, and what was under way to the store. */
  lostBytes = 0
}

export class Waste implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #notes = new PerMember(() => new Notes())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('waste')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'message' && input.message.type === 'piece') {
      const sender = member.life?.ends.get(input.peer)?.other.life.member
      if (sender?.options.disguise?.isSlow === true) this.#notes.of(member).heldBackBytes += input.message.body.bytes
    } else if (input.type === 'opened') this.#notes.of(member).neighbours.add(input.peerId)
  }

  stopped(member: Member): void {
    this.#notes.of(member).lostBytes = this.#unsavedBytes(member)
  }

  end(): void {
    const { torrent, ledger } = this.#world
    for (const member of this.#world.leeches) {
      const { neighbours, heldBackBytes, lostBytes } = this.#notes.of(member)
      const wasted = this.#unsavedBytes(member) - lostBytes
      // A web seed brings whole pieces, whatever peers had brought of them.
      const overlapping = 2 * torrent.pieceLength * (member.options.webSeeds?.length ?? 0)
      const allowed = Math.max(torrent.totalBytes / 100, 2 * REQUEST_BYTES_MAX * neighbours.size) + overlapping
      const spoiled = ledger.of(member).damaged * torrent.pieceLength
      if (wasted > allowed + spoiled + heldBackBytes)
        this.#object(`wasted ${wasted} bytes, ${allowed} are allowed`, member)
    }
  }

  #unsavedBytes(member: Member): number {
    const { fromPeersBytes, fromOriginBytes, savedBytes } = this.#world.ledger.of(member)
    return fromPeersBytes + fromOriginBytes - savedBytes
  }
}

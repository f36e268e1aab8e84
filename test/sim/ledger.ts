/** Counts, from the outside, what every member sent and received, and when it was done. */
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { Member } from './member.ts'
import { PerMember } from './per-member.ts'
import { isForged, type Token } from './token.ts'
import type { Watcher } from './watcher.ts'
import type { World } from './world.ts'

export class Account {
  /** Bytes of blocks and of fetched pieces, wanted or not. */
  fromPeersBytes = 0
  fromOriginBytes = 0
  forgedBytes = 0
  toPeersBytes = 0
  /** Bytes of the pieces that were saved. */
  savedBytes = 0
  /** Pieces that failed their check. */
  damaged = 0
  doneAt: number | undefined
  /** When a peer connection first opened. */
  openedAt: number | undefined
  readonly savedPieces: { piece: number; at: number }[] = []
  readonly bannedPeerIds: string[] = []
}

export class Ledger implements Watcher {
  readonly #world: World
  readonly #accounts = new PerMember(() => new Account())

  constructor(world: World) {
    this.#world = world
  }

  of(member: Member): Account {
    return this.#accounts.of(member)
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'message' && input.message.type === 'piece') {
      const account = this.of(member)
      account.fromPeersBytes += input.message.body.bytes
      if (isForged(input.message.body)) account.forgedBytes += input.message.body.bytes
    } else if (input.type === 'fetched') {
      this.of(member).fromOriginBytes += input.body.bytes
    } else if (input.type === 'opened') {
      this.of(member).openedAt ??= this.#world.timeline.now
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'send') {
      if (effect.message.type === 'piece') this.of(member).toPeersBytes += effect.message.body.bytes
      return
    }
    if (effect.type === 'save') {
      const account = this.of(member)
      account.savedBytes += effect.body.bytes
      account.savedPieces.push({ piece: effect.piece, at: this.#world.timeline.now })
      return
    }
    if (effect.type !== 'report') return
    const { report } = effect
    const account = this.of(member)
    if (report.type === 'done') account.doneAt ??= this.#world.timeline.now
    else if (report.type === 'damaged') account.damaged += 1
    else if (report.type === 'banned') account.bannedPeerIds.push(report.peerId)
  }

  /** When the last of these was done; Infinity if one is not. */
  lastDoneAt(members: readonly Member[]): number {
    return Math.max(...members.map(member => this.of(member).doneAt ?? Number.POSITIVE_INFINITY))
  }
}

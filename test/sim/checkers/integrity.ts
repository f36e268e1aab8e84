/** Nothing that did not pass a check is saved, served or delivered, and what is, is the right bytes at the right place. */
import { Bitfield } from '../../../src/swarm/bitfield.ts'
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import { describe, type Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

export class Integrity implements Watcher {
  readonly #world: World
  readonly #object: Objection
  /** Pieces under check, by id; and those that passed in this life or were found in the store. */
  readonly #checks = new PerMember(() => new Map<number, number>())
  readonly #passed = new PerMember(() => new Set<number>())
  /** Those that passed, lost since or not: what was loaded in time may still be served. */
  readonly #verified = new PerMember(() => new Set<number>())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('integrity')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'checked' && input.result === 'good') {
      const piece = this.#checks.of(member).get(input.id)
      if (piece !== undefined) this.#pass(member, piece)
    } else if (input.type === 'resumed') {
      for (let piece = 0; piece < this.#world.torrent.pieceCount; piece++) {
        if (member.disk.has(piece)) this.#pass(member, piece)
      }
    } else if (input.type === 'lost') {
      this.#passed.of(member).delete(input.piece)
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    const { torrent } = this.#world
    const object: Objection = this.#object
    const passed = this.#passed.of(member)
    switch (effect.type) {
      case 'check':
        this.#checks.of(member).set(effect.id, effect.piece)
        return
      case 'save':
        if (!passed.has(effect.piece)) object(`saved piece ${effect.piece}, which passed no check`, member)
        if (!torrent.isGenuine(effect.body, effect.piece, 0) || effect.body.bytes < torrent.dataBytes(effect.piece)) {
          object(`saved as piece ${effect.piece}: ${describe(effect.body)}`, member)
        }
        return
      case 'load':
        if (!this.#verified.of(member).has(effect.piece))
          object(`is about to serve piece ${effect.piece}, which passed no check`, member)
        return
      case 'send': {
        const { message } = effect
        if (message.type === 'have' && !passed.has(message.piece)) object(`announced piece ${message.piece}`, member)
        if (message.type === 'have-all' || message.type === 'bitfield') this.#announced(member, message)
        if (message.type !== 'piece') return
        if (!this.#verified.of(member).has(message.piece))
          object(`served piece ${message.piece}, which passed no check`, member)
        if (!torrent.isGenuine(message.body, message.piece, message.begin)) {
          object(`served as ${message.piece}:${message.begin}: ${describe(message.body)}`, member)
        }
        return
      }
      case 'report':
        if (effect.report.type === 'piece' && !passed.has(effect.report.piece)) {
          object(`delivered piece ${effect.report.piece}, which passed no check`, member)
        }
        if (effect.report.type !== 'done') return
        for (const { first, end } of member.wants) {
          for (let piece = first; piece < end; piece++) {
            if (!passed.has(piece)) object(`says it is done without piece ${piece}`, member)
          }
        }
        return
    }
  }

  stopped(member: Member): void {
    this.#checks.delete(member)
    this.#passed.delete(member)
    this.#verified.delete(member)
  }

  #announced(member: Member, message: { type: 'have-all' } | { type: 'bitfield'; bits: Uint8Array }): void {
    const { pieceCount } = this.#world.torrent
    const said = message.type === 'have-all' ? Bitfield.full(pieceCount) : new Bitfield(pieceCount, message.bits)
    const passed = this.#passed.of(member)
    for (let piece = 0; piece < pieceCount; piece++) {
      if (said.has(piece) && !passed.has(piece)) this.#object(`announced piece ${piece}, which passed no check`, member)
    }
  }

  #pass(member: Member, piece: number): void {
    this.#passed.of(member).add(piece)
    this.#verified.of(member).add(piece)
  }
}

/** Pieces that few neighbours have are begun before those that many have, by and large: chance and runs may stray. */
import type { Effect } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Neighbour, Neighbourhood } from '../neighbourhood.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

/** So many real choices say something, and this share of them must have been well made: seeds suggest other orders. */
const CHOICES_MIN = 30
const GOOD_SHARE_MIN = 0.25

class Choices {
  readonly begun = new Set<number>()
  made = 0
  good = 0
}

export class Rarest implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #choices = new PerMember(() => new Choices())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('rarest')
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'fetch') {
      for (let piece = effect.first; piece < effect.end; piece++) this.#choices.of(member).begun.add(piece)
    }
    if (effect.type !== 'send' || effect.message.type !== 'request') return
    const choices = this.#choices.of(member)
    const { piece } = effect.message
    if (choices.begun.has(piece)) return
    choices.begun.add(piece)
    const neighbourhood = this.#world.neighbourhoods.of(member)
    const neighbour = neighbourhood.neighbours.get(effect.peer)
    if (neighbour !== undefined && isFree(neighbourhood)) this.#judge(choices, piece, neighbour, neighbourhood)
  }

  stopped(member: Member): void {
    this.#choices.delete(member)
  }

  end(): void {
    for (const member of this.#world.members) {
      const { made, good } = this.#choices.of(member)
      if (made < CHOICES_MIN || good >= GOOD_SHARE_MIN * made) continue
      this.#object(`began with the rarest pieces in ${good} of ${made} choices`, member)
    }
  }

  /** Better or worse than the middle of what could have been chosen. */
  #judge(choices: Choices, piece: number, neighbour: Neighbour, { availability, ...rest }: Neighbourhood): void {
    const chosen = availability[piece]!
    let rarer = 0
    let commoner = 0
    for (let other = 0; other < availability.length; other++) {
      if (!neighbour.has.has(other) || rest.here.has(other) || choices.begun.has(other)) continue
      if (availability[other]! < chosen) rarer += 1
      else if (availability[other]! > chosen) commoner += 1
    }
    if (rarer + commoner === 0) return
    choices.made += 1
    if (rarer <= commoner) choices.good += 1
  }
}

/** One want of everything, without deadlines: nothing but rarity orders it. */
function isFree({ wants, here }: Neighbourhood): boolean {
  const [want] = wants.values()
  return wants.size === 1 && want!.deadline === undefined && want!.first === 0 && want!.end === here.length
}

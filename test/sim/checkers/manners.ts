/**
 * What is said keeps to what the neighbour said: asked of whoever unchoked us and has it, once, for what is wanted and
 * not here, and not again and again of who refuses; served to whoever asked and is not choked; every question answered; everything that is here told.
 */
import { REQUEST_BYTES_MAX } from '../../../src/options.ts'
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Neighbour, Neighbourhood, Place } from '../neighbourhood.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

/** News may wait for others this long. */
const TELL_WITHIN_MS = 10_000
/** What a choked neighbour asked for is refused within this: it may be on its way from the store. */
const ANSWER_WITHIN_MS = 10_000
/** Asking so often within a second for what the neighbour has refused in it is no question any more. */
const REPEATED_PER_SECOND_MAX = 200

type Request = { readonly piece: number; readonly begin: number; readonly length: number }

/** What a neighbour refused within a second, and how often it was asked for it again. */
class Refusals {
  /** ms. */
  readonly since: number
  readonly places = new Set<Place>()
  repeated = 0

  constructor(since: number) {
    this.since = since
  }
}

export class Manners implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #refusals = new WeakMap<Neighbour, Refusals>()

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('manners')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'message' && input.message.type === 'reject')
      this.#noteRefusal(member, input.peer, input.message)
    const { isPaused, neighbours } = this.#world.neighbourhoods.of(member)
    if (!isPaused || input.type === 'policy') return
    for (const [peer, { asked }] of neighbours) {
      if (asked.size > 0) this.#object(`still asks ${peer} in a pause`, member)
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    const neighbourhood = this.#world.neighbourhoods.of(member)
    if (effect.type === 'save') return this.#nothingAsked(member, neighbourhood, effect.piece)
    if (effect.type !== 'send') return
    const neighbour = neighbourhood.neighbours.get(effect.peer)
    if (neighbour === undefined) return
    const { message } = effect
    if (message.type === 'request') this.#mayAsk(member, neighbourhood, neighbour, message)
    if (message.type !== 'piece') return
    const where = `${message.piece}:${message.begin}`
    if (neighbour.amChoking) this.#object(`served ${where} to ${effect.peer}, which is choked`, member)
    if (!neighbour.owed.has(neighbourhood.place(message.piece, message.begin))) {
      this.#object(`served ${where} to ${effect.peer}, which did not ask`, member)
    }
    const cancelled = neighbour.cancelled.get(neighbourhood.place(message.piece, message.begin))
    const isLate = cancelled !== undefined && this.#world.timeline.now - cancelled.at > ANSWER_WITHIN_MS
    if (isLate && cancelled.length === message.body.bytes) {
      this.#object(`served ${where} to ${effect.peer}, which had long called it back`, member)
    }
    if (neighbourhood.isPaused || !neighbourhood.isUploading) this.#object(`served ${where} in a pause`, member)
  }

  sample(): void {
    const now = this.#world.timeline.now
    for (const member of this.#world.members) {
      const neighbourhood = this.#world.neighbourhoods.of(member)
      for (const [peer, { owed, chokedAt }] of neighbourhood.neighbours) {
        const isAnswered = owed.size === 0 || now - chokedAt < ANSWER_WITHIN_MS
        if (!isAnswered) this.#object(`choked ${peer} and never refused ${owed.size} of its requests`, member)
      }
      if (!neighbourhood.isResumed || now - neighbourhood.hereChangedAt < TELL_WITHIN_MS) continue
      for (const [peer, neighbour] of neighbourhood.neighbours) {
        if (now - neighbour.openedAt < TELL_WITHIN_MS || neighbour.told.count >= neighbourhood.here.count) continue
        const untold = firstOf(neighbourhood.here.length, piece => {
          return neighbourhood.here.has(piece) && !neighbour.told.has(piece) && !neighbour.has.has(piece)
        })
        if (untold !== undefined) this.#object(`never told ${peer} of piece ${untold}`, member)
      }
    }
  }

  #noteRefusal(member: Member, peer: number, { piece, begin }: Request): void {
    const neighbourhood = this.#world.neighbourhoods.of(member)
    const neighbour = neighbourhood.neighbours.get(peer)
    if (neighbour === undefined || neighbour.isChoking) return
    const { now } = this.#world.timeline
    const before = this.#refusals.get(neighbour)
    const refusals = before !== undefined && now - before.since < 1_000 ? before : new Refusals(now)
    refusals.places.add(neighbourhood.place(piece, begin))
    this.#refusals.set(neighbour, refusals)
  }

  #mayAsk(member: Member, neighbourhood: Neighbourhood, neighbour: Neighbour, request: Request): void {
    const { piece, begin, length } = request
    const what = `for ${piece}:${begin}+${length}`
    if (neighbour.asked.has(neighbourhood.place(piece, begin))) this.#object(`asked twice ${what}`, member)
    const refusals = this.#refusals.get(neighbour)
    if (refusals?.places.has(neighbourhood.place(piece, begin)) && ++refusals.repeated > REPEATED_PER_SECOND_MAX) {
      this.#object(`asked again and again ${what}, which was refused`, member)
    }
    if (neighbour.isChoking) this.#object(`asked a peer that chokes ${what}`, member)
    if (!neighbour.amInterested) this.#object(`asked without interest ${what}`, member)
    if (!neighbour.has.has(piece)) this.#object(`asked a peer that does not have it ${what}`, member)
    if (!neighbourhood.isMissing(piece)) this.#object(`asked ${what}, which is here or not wanted`, member)
    if (neighbourhood.isPaused) this.#object(`asked in a pause ${what}`, member)
    if (length > REQUEST_BYTES_MAX) this.#object(`asked for too much: ${length} bytes`, member)
  }

  /** What is here is asked of nobody any more. */
  #nothingAsked(member: Member, { neighbours }: Neighbourhood, piece: number): void {
    for (const [peer, { asked }] of neighbours) {
      for (const request of asked.values()) {
        if (request.piece === piece) this.#object(`saved ${piece} and still asks ${peer} for it`, member)
      }
    }
  }
}

function firstOf(length: number, holds: (index: number) => boolean): number | undefined {
  for (let index = 0; index < length; index++) if (holds(index)) return index
  return undefined
}

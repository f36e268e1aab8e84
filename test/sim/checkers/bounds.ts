/** Requests in flight, connections and unchoked peers stay within what was agreed and granted; nothing is asked for in vain. */
import { WIRE_LIMITS } from '../../../src/options.ts'
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Token } from '../token.ts'
import type { Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

class Neighbour {
  readonly requests = new Set<string>()
  isUnchoked = false
}

export class Bounds implements Watcher {
  readonly #world: World
  readonly #neighbours = new Map<Member, Map<number, Neighbour>>()

  constructor(world: World) {
    this.#world = world
  }

  input(member: Member, input: Input<Token>): void {
    const neighbours = this.#of(member)
    if (input.type === 'opened') {
      neighbours.set(input.peer, new Neighbour())
      const { connectionsMax } = member.share
      if (neighbours.size > connectionsMax) this.#world.object(`more than ${connectionsMax} connections`, member)
    } else if (input.type === 'closed') {
      neighbours.delete(input.peer)
    } else if (input.type === 'message') {
      const { message } = input
      if (message.type === 'reject') neighbours.get(input.peer)?.requests.delete(keyOf(message))
      else if (message.type === 'piece') {
        neighbours.get(input.peer)?.requests.delete(keyOf({ ...message, length: message.body.bytes }))
      }
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'save') this.#nothingAsked(member, effect.piece)
    if (effect.type !== 'send') return
    const neighbour = this.#of(member).get(effect.peer)
    if (neighbour === undefined) this.#world.object(`sent to ${effect.peer}, which is not open`, member)
    const { message } = effect
    switch (message.type) {
      case 'request': {
        const key = keyOf(message)
        if (neighbour.requests.has(key)) this.#world.object(`asked ${effect.peer} twice for ${key}`, member)
        neighbour.requests.add(key)
        if (neighbour.requests.size > WIRE_LIMITS.requestsQueuedMax) {
          this.#world.object(`more than ${WIRE_LIMITS.requestsQueuedMax} requests in flight`, member)
        }
        return
      }
      case 'cancel':
        neighbour.requests.delete(keyOf(message))
        return
      case 'unchoke': {
        neighbour.isUnchoked = true
        let unchoked = 0
        for (const { isUnchoked } of this.#of(member).values()) if (isUnchoked) unchoked += 1
        if (unchoked > member.share.unchokesMax) this.#world.object(`${unchoked} peers unchoked`, member)
        return
      }
      case 'choke':
        neighbour.isUnchoked = false
    }
  }

  stopped(member: Member): void {
    this.#neighbours.delete(member)
  }

  /** What is here is asked of nobody any more. */
  #nothingAsked(member: Member, piece: number): void {
    for (const [peer, { requests }] of this.#of(member)) {
      for (const key of requests) {
        if (key.startsWith(`${piece}:`)) this.#world.object(`saved ${piece} and still asks ${peer} for ${key}`, member)
      }
    }
  }

  #of(member: Member): Map<number, Neighbour> {
    let neighbours = this.#neighbours.get(member)
    if (neighbours === undefined) {
      neighbours = new Map()
      this.#neighbours.set(member, neighbours)
    }
    return neighbours
  }
}

function keyOf({ piece, begin, length }: { piece: number; begin: number; length: number }): string {
  return `${piece}:${begin}+${length}`
}

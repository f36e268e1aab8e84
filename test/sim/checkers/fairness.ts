/**
 * Unchoke slots are given, and given in turn: the fewest that there are never stay empty while somebody waits, and where more
 * peers wait than there are slots, no peer that waits all along is passed over while the same others keep theirs.
 */
import { SWARM_DEFAULTS } from '../../../src/options.ts'
import type { Effect } from '../../../src/swarm/events.ts'
import { SLOTS_LEAST } from '../../../src/swarm/slots.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

/** A slot is filled within this: two rounds of weighing. */
const FILL_WITHIN_MS = 20_000
/** The optimistic slot moves on this often, to one of those who wait or to the same again. */
const TURN_MS = SWARM_DEFAULTS.optimisticMs
/** Bits of evidence: that chance alone passes everybody over so often happens once in 2^20 times. */
const EVIDENCE_BITS = 20

class Queue {
  /** ms; since when a slot has been empty though somebody waited, and since when nobody's turn has come. */
  emptySince: number | undefined = undefined
  stillSince: number | undefined = undefined
  /** The fewest that waited since then. */
  waitingMin = 0
}

export class Fairness implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #queues = new PerMember(() => new Queue())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('fairness')
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type !== 'send' || effect.message.type !== 'unchoke') return
    this.#queues.of(member).stillSince = undefined
  }

  sample(): void {
    const { now } = this.#world.timeline
    for (const member of this.#world.members) {
      if (member.life === undefined) continue
      const { neighbours, share, isPaused, isUploading, isResumed } = this.#world.neighbourhoods.of(member)
      const slots = Math.min(share?.unchokesMax ?? 0, SLOTS_LEAST)
      let waiting = 0
      let served = 0
      for (const { amChoking, isInterested } of neighbours.values()) {
        if (!amChoking && isInterested) served += 1
        else if (isInterested) waiting += 1
      }
      const isServing = isResumed && !isPaused && isUploading && (share?.uploadBytesPerSecond ?? 0) > 0
      const queue = this.#queues.of(member)
      queue.emptySince = isServing && waiting > 0 && served < slots ? (queue.emptySince ?? now) : undefined
      queue.waitingMin = queue.stillSince === undefined ? waiting : Math.min(waiting, queue.waitingMin)
      queue.stillSince = isServing && waiting > 0 && slots > 1 ? (queue.stillSince ?? now) : undefined
      if (now - (queue.emptySince ?? now) > FILL_WITHIN_MS) {
        this.#object(`${waiting} peers wait, and only ${served} of ${slots} slots are given`, member)
      }
      if (now - (queue.stillSince ?? now) > patienceMs(queue.waitingMin)) {
        this.#object(`${waiting} peers wait, and the same ${served} keep their slots`, member)
      }
    }
  }

  stopped(member: Member): void {
    this.#queues.delete(member)
  }
}

/** How long nobody's turn may come where so many wait. */
function patienceMs(waiting: number): number {
  return TURN_MS * Math.ceil(EVIDENCE_BITS / wholeLog2(1 + waiting))
}

/** Rounded down; `Math.log2` differs between engines. */
function wholeLog2(positive: number): number {
  return 31 - Math.clz32(positive)
}

/**
 * Nobody hangs. Once faults have stopped, a leech that can reach a source of what it misses gets something of it within a
 * bounded time. A source is an honest member that is there, or a web seed that is up.
 */
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import { PerMember } from '../per-member.ts'
import { isForged, type Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

/** The longest wait before a failed peer or web seed is tried again, and as long again to be served. */
const PROGRESS_WITHIN_MS = 600_000
/** At one instant. */
const TICKS_MAX = 100

class Progress {
  /** ms; when the member last got something, or began to live. Undefined: it does not. */
  at: number | undefined = undefined
  /** Ticks at one instant. */
  tickedAt = 0
  ticks = 0
}

export class Liveness implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #progress = new PerMember(() => new Progress())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('liveness')
  }

  input(member: Member, input: Input<Token>): void {
    const { now } = this.#world.timeline
    switch (input.type) {
      case 'tick':
        this.#countTick(member, now)
        return
      case 'granted':
      case 'policy':
      case 'want':
        this.#progress.of(member).at = now
        return
      case 'message':
        if (input.message.type === 'piece' && !isForged(input.message.body)) this.#progress.of(member).at = now
        return
      case 'fetched':
        if (!isForged(input.body)) this.#progress.of(member).at = now
    }
  }

  effect(member: Member, effect: Effect<Token>): void {
    if (effect.type === 'save') this.#progress.of(member).at = this.#world.timeline.now
  }

  stopped(member: Member): void {
    this.#progress.delete(member)
  }

  sample(): void {
    const { now } = this.#world.timeline
    for (const member of this.#world.members) {
      const { at } = this.#progress.of(member)
      if (at === undefined) continue
      const since = Math.max(at, this.#world.calmFromMs)
      if (now - since <= PROGRESS_WITHIN_MS || !member.isLeech || member.isComplete) continue
      const source = this.#sourceFor(member, since)
      if (source === undefined) this.#progress.of(member).at = now
      else this.#object(`got nothing for ${now - since} ms, and ${source} has what it misses`, member)
    }
  }

  #countTick(member: Member, now: number): void {
    const progress = this.#progress.of(member)
    progress.ticks = progress.tickedAt === now ? progress.ticks + 1 : 1
    progress.tickedAt = now
    if (progress.ticks > TICKS_MAX) this.#object('wants one tick after another, and time stands still', member)
  }

  /** Somebody who has had all the while what the member misses. */
  #sourceFor(member: Member, since: number): string | undefined {
    const { members, origins, neighbourhoods, torrent } = this.#world
    const view = neighbourhoods.of(member)
    if (view.isPaused || member.life === undefined) return undefined
    const urls = member.options.webSeeds ?? []
    const url = urls.find(candidate => origins.get(candidate)?.isReliable(since) === true)
    if (url !== undefined) return url
    return members.find(other => {
      if (
        other === member ||
        other.options.disguise?.isGuilty === true ||
        other.life === undefined ||
        other.life.startedAt > since
      )
        return false
      if (!this.#world.network.canReach(member, other)) return false
      const theirs = neighbourhoods.of(other)
      if (theirs.isPaused || !theirs.isUploading || theirs.hereChangedAt > since) return false
      for (let piece = 0; piece < torrent.pieceCount; piece++) {
        if (!member.disk.has(piece) && theirs.here.has(piece)) return true
      }
      return false
    })?.name
  }
}

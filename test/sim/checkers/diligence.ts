/**
 * Nobody stands idle who could help: a neighbour that unchoked us and has what nobody is asked for is asked for it; at
 * the end several are asked for what is slow to come; and whoever delivers in time is not kept at one block at a time.
 */
import { BLOCK_BYTES, SWARM_DEFAULTS } from '../../../src/options.ts'
import type { Effect, Input } from '../../../src/swarm/events.ts'
import type { Member } from '../member.ts'
import type { Neighbour, Neighbourhood } from '../neighbourhood.ts'
import { PerMember } from '../per-member.ts'
import type { Torrent } from '../torrent.ts'
import type { Token } from '../token.ts'
import type { Objection, Watcher } from '../watcher.ts'
import type { World } from '../world.ts'

type Help = 'nobody is asked for' | 'others are slow with at the end'

/**
 * A neighbour may stand idle this long: late answers are waited for, and hashes asked for. Shorter in the end game,
 * where nothing is left but to ask a second time.
 */
const IDLE_MS_MAX: Record<Help, number> = { 'nobody is asked for': 30_000, 'others are slow with at the end': 7_500 }
/** So many prompt answers, one at a time, are a neighbour kept short. */
const SINGLE_ANSWERS_MAX = 24
const PROMPT_MS = 2_500
/** Requests to a neighbour for what others were asked for, before endgame may leave it idle. */
const DUPLICATES_MAX = SWARM_DEFAULTS.duplicateRequestsMax
/** So many pieces that nobody is asked for show that there was enough to ask. */
const CHOICES_MIN = 3
/** Pieces that all neighbours together may have under way. */
const ROOM_PIECES = 32

/** What the checker remembers of a member's present life. */
class Notes {
  /** Pieces that are under check or asked of a web seed, by the id of the effect. */
  readonly busy = new Map<number, readonly number[]>()
  /** Blocks that came of each unfinished piece. */
  readonly arrived = new Map<number, Set<number>>()
  /** Something failed, or somebody was banned: what came of it is thrown away, and second opinions are not asked. */
  isTainted = false
  /** Neighbours that could help and are not asked, and since when. */
  readonly idle = new Map<Neighbour, { help: Help; since: number }>()
  /** Answers of each neighbour in a row that came alone and in time. */
  readonly singles = new Map<Neighbour, number>()
}

export class Diligence implements Watcher {
  readonly #world: World
  readonly #object: Objection
  readonly #notes = new PerMember(() => new Notes())

  constructor(world: World) {
    this.#world = world
    this.#object = world.objectionOf('diligence')
  }

  input(member: Member, input: Input<Token>): void {
    if (input.type === 'checked' || input.type === 'fetch-ended') this.#notes.of(member).busy.delete(input.id)
    if (input.type !== 'message') return
    const notes = this.#notes.of(member)
    // Whoever refuses delivers nothing, however promptly.
    if (input.message.type === 'reject') {
      const neighbour = this.#world.neighbourhoods.of(member).neighbours.get(input.peer)
      if (neighbour !== undefined) notes.singles.delete(neighbour)
    }
    if (input.message.type !== 'piece') return
    const { piece, begin, body } = input.message
    const arrived = notes.arrived.get(piece) ?? new Set()
    for (let at = begin; at < begin + body.bytes; at += BLOCK_BYTES) arrived.add(at)
    notes.arrived.set(piece, arrived)
  }

  effect(member: Member, effect: Effect<Token>): void {
    switch (effect.type) {
      case 'check':
        this.#notes.of(member).busy.set(effect.id, [effect.piece])
        return
      case 'fetch':
        this.#notes.of(member).busy.set(effect.id, range(effect.first, effect.end))
        return
      case 'save':
        this.#notes.of(member).arrived.delete(effect.piece)
        return
      case 'report':
        if (effect.report.type === 'damaged' || effect.report.type === 'banned') this.#notes.of(member).isTainted = true
        if (effect.report.type === 'damaged') this.#notes.of(member).arrived.delete(effect.report.piece)
        return
      case 'send':
        if (effect.message.type === 'request') this.#countSingles(member, this.#notes.of(member), effect.peer)
    }
  }

  stopped(member: Member): void {
    this.#notes.delete(member)
  }

  sample(): void {
    const { now } = this.#world.timeline
    for (const member of this.#world.leeches) {
      const view = this.#world.neighbourhoods.of(member)
      if (member.life === undefined || view.isPaused || !view.isResumed) continue
      const notes = this.#notes.of(member)
      for (const [peer, neighbour] of view.neighbours) {
        const isIdle = !neighbour.isChoking && neighbour.amInterested && neighbour.asked.size === 0
        const help = isIdle ? this.#helpOf(member, view, notes, peer) : undefined
        const before = notes.idle.get(neighbour)
        if (help === undefined || neighbour.activeAt > (before?.since ?? now) || before?.help !== help) {
          if (help === undefined) notes.idle.delete(neighbour)
          else notes.idle.set(neighbour, { help, since: now })
        } else if (now - before.since > IDLE_MS_MAX[help]) {
          this.#object(`leaves ${peer} idle, which has what ${help}`, member)
        }
      }
    }
  }

  /** What an idle neighbour could be asked for. */
  #helpOf(member: Member, view: Neighbourhood, notes: Notes, peer: number): Help | undefined {
    const { has } = view.neighbours.get(peer)!
    const busy = new Set([...notes.busy.values()].flat())
    const asked = requestsOf(view)
    const open = range(0, view.here.length).filter(piece => view.isMissing(piece) && !busy.has(piece))
    const useful = open.filter(piece => has.has(piece))
    // A piece that was begun may be somebody's to itself.
    if (isCramped(view, this.#world.torrent)) return undefined
    if (useful.some(piece => !asked.pieces.has(piece) && !notes.arrived.has(piece))) return 'nobody is asked for'
    const isSpent = (member.life?.swarm.peers.get(peer)?.duplicateRequests ?? 0) >= DUPLICATES_MAX
    if (notes.isTainted || useful.length === 0 || asked.isTwice || isSpent) return undefined
    const comeOrAsked = (piece: number): boolean => {
      const blocks = Math.ceil(this.#world.torrent.dataBytes(piece) / BLOCK_BYTES)
      return (notes.arrived.get(piece)?.size ?? 0) + (asked.pieces.get(piece) ?? 0) >= blocks
    }
    return open.every(comeOrAsked) ? 'others are slow with at the end' : undefined
  }

  /** Called when a neighbour is about to be asked for something. */
  #countSingles(member: Member, notes: Notes, peer: number): void {
    const view = this.#world.neighbourhoods.of(member)
    const neighbour = view.neighbours.get(peer)
    if (neighbour === undefined) return
    const isSingle = neighbour.asked.size === 0 && this.#world.timeline.now - neighbour.askedAt < PROMPT_MS
    const singles = isSingle ? (notes.singles.get(neighbour) ?? 0) + 1 : 0
    notes.singles.set(neighbour, singles)
    if (singles < SINGLE_ANSWERS_MAX) return
    const asked = requestsOf(view)
    const others = range(0, view.here.length).filter(piece => {
      return neighbour.has.has(piece) && view.isMissing(piece) && !asked.pieces.has(piece) && !notes.arrived.has(piece)
    })
    if (others.length >= CHOICES_MIN) this.#object(`keeps ${peer}, which is prompt, at one request at a time`, member)
    notes.singles.set(neighbour, 0)
  }
}

/** How many blocks of each piece are asked of anybody, and whether any is asked twice. */
function requestsOf({ neighbours }: Neighbourhood): { pieces: Map<number, number>; isTwice: boolean } {
  const pieces = new Map<number, number>()
  const blocks = new Set<string>()
  let isTwice = false
  for (const { asked } of neighbours.values()) {
    for (const { piece, begin, length } of asked.values()) {
      for (let at = begin; at < begin + length; at += BLOCK_BYTES) {
        if (blocks.has(`${piece}:${at}`)) isTwice = true
        else pieces.set(piece, (pieces.get(piece) ?? 0) + 1)
        blocks.add(`${piece}:${at}`)
      }
    }
  }
  return { pieces, isTwice }
}

/** There may be no room to begin another piece. */
function isCramped({ share }: Neighbourhood, { totalBytes, pieceLength }: Torrent): boolean {
  return (share?.bufferBytesMax ?? 0) < Math.min(totalBytes, ROOM_PIECES * pieceLength)
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index)
}

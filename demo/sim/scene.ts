/** What there is to see: where everybody stands, and which blocks travel between whom. */
import type { Member } from '../../test/sim/member.ts'
import { isForged } from '../../test/sim/token.ts'
import type { World } from '../../test/sim/world.ts'

export type Kind = 'seed' | 'leech' | 'complete' | 'polluter' | 'origin' | 'away'

export interface Dot {
  /** Undefined: the web server. */
  readonly member: Member | undefined
  readonly x: number
  readonly y: number
}

/** A block on its way from one dot to another. */
export interface Pulse {
  readonly from: Dot
  readonly to: Dot
  readonly kind: 'seed' | 'leech' | 'polluter' | 'origin'
  /** ms of the viewer's time. */
  readonly bornAt: number
}

/** Visitor's ms that a pulse lasts. */
export const PULSE_MS = 750
/** More than this many at a time are a fog: the rest is not drawn. */
const PULSES_MAX = 420
/** The golden angle: dots on a spiral of it fill a disc evenly, as seeds fill a sunflower's. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))

export class Scene {
  readonly world: World
  /** CSS pixels. */
  dotRadius = 10
  /** Whose connections are shown. */
  chosen: Member | undefined
  #dots: Dot[] = []
  #origin: Dot | undefined
  #pulses: Pulse[] = []

  constructor(world: World) {
    this.world = world
    world.watch({
      input: (member, input) => {
        if (input.type === 'fetched') this.#pulse(this.#origin, member, 'origin')
        if (input.type !== 'message' || input.message.type !== 'piece') return
        const sender = member.life?.ends.get(input.peer)?.other.life.member
        if (sender === undefined) return
        const kind = isForged(input.message.body) ? 'polluter' : kindOf(sender) === 'seed' ? 'seed' : 'leech'
        this.#pulse(this.#dots[sender.index], member, kind)
      },
    })
  }

  get dots(): readonly Dot[] {
    return this.#origin === undefined ? this.#dots : [this.#origin, ...this.#dots]
  }

  /** Blocks under way; those that have arrived are forgotten. */
  pulses(now: number): readonly Pulse[] {
    this.#pulses = this.#pulses.filter(pulse => now - pulse.bornAt < PULSE_MS)
    return this.#pulses
  }

  /** The visitor or seed at a place, or near it. */
  memberAt(x: number, y: number): Member | undefined {
    const reach = Math.max(14, this.dotRadius * 1.4)
    let nearest: Dot | undefined
    let distance = reach
    for (const dot of this.#dots) {
      const away = Math.hypot(dot.x - x, dot.y - y)
      if (away >= distance) continue
      nearest = dot
      distance = away
    }
    return nearest?.member
  }

  /** Where a member stands. */
  dotOf(member: Member): Dot | undefined {
    return this.#dots[member.index]
  }

  /** Places everybody on a canvas of so many CSS pixels. */
  layOut(width: number, height: number): void {
    const { members, origins } = this.world
    // The middle is the web server's, where there is one, and the seed's next to it.
    const hasOrigin = origins.size > 0
    const count = members.length + (hasOrigin ? 1 : 0)
    const spacing = Math.sqrt((width * height * 0.72) / (count + 1))
    this.dotRadius = Math.max(4, Math.min(24, spacing * 0.3))
    const reachX = width / 2 - this.dotRadius * 1.6
    const reachY = height / 2 - this.dotRadius * 1.6
    const place = (index: number) => {
      // A little room around the middle.
      const distance = index === 0 ? 0 : Math.sqrt((index + 1) / (count + 0.5))
      const angle = index * GOLDEN_ANGLE
      return {
        x: width / 2 + reachX * distance * Math.cos(angle),
        y: height / 2 + reachY * distance * Math.sin(angle),
      }
    }
    this.#origin = hasOrigin ? { member: undefined, ...place(0) } : undefined
    this.#dots = members.map((member, index) => ({ member, ...place(index + (hasOrigin ? 1 : 0)) }))
    this.#pulses = []
  }

  #pulse(from: Dot | undefined, member: Member, kind: Pulse['kind']): void {
    const to = this.#dots[member.index]
    if (from === undefined || to === undefined || this.#pulses.length >= PULSES_MAX) return
    this.#pulses.push({ from, to, kind, bornAt: performance.now() })
  }
}

export function kindOf(member: Member | undefined): Kind {
  if (member === undefined) return 'origin'
  if (member.life === undefined) return 'away'
  if (member.isHostile) return 'polluter'
  if (member.options.isSeed === true) return 'seed'
  return member.isComplete ? 'complete' : 'leech'
}

/** The share of leeches that have banned each polluter, 0 to 1, by peer id. */
export function bansOf({ leeches, ledger }: World): ReadonlyMap<string, number> {
  const bans = new Map<string, number>()
  for (const leech of leeches) {
    for (const peerId of new Set(ledger.of(leech).bannedPeerIds)) {
      bans.set(peerId, (bans.get(peerId) ?? 0) + 1 / leeches.length)
    }
  }
  return bans
}

/** What can go wrong around a swarm, as data: whatever a random swarm has is drawn from here. */
import { planAbsence } from './arrivals.ts'
import type { Draw } from './draw.ts'
import {
  breaker,
  choker,
  type Disguise,
  drip,
  lastBlockPolluter,
  late,
  liar,
  mute,
  nosy,
  polluter,
  sybil,
} from './hostile.ts'
import type { Member, MemberOptions } from './member.ts'
import type { NetworkOptions } from './network.ts'
import type { OriginOptions } from './origin.ts'
import type { Torrent } from './torrent.ts'
import type { World } from './world.ts'

export interface Fault {
  readonly name: string
  readonly network?: (draw: Draw) => Partial<NetworkOptions>
  /** What is special about a leech; asked for each. */
  readonly leech?: (draw: Draw) => Partial<MemberOptions>
  /** Strangers that join. */
  readonly strangers?: (draw: Draw, torrent: Torrent) => Partial<MemberOptions>[]
  /** A web seed for some of the leeches. */
  readonly origin?: (draw: Draw) => Partial<OriginOptions>
  /** Plans what happens. @returns ms; when it is over */
  readonly unfold?: (world: World, cast: Cast, draw: Draw) => number
}

/** The honest members. */
export interface Cast {
  /** The only one who is sure to stay, or to come back. */
  readonly keeper: Member
  readonly leeches: readonly Member[]
}

function posing(disguise: Disguise, isSeed = true): Partial<MemberOptions> {
  return { name: disguise.name, disguise, isSeed }
}

/** An absence of a few seconds, some time in the first ones. */
function absence(draw: Draw, toMsMax: number) {
  const fromMs = draw.between(500, 8_000)
  return { fromMs, toMs: fromMs + draw.between(500, toMsMax), isCrash: draw.chance(0.5) }
}

export const FAULTS: readonly Fault[] = [
  { name: 'polluter', strangers: draw => [posing(polluter(draw.fork()))] },
  { name: 'polluter at times', strangers: draw => [posing(polluter(draw.fork(), draw.one([0.05, 0.3])))] },
  { name: 'last-block polluter', strangers: (draw, torrent) => [posing(lastBlockPolluter(torrent, draw.fork()))] },
  { name: 'liar', strangers: () => [posing(liar())] },
  { name: 'sybils', strangers: draw => Array.from({ length: draw.between(1, 8) }, () => posing(sybil())) },
  { name: 'drip', strangers: draw => [posing(drip(draw.fork()))] },
  { name: 'mute', strangers: () => [posing(mute())] },
  { name: 'nosy', strangers: (draw, torrent) => [posing(nosy(torrent, draw.fork()), false)] },
  { name: 'breaker', strangers: (draw, torrent) => [posing(breaker(torrent, draw.fork()), draw.chance(0.5))] },
  { name: 'stingy seed', strangers: () => [posing(choker())] },
  {
    name: 'free riders',
    strangers: draw => Array.from({ length: draw.between(1, 4) }, () => posing(choker(), false)),
  },
  { name: 'late messages', strangers: draw => [posing(late(draw.fork()), draw.chance(0.5))] },
  {
    name: 'offer flood',
    strangers: draw => [{ ...posing(sybil(), draw.chance(0.5)), name: 'flooder', floodsOffers: true }],
  },
  { name: 'failing set-up', network: draw => ({ setUpFailureShare: draw.one([0.05, 0.3]) }) },
  // The seed is open: whoever has UDP reaches it.
  { name: 'NATs', leech: draw => ({ nat: draw.one(['open', 'cone', 'symmetric']) }) },
  {
    name: 'NATs and a relay',
    network: () => ({ hasRelay: true }),
    leech: draw => ({ nat: draw.one(['open', 'cone', 'symmetric', 'blocked']) }),
  },
  { name: 'magnets', leech: draw => ({ from: draw.chance(0.7) ? 'magnet' : 'torrent' }) },
  {
    name: 'bad store',
    leech: draw => ({
      disk: {
        damagedShare: draw.one([0, 0.1]),
        quotaBytes: draw.chance(0.5) ? draw.between(0, 1 << 20) : Number.POSITIVE_INFINITY,
        stallShare: 0.1,
        stallMs: draw.between(50, 3_000),
      },
    }),
  },
  { name: 'timers late', leech: draw => (draw.chance(0.5) ? { timersLateMs: draw.one([50, 1_000]) } : {}) },
  { name: 'failing web seed', origin: () => ({ failureShare: 0.3 }) },
  { name: 'forging web seed', origin: () => ({ forgedShare: 0.3 }) },
  {
    name: 'web seed gone',
    origin: draw => ({ upUntilMs: draw.between(1_000, 10_000), isGoneAfter: draw.chance(0.5) }),
  },
  { name: 'web seed late', origin: draw => ({ upFromMs: draw.between(1_000, 20_000) }) },
  {
    name: 'clocks jump',
    unfold: (world, { leeches }, draw) => {
      for (const leech of leeches) {
        if (draw.chance(0.5))
          world.timeline.at(draw.between(500, 15_000), () => leech.life?.jumpClock(draw.between(1, 60_000)))
      }
      return 15_000
    },
  },
  {
    name: 'tracker gone',
    unfold: (world, _cast, draw) => {
      const fromMs = draw.between(0, 5_000)
      const toMs = fromMs + draw.between(1_000, 60_000)
      world.network.tracker.outage(fromMs, toMs)
      return toMs
    },
  },
  {
    name: 'rift',
    unfold: (world, _cast, draw) => {
      const fromMs = draw.between(0, 8_000)
      const toMs = fromMs + draw.between(1_000, 30_000)
      const island = world.members.filter(() => draw.chance(0.5))
      world.network.partition(island, fromMs, toMs)
      return toMs
    },
  },
  {
    name: 'crashes',
    unfold: (world, { leeches }, draw) => {
      let endMs = 0
      for (const leech of leeches) {
        if (draw.chance(0.5)) continue
        const away = absence(draw, 10_000)
        planAbsence(world, leech, away)
        endMs = Math.max(endMs, away.toMs)
      }
      return endMs
    },
  },
  {
    name: 'departures',
    unfold: (world, { leeches }, draw) => {
      for (const leech of leeches.slice(1)) {
        if (draw.chance(0.4)) world.timeline.at(draw.between(1_000, 30_000), () => leech.depart())
      }
      return 30_000
    },
  },
  {
    name: 'seed away',
    unfold: (world, { keeper }, draw) => {
      const away = absence(draw, 20_000)
      planAbsence(world, keeper, away)
      return away.toMs
    },
  },
]

/** What scenarios share: sizes, lines, the members of measured swarms. */
import { line } from './link.ts'
import type { Member, MemberOptions } from './member.ts'
import type { World } from './world.ts'

export const KiB = 1024
export const MiB = 1024 * KiB

/** 8 Mbit/s up, 80 Mbit/s down. */
export const HOME = line(1e6, 10e6)

/** What swarms are measured with: 10 Mbit/s up, 100 down, 40 ms there and back, forty connections. */
export const UPLINK = 1.25e6
export const EQUAL_LINE = line(UPLINK, 10 * UPLINK)
export const SHARE = { connectionsMax: 40 } as const
/** Connections take half a second to one and a half, and one in twenty fails. */
export const SET_UP = { setUpMinMs: 500, setUpMaxMs: 1_500, setUpFailureShare: 0.05 } as const

export const ORIGIN_URL = 'https://origin.example/'

type LeechOptions = Omit<MemberOptions, 'name'>

/** Leeches that are all alike, or each as `options` has it. */
export function addLeeches(
  world: World,
  count: number,
  options: LeechOptions | ((index: number) => LeechOptions),
): Member[] {
  const of = typeof options === 'function' ? options : () => options
  return Array.from({ length: count }, (_, index) => world.add({ name: `leech-${index}`, ...of(index) }))
}

export function addEqualSeed(world: World, options: Partial<MemberOptions> = {}): Member {
  return world.add({ name: 'seed', isSeed: true, line: EQUAL_LINE, share: SHARE, ...options })
}

export function addEqualLeeches(
  world: World,
  count: number,
  options: (index: number) => Partial<MemberOptions> = () => ({}),
): Member[] {
  return addLeeches(world, count, index => ({ line: EQUAL_LINE, share: SHARE, ...options(index) }))
}

/** When members come, how long they stay, and how they go. */
import type { Random } from '../../src/swarm/random.ts'
import type { Member } from './member.ts'
import type { World } from './world.ts'

/** Times of arrival (ms) of a crowd that comes within a while, in no order. */
export function flashCrowd(random: Random, count: number, withinMs: number): number[] {
  return Array.from({ length: count }, () => random() * withinMs)
}

/** Times of arrival (ms) of a steady stream: gaps are exponential, `gapMs` on average. */
export function poisson(random: Random, count: number, gapMs: number): number[] {
  let at = 0
  return Array.from({ length: count }, () => {
    at += exponential(random) * gapMs
    return at
  })
}

/** Times of arrival (ms) out of a recorded list, over again from its end where it is too short. */
export function fromTrace(times: readonly number[], count: number): number[] {
  const spanMs = Math.max(...times)
  return Array.from({ length: count }, (_, i) => times[i % times.length]! + spanMs * Math.floor(i / times.length))
}

/**
 * Exponential with mean 1, by comparisons alone (von Neumann 1951): logarithms differ between engines, and equal seeds
 * must give equal runs.
 */
export function exponential(random: Random): number {
  for (let whole = 0; ; whole++) {
    const first = random()
    let last = first
    for (let length = 1; ; length++) {
      const next = random()
      if (next <= last) {
        last = next
        continue
      }
      if (length % 2 === 1) return whole + first
      break
    }
  }
}

export interface Absence {
  /** ms. */
  readonly fromMs: number
  readonly toMs: number
  /** Whether it goes without a word. */
  readonly isCrash: boolean
}

export function planAbsence(world: World, member: Member, { fromMs, toMs, isCrash }: Absence): void {
  world.timeline.at(fromMs, () => (isCrash ? member.crash() : member.leave()))
  world.timeline.at(toMs, () => member.start())
}

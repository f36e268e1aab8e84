/** Chance, in the shapes that random swarms are drawn in. */
import { type Random, randomIndex, seededRandom } from '../../src/swarm/random.ts'
import { type Line, line } from './link.ts'

export class Draw {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + randomIndex(this.random, high - low + 1)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  one<T>(items: readonly T[]): T {
    return items[randomIndex(this.random, items.length)]!
  }

  /** A source of chance of its own, so that what one thing draws does not move another. */
  fork(): Random {
    return seededRandom(this.between(0, 0x7fff_fffe))
  }

  /** 50 KB to 2 MB a second up. */
  line(): Line {
    return line(this.between(50, 2_000) * 1_000, this.between(500, 10_000) * 1_000, this.between(1, 60))
  }
}

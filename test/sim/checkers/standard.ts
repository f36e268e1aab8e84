/** The checkers that watch every run. */
import type { Watcher } from '../watcher.ts'
import type { World } from '../world.ts'
import { Bounds } from './bounds.ts'
import { Diligence } from './diligence.ts'
import { Endings } from './endings.ts'
import { Fairness } from './fairness.ts'
import { Guilt } from './guilt.ts'
import { Integrity } from './integrity.ts'
import { Liveness } from './liveness.ts'
import { Manners } from './manners.ts'
import { Memory } from './memory.ts'
import { Rarest } from './rarest.ts'
import { Spending } from './spending.ts'
import { Waste } from './waste.ts'

const CHECKERS = [
  Integrity,
  Memory,
  Endings,
  Bounds,
  Manners,
  Spending,
  Fairness,
  Rarest,
  Diligence,
  Liveness,
  Waste,
  Guilt,
] as const

export function standardCheckers(world: World): Watcher[] {
  return CHECKERS.map(Checker => new Checker(world))
}

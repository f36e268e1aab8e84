/** The checkers that watch every run. */
import type { Watcher } from '../watcher.ts'
import type { World } from '../world.ts'
import { Bounds } from './bounds.ts'
import { Endings } from './endings.ts'
import { Guilt } from './guilt.ts'
import { Integrity } from './integrity.ts'
import { Waste } from './waste.ts'

export function standardCheckers(world: World): Watcher[] {
  return [new Integrity(world), new Endings(world), new Bounds(world), new Waste(world), new Guilt(world)]
}

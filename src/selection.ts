/** Which files are wanted, and how much: priorities of files as runs of pieces. */
import type { Layout } from './metainfo/layout.ts'
import { STREAM_DEFAULTS } from './options.ts'
import type { Want } from './swarm/events.ts'

export class Selection {
  readonly #layout: Layout
  readonly #priorities: Uint8Array

  /** @param files indices of the files wanted at first; undefined: all */
  constructor(layout: Layout, files: readonly number[] | undefined) {
    this.#layout = layout
    this.#priorities = new Uint8Array(layout.files.length)
    if (files === undefined) this.#priorities.fill(STREAM_DEFAULTS.filePriority)
    else for (const file of files) this.#priorities[file] = STREAM_DEFAULTS.filePriority
  }

  get isEmpty(): boolean {
    return this.#priorities.every(priority => priority === 0)
  }

  priority(file: number): number {
    return this.#priorities[file]!
  }

  set(file: number, priority: number): void {
    this.#priorities[file] = priority
  }

  /** As wants with ids from 1; neighbouring files of one priority make one want. */
  wants(): Want[] {
    const wants: { id: number; first: number; end: number; priority: number }[] = []
    for (let file = 0; file < this.#priorities.length; file++) {
      const priority = this.#priorities[file]!
      const { first, end } = this.#layout.piecesOf(file)
      const last = wants.at(-1)
      if (priority === 0 || first === end) continue
      if (last !== undefined && last.priority === priority && first <= last.end) last.end = Math.max(last.end, end)
      else wants.push({ id: wants.length + 1, first, end, priority })
    }
    return wants
  }

  /** Whether a piece holds bytes of a file that is wanted. */
  pieces(): (piece: number) => boolean {
    const wants = this.wants()
    if (wants.length === 1) return piece => piece >= wants[0]!.first && piece < wants[0]!.end
    const isWanted = new Uint8Array(this.#layout.pieceCount)
    for (const { first, end } of wants) isWanted.fill(1, first, end)
    return piece => isWanted[piece] === 1
  }
}

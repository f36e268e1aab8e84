/** Which files are wanted, and how much: priorities of files as runs of pieces. */
import type { Layout } from '../metainfo/layout.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import { STREAM_DEFAULTS } from '../options.ts'
import type { Bitfield } from '../swarm/bitfield.ts'
import type { Want } from '../swarm/events.ts'

export class Selection {
  readonly #layout: Layout
  readonly #priorities: Uint8Array
  /** Wants that the swarm was told last, and whether these are all. */
  #toldCount = 0
  #isTold = false

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
    this.#isTold = false
  }

  /** What the swarm must be told for the selection to hold; it counts as told. */
  changes(): (({ type: 'want' } & Want) | { type: 'unwant'; id: number })[] {
    if (this.#isTold) return []
    this.#isTold = true
    const wants = this.wants().map(want => ({ type: 'want' as const, ...want }))
    const dropped = Array.from({ length: Math.max(0, this.#toldCount - wants.length) }, (_, i) => {
      return { type: 'unwant' as const, id: wants.length + 1 + i }
    })
    this.#toldCount = wants.length
    return [...dropped, ...wants]
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

  /** Bytes of the pieces that hold selected files. */
  get selectedBytes(): number {
    return this.#sum(() => true)
  }

  /** Bytes of those of them that are missing. */
  missingBytes(missing: Bitfield): number {
    return missing.count === 0 ? 0 : this.#sum(piece => missing.has(piece))
  }

  #sum(counts: (piece: number) => boolean): number {
    let bytes = 0
    let next = 0
    for (const { first, end } of this.wants()) {
      // Files of one v1 torrent can share a piece: it counts once.
      for (let piece = Math.max(first, next); piece < end; piece++)
        if (counts(piece)) bytes += this.#layout.pieceBytes(piece)
      next = Math.max(next, end)
    }
    return bytes
  }
}

/** Files wanted at first: what the caller says, else what the magnet says (BEP 53), else all. */
export function initialSelection(
  select: 'all' | 'none' | undefined,
  magnet: Magnet | undefined,
): readonly number[] | undefined {
  if (select === 'none') return []
  return select === 'all' ? undefined : magnet?.selectOnly
}

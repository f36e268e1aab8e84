/** The pieces of one open torrent, which it holds on to among those of all torrents. */
import type { PieceRef, PieceStore } from '../ports.ts'
import { groupOf, type Pins } from './pins.ts'
import { closedStore, sayingWhat } from './refusals.ts'

/** Where the pieces of all torrents rest, by their keys. */
export interface Shelf {
  readonly pins: Pins
  /** Which keys are there: of these at least, and maybe of others. */
  has(keys: readonly string[]): Promise<ReadonlySet<unknown>>
  /** undefined: not there, or not of this length. */
  read(piece: { readonly key: string; readonly length: number }): Promise<Uint8Array | undefined>
  /** All or none. */
  write(entries: readonly Entry[]): Promise<void>
  drop(keys: readonly string[]): Promise<void>
  /** Something was given up: it is worth looking for room again. */
  madeRoom(): void
}

export interface Entry {
  readonly key: string
  readonly bytes: Uint8Array
  /** Who writes it. Torrents share no pack, so that each can be evicted and removed without the other. */
  readonly owner: object
}

export class OpenPieces implements PieceStore {
  readonly recheck = false
  readonly #shelf: Shelf
  readonly #held = new Set<string>()
  readonly #writing = new Set<Promise<void>>()
  #isClosed = false

  constructor(shelf: Shelf) {
    this.#shelf = shelf
    shelf.pins.add(this.#held)
  }

  async has(refs: readonly PieceRef[]): Promise<boolean[]> {
    this.#assertOpen()
    // Before looking: what is found must not be evicted by a write that is under way.
    this.#hold(refs)
    const present = await sayingWhat('look up pieces', this.#shelf.has(refs.map(({ key }) => key)))
    return refs.map(({ key }) => present.has(key))
  }

  async read(ref: PieceRef): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    return this.#shelf.read(ref)
  }

  /** The bytes must not change before this resolves. */
  async write(entries: readonly { ref: PieceRef; bytes: Uint8Array }[]): Promise<void> {
    this.#assertOpen()
    if (entries.length === 0) return
    this.#hold(entries.map(({ ref }) => ref))
    const writing = this.#shelf.write(entries.map(({ ref, bytes }) => ({ key: ref.key, bytes, owner: this })))
    this.#writing.add(writing)
    try {
      await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  async remove(refs: readonly PieceRef[]): Promise<void> {
    this.#assertOpen()
    await sayingWhat('remove pieces', this.#shelf.drop(refs.map(({ key }) => key)))
  }

  /** Waits for what is being written. The pieces stay, and may be evicted from now on. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#writing)
    this.#shelf.pins.delete(this.#held)
    this.#shelf.madeRoom()
  }

  #hold(refs: readonly PieceRef[]): void {
    for (const { key } of refs) this.#held.add(groupOf(key))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}

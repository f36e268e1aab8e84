/** The pieces of one open torrent in a browser's database. */
import type { PieceRef, PieceStore } from '../ports.ts'
import type { PieceDatabase } from './piece-database.ts'
import type { PinHolder } from './pins.ts'
import { closedStore, storeFailed } from './refusals.ts'
import { ShoalError } from '../errors.ts'

export class IndexedDBPieces implements PieceStore {
  readonly recheck = false
  readonly #database: PieceDatabase
  readonly #pins: PinHolder
  readonly #writing = new Set<Promise<void>>()
  #isClosed = false

  constructor(database: PieceDatabase) {
    this.#database = database
    this.#pins = database.pins.holder()
  }

  async has(refs: readonly PieceRef[]): Promise<boolean[]> {
    this.#assertOpen()
    // Before looking: what is found must not be evicted by a write that is under way.
    this.#pins.hold(refs)
    const present = await guard('look up pieces', this.#database.has(refs.map(({ key }) => key)))
    return refs.map(({ key }) => present.has(key))
  }

  async read(ref: PieceRef): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    return this.#database.read(ref)
  }

  /** The bytes must not change before this resolves. */
  async write(entries: readonly { ref: PieceRef; bytes: Uint8Array }[]): Promise<void> {
    this.#assertOpen()
    if (entries.length === 0) return
    this.#pins.hold(entries.map(({ ref }) => ref))
    const writing = this.#database.write(entries.map(({ ref, bytes }) => ({ key: ref.key, bytes, owner: this })))
    this.#writing.add(writing)
    try {
      await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  async remove(refs: readonly PieceRef[]): Promise<void> {
    this.#assertOpen()
    await guard('remove pieces', this.#database.drop(refs.map(({ key }) => key)))
  }

  /** Waits for what is being written. The pieces stay, and may be evicted from now on. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#writing)
    this.#pins.release()
    this.#database.madeRoom()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}

/** `what` completes the sentence "The browser could not …". */
async function guard<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof ShoalError ? error : storeFailed(what, error)
  }
}

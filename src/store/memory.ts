/**
 * Pieces in memory: what a client falls back to where a browser gives it no storage, and what tests use.
 *
 * A JavaScript Map keeps the order of insertion, so putting a piece back at its end when it is used makes the Map
 * itself the list from least to most recently used.
 */
import { ShoalError } from '../errors.ts'
import { STORE_LIMITS } from '../options.ts'
import type { PieceStore, Store, TorrentRecord } from '../ports.ts'
import { type Entry, OpenPieces, type Shelf } from './open-pieces.ts'
import { isPinned, type Pins } from './pins.ts'
import { closedStore, overBudget } from './refusals.ts'

export interface MemoryStoreOptions {
  /** Bytes of pieces kept before the least recently used are evicted. @default 512 MiB */
  readonly budgetBytes?: number
}

/**
 * A store that lasts as long as the client.
 * @throws ShoalError `quota` from `write` when the pieces of open torrents alone exceed the budget
 */
export function memoryStore({ budgetBytes = STORE_LIMITS.memoryBudgetBytes }: MemoryStoreOptions = {}): Store {
  if (!(budgetBytes >= 0)) {
    throw new ShoalError('invalid-argument', `budgetBytes must be a number of bytes, not ${budgetBytes}.`)
  }
  return new MemoryStore(budgetBytes)
}

class MemoryStore implements Store {
  readonly #shelf: MemoryShelf
  readonly #records = new Map<string, TorrentRecord>()
  #isClosed = false

  constructor(budgetBytes: number) {
    this.#shelf = new MemoryShelf(budgetBytes)
  }

  async open(): Promise<PieceStore> {
    this.#assertOpen()
    return new OpenPieces(this.#shelf)
  }

  async remember(record: TorrentRecord): Promise<void> {
    this.#assertOpen()
    this.#records.set(record.infoHash, record)
  }

  async recall(infoHash: string): Promise<TorrentRecord | undefined> {
    this.#assertOpen()
    return this.#records.get(infoHash)
  }

  async recallAll(): Promise<TorrentRecord[]> {
    this.#assertOpen()
    return [...this.#records.values()]
  }

  async forget(infoHash: string): Promise<void> {
    this.#assertOpen()
    this.#records.delete(infoHash)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#records.clear()
    this.#shelf.clear()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}

/** The pieces of all torrents, least recently used first. */
class MemoryShelf implements Shelf {
  readonly pins: Pins = new Set()
  readonly #budgetBytes: number
  readonly #pieces = new Map<string, Uint8Array>()
  #usedBytes = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  async has(keys: readonly string[]): Promise<Set<string>> {
    return new Set(keys.filter(key => this.#pieces.has(key)))
  }

  async read({ key, length }: { key: string; length: number }): Promise<Uint8Array | undefined> {
    const bytes = this.#pieces.get(key)
    if (bytes?.length !== length) return undefined
    this.#pieces.delete(key)
    this.#pieces.set(key, bytes)
    return bytes.slice()
  }

  async write(written: readonly Entry[]): Promise<void> {
    const entries = new Map(written.map(({ key, bytes }) => [key, bytes]))
    const victims = this.#victims(entries)
    for (const key of [...victims, ...entries.keys()]) this.#remove(key)
    for (const [key, bytes] of entries) {
      // A copy: the caller may use its buffer again, and a view would keep a larger buffer alive.
      this.#pieces.set(key, bytes.slice())
      this.#usedBytes += bytes.length
    }
  }

  async drop(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#remove(key)
  }

  /** Looking for room costs nothing here. */
  madeRoom(): void {}

  clear(): void {
    this.#pieces.clear()
    this.#usedBytes = 0
  }

  #remove(key: string): void {
    this.#usedBytes -= this.#pieces.get(key)?.length ?? 0
    this.#pieces.delete(key)
  }

  /** What must go to make room for these; nothing goes before it is certain that there will be room. */
  #victims(entries: ReadonlyMap<string, Uint8Array>): string[] {
    let neededBytes = 0
    for (const [key, { length }] of entries) neededBytes += length - (this.#pieces.get(key)?.length ?? 0)
    const excessBytes = this.#usedBytes + neededBytes - this.#budgetBytes
    const victims: string[] = []
    if (excessBytes <= 0) return victims
    let evictableBytes = 0
    for (const [key, { length }] of this.#pieces) {
      if (entries.has(key) || isPinned(this.pins, key)) continue
      victims.push(key)
      evictableBytes += length
      if (evictableBytes >= excessBytes) return victims
    }
    throw overBudget({ neededBytes, usedBytes: this.#usedBytes, budgetBytes: this.#budgetBytes, evictableBytes })
  }
}

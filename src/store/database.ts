/**
 * One IndexedDB database with the object stores of Shoal: how it is opened, given up and opened again, and how a transaction is run.
 *
 * Every way in which opening can stall (another tab holds an older version, a browser that never answers) ends in an
 * error, so that a client can fall back to memory.
 */
import { promisifyRequest } from 'idb-keyval'
import { STORE_LIMITS } from '../options.ts'
import type { TorrentRecord } from '../ports.ts'
import { closedStore, storeFailed } from './refusals.ts'

/** Where a piece lies: a run of bytes of a pack's value. */
export interface Place {
  readonly pack: number
  readonly offset: number
  readonly length: number
}

/** Pieces that were written together, and that are evicted together. */
export interface Pack {
  /** Bytes of its value. */
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly usedAt: number
  /** The pieces in it that still count. */
  readonly keys: readonly string[]
}

export interface Totals {
  /** Bytes of all packs and of the files kept with torrents. */
  readonly bytes: number
  readonly nextPack: number
}

/** A torrent record with the bytes it is counted at. */
export interface KeptTorrent {
  readonly record: TorrentRecord
  readonly bytes: number
}

/** `places`: key → Place. `packs`: number → Pack. `values`: number → Blob or bytes. `totals`: one Totals. `torrents`: infohash → KeptTorrent. */
export type StoreName = 'places' | 'packs' | 'values' | 'totals' | 'torrents'

/** Everything that a change to pieces touches. */
export const PIECE_STORES: readonly StoreName[] = ['places', 'packs', 'values', 'totals']

/** The key of the one Totals. */
export const TOTALS_KEY = 'all'

/** Of the stores in it. */
export const VERSION = 1

export class Database {
  readonly #name: string
  readonly #openTimeoutMs: number
  #opening: Promise<IDBDatabase> | undefined
  #isClosed = false

  constructor(name: string, { openTimeoutMs = STORE_LIMITS.openTimeoutMs }: { openTimeoutMs?: number } = {}) {
    this.#name = name
    this.#openTimeoutMs = openTimeoutMs
  }

  /**
   * Runs `work` in one transaction and waits until it is committed. What `work` throws aborts the transaction.
   * @throws ShoalError `store-failed` where the database can't be had; whatever `work` or the transaction failed with otherwise
   */
  async transact<T>(
    names: readonly StoreName[],
    mode: 'readonly' | 'readwrite',
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    const transaction = await this.#begin(names, mode)
    const committed = completion(transaction)
    committed.catch(() => {})
    let result: T
    try {
      result = await work(transaction)
    } catch (error) {
      abort(transaction)
      // A request fails with AbortError when the transaction died of something else, which is the better reason.
      throw (isAbort(error) && transaction.error) || error
    }
    if (mode === 'readwrite') await committed
    return result
  }

  /** Gives the connection up after what is under way; nothing can be begun afterwards. */
  close(): void {
    this.#isClosed = true
    this.#opening?.then(database => database.close()).catch(() => {})
  }

  async #begin(names: readonly StoreName[], mode: 'readonly' | 'readwrite'): Promise<IDBTransaction> {
    const database = await this.#open()
    try {
      return database.transaction([...names], mode, { durability: 'relaxed' })
    } catch (error) {
      // The connection closed without a word (Safari does) or is about to, for another tab: one more try on a new one.
      if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error
      this.#opening = undefined
      return (await this.#open()).transaction([...names], mode, { durability: 'relaxed' })
    }
  }

  #open(): Promise<IDBDatabase> {
    if (this.#isClosed) throw closedStore()
    if (this.#opening !== undefined) return this.#opening
    const onGone = () => {
      this.#opening = undefined
    }
    this.#opening = openDatabase({ name: this.#name, timeoutMs: this.#openTimeoutMs, onGone })
    this.#opening.catch(onGone)
    return this.#opening
  }
}

interface OpenOptions {
  readonly name: string
  readonly timeoutMs: number
  /** The connection is no longer of use. */
  onGone(): void
}

function openDatabase({ name, timeoutMs, onGone }: OpenOptions): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = requestDatabase(name)
    let isGivenUp = false
    const giveUp = (why: string) => {
      isGivenUp = true
      reject(storeFailed('open its storage', new Error(`${why}: close other tabs of this site and reload`)))
    }
    const timer = setTimeout(() => giveUp('it did not answer in time'), timeoutMs)
    request.onupgradeneeded = () => createStores(request.result)
    request.onblocked = () => giveUp('an older version of it is in use')
    request.onerror = () => {
      clearTimeout(timer)
      reject(storeFailed('open its storage', request.error))
    }
    request.onsuccess = () => {
      clearTimeout(timer)
      const database = request.result
      if (isGivenUp) return database.close()
      // Another tab wants to upgrade or delete the database: it must not wait for us.
      database.onversionchange = () => {
        database.close()
        onGone()
      }
      database.onclose = onGone
      resolve(database)
    }
  })
}

/** @throws ShoalError `store-failed` where this page has no IndexedDB: private modes, opaque origins, blocked cookies */
function requestDatabase(name: string): IDBOpenDBRequest {
  try {
    return indexedDB.open(name, VERSION)
  } catch (error) {
    throw storeFailed('give this page storage; private windows and blocked cookies do that', error)
  }
}

export function createStores(database: IDBDatabase): void {
  for (const name of ['places', 'values', 'totals', 'torrents'] satisfies StoreName[]) database.createObjectStore(name)
  database.createObjectStore('packs' satisfies StoreName).createIndex('usedAt', 'usedAt')
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    // Not `onerror`: a failing request bubbles there before the transaction has its error.
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('The transaction was aborted', 'AbortError'))
  })
}

export function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over already.
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

export async function readTotals(transaction: IDBTransaction): Promise<Totals> {
  const totals: Totals | undefined = await promisifyRequest(transaction.objectStore('totals').get(TOTALS_KEY))
  return totals ?? { bytes: 0, nextPack: 1 }
}

export function writeTotals(transaction: IDBTransaction, totals: Totals): void {
  transaction.objectStore('totals').put(totals, TOTALS_KEY)
}

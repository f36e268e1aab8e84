/**
 * The pieces of one database: every change to them goes through here, within its budget.
 *
 * Writes of all torrents are gathered into few transactions; each evicts what it must, in the same transaction, so that the
 * budget is never exceeded and a crash never leaves half a change.
 */
import { promisifyRequest } from 'idb-keyval'
import { ShoalError } from '../errors.ts'
import { STORE_LIMITS } from '../options.ts'
import type { TorrentRecord } from '../ports.ts'
import { defaultBudgetBytes } from './budget.ts'
import { type Database, type KeptTorrent, PIECE_STORES, readTotals, type Totals, writeTotals } from './database.ts'
import { makeRoom, Uses } from './lru.ts'
import type { Entry, Shelf } from './open-pieces.ts'
import { dropPieces, findPiece, putPieces, readResting } from './packs.ts'
import { groupOf, isPinned, type Pins } from './pins.ts'
import { ReadAhead } from './read-ahead.ts'
import { isQuotaExceeded, overBudget, sayingWhat } from './refusals.ts'
import { WriteBatcher } from './write-batcher.ts'

export class PieceDatabase implements Shelf {
  readonly pins: Pins = new Set()
  readonly #database: Database
  readonly #uses = new Uses()
  /** Of packs, by their numbers, which are never used twice. */
  readonly #ahead = new ReadAhead(STORE_LIMITS.readAheadRangesMax)
  readonly #batcher = new WriteBatcher<readonly Entry[]>({
    bytesMax: STORE_LIMITS.transactionBytesMax,
    bytesOf,
    run: units => this.#put(units.flat()),
  })
  #budgetBytes: number | undefined
  #blobs: 'untried' | 'kept' | 'refused' = 'untried'
  /** What could be evicted when last it was not enough: for a while there is no use in looking again for more. */
  #evictable = { bytes: 0, untilMs: 0 }
  #writingUses: Promise<void> | undefined

  constructor(database: Database, budgetBytes: number | undefined) {
    this.#database = database
    this.#budgetBytes = budgetBytes
  }

  /** Opens the database and decides on the budget. */
  async ready(): Promise<void> {
    const totals = await this.#database.transact(['totals'], 'readonly', readTotals)
    this.#budgetBytes ??= await defaultBudgetBytes(totals.bytes)
  }

  /** All that is there of the groups that these keys are of: a few long lists come sooner than many short answers. */
  async has(keys: readonly string[]): Promise<Set<IDBValidKey>> {
    return this.#database.transact(['places'], 'readonly', async transaction => {
      const places = transaction.objectStore('places')
      const lists = [...new Set(keys.map(groupOf))].map(group => {
        // '0' is the character after '/': the group itself and whatever lies below it.
        return promisifyRequest(places.getAllKeys(IDBKeyRange.bound(group, `${group}0`)))
      })
      return new Set((await Promise.all(lists)).flat())
    })
  }

  /** undefined: not there, torn, or not to be had; a torn piece is dropped. */
  async read({ key, length }: { key: string; length: number }): Promise<Uint8Array | undefined> {
    try {
      const resting = await this.#database.transact(['places', 'values'], 'readonly', transaction =>
        findPiece(transaction, key, pack => this.#ahead.get(String(pack))),
      )
      if (resting === undefined) return undefined
      const bytes = await readResting(resting, this.#ahead)
      if (bytes?.length !== length) {
        await this.drop([key])
        return undefined
      }
      this.#uses.note(resting.place.pack)
      if (this.#uses.isDue) this.#writingUses ??= this.#writeUses()
      return bytes
    } catch {
      // What cannot be read is fetched anew, which the caller does with every miss.
      return undefined
    }
  }

  /** @throws ShoalError `quota` or `store-failed`; nothing was written then */
  write(entries: readonly Entry[]): Promise<void> {
    return this.#batcher.add(entries)
  }

  async drop(keys: readonly string[]): Promise<void> {
    await this.#change(PIECE_STORES, (transaction, totals) => dropPieces(transaction, totals, keys))
    this.madeRoom()
  }

  /** Keeps a torrent's record. Files in it count against the budget, and are never evicted. */
  async keepTorrent(record: TorrentRecord): Promise<void> {
    await this.ready()
    const kept: KeptTorrent = { record, bytes: bytesOfRecord(record) }
    const keeping = this.#change([...PIECE_STORES, 'torrents'], async (transaction, totals) => {
      const torrents = transaction.objectStore('torrents')
      const before: KeptTorrent | undefined = await promisifyRequest(torrents.get(record.infoHash))
      const free = { ...totals, bytes: totals.bytes - (before?.bytes ?? 0) }
      const room = await this.#makeRoom(transaction, free, kept.bytes)
      torrents.put(kept, record.infoHash)
      return { ...room, bytes: room.bytes + kept.bytes }
    })
    await sayingWhat('remember a torrent', keeping, kept.bytes)
  }

  async dropTorrent(infoHash: string): Promise<void> {
    await this.#change(['totals', 'torrents'], async (transaction, totals) => {
      const torrents = transaction.objectStore('torrents')
      const kept: KeptTorrent | undefined = await promisifyRequest(torrents.get(infoHash))
      torrents.delete(infoHash)
      return { ...totals, bytes: totals.bytes - (kept?.bytes ?? 0) }
    })
    this.madeRoom()
  }

  madeRoom(): void {
    this.#evictable.untilMs = 0
  }

  /** Resolves when every write has ended and the order of use is written. */
  async settle(): Promise<void> {
    await this.#batcher.idle()
    await this.#writingUses
    if (!this.#uses.isEmpty) await this.#writeUses()
  }

  async #put(entries: readonly Entry[]): Promise<void> {
    // Of two bodies for one key the later counts, as if they had been written one after the other.
    const latest = [...new Map(entries.map(entry => [entry.key, entry])).values()]
    const neededBytes = bytesOf(latest)
    const writing = this.#putOnce(latest, neededBytes).catch(async error => {
      await this.#prepareRetry(error, neededBytes)
      await this.#putOnce(latest, neededBytes)
    })
    await sayingWhat('store pieces', writing, neededBytes)
  }

  async #putOnce(entries: readonly Entry[], neededBytes: number): Promise<void> {
    const keys = entries.map(entry => entry.key)
    await this.#change(PIECE_STORES, async (transaction, totals) => {
      await this.#uses.write(transaction)
      const free = await dropPieces(transaction, totals, keys)
      const room = await this.#makeRoom(transaction, free, neededBytes)
      return putPieces(transaction, room, entries, { usedAt: this.#uses.now(), asBlobs: this.#blobs !== 'refused' })
    })
    if (this.#blobs === 'untried') this.#blobs = 'kept'
  }

  /** Learns from a failed write what it can before that is tried once more. @throws the error, where there is no use in trying */
  async #prepareRetry(error: unknown, neededBytes: number): Promise<void> {
    if (error instanceof ShoalError) throw error
    if (isQuotaExceeded(error)) {
      // The browser grants less than the budget: what is stored now is all that fits. Chromium credits what a transaction deletes
      // only after it, so room is made in one of its own.
      await this.#change(PIECE_STORES, async (transaction, totals) => {
        if (totals.bytes === 0) throw error
        this.#budgetBytes = Math.min(this.#budgetBytes ?? totals.bytes, totals.bytes)
        return this.#makeRoom(transaction, totals, neededBytes)
      })
    } else if (this.#blobs === 'untried') {
      // WebKit's private mode refuses Blobs with an error that does not say so: bytes always work.
      this.#blobs = 'refused'
    }
    // Anything else may be a connection that was closed under us, which is opened anew.
  }

  async #makeRoom(transaction: IDBTransaction, totals: Totals, neededBytes: number): Promise<Totals> {
    const budgetBytes = this.#budgetBytes ?? Number.POSITIVE_INFINITY
    if (totals.bytes + neededBytes <= budgetBytes) return totals
    const { bytes: evictableBytes, untilMs } = this.#evictable
    if (Date.now() < untilMs && totals.bytes + neededBytes > budgetBytes + evictableBytes) {
      throw overBudget({ neededBytes, usedBytes: totals.bytes, budgetBytes, evictableBytes })
    }
    try {
      return await makeRoom(transaction, totals, {
        neededBytes,
        budgetBytes,
        usedAt: this.#uses.now(),
        isPinned: key => isPinned(this.pins, key),
      })
    } catch (error) {
      if (error instanceof ShoalError) {
        this.#evictable = { bytes: Number(error.details.evictableBytes), untilMs: Date.now() + STORE_LIMITS.fullMs }
      }
      throw error
    }
  }

  /** Runs a change and writes the totals that it results in. */
  async #change(
    names: typeof PIECE_STORES,
    work: (transaction: IDBTransaction, totals: Totals) => Promise<Totals>,
  ): Promise<void> {
    await this.#database.transact(names, 'readwrite', async transaction => {
      writeTotals(transaction, await work(transaction, await readTotals(transaction)))
    })
  }

  async #writeUses(): Promise<void> {
    try {
      await this.#database.transact(['packs'], 'readwrite', transaction => this.#uses.write(transaction))
    } catch {
      // Some order of use is lost: something else may be evicted first.
    } finally {
      this.#writingUses = undefined
    }
  }
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function bytesOfRecord({ metainfo, sources = [] }: TorrentRecord): number {
  return sources.reduce((sum, { data }) => sum + (data instanceof Blob ? data.size : 0), metainfo.length)
}

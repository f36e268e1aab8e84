/**
 * What was used when, and what goes first.
 *
 * Packs are evicted in the order of their last use, except those that hold pieces of open torrents. Uses are noted in memory
 * and written many at a time, with the next write or when enough of them have come together: reading costs no transaction of its own.
 */
import { promisifyRequest } from 'idb-keyval'
import { STORE_LIMITS } from '../options.ts'
import type { Pack, Totals } from './database.ts'
import { overBudget } from './refusals.ts'

/** Uses of packs that were noted and not written yet. */
export class Uses {
  #usedAt = new Map<number, number>()
  #last = 0

  /** Never the same millisecond twice, so that order of use is never a tie within a tab. */
  now(): number {
    this.#last = Math.max(Date.now(), this.#last + 1)
    return this.#last
  }

  note(pack: number): void {
    this.#usedAt.set(pack, this.now())
  }

  get isEmpty(): boolean {
    return this.#usedAt.size === 0
  }

  /** Enough have come together to be written on their own. */
  get isDue(): boolean {
    return this.#usedAt.size >= STORE_LIMITS.touchesMax
  }

  /** Writes what was noted so far. Should the transaction fail, some order of use is lost and nothing else. */
  async write(transaction: IDBTransaction): Promise<void> {
    if (this.isEmpty) return
    const noted = this.#usedAt
    this.#usedAt = new Map()
    const packs = transaction.objectStore('packs')
    await Promise.all(
      [...noted].map(async ([number, usedAt]) => {
        const pack: Pack | undefined = await promisifyRequest(packs.get(number))
        if (pack !== undefined) packs.put({ ...pack, usedAt } satisfies Pack, number)
      }),
    )
  }
}

export interface RoomOptions {
  readonly neededBytes: number
  readonly budgetBytes: number
  /** Now; no pack that is used later is looked at. */
  readonly usedAt: number
  isPinned(key: string): boolean
}

/**
 * Evicts packs until `neededBytes` more fit the budget.
 * @throws ShoalError `quota` when what may be evicted is not enough; the caller's transaction must abort then
 */
export async function makeRoom(transaction: IDBTransaction, totals: Totals, options: RoomOptions): Promise<Totals> {
  const { neededBytes, budgetBytes, usedAt, isPinned } = options
  let { bytes } = totals
  const places = transaction.objectStore('places')
  const values = transaction.objectStore('values')
  const byUse = transaction.objectStore('packs').index('usedAt')
  const request = byUse.openCursor(IDBKeyRange.upperBound(usedAt, true))
  let cursor = await promisifyRequest(request)
  while (cursor !== null && bytes + neededBytes > budgetBytes) {
    const pack: Pack = cursor.value
    if (pack.keys.some(isPinned)) {
      // In use by an open torrent, which counts as a use: it won't be met again at once, here or in other tabs.
      cursor.update({ ...pack, usedAt } satisfies Pack)
    } else {
      cursor.delete()
      values.delete(cursor.primaryKey)
      for (const key of pack.keys) places.delete(key)
      bytes -= pack.bytes
    }
    cursor.continue()
    cursor = await promisifyRequest(request)
  }
  if (bytes + neededBytes > budgetBytes) {
    throw overBudget({ neededBytes, usedBytes: totals.bytes, budgetBytes, evictableBytes: totals.bytes - bytes })
  }
  return { ...totals, bytes }
}

/**
 * The site's database as the worker needs it: the tables of `src/store`, without what only a client has (pins, order of use, eviction,
 * recovery, many pieces in a pack), because the worker has 4 KB for everything. It evicts nothing, and writes only while less is stored than any browser
 * grants: what comes after that is kept by the page's client, which evicts.
 */
import { promisifyRequest } from 'idb-keyval'
import { createStores, PIECE_STORES, readTotals, type StoreName, VERSION, writeTotals } from '../../store/database.ts'
import { STORE_LIMITS } from '../../options.ts'
import { putPiece } from '../../store/packs.ts'
import { SITE_STORE_NAME } from '../keys.ts'

/** A visitor waits no longer than this for a database that does not open, or that somebody who sleeps keeps locked. */
const WAIT_MS_MAX = 1_000
/** How long such a database is left alone: not every piece waits for it anew. */
const LOCKED_MS = 10_000

let lockedUntil = 0
let opening: Promise<IDBDatabase> | undefined

/** Every key that goes on with a number after `prefix`: those of a file's pieces. @throws where there is no database */
export async function findKeys(prefix: string): Promise<Set<IDBValidKey>> {
  const places = (await begin()).objectStore('places')
  return new Set(await promisifyRequest(places.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}:`))))
}

/** Not verified. @throws where it is not there, or torn */
export async function readBytes(key: string): Promise<Uint8Array> {
  const transaction = await begin()
  const { pack, offset, length } = await promisifyRequest(transaction.objectStore('places').get(key))
  // A Blob or bytes: both can be cut, and both are bodies.
  const value: Blob = await promisifyRequest(transaction.objectStore('values').get(pack))
  return new Uint8Array(await new Response(value.slice(offset, offset + length)).arrayBuffer())
}

/** Keeps verified bytes. @throws where there is no room, or no database any more; what is not kept comes from the network again */
export async function keepBytes(key: string, bytes: Uint8Array): Promise<void> {
  const transaction = await begin(PIECE_STORES, 'readwrite')
  const totals = await readTotals(transaction)
  if (totals.bytes < STORE_LIMITS.budgetBytesUnknown) {
    writeTotals(transaction, putPiece(transaction, totals, key, bytes))
  }
  await promisifyRequest(transaction)
}

/** To read, where nothing else is asked for: not of the tables that whoever reads much writes to, which would have to be waited for. */
async function begin(names: readonly StoreName[] = ['places', 'values'], mode?: 'readwrite'): Promise<IDBTransaction> {
  opening ??= open()
  if (Date.now() < lockedUntil) throw new Error()
  const transaction = (await opening).transaction(names as string[], mode)
  setTimeout(() => {
    try {
      transaction.abort()
      lockedUntil = Date.now() + LOCKED_MS
    } catch {
      // It has ended, as nearly all do.
    }
  }, WAIT_MS_MAX)
  return transaction
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    setTimeout(reject, WAIT_MS_MAX)
    const request = indexedDB.open(SITE_STORE_NAME, VERSION)
    request.onupgradeneeded = () => createStores(request.result)
    request.onerror = reject
    request.onsuccess = () => {
      const database = request.result
      // Somebody wants to delete or upgrade it, and must not wait for us.
      database.onversionchange = database.onclose = () => {
        database.close()
        opening = undefined
      }
      resolve(database)
    }
  })
}

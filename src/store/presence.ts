/** Which of many keys are there, without asking for each where they are many. */
import { promisifyRequest } from 'idb-keyval'
import { STORE_LIMITS } from '../options.ts'
import { groupOf } from './pins.ts'

/** The keys among `keys` that have a place. */
export async function presentKeys(transaction: IDBTransaction, keys: readonly string[]): Promise<Set<string>> {
  const places = transaction.objectStore('places')
  const groups = new Set(keys.map(groupOf))
  // Files of one or a few pieces have little to list.
  if (groups.size * STORE_LIMITS.keysProbedMax > keys.length) {
    const found = await Promise.all(keys.map(key => promisifyRequest(places.getKey(key))))
    return new Set(found.filter(key => typeof key === 'string'))
  }
  const present = new Set<string>()
  // '0' is the character after '/': the group itself and whatever lies below it.
  for (const group of groups) await listKeys(places, IDBKeyRange.bound(group, `${group}0`), present)
  return present
}

/** In pages, so that a long list does not freeze the page. */
async function listKeys(places: IDBObjectStore, range: IDBKeyRange, into: Set<string>): Promise<void> {
  for (let rest = range; ; ) {
    const page = await promisifyRequest(places.getAllKeys(rest, STORE_LIMITS.keysListedMax))
    for (const key of page) into.add(String(key))
    const last = page.at(-1)
    if (page.length < STORE_LIMITS.keysListedMax || last === undefined || last === range.upper) return
    rest = IDBKeyRange.bound(last, range.upper, true)
  }
}

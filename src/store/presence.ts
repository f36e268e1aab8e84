/** Which of many keys are there, without asking for each where they are many. */
import { promisifyRequest } from 'idb-keyval'
import { STORE_LIMITS } from '../options.ts'
import { groupOf } from './pins.ts'

/** The keys among `keys` that have a place. */
export async function presentKeys(transaction: IDBTransaction, keys: readonly string[]): Promise<Set<string>> {
  const places = transaction.objectStore('places')
  if (keys.length <= STORE_LIMITS.keysProbedMax) {
    const found = await Promise.all(keys.map(key => promisifyRequest(places.getKey(key))))
    return new Set(found.filter(key => typeof key === 'string'))
  }
  const present = new Set<string>()
  for (const range of rangesOf(keys)) await listKeys(places, range, present)
  return present
}

/** Few groups (files) are listed each; of many, everything between the first and the last, which the budget bounds. */
function rangesOf(keys: readonly string[]): IDBKeyRange[] {
  const groups = new Set(keys.map(groupOf))
  if (groups.size <= STORE_LIMITS.keysProbedMax) {
    // '0' is the character after '/': the group itself and whatever lies below it.
    return [...groups].map(group => IDBKeyRange.bound(group, `${group}0`))
  }
  let first = keys[0]!
  let last = first
  for (const key of keys) {
    if (key < first) first = key
    if (key > last) last = key
  }
  return [IDBKeyRange.bound(first, last)]
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

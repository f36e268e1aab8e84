import { indexedDBStore } from '../../src/store/indexeddb.ts'
import { type Damage, storeContract } from '../contract/store.ts'
import { deleteDatabase, openRaw, request, uniqueName } from '../contract/store-indexeddb.ts'

storeContract({
  name: 'IndexedDB',
  isLasting: true,
  isKeyed: true,
  keepsSources: true,
  async place(options = {}) {
    const name = uniqueName()
    return {
      store: () => indexedDBStore({ name, ...options }),
      damage: ({ refs }, piece, how) => damage(name, refs[piece]!.key, how),
      remove: () => deleteDatabase(name),
    }
  },
})

/** Does it to the value that a piece rests in, behind the store's back. */
async function damage(name: string, key: string, how: Damage): Promise<void> {
  const database = await openRaw(name)
  const reading = database.transaction(['places', 'values'])
  const { pack } = await request(reading.objectStore('places').get(key))
  const value: Blob | Uint8Array<ArrayBuffer> = await request(reading.objectStore('values').get(pack))
  const bytes = new Uint8Array(await new Blob([value]).arrayBuffer())
  bytes[5]! ^= 1
  const values = database.transaction('values', 'readwrite').objectStore('values')
  if (how === 'gone') await request(values.delete(pack))
  else await request(values.put(new Blob([how === 'cut' ? bytes.subarray(1) : bytes]), pack))
  database.close()
}

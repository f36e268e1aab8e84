/** IndexedDB behind a store's back, for tests. */
let count = 0

/** A name that no other test, in this browser or another tab of it, uses. */
export function uniqueName(): string {
  return `test ${crypto.randomUUID()} ${count++}`
}

export function request<T>(pending: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result)
    pending.onerror = () => reject(pending.error)
  })
}

export function openRaw(name: string, version?: number): Promise<IDBDatabase> {
  return request(indexedDB.open(name, version))
}

export async function deleteDatabase(name: string): Promise<void> {
  await request(indexedDB.deleteDatabase(name))
}

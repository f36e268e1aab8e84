/** What may come between a page and its database: other tabs, other versions, and browsers that give none. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Store } from '../../src/ports.ts'
import { Database, PIECE_STORES, readTotals } from '../../src/store/database.ts'
import { indexedDBStore } from '../../src/store/indexeddb.ts'
import { findPiece, putPieces, readResting } from '../../src/store/packs.ts'
import { ReadAhead } from '../../src/store/read-ahead.ts'
import { assertHolds, entriesOf, hasCode, isEqual, KIB } from '../contract/store.ts'
import { sampleTorrent } from '../contract/store-fixtures.ts'
import { deleteDatabase, openRaw, request, uniqueName } from '../contract/store-indexeddb.ts'

const sample = sampleTorrent({ seed: 50, pieceLength: 16 * KIB, lengths: [100 * KIB] })

function openStore(context: TestContext, name: string, budgetBytes?: number): Store {
  const store = indexedDBStore({ name, ...(budgetBytes !== undefined && { budgetBytes }) })
  context.after(async () => {
    await store.close()
    await deleteDatabase(name)
  })
  return store
}

/** Runs `work` while this page's IndexedDB is something else. */
async function withIndexedDB(get: () => unknown, work: () => Promise<void>): Promise<void> {
  const real = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB')!
  Object.defineProperty(globalThis, 'indexedDB', { get, configurable: true })
  try {
    await work()
  } finally {
    Object.defineProperty(globalThis, 'indexedDB', real)
  }
}

describe('IndexedDB store: when the browser gives no database', () => {
  it('fails to open with a sentence where there is no IndexedDB', async () => {
    await withIndexedDB(
      () => undefined,
      async () => {
        await assert.rejects(indexedDBStore().open(sample), hasCode('store-failed'))
        await assert.rejects(indexedDBStore().recallAll(), hasCode('store-failed'))
      },
    )
  })

  it('fails to open where looking at it is forbidden', async () => {
    const forbid = () => {
      throw new DOMException('Forbidden in this context', 'SecurityError')
    }
    await withIndexedDB(forbid, async () => {
      await assert.rejects(indexedDBStore().open(sample), hasCode('store-failed'))
    })
  })

  it('fails to open a database of a newer version', async context => {
    const name = uniqueName()
    ;(await openRaw(name, 99)).close()
    const store = openStore(context, name)
    await assert.rejects(store.open(sample), hasCode('store-failed'))
    await assert.rejects(
      store.remember({ infoHash: 'a'.repeat(40), metainfo: new Uint8Array(9), addedAt: 1 }),
      hasCode('store-failed'),
    )
  })

  it('fails to open a database of somebody else', async context => {
    const name = uniqueName()
    ;(await openRaw(name, 1)).close()
    const store = openStore(context, name)
    await assert.rejects(store.open(sample), hasCode('store-failed'))
  })

  it('gives up on a database that does not open, and takes it when it does', async context => {
    const name = uniqueName()
    const holder = await openRaw(name, 1)
    // It ignores that others want to delete it, so the deletion waits, and whoever opens waits behind that.
    const deleting = deleteDatabase(name)
    const database = new Database(name, { openTimeoutMs: 2_000 })
    context.after(async () => {
      database.close()
      await deleteDatabase(name)
    })
    const read = () => database.transact(['totals'], 'readonly', readTotals)
    await assert.rejects(read(), hasCode('store-failed'))
    holder.close()
    await deleting
    assert.deepEqual(await read(), { bytes: 0, nextPack: 1 })
  })
})

describe('IndexedDB store: with other tabs', () => {
  it('gives way to a tab that deletes the database, and begins anew', async context => {
    const name = uniqueName()
    const store = openStore(context, name)
    const pieces = await store.open(sample)
    await pieces.write(entriesOf(sample))
    await deleteDatabase(name)
    assert.equal(await pieces.read(sample.refs[0]!), undefined)
    await pieces.write(entriesOf(sample, [1]))
    await assertHolds(pieces, sample, [1])
  })

  it('gives way to a newer version, and says so', async context => {
    const name = uniqueName()
    const store = openStore(context, name)
    const pieces = await store.open(sample)
    const newer = await openRaw(name, 2)
    await assert.rejects(pieces.write(entriesOf(sample)), hasCode('store-failed'))
    assert.equal(await pieces.read(sample.refs[0]!), undefined)
    newer.close()
  })

  it('shares pieces and budget with another tab', async context => {
    const name = uniqueName()
    const budgetBytes = 100 * KIB
    const [here, there] = [openStore(context, name, budgetBytes), openStore(context, name, budgetBytes)]
    const other = sampleTorrent({ seed: 51, pieceLength: 16 * KIB, lengths: [100 * KIB] })
    const writing = await here.open(sample)
    await writing.write(entriesOf(sample))
    const reading = await there.open(sample)
    await assertHolds(reading, sample)
    await reading.close()
    await writing.close()
    const [a, b] = await Promise.all([here.open(sample), there.open(other)])
    await b.write(entriesOf(other))
    assert.ok((await a.has(sample.refs)).every(isThere => !isThere))
    await assert.rejects(b.write(entriesOf(sample, [0])), hasCode('quota'))
    await assertHolds(b, other)
  })
})

describe('IndexedDB store: what it makes of what is there', () => {
  it('takes values of another kind for misses', async context => {
    const name = uniqueName()
    const store = openStore(context, name)
    const pieces = await store.open(sample)
    await pieces.write(entriesOf(sample))
    const raw = await openRaw(name)
    const changes = raw.transaction(['places', 'values', 'torrents'], 'readwrite')
    await Promise.all([
      request(changes.objectStore('places').put({ pack: 1, offset: -5, length: 16 * KIB }, sample.refs[0]!.key)),
      request(changes.objectStore('places').put({ pack: 1, offset: 0, length: 17 }, sample.refs[1]!.key)),
      request(changes.objectStore('places').put('nonsense', sample.refs[2]!.key)),
      request(changes.objectStore('torrents').put({ record: 5 }, 'x')),
      request(changes.objectStore('torrents').put(null, 'y')),
    ])
    raw.close()
    for (const piece of [0, 1, 2]) assert.equal(await pieces.read(sample.refs[piece]!), undefined)
    await assertHolds(pieces, sample, [3, 4, 5, 6])
    assert.deepEqual(await store.recallAll(), [])
    await pieces.write(entriesOf(sample, [0, 1, 2]))
    await assertHolds(pieces, sample)
  })

  it('keeps plain bytes where Blobs are refused', async context => {
    const name = uniqueName()
    const database = new Database(name)
    context.after(async () => {
      database.close()
      await deleteDatabase(name)
    })
    const entries = entriesOf(sample).map(({ ref, bytes }) => ({ key: ref.key, bytes, owner: sample }))
    await database.transact(PIECE_STORES, 'readwrite', async transaction =>
      putPieces(transaction, { bytes: 0, nextPack: 1 }, entries, { usedAt: 1, asBlobs: false }),
    )
    for (const { key, bytes } of entries) {
      const resting = await database.transact(PIECE_STORES, 'readonly', transaction =>
        findPiece(transaction, key, () => undefined),
      )
      assert.ok(resting?.value instanceof Uint8Array)
      assert.ok(isEqual((await readResting(resting, new ReadAhead(1)))!, bytes))
    }
  })
})

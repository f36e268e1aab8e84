/** What every store does with torrents that it is to remember. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { TorrentRecord } from '../../src/ports.ts'
import { assertHolds, entriesOf, hasCode, isEqual, KIB, openPlace, type StoreAdapter } from './store.ts'
import { randomBytes, sampleTorrent } from './store-fixtures.ts'

function record(digit: string, addedAt: number): TorrentRecord {
  return { infoHash: digit.repeat(40), metainfo: randomBytes(5_000, addedAt % 1000), addedAt }
}

export function storeRecordContract(adapter: StoreAdapter): void {
  it('remembers torrents until it is told to forget', async context => {
    const { store } = await openPlace(adapter, context)
    const [a, b] = [record('a', 1_700_000_000_123), record('b', 1_600_000_000_001)]
    assert.deepEqual(await store.recallAll(), [])
    assert.equal(await store.recall(a!.infoHash), undefined)
    await store.remember(b!)
    await store.remember(a!)
    assertSame(await store.recall(a!.infoHash), a!)
    const all = await store.recallAll()
    assert.deepEqual(all.map(({ infoHash }) => infoHash).sort(), [a!.infoHash, b!.infoHash])
    await store.forget(a!.infoHash)
    await store.forget('c'.repeat(40))
    assert.equal(await store.recall(a!.infoHash), undefined)
    assert.equal((await store.recallAll()).length, 1)
  })

  it('replaces what it remembers', async context => {
    const { store } = await openPlace(adapter, context)
    const before = record('d', 1_500_000_000_000)
    const after = { ...before, metainfo: randomBytes(9_000, 5) }
    await store.remember(before)
    await store.remember(after)
    assertSame(await store.recall(before.infoHash), after)
    assert.equal((await store.recallAll()).length, 1)
  })

  it('forgets a torrent and not its pieces', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 30, pieceLength: 16 * KIB, lengths: [20 * KIB] })
    const pieces = await store.open(sample)
    await pieces.write(entriesOf(sample))
    await store.remember({ ...record('e', 1), infoHash: sample.infoHash })
    await store.forget(sample.infoHash)
    await assertHolds(pieces, sample)
  })

  if (adapter.isLasting) {
    it('remembers torrents across a restart', async context => {
      const { place, store } = await openPlace(adapter, context)
      const kept = record('f', 1_700_000_000_999)
      await store.remember(kept)
      await store.close()
      const reopened = place.store()
      context.after(() => reopened.close())
      assertSame(await reopened.recall(kept.infoHash), kept)
      assertSame((await reopened.recallAll())[0], kept)
    })
  }

  if (adapter.keepsSources) {
    it('keeps the files that were seeded', async context => {
      const { store } = await openPlace(adapter, context)
      const bytes = randomBytes(300 * KIB, 8) as Uint8Array<ArrayBuffer>
      const data = new File([bytes], 'photo.jpg', { type: 'image/jpeg' })
      await store.remember({ ...record('1', 5), sources: [{ path: 'album/photo.jpg', data }] })
      const source = (await store.recall('1'.repeat(40)))?.sources?.[0]
      assert.equal(source?.path, 'album/photo.jpg')
      assert.ok(source?.data instanceof Blob && source.data.size === bytes.length)
      const slice = new Uint8Array(await source.data.slice(1_000, 5_000).arrayBuffer())
      assert.ok(isEqual(slice, bytes.subarray(1_000, 5_000)))
    })

    it('counts the files that were seeded against the budget', { skip: !adapter.isLasting }, async context => {
      const { store } = await openPlace(adapter, context, { budgetBytes: 100 * KIB })
      const source = (bytes: number) => [{ path: 'a', data: new Blob([new Uint8Array(bytes)]) }]
      await assert.rejects(store.remember({ ...record('2', 5), sources: source(120 * KIB) }), hasCode('quota'))
      assert.equal(await store.recall('2'.repeat(40)), undefined)
      await store.remember({ ...record('2', 5), sources: source(60 * KIB) })
      const sample = sampleTorrent({ seed: 31, pieceLength: 16 * KIB, lengths: [48 * KIB] })
      const pieces = await store.open(sample)
      await assert.rejects(pieces.write(entriesOf(sample)), hasCode('quota'))
      await store.forget('2'.repeat(40))
      await pieces.write(entriesOf(sample))
      await assertHolds(pieces, sample)
    })
  }
}

function assertSame(actual: TorrentRecord | undefined, expected: TorrentRecord): void {
  assert.ok(actual !== undefined, 'it is remembered')
  assert.equal(actual.infoHash, expected.infoHash)
  assert.equal(actual.addedAt, expected.addedAt)
  assert.ok(isEqual(actual.metainfo, expected.metainfo), 'the metainfo is the same')
}

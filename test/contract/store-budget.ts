/** What stores that keep pieces by key do about room: whole writes or nothing, budgets, and what is evicted first. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertHolds, entriesOf, hasCode, KIB, MIB, openPlace, type StoreAdapter } from './store.ts'
import { sampleTorrent } from './store-fixtures.ts'

/** One piece to a file and a torrent, so that each is pinned by itself. */
function singles(count: number, bytes: number, from = 100) {
  return Array.from({ length: count }, (_, i) => sampleTorrent({ seed: from + i, pieceLength: MIB, lengths: [bytes] }))
}

export function storeBudgetContract(adapter: StoreAdapter): void {
  it('removes pieces, and no others', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 20, pieceLength: 16 * KIB, lengths: [160 * KIB] })
    const pieces = await store.open(sample)
    await pieces.write(entriesOf(sample))
    await pieces.remove([sample.refs[2]!, sample.refs[3]!, sample.refs[2]!])
    await pieces.remove([sample.refs[3]!])
    await pieces.remove([])
    const present = await pieces.has(sample.refs)
    assert.deepEqual(
      present,
      sample.refs.map(({ piece }) => piece !== 2 && piece !== 3),
    )
    assert.equal(await pieces.read(sample.refs[2]!), undefined)
    await assertHolds(pieces, sample, [0, 1, 4, 5, 6, 7, 8, 9])
  })

  it('stores content once, whoever brings it', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 21, pieceLength: 16 * KIB, lengths: [50 * KIB] })
    const first = await store.open(sample)
    const second = await store.open({ ...sample, infoHash: 'f'.repeat(40) })
    await first.write(entriesOf(sample))
    assert.deepEqual(
      await second.has(sample.refs),
      sample.refs.map(() => true),
    )
    await first.close()
    await assertHolds(second, sample)
  })

  it('writes all of a batch or nothing', async context => {
    const { store } = await openPlace(adapter, context, { budgetBytes: 100 * KIB })
    const sample = sampleTorrent({ seed: 22, pieceLength: 16 * KIB, lengths: [160 * KIB] })
    const pieces = await store.open(sample)
    await assert.rejects(pieces.write(entriesOf(sample)), hasCode('quota'))
    assert.deepEqual(
      await pieces.has(sample.refs),
      sample.refs.map(() => false),
    )
    await pieces.write(entriesOf(sample, [0, 1, 2, 3, 4, 5]))
    await assertHolds(pieces, sample, [0, 1, 2, 3, 4, 5])
  })

  it('says how much room there is when it refuses', async context => {
    const { store } = await openPlace(adapter, context, { budgetBytes: 40 * KIB })
    const sample = sampleTorrent({ seed: 23, pieceLength: 16 * KIB, lengths: [48 * KIB] })
    const pieces = await store.open(sample)
    await pieces.write(entriesOf(sample, [0, 1]))
    const error = await pieces.write(entriesOf(sample, [2])).catch(error => error)
    assert.ok(hasCode('quota')(error))
    const { neededBytes, usedBytes, budgetBytes } = error.details
    assert.deepEqual(
      { neededBytes, usedBytes, budgetBytes },
      { neededBytes: 16 * KIB, usedBytes: 32 * KIB, budgetBytes: 40 * KIB },
    )
  })

  it('refuses whichever write is too much, one by one or all at once', async context => {
    for (const budgetPieces of [0, 1, 5, 9]) {
      for (const isConcurrent of [false, true]) {
        const { store } = await openPlace(adapter, context, { budgetBytes: budgetPieces * 16 * KIB })
        const sample = sampleTorrent({ seed: 24, pieceLength: 16 * KIB, lengths: [160 * KIB] })
        const pieces = await store.open(sample)
        const outcomes: string[] = []
        const writes = entriesOf(sample).map(entry => async () => {
          await pieces.write([entry]).then(
            () => outcomes.push('written'),
            error => outcomes.push(error.code),
          )
        })
        if (isConcurrent) await Promise.all(writes.map(write => write()))
        else for (const write of writes) await write()
        assert.equal(outcomes.filter(outcome => outcome === 'written').length, budgetPieces)
        assert.equal(outcomes.filter(outcome => outcome === 'quota').length, 10 - budgetPieces)
        const present = await pieces.has(sample.refs)
        assert.equal(present.filter(Boolean).length, budgetPieces)
        await assertHolds(
          pieces,
          sample,
          [...present.keys()].filter(piece => present[piece]),
        )
      }
    }
  })

  it('evicts what was used least recently', async context => {
    const { place, store } = await openPlace(adapter, context, { budgetBytes: 40 * KIB })
    const samples = singles(5, 10 * KIB)
    for (const sample of samples.slice(0, 4)) {
      const pieces = await store.open(sample)
      await pieces.write(entriesOf(sample))
      await pieces.close()
    }
    const reader = await store.open(samples[0]!)
    await assertHolds(reader, samples[0]!)
    await reader.close()
    let last = store
    if (adapter.isLasting) {
      await store.close()
      last = place.store()
      context.after(() => last.close())
    }
    const writer = await last.open(samples[4]!)
    await writer.write(entriesOf(samples[4]!))
    const present = await writer.has(samples.map(sample => sample.refs[0]!))
    assert.deepEqual(present, [true, false, true, true, true])
  })

  it('never evicts from a torrent that is open, and does once it is closed', async context => {
    const { store } = await openPlace(adapter, context, { budgetBytes: 40 * KIB })
    const samples = singles(5, 20 * KIB)
    const first = await store.open(samples[0]!)
    await first.write(entriesOf(samples[0]!))
    const second = await store.open(samples[1]!)
    await second.write(entriesOf(samples[1]!))
    const third = await store.open(samples[2]!)
    await assert.rejects(third.write(entriesOf(samples[2]!)), hasCode('quota'))
    await assertHolds(first, samples[0]!)
    await assertHolds(second, samples[1]!)
    await first.close()
    await third.write(entriesOf(samples[2]!))
    assert.deepEqual(await second.has(samples.slice(0, 3).map(sample => sample.refs[0]!)), [false, true, true])
  })

  it('takes less where more was refused', async context => {
    const { store } = await openPlace(adapter, context, { budgetBytes: 40 * KIB })
    const [old, open, large, small] = [
      ...singles(2, 20 * KIB),
      ...singles(1, 30 * KIB, 200),
      ...singles(1, 5 * KIB, 300),
    ]
    const closing = await store.open(old!)
    await closing.write(entriesOf(old!))
    await closing.close()
    const pieces = await store.open(open!)
    await pieces.write(entriesOf(open!))
    await assert.rejects(pieces.write(entriesOf(large!)), hasCode('quota'))
    await pieces.write(entriesOf(small!))
    assert.deepEqual(await pieces.has([old!, open!, small!].map(sample => sample.refs[0]!)), [false, true, true])
  })

  it('stays within the budget over many torrents', async context => {
    const budgetBytes = 200 * KIB
    const { store } = await openPlace(adapter, context, { budgetBytes })
    const samples = Array.from({ length: 30 }, (_, i) =>
      sampleTorrent({ seed: 400 + i, pieceLength: 16 * KIB, lengths: [(1 + (i % 5)) * 11 * KIB] }),
    )
    for (const sample of samples) {
      const pieces = await store.open(sample)
      await pieces.write(entriesOf(sample))
      await assertHolds(pieces, sample)
      await pieces.close()
    }
    const reader = await store.open(samples[0]!)
    const refs = samples.flatMap(sample => sample.refs)
    const present = await reader.has(refs)
    const bytes = refs.filter((_, i) => present[i]).reduce((sum, { length }) => sum + length, 0)
    assert.ok(bytes <= budgetBytes, `${bytes} are within the budget`)
    assert.ok(bytes > budgetBytes / 2, `${bytes} make use of it`)
  })

  it('counts a piece once, however often it is written or removed', async context => {
    const { store } = await openPlace(adapter, context, { budgetBytes: 33 * KIB })
    const sample = sampleTorrent({ seed: 25, pieceLength: 16 * KIB, lengths: [32 * KIB] })
    const pieces = await store.open(sample)
    for (let i = 0; i < 20; i++) {
      for (const piece of [i % 2, 1 - (i % 2)]) await pieces.write(entriesOf(sample, [piece]))
      if (i % 3 === 0) await pieces.remove(sample.refs)
      if (i % 3 === 1) await pieces.write([...entriesOf(sample, [1, 0]), ...entriesOf(sample)])
      if (i % 3 === 1) await pieces.remove(sample.refs)
    }
    await pieces.write(entriesOf(sample))
    await assertHolds(pieces, sample)
  })
}

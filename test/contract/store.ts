/** What every store must do, whatever it keeps pieces in. `storeContract` is passed by each adapter. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { PieceStore, Store } from '../../src/ports.ts'
import { storeBudgetContract } from './store-budget.ts'
import { randomBytes, type Sample, sampleTorrent, shuffled } from './store-fixtures.ts'
import { storeRecordContract } from './store-records.ts'

export const KIB = 1024
export const MIB = 1024 * KIB

export interface StoreAdapter {
  readonly name: string
  /** A fresh, empty place to store in. */
  place(options?: { budgetBytes?: number }): Promise<StorePlace>
  /** What is stored outlives the store. */
  readonly isLasting: boolean
  /** Pieces are kept by key, within a budget, whole writes or nothing; else by place, in files. */
  readonly isKeyed: boolean
  /** Files that were seeded are kept with a torrent's record. */
  readonly keepsSources: boolean
}

export interface StorePlace {
  /** A store over this place, as a new page or process would open it. */
  store(): Store
  /** Does to a stored piece what a crash, or another hand, might. */
  damage?(sample: Sample, piece: number, how: Damage): Promise<void>
  remove(): Promise<void>
}

export type Damage = 'cut' | 'altered' | 'gone'

export function storeContract(adapter: StoreAdapter): void {
  describe(`store contract: ${adapter.name}`, () => {
    pieceContract(adapter)
    if (adapter.isLasting) lastingContract(adapter)
    if (adapter.isKeyed) storeBudgetContract(adapter)
    storeRecordContract(adapter)
  })
}

/** A store in a fresh place, closed and removed when the test is over. */
export async function openPlace(
  adapter: StoreAdapter,
  context: TestContext,
  options: { budgetBytes?: number } = {},
): Promise<{ place: StorePlace; store: Store }> {
  const place = await adapter.place(options)
  const store = place.store()
  context.after(async () => {
    await store.close()
    await place.remove()
  })
  return { place, store }
}

export function entriesOf({ refs, bodies }: Sample, pieces: readonly number[] = refs.map(({ piece }) => piece)) {
  return pieces.map(piece => ({ ref: refs[piece]!, bytes: bodies[piece]! }))
}

export async function assertHolds(pieces: PieceStore, { refs, bodies }: Sample, which?: readonly number[]) {
  for (const piece of which ?? refs.keys()) {
    const bytes = await pieces.read(refs[piece]!)
    assert.ok(bytes !== undefined, `piece ${piece} is there`)
    assert.ok(isEqual(bytes, bodies[piece]!), `piece ${piece} is what was written`)
  }
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export function hasCode(code: string): (error: unknown) => boolean {
  return error => error instanceof Error && (error as { code?: unknown }).code === code
}

function pieceContract(adapter: StoreAdapter): void {
  const lengths = [1, 16 * KIB, 100 * KIB + 7, 0, 3 * MIB + 1]

  for (const pieceLength of [16 * KIB, 256 * KIB, 4 * MIB]) {
    it(`gives back what was written in pieces of ${pieceLength / KIB} KiB`, async context => {
      const { store } = await openPlace(adapter, context)
      const sample = sampleTorrent({ seed: 1, pieceLength, lengths })
      const pieces = await store.open(sample)
      await pieces.write(entriesOf(sample))
      assert.deepEqual(
        await pieces.has(sample.refs),
        sample.refs.map(() => true),
      )
      await assertHolds(pieces, sample)
    })
  }

  it('has nothing before it is written', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 1, pieceLength: 16 * KIB, lengths })
    const pieces = await store.open(sample)
    assert.deepEqual(
      await pieces.has(sample.refs),
      sample.refs.map(() => false),
    )
    assert.equal(await pieces.read(sample.refs[0]!), undefined)
    assert.deepEqual(await pieces.has([]), [])
    await pieces.write([])
  })

  it('tells in order what is there', async context => {
    const { store } = await openPlace(adapter, context)
    // A file of its own for each piece: files cannot have a hole and say so.
    const sample = sampleTorrent({ seed: 2, pieceLength: 16 * KIB, lengths: Array.from({ length: 300 }, () => 500) })
    const pieces = await store.open(sample)
    const odd = sample.refs.map(({ piece }) => piece).filter(piece => piece % 2 === 1)
    await pieces.write(entriesOf(sample, odd))
    assert.deepEqual(
      await pieces.has(sample.refs),
      sample.refs.map(({ piece }) => piece % 2 === 1),
    )
    const few = [sample.refs[7]!, sample.refs[4]!, sample.refs[7]!]
    assert.deepEqual(await pieces.has(few), [true, false, true])
  })

  it('answers for 100,000 pieces at once', { timeout: 60_000 }, async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 3, pieceLength: 16, lengths: [1_600_000] })
    const pieces = await store.open(sample)
    const written = Array.from({ length: 5_000 }, (_, i) => i)
    await pieces.write(entriesOf(sample, written))
    const present = await pieces.has(sample.refs)
    assert.equal(present.length, 100_000)
    assert.equal(present.filter(Boolean).length, 5_000)
    assert.ok(present.slice(0, 5_000).every(Boolean))
  })

  it('does not share memory with its users', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 4, pieceLength: 16 * KIB, lengths: [40 * KIB] })
    const pieces = await store.open(sample)
    const reused = new Uint8Array(64 * KIB)
    const body = reused.subarray(100, 100 + sample.refs[0]!.length)
    body.set(sample.bodies[0]!)
    await pieces.write([{ ref: sample.refs[0]!, bytes: body }])
    reused.fill(7)
    const read = await pieces.read(sample.refs[0]!)
    read?.fill(9)
    await assertHolds(pieces, sample, [0])
  })

  it('gives what was written last', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 5, pieceLength: 16 * KIB, lengths: [64 * KIB] })
    const pieces = await store.open(sample)
    const wrong = entriesOf(sample).map(({ ref }) => ({ ref, bytes: randomBytes(ref.length, 99) }))
    await pieces.write(wrong)
    await pieces.write(entriesOf(sample, [1, 2]))
    await pieces.write([wrong[3]!, ...entriesOf(sample, [0, 3])])
    await assertHolds(pieces, sample)
  })

  it('takes writes and reads at the same time', async context => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    context.diagnostic(`seed ${seed}`)
    const { store } = await openPlace(adapter, context)
    const samples = [6, 7].map(n => sampleTorrent({ seed: n, pieceLength: 16 * KIB, lengths: [2 * MIB, 5, 200 * KIB] }))
    await Promise.all(
      samples.map(async sample => {
        const pieces = await store.open(sample)
        const work = shuffled(entriesOf(sample), seed).map(async entry => {
          const before = await pieces.read(entry.ref)
          await pieces.write([entry])
          const after = await pieces.read(entry.ref)
          assert.ok(after !== undefined && isEqual(after, entry.bytes), `seed ${seed}: piece ${entry.ref.piece}`)
          return before
        })
        await Promise.all(work)
        await assertHolds(pieces, sample)
      }),
    )
  })

  it('refuses work once it is closed', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 8, pieceLength: 16 * KIB, lengths: [100] })
    const pieces = await store.open(sample)
    await pieces.close()
    await pieces.close()
    await assert.rejects(pieces.read(sample.refs[0]!), hasCode('closed'))
    await assert.rejects(pieces.write(entriesOf(sample)), hasCode('closed'))
    await assert.rejects(pieces.has(sample.refs), hasCode('closed'))
    await store.close()
    await store.close()
    await assert.rejects(store.open(sample), hasCode('closed'))
    await assert.rejects(store.recallAll(), hasCode('closed'))
  })

  it('opens a torrent again after it was closed', async context => {
    const { store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 9, pieceLength: 16 * KIB, lengths: [100 * KIB] })
    const first = await store.open(sample)
    const writing = first.write(entriesOf(sample))
    await first.close()
    await writing
    const second = await store.open(sample)
    await assertHolds(second, sample)
  })
}

function lastingContract(adapter: StoreAdapter): void {
  it('still has after closing what was being written', async context => {
    const { place, store } = await openPlace(adapter, context)
    const sample = sampleTorrent({ seed: 10, pieceLength: 64 * KIB, lengths: [MIB, 3] })
    const pieces = await store.open(sample)
    const writing = entriesOf(sample).map(entry => pieces.write([entry]))
    await pieces.close()
    await store.close()
    await Promise.all(writing)
    const reopened = place.store()
    context.after(() => reopened.close())
    const again = await reopened.open(sample)
    assert.deepEqual(
      await again.has(sample.refs),
      sample.refs.map(() => true),
    )
    await assertHolds(again, sample)
  })

  for (const how of ['cut', 'altered', 'gone'] as const) {
    it(`takes a piece that is ${how} for a miss, and mends`, async context => {
      const { place, store } = await openPlace(adapter, context)
      const sample = sampleTorrent({ seed: 11, pieceLength: 32 * KIB, lengths: [32 * KIB, 32 * KIB, 32 * KIB] })
      const pieces = await store.open(sample)
      for (const entry of entriesOf(sample)) await pieces.write([entry])
      await place.damage!(sample, 1, how)
      const read = await pieces.read(sample.refs[1]!)
      if (how === 'altered')
        assert.ok(read === undefined || !isEqual(read, sample.bodies[1]!), 'the session must see it')
      else assert.equal(read, undefined)
      await assertHolds(pieces, sample, [0, 2])
      await pieces.write(entriesOf(sample, [1]))
      await assertHolds(pieces, sample)
    })
  }
}

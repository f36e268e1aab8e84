/** Seeds that die, files that change under a seed, stores that are full: what a Node client says and how it goes on. */
import assert from 'node:assert/strict'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encodeTorrent, filesFromDisk, memoryStore } from '../../src/node/index.ts'
import { type RunningCli, scratchFolder, startCli } from './support/cli.ts'
import { assertReceived, keepDiary, makeSample, type Sample, startClient, WatchedStore } from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

const PIECE_LENGTH = 128 * 1024
const LENGTH = 12_000_000

async function sampleOf(seed: number, length = LENGTH): Promise<Sample> {
  const { url } = await tracker
  return makeSample({ seed, files: { 'a.bin': length }, pieceLength: PIECE_LENGTH, trackers: [url] })
}

const seedOptions = ({ metainfo }: Sample) => ({ pieceLength: PIECE_LENGTH, trackers: metainfo.trackers })

/** A seed in a process of its own, which can be killed. */
async function seedProcess(t: Lifetime, { files }: Sample): Promise<RunningCli> {
  const folder = await scratchFolder(t)
  const [file] = files
  await writeFile(join(folder, file!.path), file!.data)
  const args = ['seed', join(folder, file!.path), '--tracker', (await tracker).url, '--piece-length', `${PIECE_LENGTH}`]
  const running = startCli(t, args)
  await running.printed(/^(magnet:\S+)$/m)
  return running
}

describe('a seed that is killed in the middle', { concurrency: 3 }, () => {
  it('is replaced by others', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(600)
    const doomed = await seedProcess(t, sample)
    const torrent = startClient(t).add(encodeTorrent(sample.metainfo))
    const diary = keepDiary(torrent)
    await diary.until('a beginning', () => torrent.progress > 0.05)
    await doomed.stop('SIGKILL')
    const progress = torrent.progress
    startClient(t).seed(sample.files, seedOptions(sample))
    await diary.within('done', torrent.done, 90_000)
    assert.ok(progress < 1, 'it was killed in time')
    await assertReceived(torrent, sample)
  })

  it('is waited for, which is said, and goes on when it returns', { timeout: 180_000 }, async t => {
    const sample = await sampleOf(601)
    const doomed = await seedProcess(t, sample)
    const torrent = startClient(t).add(encodeTorrent(sample.metainfo))
    const diary = keepDiary(torrent)
    await diary.until('a beginning', () => torrent.progress > 0.05)
    await doomed.stop('SIGKILL')
    await diary.until('its leave', () => torrent.peers.length === 0, 90_000)
    assert.ok(torrent.progress < 1, 'it was killed in time')
    const { text } = await diary.warning('peer-unreachable')
    assert.match(text, /pieces.*as soon as/)
    assert.equal(torrent.state, 'downloading')
    assert.equal(torrent.stats.remainingMs, Number.POSITIVE_INFINITY)
    await seedProcess(t, sample)
    await diary.within('done', torrent.done, 90_000)
    await assertReceived(torrent, sample)
  })

  it('leaves two leeches to give each other what they have', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(602)
    const seed = startClient(t, { uploadBytesPerSecond: 6_000_000 })
    seed.seed(sample.files, seedOptions(sample))
    const leeches = [0, 1].map(() => startClient(t).add(encodeTorrent(sample.metainfo)))
    const diaries = leeches.map(keepDiary)
    for (const [i, diary] of diaries.entries()) await diary.until('a half', () => leeches[i]!.progress > 0.4)
    await seed.close()
    const has = ([a, b]: readonly Uint8Array[]): Uint8Array => a!.map((byte, i) => byte | b![i]!)
    // What the two have together, both have in the end.
    const union = (): Uint8Array => has(leeches.map(({ bitfield }) => bitfield))
    const together = union()
    for (const [i, diary] of diaries.entries()) {
      const isLevel = (): boolean => leeches[i]!.bitfield.every((byte, at) => (byte & together[at]!) === together[at])
      await diary.until('all that the other has', isLevel)
    }
    startClient(t).seed(sample.files, seedOptions(sample))
    for (const [i, diary] of diaries.entries()) {
      await diary.within('done', leeches[i]!.done)
      await assertReceived(leeches[i]!, sample)
    }
  })
})

describe('a file that changes while it is seeded', { concurrency: 4 }, () => {
  for (const [i, [what, change]] of (
    [
      [
        'is written to',
        (path: string, { files }: Sample) =>
          writeFile(
            path,
            files[0]!.data.map(byte => byte ^ 1),
          ),
      ],
      ['is cut short', (path: string, { files }: Sample) => writeFile(path, files[0]!.data.subarray(0, 5_000_000))],
      ['grows', (path: string, { files }: Sample) => writeFile(path, new Uint8Array([...files[0]!.data, 1]))],
      [
        'is written to with its time set back',
        async (path: string, { files }: Sample) => {
          await writeFile(
            path,
            files[0]!.data.map(byte => byte ^ 1),
          )
          await utimes(path, 0, 0)
        },
      ],
    ] as const
  ).entries()) {
    it(`is not served once it ${what}, which is said; another seed completes the torrent`, {
      timeout: 120_000,
    }, async t => {
      const folder = await scratchFolder(t)
      const sample = await sampleOf(610 + i, 6_000_000)
      const path = join(folder, 'a.bin')
      await writeFile(path, sample.files[0]!.data)
      const seed = startClient(t).seed(await filesFromDisk([path]), seedOptions(sample))
      const seedDiary = keepDiary(seed)
      await seed.ready
      await change(path, sample)
      const store = new WatchedStore(sample)
      const torrent = startClient(t, { store }).add(encodeTorrent(sample.metainfo))
      const diary = keepDiary(torrent)
      const { text } = await seedDiary.warning('file-changed')
      assert.match(text, /a\.bin.*Share it again/)
      startClient(t).seed(sample.files, seedOptions(sample))
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.deepEqual(store.bad, [])
      assert.ok(!diary.warnings.some(({ text }) => /Blocked/.test(text)), 'nobody is to blame')
    })
  }
})

describe('a store without room', () => {
  for (const budgetBytes of [0, 300_000]) {
    it(`of ${budgetBytes} bytes: the download completes from memory and says so`, { timeout: 120_000 }, async t => {
      const sample = await sampleOf(620, 3_000_000)
      const torrent = startClient(t, { store: memoryStore({ budgetBytes }) }).add(encodeTorrent(sample.metainfo))
      const diary = keepDiary(torrent)
      startClient(t).seed(sample.files, seedOptions(sample))
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
      const { text } = await diary.warning('quota')
      assert.match(text, /^quota: .{20,}\.$/)
      assert.equal(diary.warnings.filter(({ code }) => code === 'quota').length, 1, 'it is said once')
      assert.equal(torrent.state, 'seeding')
    })
  }
})

/** A download to disk that was killed goes on where it was, whatever lies in its files by then. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rename, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { fileStore } from '../../src/node/index.ts'
import { scratchFolder } from './support/cli.ts'
import { keepDiary, makeSample, type Sample, startClient } from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { until } from './support/tracker-nodes.ts'
import { endChild, startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

const PIECE_LENGTH = 256 * 1024
const FILES = { 'set/one.bin': 9_000_000, 'set/two.bin': 7_000_123, 'set/empty.bin': 0 }
const TOTAL = 16_000_123

interface Interrupted {
  readonly sample: Sample
  readonly folder: string
  readonly magnet: string
  /** Pieces whose bytes lay in the files when it was over. */
  readonly there: readonly number[]
}

/** A download in a process of its own that is killed when about half is there. The seed goes on, at full speed. */
async function interrupted(t: Lifetime, seed: number, version: 'v1' | 'v2' | 'hybrid'): Promise<Interrupted> {
  const folder = await scratchFolder(t)
  const { url } = await tracker
  const options = { version, pieceLength: PIECE_LENGTH, trackers: [url] }
  const sample = await makeSample({ seed, files: FILES, ...options })
  const slow = startClient(t, { uploadBytesPerSecond: 4_000_000 })
  const torrent = slow.seed(sample.files, options)
  await torrent.ready
  const magnet = torrent.magnetURI
  const script = 'test/e2e/support/node/download.ts'
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify({ magnet, folder })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => endChild(child))
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (Number(line.match(/^progress (\S+)$/)?.[1] ?? 0) >= 0.5) break
  }
  // Without their hashes, which come from peers, nobody can say what v2 pieces are; a slow disk may take a while to keep them.
  const records = fileStore({ directory: folder })
  await until('a record with all piece hashes', async () => {
    const [record] = await records.recallAll()
    return record !== undefined && parseMetainfo(record.metainfo).pieceLayers.size === sample.metainfo.pieceLayers.size
  })
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL', said.join('\n'))
  await slow.close()
  startClient(t).seed(sample.files, options)
  return {
    sample,
    folder,
    magnet,
    there: await piecesThere(sample, folder),
  }
}

async function piecesThere({ metainfo: { layout }, contents }: Sample, folder: string): Promise<number[]> {
  const files = await Promise.all(
    layout.files.map(({ path }) => readFile(join(folder, path)).catch(() => Buffer.alloc(0))),
  )
  const isThere = (piece: number): boolean =>
    layout.slices(piece).every(({ file, offset, length }) => {
      return files[file]!.subarray(offset, offset + length).equals(contents[file]!.subarray(offset, offset + length))
    })
  return Array.from({ length: layout.pieceCount }, (_, piece) => piece).filter(isThere)
}

function bytesOf({ sample, there }: Interrupted): number {
  return there.reduce((sum, piece) => sum + sample.metainfo.layout.pieceBytes(piece), 0)
}

async function secondRun(t: Lifetime, { folder, magnet, sample }: Interrupted) {
  const shoal = startClient(t, { store: fileStore({ directory: folder }) })
  const torrent = shoal.add(magnet)
  const diary = keepDiary(torrent)
  await diary.within('done', torrent.done)
  const { stats } = torrent
  await shoal.close()
  for (const [i, { path }] of sample.metainfo.layout.files.entries()) {
    assert.ok((await readFile(join(folder, path))).equals(sample.contents[i]!), `${path} is not what was shared`)
  }
  return { stats, diary }
}

describe('a download that SIGKILL ended', () => {
  for (const [seed, version] of (['v1', 'v2', 'hybrid'] as const).entries()) {
    it(`goes on where it was: ${version}`, { timeout: 120_000 }, async t => {
      const first = await interrupted(t, 500 + seed, version)
      const { stats, diary } = await secondRun(t, first)
      const thereBytes = bytesOf(first)
      assert.ok(thereBytes > 0)
      assert.equal(stats.fromStoreBytes, thereBytes, diary.describe())
      assert.ok(stats.fromPeersBytes - stats.wastedBytes <= TOTAL - thereBytes, diary.describe())
    })
  }

  it('repairs files that were torn and altered meanwhile', { timeout: 120_000 }, async t => {
    const first = await interrupted(t, 510, 'hybrid')
    const { layout } = first.sample.metainfo
    // One byte of one piece; and the end of a file, with whatever was in it.
    const [altered] = first.there
    const { file, offset } = layout.slices(altered!)[0]!
    const handle = await open(join(first.folder, layout.files[file]!.path), 'r+')
    await handle.write(Uint8Array.of(first.sample.contents[file]![offset + 77]! ^ 1), 0, 1, offset + 77)
    await handle.close()
    await truncate(join(first.folder, 'set/two.bin'), 1_000_000)
    const { stats, diary } = await secondRun(t, first)
    assert.ok(stats.fromStoreBytes > 0, diary.describe())
    assert.ok(stats.fromStoreBytes < bytesOf(first), diary.describe())
  })

  it('begins anew a file that is gone, and cuts one that grew', { timeout: 120_000 }, async t => {
    const first = await interrupted(t, 511, 'hybrid')
    await rm(join(first.folder, 'set/one.bin'))
    await truncate(join(first.folder, 'set/two.bin'), 9_000_000)
    await secondRun(t, first)
  })

  it('forgets a damaged record of what it was, and goes on all the same', { timeout: 120_000 }, async t => {
    const first = await interrupted(t, 512, 'v1')
    await rename(join(first.folder, '.shoal'), join(first.folder, '.shoal-gone'))
    const { stats, diary } = await secondRun(t, first)
    assert.equal(stats.fromStoreBytes, bytesOf(first), diary.describe())
  })
})

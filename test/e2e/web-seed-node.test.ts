/** Web seeds in Node: torrents whose only source, or one of whose sources, is a plain HTTP server. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encodeTorrent, fileStore, formatMagnet, parseMagnet } from '../../src/node/index.ts'
import { scratchFolder } from './support/cli.ts'
import { assertReceived, keepDiary, makeSample, type Sample, startClient, WatchedStore } from './support/node-peers.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'
import { startWebSeed } from './support/web-seed-server.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

const PIECE_LENGTH = 64 * 1024
const FOLDER = { 'site/index.bin': 300_000, 'site/deep/ünï côde.bin': 1_000_001, 'site/empty.bin': 0, 'site/z.bin': 5 }

/** As a web seed has them: by the paths of the torrent. */
function served({ metainfo, contents }: Sample): Record<string, Uint8Array> {
  return Object.fromEntries(metainfo.layout.files.map(({ path }, i) => [path, contents[i]!]))
}

describe('a web seed alone', () => {
  for (const version of ['v1', 'v2', 'hybrid'] as const) {
    it(`completes a ${version} folder, by ranges`, { timeout: 120_000 }, async t => {
      const sample = await makeSample({ seed: 400, files: FOLDER, version, pieceLength: PIECE_LENGTH })
      const server = await startWebSeed(t, { files: served(sample) })
      const store = new WatchedStore(sample)
      const shoal = startClient(t, { store })
      const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [server.url] })
      await keepDiary(torrent).within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.deepEqual(store.bad, [])
      assert.equal(torrent.stats.fromPeersBytes, 0)
      assert.equal(torrent.stats.fromOriginBytes, sample.metainfo.layout.totalBytes)
      // Little is asked for twice: what a range was cut off from, at the most.
      assert.ok(server.sentBytes <= sample.metainfo.layout.totalBytes * 1.1, `${server.sentBytes} bytes were sent`)
    })
  }

  it('completes a single file to disk, in ranges of a few megabytes', { timeout: 120_000 }, async t => {
    const folder = await scratchFolder(t)
    const sample = await makeSample({ seed: 401, files: { 'large.bin': 20_000_000 } })
    const server = await startWebSeed(t, { files: served(sample) })
    const shoal = startClient(t, { store: fileStore({ directory: folder }) })
    const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [`${server.url}large.bin`] })
    await keepDiary(torrent).within('done', torrent.done)
    await shoal.close()
    assert.ok((await readFile(join(folder, 'large.bin'))).equals(sample.contents[0]!))
    assert.ok(server.requests.length >= 4)
    assert.ok(server.requests.every(({ status }) => status === 206))
  })

  it('completes although it ignores ranges', { timeout: 120_000 }, async t => {
    const sample = await makeSample({ seed: 402, files: FOLDER, pieceLength: PIECE_LENGTH })
    const server = await startWebSeed(t, { files: served(sample), honoursRange: false })
    const shoal = startClient(t)
    const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [server.url] })
    await keepDiary(torrent).within('done', torrent.done)
    await assertReceived(torrent, sample)
    assert.ok(server.requests.every(({ status }) => status === 200))
  })

  it('completes after it died in the middle and came back', { timeout: 90_000 }, async t => {
    const sample = await makeSample({ seed: 403, files: { 'a.bin': 6_000_000 }, pieceLength: PIECE_LENGTH })
    const server = await startWebSeed(t, { files: served(sample), diesAfterBytes: 2_000_000 })
    const shoal = startClient(t)
    const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [`${server.url}a.bin`] })
    const diary = keepDiary(torrent)
    await server.died
    const { text } = await diary.warning('web-seed-failed')
    assert.match(text, /The web seed http:\S+ .+\./)
    assert.equal(torrent.state, 'downloading')
    const { progress } = torrent
    await server.revive()
    await diary.within('done', torrent.done)
    assert.ok(progress < 1)
    await assertReceived(torrent, sample)
    assert.ok(torrent.stats.fromOriginBytes < 6_000_000 * 1.2, diary.describe())
  })

  it('is not asked on a private address, and the torrent waits for peers', { timeout: 120_000 }, async t => {
    const sample = await makeSample({ seed: 404, files: { 'a.bin': 100_000 } })
    const server = await startWebSeed(t, { files: served(sample) })
    const shoal = startClient(t, { allowPrivateAddresses: false })
    const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [`${server.url}a.bin`] })
    const diary = keepDiary(torrent)
    await diary.warning('blocked-address')
    await diary.until('the end of the web seed', () =>
      diary.warnings.some(({ text }) => /not asked any more/.test(text)),
    )
    assert.deepEqual(server.requests, [])
    assert.equal(torrent.state, 'downloading')
  })

  it('that has nothing is told of, and dropped', { timeout: 120_000 }, async t => {
    const sample = await makeSample({ seed: 405, files: { 'a.bin': 100_000 } })
    const server = await startWebSeed(t, { files: {} })
    const shoal = startClient(t)
    const torrent = shoal.add(encodeTorrent(sample.metainfo), { webSeeds: [`${server.url}a.bin`] })
    const diary = keepDiary(torrent)
    const { text } = await diary.warning('web-seed-failed')
    assert.match(text, /404/)
    await diary.until('the end of the web seed', () =>
      diary.warnings.some(({ text }) => /not asked any more/.test(text)),
    )
    assert.equal(server.requests.length, 1)
  })
})

describe('a web seed beside peers', () => {
  it('that is corrupt is dropped, and peers complete the torrent', { timeout: 120_000 }, async t => {
    const { url } = await tracker
    for (const version of ['v1', 'v2', 'hybrid'] as const) {
      const sample = await makeSample({ seed: 406, files: FOLDER, version, pieceLength: PIECE_LENGTH, trackers: [url] })
      const alter = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i % 1000 === 999 ? byte ^ 1 : byte))
      const server = await startWebSeed(t, { files: served(sample), alter })
      const store = new WatchedStore(sample)
      const leech = startClient(t, { store })
      const torrent = leech.add(encodeTorrent(sample.metainfo), { webSeeds: [server.url] })
      const diary = keepDiary(torrent)
      await diary.until('the end of the web seed', () =>
        diary.warnings.some(({ text }) => /not asked any more/.test(text)),
      )
      startClient(t).seed(sample.files, { version, pieceLength: PIECE_LENGTH, trackers: [url] })
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.deepEqual(store.bad, [])
      // What was under way when the first bad piece was found, and nothing after.
      assert.ok(server.requests.length <= 8, `${server.requests.length} requests`)
    }
  })

  it('brings the content of a magnet whose file list a peer sent', { timeout: 120_000 }, async t => {
    const { url } = await tracker
    for (const version of ['v1', 'v2', 'hybrid'] as const) {
      const sample = await makeSample({ seed: 407, files: FOLDER, version, pieceLength: PIECE_LENGTH, trackers: [url] })
      const server = await startWebSeed(t, { files: served(sample) })
      // It has the file list, and not a byte of the files.
      const informant = startClient(t).add(encodeTorrent(sample.metainfo), { select: 'none' })
      await informant.ready
      const magnet = formatMagnet({ ...parseMagnet(informant.magnetURI), webSeeds: [server.url] })
      const torrent = startClient(t).add(magnet)
      await keepDiary(torrent).within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.equal(torrent.stats.fromPeersBytes, 0)
    }
  })
})

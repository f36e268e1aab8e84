/** Peers that send bad data: they are banned, nothing bad is kept or shown, and the download completes from the others. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeTorrent, type Torrent } from '../../src/node/index.ts'
import { BLOCK_BYTES } from '../../src/options.ts'
import { HostilePeer, type Request } from './support/hostile-peer.ts'
import {
  assertReceived,
  bytesOfPiece,
  keepDiary,
  makeSample,
  type Sample,
  startClient,
  WatchedStore,
} from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

const VERSIONS = ['v1', 'v2', 'hybrid'] as const
const FILES = { 'folder/a.bin': 3_000_000, 'folder/b.bin': 70_001, 'folder/c.bin': 1_200_000 }
const PIECE_LENGTH = 128 * 1024

/** What a peer makes of a true block. */
type Corruption = (body: Uint8Array, request: Request, sample: Sample) => Uint8Array

const everything: Corruption = body => body.map(byte => byte ^ 0xff)
const oneBit: Corruption = body => body.with(body.length >> 1, body[body.length >> 1]! ^ 1)
const lastUnit: Corruption = (body, { piece, begin }, { metainfo }) => {
  const pieceBytes = metainfo.layout.pieceBytes(piece)
  const lastBegin = Math.floor((pieceBytes - 1) / BLOCK_BYTES) * BLOCK_BYTES
  return begin + body.length <= lastBegin ? body : body.map((byte, i) => (begin + i >= lastBegin ? byte ^ 0x55 : byte))
}

async function sampleOf(version: 'v1' | 'v2' | 'hybrid', seed: number): Promise<Sample> {
  const { url } = await tracker
  return makeSample({ seed, files: FILES, version, pieceLength: PIECE_LENGTH, trackers: [url] })
}

async function hostile(
  lifetime: Lifetime,
  sample: Sample,
  corrupt: Corruption,
  name = 'hostile',
): Promise<HostilePeer> {
  const answer = (request: Request): Uint8Array => {
    const truth = new Uint8Array(request.length)
    truth.set(bytesOfPiece(sample, request.piece).subarray(request.begin, request.begin + request.length))
    return corrupt(truth, request, sample)
  }
  return new HostilePeer(lifetime, { tracker: (await tracker).url, metainfo: sample.metainfo, answer, name })
}

function honest(lifetime: Lifetime, sample: Sample, uploadBytesPerSecond = Number.POSITIVE_INFINITY): Torrent {
  const { layout, name, trackers } = sample.metainfo
  const { version, pieceLength } = layout
  return startClient(lifetime, { uploadBytesPerSecond }).seed(sample.files, { name, version, pieceLength, trackers })
}

for (const version of VERSIONS) {
  describe(`a ${version} torrent`, () => {
    for (const [what, corrupt] of [
      ['all of it is bad', everything],
      ['one bit of a block is bad', oneBit],
      ['only the last unit of each piece is bad', lastUnit],
    ] as const) {
      it(`outlives a lone source when ${what}`, { timeout: 120_000 }, async t => {
        const sample = await sampleOf(version, 1)
        const polluter = await hostile(t, sample, corrupt)
        const store = new WatchedStore(sample)
        const leech = startClient(t, { store }).add(encodeTorrent(sample.metainfo))
        const diary = keepDiary(leech)
        await diary.until('a ban', () => diary.warnings.find(({ text }) => /Blocked a peer/.test(text)))
        await diary.until('the polluter’s leave', () => leech.peers.length === 0)
        assert.equal(leech.progress, 0, 'nothing that came from it counts')

        // What it was asked before the ban may still be on its way to it.
        await diary.within('the polluter’s end of the connection', polluter.hungUp)
        const sentBefore = polluter.sentBlocks
        const seed = honest(t, sample)
        await diary.within('done', leech.done)
        await assertReceived(leech, sample)
        assert.deepEqual(store.bad, [])
        assert.equal(polluter.sentBlocks, sentBefore, 'a banned peer is asked for nothing')
        assert.equal(polluter.connections, 1)
        assert.ok(leech.stats.wastedBytes > 0)
        assert.equal(leech.infoHash, seed.infoHash)
      })
    }

    it('completes beside three polluters, each of them banned', { timeout: 120_000 }, async t => {
      const sample = await sampleOf(version, 2)
      const kinds: readonly Corruption[] = [everything, oneBit, lastUnit]
      const polluters = await Promise.all(kinds.map((corrupt, i) => hostile(t, sample, corrupt, `hostile-${i}`)))
      // Slow enough that every polluter is asked too.
      honest(t, sample, 1_500_000)
      const store = new WatchedStore(sample)
      const leech = startClient(t, { store }).add(encodeTorrent(sample.metainfo))
      const diary = keepDiary(leech)
      await diary.within('done', leech.done)
      await assertReceived(leech, sample)
      assert.deepEqual(store.bad, [])
      for (const polluter of polluters) {
        if (polluter.sentBlocks === 0) continue
        assert.ok(
          !leech.peers.some(({ id }) => id === polluter.hexId),
          `${polluter.peerId} is still there: ${diary.describe()}`,
        )
      }
      assert.ok(
        diary.warnings.some(({ text }) => /Blocked a peer/.test(text)),
        diary.describe(),
      )
    })

    it('completes although a peer turns bad after a good beginning', { timeout: 120_000 }, async t => {
      const sample = await sampleOf(version, 3)
      let blocks = 0
      const traitor = await hostile(t, sample, body => (++blocks > 40 ? everything(body, {} as Request, sample) : body))
      const store = new WatchedStore(sample)
      const leech = startClient(t, { store }).add(encodeTorrent(sample.metainfo))
      const diary = keepDiary(leech)
      await diary.until('a beginning', () => leech.progress > 0)
      honest(t, sample)
      await diary.within('done', leech.done)
      await assertReceived(leech, sample)
      assert.deepEqual(store.bad, [])
      assert.ok(!leech.peers.some(({ id }) => id === traitor.hexId) || traitor.sentBlocks <= 40, diary.describe())
    })
  })
}

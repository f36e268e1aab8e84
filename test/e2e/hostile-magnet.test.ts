/** Peers that lie about a magnet's file list and piece hashes: they are banned or passed over, and the magnet completes. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatMagnet } from '../../src/node/index.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import { HostilePeer } from './support/hostile-peer.ts'
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

type Message = WireMessage<Uint8Array>

const scope = fileScope()
const tracker = startShoalTracker(scope)

const PIECE_LENGTH = 32 * 1024
/** Enough for an info dict of several metadata pieces, and for piece layers. */
const FILES = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`set/file number ${i}.bin`, 100 + i * 13]))
const LARGE = { 'set/large.bin': 3_000_000 }

async function sampleOf(seed: number, version: 'v1' | 'v2' | 'hybrid', files: Record<string, number>): Promise<Sample> {
  return makeSample({ seed, files, version, pieceLength: PIECE_LENGTH, trackers: [(await tracker).url] })
}

let liars = 0

async function liar(
  t: Lifetime,
  { metainfo }: Sample,
  lies: { metadataBytes?: number; respond(message: Message): Message | undefined },
): Promise<HostilePeer> {
  // A tracker takes two peers of one id for one peer.
  const name = `liar-${++liars}`
  return new HostilePeer(t, { tracker: (await tracker).url, metainfo, answer: () => undefined, name, ...lies })
}

async function magnetOf({ metainfo }: Sample): Promise<string> {
  const { infoHashV1, infoHashV2 } = metainfo
  return formatMagnet({
    ...(infoHashV1 && { infoHashV1 }),
    ...(infoHashV2 && { infoHashV2 }),
    trackers: [(await tracker).url],
    webSeeds: [],
  })
}

function honest(t: Lifetime, { files, metainfo }: Sample): void {
  const { layout, trackers } = metainfo
  startClient(t).seed(files, { version: layout.version, pieceLength: PIECE_LENGTH, trackers })
}

/** The file list, cut as it is asked for, with `alter` done to it. */
function metadata({ metainfo: { infoBytes } }: Sample, alter: (bytes: Uint8Array) => Uint8Array) {
  return (message: Message): Message | undefined => {
    if (message.type !== 'metadata-request') return undefined
    const { piece } = message
    const bytes = alter(infoBytes.slice(piece * 16384, (piece + 1) * 16384))
    return { type: 'metadata-data', piece, totalBytes: infoBytes.length, bytes }
  }
}

describe('a magnet whose first peer', { concurrency: 4 }, () => {
  for (const [i, version] of (['v1', 'v2', 'hybrid'] as const).entries()) {
    it(`forges the file list bans it: ${version}`, { timeout: 90_000 }, async t => {
      const sample = await sampleOf(1100 + i, version, FILES)
      const metadataBytes = sample.metainfo.infoBytes.length
      const forger = await liar(t, sample, {
        metadataBytes,
        respond: metadata(sample, bytes => bytes.with(100, bytes[100]! ^ 1)),
      })
      const torrent = startClient(t).add(await magnetOf(sample))
      const diary = keepDiary(torrent)
      await diary.until('a ban', () => diary.warnings.find(({ text }) => /Blocked.*metadata/.test(text)))
      honest(t, sample)
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.ok(!torrent.peers.some(({ id }) => id === forger.hexId))
    })
  }

  it('says that the file list has 4 GiB, or none, or another size is passed over', { timeout: 120_000 }, async t => {
    const lie = async (metadataBytes: number, i: number): Promise<void> => {
      const sample = await sampleOf(1110 + i, 'hybrid', FILES)
      const { infoBytes } = sample.metainfo
      const respond = (message: Message): Message | undefined =>
        message.type === 'metadata-request'
          ? { type: 'metadata-data', piece: message.piece, totalBytes: metadataBytes, bytes: infoBytes.slice(0, 16384) }
          : undefined
      const passedOver = await liar(t, sample, { metadataBytes, respond })
      const torrent = startClient(t).add(await magnetOf(sample))
      const diary = keepDiary(torrent)
      await diary.until('the liar', () => passedOver.connections > 0 && torrent.peers.length > 0)
      honest(t, sample)
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
    }
    await Promise.all([2 ** 32, 10 * 1024 * 1024 + 1, 0, 17, 9_999_999].map(lie))
  })

  it('never answers about the file list is passed over', { timeout: 90_000 }, async t => {
    const sample = await sampleOf(1120, 'hybrid', FILES)
    await liar(t, sample, {
      metadataBytes: sample.metainfo.infoBytes.length,
      respond: message => (message.type === 'metadata-request' ? { type: 'interested' } : undefined),
    })
    const torrent = startClient(t).add(await magnetOf(sample))
    const diary = keepDiary(torrent)
    await diary.until('the silent one', () => torrent.peers.length > 0)
    honest(t, sample)
    await diary.within('done', torrent.done)
    await assertReceived(torrent, sample)
  })

  it('forges piece hashes is banned', { timeout: 90_000 }, async t => {
    for (const [i, version] of (['v2', 'hybrid'] as const).entries()) {
      const sample = await sampleOf(1130 + i, version, LARGE)
      const toldMetadata = metadata(sample, bytes => bytes)
      const forger = await liar(t, sample, {
        metadataBytes: sample.metainfo.infoBytes.length,
        respond(message) {
          if (message.type !== 'hash-request') return toldMetadata(message)
          const { length, proofLayers } = message
          const hashCount = length + Math.max(0, proofLayers - Math.log2(length) + 1)
          return { ...message, type: 'hashes', hashes: new Uint8Array(32 * hashCount).fill(9) }
        },
      })
      const store = new WatchedStore(sample)
      const torrent = startClient(t, { store }).add(await magnetOf(sample))
      const diary = keepDiary(torrent)
      await diary.until('a ban', () => diary.warnings.find(({ text }) => /Blocked.*hashes/.test(text)))
      honest(t, sample)
      await diary.within('done', torrent.done)
      await assertReceived(torrent, sample)
      assert.deepEqual(store.bad, [])
      assert.ok(!torrent.peers.some(({ id }) => id === forger.hexId))
    }
  })

  it('has the file list and refuses everything else is passed over', { timeout: 90_000 }, async t => {
    const sample = await sampleOf(1140, 'v2', LARGE)
    const toldMetadata = metadata(sample, bytes => bytes)
    await liar(t, sample, { metadataBytes: sample.metainfo.infoBytes.length, respond: toldMetadata })
    const torrent = startClient(t).add(await magnetOf(sample))
    const diary = keepDiary(torrent)
    await diary.within('ready', torrent.ready)
    assert.equal(torrent.progress, 0)
    honest(t, sample)
    await diary.within('done', torrent.done)
    await assertReceived(torrent, sample)
  })

  it('serves true blocks of a magnet proves itself', { timeout: 90_000 }, async t => {
    // The counterpart of all lies: the same peer, telling the truth, is a source like others.
    const sample = await sampleOf(1150, 'v1', LARGE)
    const teller = new HostilePeer(t, {
      tracker: (await tracker).url,
      metainfo: sample.metainfo,
      metadataBytes: sample.metainfo.infoBytes.length,
      respond: metadata(sample, bytes => bytes),
      answer: ({ piece, begin, length }) => bytesOfPiece(sample, piece).slice(begin, begin + length),
      name: 'teller',
    })
    const torrent = startClient(t).add(await magnetOf(sample))
    await keepDiary(torrent).within('done', torrent.done)
    await assertReceived(torrent, sample)
    assert.ok(teller.sentBlocks > 0)
  })
})

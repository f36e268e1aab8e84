/** Clients in this process, from source: real WebRTC by node-datachannel, real trackers, stores that are watched. */
import assert from 'node:assert/strict'
import {
  createTorrent,
  type CreateOptions,
  type CreatedTorrent,
  memoryStore,
  Shoal,
  type Torrent,
} from '../../../src/node/index.ts'
import type { NodeShoalOptions } from '../../../src/node/index.ts'
import type { PieceRef, PieceStore, Store } from '../../../src/ports.ts'
import { payloadBytes } from './payload.ts'
import type { Lifetime } from './scope.ts'
// Makes `globalThis.keepDiary` in Node too, where it is imported by name.
export { type Diary, keepDiary } from './page/diary.ts'

/** A client that is closed with the test. */
export function startClient(lifetime: Lifetime, options: NodeShoalOptions = {}): Shoal {
  const shoal = new Shoal({ allowPrivateAddresses: true, ...options })
  lifetime.after(() => shoal.close())
  return shoal
}

/** Files with contents that follow from a seed, and the torrent of them. */
export interface Sample {
  readonly metainfo: CreatedTorrent
  /** By their index in the layout. */
  readonly contents: readonly Uint8Array<ArrayBuffer>[]
  /** As `seed` takes them. */
  readonly files: readonly { path: string; data: Uint8Array<ArrayBuffer> }[]
}

export interface SampleOptions extends CreateOptions {
  readonly seed: number
  /** Bytes by path. */
  readonly files: Readonly<Record<string, number>>
}

export async function makeSample({ seed, files, ...options }: SampleOptions): Promise<Sample> {
  const given = Object.entries(files).map(([path, length], i) => {
    return { path, data: payloadBytes(seed * 1000 + i, 0, length) }
  })
  const metainfo = await createTorrent(
    given.map(({ path, data }) => ({ path, data: new Blob([data]) })),
    options,
  )
  const contents = metainfo.sources.map(source => given[source]!.data)
  return { metainfo, contents, files: given }
}

/** A piece as it is requested: padding between its files included, as zeros. */
export function bytesOfPiece({ metainfo: { layout }, contents }: Sample, piece: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.pieceBytes(piece))
  for (const { file, offset, length, pieceOffset } of layout.slices(piece)) {
    bytes.set(contents[file]!.subarray(offset, offset + length), pieceOffset)
  }
  return bytes
}

/** Every file of a finished torrent, byte for byte. */
export async function assertReceived(torrent: Torrent, sample: Sample): Promise<void> {
  assert.equal(torrent.files.length, sample.contents.length)
  for (const [i, file] of torrent.files.entries()) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    assert.ok(Buffer.from(bytes).equals(sample.contents[i]!), `${file.path} is not what was shared`)
  }
}

/** A real store that compares every piece it is given with what it should be. */
export class WatchedStore implements Store {
  /** Pieces that were given to it with wrong bytes. */
  readonly bad: number[] = []
  writes = 0
  readonly #inner: Store
  readonly #sample: Sample

  constructor(sample: Sample, inner: Store = memoryStore()) {
    this.#sample = sample
    this.#inner = inner
  }

  async open(torrent: Parameters<Store['open']>[0]): Promise<PieceStore> {
    const pieces = await this.#inner.open(torrent)
    const check = (ref: PieceRef, bytes: Uint8Array): void => {
      this.writes++
      if (!Buffer.from(bytes).equals(bytesOfPiece(this.#sample, ref.piece))) this.bad.push(ref.piece)
    }
    return {
      recheck: pieces.recheck,
      has: refs => pieces.has(refs),
      read: ref => pieces.read(ref),
      write: entries => {
        for (const { ref, bytes } of entries) check(ref, bytes)
        return pieces.write(entries)
      },
      remove: refs => pieces.remove(refs),
      close: () => pieces.close(),
    }
  }

  remember: Store['remember'] = record => this.#inner.remember(record)
  recall: Store['recall'] = infoHash => this.#inner.recall(infoHash)
  recallAll: Store['recallAll'] = () => this.#inner.recallAll()
  forget: Store['forget'] = infoHash => this.#inner.forget(infoHash)
  close: Store['close'] = () => this.#inner.close()
}

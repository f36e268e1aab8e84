/** The vault: verified pieces between a swarm and a store that may lose, alter or refuse what it is given. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent, type CreatedTorrent } from '../../src/create.ts'
import { ShoalError } from '../../src/errors.ts'
import { concatBytes, toHex } from '../../src/metainfo/bytes.ts'
import { HASH_BYTES } from '../../src/metainfo/merkle.ts'
import { PieceHashes } from '../../src/metainfo/piece-hashes.ts'
import { BLOCK_BYTES } from '../../src/options.ts'
import type { PieceStore } from '../../src/ports.ts'
import { hashPiece } from '../../src/hashing.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { Vault } from '../../src/vault.ts'

const PIECE_LENGTH = 64 * 1024
const LENGTHS = [150_000, 5, 70_000]

const contents = LENGTHS.map((length, file) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + file * 7 + (i >> 8)) & 255),
)

async function torrentOf(version: 'v1' | 'v2' | 'hybrid'): Promise<CreatedTorrent> {
  const files = contents.map((bytes, i) => ({ path: `set/${i}.bin`, data: new Blob([bytes]) }))
  return createTorrent(files, { version, pieceLength: PIECE_LENGTH })
}

/** A piece's bytes and its 16 KiB units. */
function pieceOf({ layout }: CreatedTorrent, piece: number): { bytes: Uint8Array; units: Uint8Array[] } {
  const bytes = new Uint8Array(layout.pieceBytes(piece))
  for (const { file, offset, length, pieceOffset } of layout.slices(piece)) {
    bytes.set(contents[file]!.subarray(offset, offset + length), pieceOffset)
  }
  const units: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) units.push(bytes.slice(at, at + BLOCK_BYTES))
  return { bytes, units }
}

interface Ground {
  readonly torrent: CreatedTorrent
  readonly vault: Vault
  readonly store: PieceStore
  readonly refusals: ShoalError[]
  /** A vault that knows nothing of what the first read or wrote. */
  another(): Vault
}

async function groundOf(version: 'v1' | 'v2' | 'hybrid', store?: PieceStore): Promise<Ground> {
  const torrent = await torrentOf(version)
  const { layout } = torrent
  const infoHash = toHex(torrent.wireInfoHash)
  const hashes = new PieceHashes(layout, torrent.pieceLayers)
  const pieces = store ?? (await memoryStore().open({ infoHash, layout }))
  const refusals: ShoalError[] = []
  const another = (): Vault =>
    new Vault({
      layout,
      infoHash,
      store: pieces,
      root: piece => hashes.root(piece),
      onRefused: error => refusals.push(error),
    })
  return { torrent, vault: another(), store: pieces, refusals, another }
}

const expected = ({ layout, pieceLayers }: CreatedTorrent, piece: number) => {
  const sha1 = layout.sha1(piece)
  const root = new PieceHashes(layout, pieceLayers).root(piece)
  return { ...(sha1 && { sha1 }), ...(root && { root }) }
}

/** What `inventory` says, as indices. */
async function inventory(vault: Vault, { layout }: CreatedTorrent): Promise<number[]> {
  const bits = await vault.inventory({ isNew: false, signal: new AbortController().signal, onProgress: () => {} })
  return Array.from({ length: layout.pieceCount }, (_, i) => i).filter(i => bits[i >> 3]! & (0x80 >> (i & 7)))
}

/** A store that gives back what `read` makes of a piece. */
function withReads(inner: PieceStore, read: (bytes: Uint8Array, piece: number) => Uint8Array | undefined): PieceStore {
  return {
    recheck: inner.recheck,
    has: refs => inner.has(refs),
    read: async ref => {
      const bytes = await inner.read(ref)
      return bytes && read(bytes.slice(), ref.piece)
    },
    write: entries => inner.write(entries),
    remove: refs => inner.remove(refs),
    close: () => inner.close(),
  }
}

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  describe(`a vault of a ${version} torrent`, () => {
    it('finds what it checks good, and bad when one bit is', async () => {
      const { torrent, vault } = await groundOf(version)
      for (let piece = 0; piece < torrent.layout.pieceCount; piece++) {
        const { bytes, units } = pieceOf(torrent, piece)
        if (bytes.length === 0) continue
        const good = await vault.check(piece, units, expected(torrent, piece))
        assert.equal(good.result, 'good')
        assert.deepEqual(good.body, bytes)
        units.at(-1)![0]! ^= 1
        assert.equal((await vault.check(piece, units, expected(torrent, piece))).result, 'bad')
      }
    })

    it('gives back what it keeps, to others of the same store too', async () => {
      const { torrent, vault, another } = await groundOf(version)
      const proof = version === 'v1' ? 'sha1' : 'sha256'
      const { bytes } = pieceOf(torrent, 1)
      assert.equal(await vault.read(1), undefined)
      await vault.save(1, bytes, proof)
      assert.deepEqual(await vault.read(1), bytes)
      assert.deepEqual(await another().read(1), bytes)
      assert.deepEqual(await inventory(another(), torrent), [1])
    })

    it('takes what was altered in the store for lost', async () => {
      const { torrent, store } = await groundOf(version)
      for (const spoil of [
        (bytes: Uint8Array) => bytes.with(100, bytes[100]! ^ 1),
        (bytes: Uint8Array) => bytes.subarray(1),
        () => new Uint8Array(0),
        () => undefined,
        () => {
          throw new Error('the disk is gone')
        },
      ]) {
        const spoiled = await groundOf(version, withReads(store, spoil))
        await spoiled.vault.save(0, pieceOf(torrent, 0).bytes, version === 'v1' ? 'sha1' : 'sha256')
        assert.equal(await spoiled.another().read(0), undefined)
      }
    })

    it('tells in an audit of every piece that is expected and not right', async () => {
      const inner = (await groundOf(version)).store
      const altered = withReads(inner, (bytes, piece) => (piece === 2 ? bytes.map(byte => byte ^ 1) : bytes))
      const { torrent, vault, another } = await groundOf(version, altered)
      for (const piece of [0, 1, 2])
        await vault.save(piece, pieceOf(torrent, piece).bytes, version === 'v1' ? 'sha1' : 'sha256')
      const lost: number[] = []
      await another().audit(
        piece => piece !== 4,
        piece => lost.push(piece),
      )
      assert.deepEqual(
        lost,
        Array.from({ length: torrent.layout.pieceCount }, (_, i) => i).filter(i => ![0, 1, 4].includes(i)),
      )
    })

    it('keeps in memory what the store refuses, and says so once', async () => {
      const refused = new ShoalError('quota', 'There is no room.')
      const inner = (await groundOf(version)).store
      const full: PieceStore = { ...withReads(inner, bytes => bytes), write: () => Promise.reject(refused) }
      const { torrent, vault, refusals } = await groundOf(version, full)
      for (const piece of [0, 1]) await vault.save(piece, pieceOf(torrent, piece).bytes, 'sha1')
      for (const piece of [0, 1]) assert.deepEqual(await vault.read(piece), pieceOf(torrent, piece).bytes)
      assert.deepEqual(refusals, [refused])
    })

    it('hashes files on a disk before it counts on them', async () => {
      const inner = (await groundOf(version)).store
      const altered = withReads(inner, (bytes, piece) => (piece === 1 ? bytes.map(byte => byte ^ 1) : bytes))
      const disk: PieceStore = { ...altered, recheck: true, has: async refs => refs.map(() => true) }
      const { torrent, vault, another } = await groundOf(version, disk)
      for (const piece of [0, 1, 2]) {
        await vault.save(piece, pieceOf(torrent, piece).bytes, version === 'v1' ? 'sha1' : 'sha256')
      }
      assert.deepEqual(await inventory(another(), torrent), [0, 2])
    })

    it('stops an inventory that nobody waits for', async () => {
      const { vault } = await groundOf(version)
      const options = { isNew: false, signal: AbortSignal.abort(), onProgress: () => {} }
      await assert.rejects(vault.inventory(options), { name: 'AbortError' })
    })

    it('deletes what it kept', async () => {
      const { torrent, vault, another } = await groundOf(version)
      await vault.save(0, pieceOf(torrent, 0).bytes, 'sha1')
      await vault.clear()
      assert.deepEqual(await inventory(another(), torrent), [])
    })
  })
}

describe('a vault', () => {
  it('names the units that differ from trusted leaves', async () => {
    const { torrent, vault } = await groundOf('v2')
    const { bytes, units } = pieceOf(torrent, 0)
    const { leaves } = await hashPiece(bytes, { leafCount: torrent.layout.leafCount(0) })
    assert.equal(leaves!.length, 4 * HASH_BYTES)
    for (const unit of [1, 3]) units[unit]![5]! ^= 1
    const verdict = await vault.check(0, units, { ...expected(torrent, 0), leaves: leaves! })
    assert.equal(verdict.result, 'bad')
    assert.deepEqual(verdict.badUnits, [1, 3])
  })

  it('tells halves that disagree from bad data', async () => {
    const { torrent, vault } = await groundOf('hybrid')
    const { bytes, units } = pieceOf(torrent, 0)
    const { sha1, root } = expected(torrent, 0) as { sha1: Uint8Array; root: Uint8Array }
    const other = (hash: Uint8Array): Uint8Array => hash.with(0, hash[0]! ^ 1)
    assert.equal((await vault.check(0, units, { sha1, root: other(root) })).result, 'inconsistent')
    assert.equal((await vault.check(0, units, { sha1: other(sha1), root })).result, 'inconsistent')
    assert.equal((await vault.check(0, units, { sha1: other(sha1), root: other(root) })).result, 'bad')
    assert.deepEqual((await vault.check(0, units, { sha1 })).body, concatBytes([bytes]))
  })

  it('reads a piece from the store once, however many ask', async () => {
    let reads = 0
    const inner = (await groundOf('v2')).store
    const counted = withReads(inner, bytes => {
      reads++
      return bytes
    })
    const { torrent, vault, another } = await groundOf('v2', counted)
    await vault.save(0, pieceOf(torrent, 0).bytes, 'sha256')
    const reader = another()
    await Promise.all([reader.read(0), reader.read(0), reader.leaves(0), reader.read(0)])
    assert.equal(reads, 1)
  })
})

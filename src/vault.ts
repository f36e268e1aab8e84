/**
 * The verified pieces of one torrent: checked when they come, held while they are saved, hashed again on every read.
 *
 * Stands between the session and a `PieceStore`, which may lose, tear or refuse what it is given: a bad read is a miss,
 * and a piece that the store refuses stays in memory, so that a download always completes.
 */
import { type ShoalError, toShoalError } from './errors.ts'
import { type PieceDigests, hashPiece } from './hashing.ts'
import { concatBytes, equalBytes, toHex } from './metainfo/bytes.ts'
import type { Layout } from './metainfo/layout.ts'
import { HASH_BYTES } from './metainfo/merkle.ts'
import { VAULT_LIMITS } from './options.ts'
import type { PieceRef, PieceStore } from './ports.ts'

export interface VaultOptions {
  readonly layout: Layout
  /** Hex of the 20-byte wire infohash. Content is shared within one torrent only: nobody can probe what else is stored. */
  readonly infoHash: string
  readonly store: PieceStore
  /** The piece's SHA-256 subtree root, as far as it is known. */
  readonly root: (piece: number) => Uint8Array | undefined
  /** The store refused a piece; it is kept in memory. Told once. */
  readonly onRefused: (error: ShoalError) => void
}

/** What a piece is compared with; see the `check` effect. */
export interface Expectation {
  readonly sha1?: Uint8Array
  readonly root?: Uint8Array
  readonly leaves?: Uint8Array
}

export interface InventoryOptions {
  /** The torrent was never here before. */
  readonly isNew: boolean
  readonly signal: AbortSignal
  /** 0 to 1; told while a store of plain files is hashed. */
  readonly onProgress: (share: number) => void
}

export interface CheckResult {
  readonly result: 'good' | 'bad' | 'inconsistent'
  readonly body: Uint8Array
  readonly root?: Uint8Array
  readonly badUnits?: readonly number[]
}

export class Vault {
  readonly #options: VaultOptions
  /** Pieces on their way to the store, and pieces that it refused. */
  readonly #held = new Map<number, Uint8Array>()
  /** Verified pieces that were read lately, the oldest first. */
  readonly #cache = new Map<number, Promise<Uint8Array | undefined>>()
  #cachedBytes = 0
  #hasRefused = false

  constructor(options: VaultOptions) {
    this.#options = options
  }

  /** Which pieces the store holds, one bit a piece; a store of plain files is hashed first, any other has nothing of a new torrent. */
  async inventory({ isNew, signal, onProgress }: InventoryOptions): Promise<Uint8Array> {
    const { layout, store } = this.#options
    const bits = new Uint8Array(Math.ceil(layout.pieceCount / 8))
    if (isNew && !store.recheck) return bits
    for (let first = 0; first < layout.pieceCount; first += VAULT_LIMITS.inventoryBatch) {
      signal.throwIfAborted()
      const end = Math.min(layout.pieceCount, first + VAULT_LIMITS.inventoryBatch)
      const pieces = Array.from({ length: end - first }, (_, i) => first + i)
      const byContent = await store.has(pieces.map(piece => this.#ref(piece)))
      // Kept under their index: pieces that only SHA-1 vouched for when they were saved (v1, and hybrids without hashes).
      const byIndex = await store.has(pieces.map(piece => this.#ref(piece, true)))
      for (const [i, piece] of pieces.entries()) {
        if (!byContent[i] && !byIndex[i]) continue
        if (store.recheck && (await this.read(piece)) === undefined) continue
        bits[piece >> 3]! |= 0x80 >> (piece & 7)
        if (store.recheck) {
          onProgress((piece + 1) / layout.pieceCount)
          signal.throwIfAborted()
        }
      }
    }
    return bits
  }

  /** Hashes what was received and says whether, and where, it is not what the torrent says. */
  async check(piece: number, units: readonly Uint8Array[], expected: Expectation): Promise<CheckResult> {
    const body = concatBytes(units)
    const digests = await this.#digest(piece, body, expected.sha1 !== undefined)
    const { root } = digests
    if (expected.leaves && digests.leaves) {
      const badUnits = differingLeaves(digests.leaves, expected.leaves, units.length)
      if (badUnits.length > 0) return { result: 'bad', body, badUnits }
    }
    const verdicts = [compare(expected.sha1, digests.sha1), compare(expected.root, digests.root)]
    if (!verdicts.includes(false)) return { result: 'good', body, root }
    return { result: verdicts.includes(true) ? 'inconsistent' : 'bad', body, root }
  }

  /** Keeps a verified piece. Never throws: what the store refuses stays in memory. */
  async save(piece: number, bytes: Uint8Array, proof: 'sha1' | 'sha256'): Promise<void> {
    this.#held.set(piece, bytes)
    this.#remember(piece, Promise.resolve(bytes))
    const ref = this.#ref(piece, proof === 'sha1')
    try {
      await this.#options.store.write([{ ref, bytes }])
      this.#held.delete(piece)
    } catch (error) {
      if (this.#hasRefused) return
      this.#hasRefused = true
      this.#options.onRefused(toShoalError(error, 'A piece could not be stored; it is kept in memory.'))
    }
  }

  /** A piece, verified now; undefined when it is not there or not what it should be. */
  read(piece: number): Promise<Uint8Array | undefined> {
    const held = this.#held.get(piece)
    if (held !== undefined) return Promise.resolve(held)
    const cached = this.#cache.get(piece)
    if (cached !== undefined) {
      this.#cache.delete(piece)
      this.#cache.set(piece, cached)
      return cached
    }
    const reading = this.#readVerified(piece)
    this.#remember(piece, reading)
    return reading
  }

  /** Reads every piece that is expected to be here, and tells of those that are not what they should be. */
  async audit(isExpected: (piece: number) => boolean, onLost: (piece: number) => void): Promise<void> {
    for (let piece = 0; piece < this.#options.layout.pieceCount; piece++) {
      if (isExpected(piece) && (await this.read(piece)) === undefined) onLost(piece)
    }
  }

  /** Leaf hashes of a piece, 32 bytes each. */
  async leaves(piece: number): Promise<Uint8Array | undefined> {
    const bytes = await this.read(piece)
    if (bytes === undefined) return undefined
    return (await hashPiece(bytes, { leafCount: this.#options.layout.leafCount(piece) })).leaves
  }

  /** Deletes what the store holds of this torrent. */
  async clear(): Promise<void> {
    const { layout, store } = this.#options
    const refs = Array.from({ length: layout.pieceCount }, (_, piece) => piece)
    await store.remove(refs.flatMap(piece => [this.#ref(piece), this.#ref(piece, true)]))
  }

  async close(): Promise<void> {
    this.#cache.clear()
    this.#held.clear()
    await this.#options.store.close()
  }

  async #readVerified(piece: number): Promise<Uint8Array | undefined> {
    const { layout, store } = this.#options
    try {
      const bytes = (await store.read(this.#ref(piece))) ?? (await store.read(this.#ref(piece, true)))
      if (bytes === undefined || bytes.length !== layout.pieceBytes(piece)) return undefined
      const root = this.#options.root(piece)
      const sha1 = root === undefined ? layout.sha1(piece) : undefined
      const digests = await this.#digest(piece, bytes, sha1 !== undefined, root !== undefined)
      return compare(root ?? sha1, root ? digests.root : digests.sha1) ? bytes : undefined
    } catch {
      // A store that fails to read has lost the piece, as far as we are concerned: it is fetched anew.
      return undefined
    }
  }

  #remember(piece: number, reading: Promise<Uint8Array | undefined>): void {
    this.#cache.set(piece, reading)
    const { pieceLength } = this.#options.layout
    this.#cachedBytes += pieceLength
    for (const [oldest] of this.#cache) {
      if (this.#cachedBytes <= Math.max(VAULT_LIMITS.cacheBytes, 2 * pieceLength)) break
      this.#forget(oldest)
    }
    void reading.then(bytes => {
      if (bytes === undefined && this.#cache.get(piece) === reading) this.#forget(piece)
    })
  }

  #forget(piece: number): void {
    if (this.#cache.delete(piece)) this.#cachedBytes -= this.#options.layout.pieceLength
  }

  #digest(piece: number, bytes: Uint8Array, wantsSha1: boolean, wantsRoot = true): Promise<PieceDigests> {
    const { layout } = this.#options
    return hashPiece(bytes, {
      sha1Bytes: wantsSha1 ? layout.paddedBytes(piece) : 0,
      leafCount: wantsRoot ? layout.leafCount(piece) : 0,
    })
  }

  /** @param isByIndex under its index, as long as only SHA-1 vouches for it; else by its content where that has a root */
  #ref(piece: number, isByIndex = false): PieceRef {
    const { layout, infoHash } = this.#options
    const length = layout.pieceBytes(piece)
    const file = isByIndex ? undefined : layout.fileOf(piece)
    const root = file === undefined ? undefined : layout.files[file]!.piecesRoot
    const offset = root && (piece - layout.piecesOf(file!).first) * layout.pieceLength
    const place = root ? `${toHex(root)}/${offset}/${length}` : `${infoHash}/${piece}`
    return { piece, key: `${infoHash}/${place}`, length, slices: layout.slices(piece) }
  }
}

function compare(expected: Uint8Array | undefined, actual: Uint8Array | undefined): boolean | undefined {
  if (expected === undefined) return undefined
  return actual !== undefined && equalBytes(expected, actual)
}

/** Units of the swarm are leaves of the tree, so a leaf that differs names the unit. */
function differingLeaves(actual: Uint8Array, expected: Uint8Array, count: number): number[] {
  const differing: number[] = []
  for (let unit = 0; unit < count; unit++) {
    const begin = unit * HASH_BYTES
    const end = begin + HASH_BYTES
    if (!equalBytes(actual.subarray(begin, end), expected.subarray(begin, end))) differing.push(unit)
  }
  return differing
}

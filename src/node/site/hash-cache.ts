/**
 * What earlier builds found out about files, so that unchanged ones are neither hashed nor compressed again: by path, size and time.
 *
 * A cache that lies makes a manifest that visitors refuse piece by piece; `shoal verify` hashes without it.
 */
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { fromHex, toHex } from '../../metainfo/bytes.ts'
import { HASH_BYTES } from '../../metainfo/merkle.ts'
import { BULK_BYTES_ABOVE } from '../../site/limits.ts'
import { contentPieceLength, type HashedContent } from '../../site/manifest-encode.ts'

/** What tells one state of a file from another. */
export interface FileState {
  readonly place: string
  /** Bytes. */
  readonly size: number
  readonly mtimeNs: bigint
}

interface Entry {
  readonly size: number
  /** A decimal number, which JSON cannot hold. */
  readonly mtimeNs: string
  /** Hex. */
  readonly root?: string
  /** Base64, as is the next. */
  readonly layer?: string
  /** Of builds with a v1 half. */
  readonly sha1s?: string
  /** Gzip was tried and is not worth a twin. */
  readonly isIncompressible?: boolean
  /** Of a twin: written by us from the plain file in this state (`size/mtimeNs`). */
  readonly twinOf?: string
}

const FORMAT = 1

export class HashCache {
  readonly #file: string | undefined
  readonly #old = new Map<string, Entry>()
  /** Of this run: what is gone from the site goes from the cache. */
  readonly #new = new Map<string, Entry>()
  /** Bases of sites with the version last signed. */
  readonly #versions = new Map<string, number>()

  private constructor(file: string | undefined) {
    this.#file = file
  }

  /** @param file undefined: nothing is remembered. One that is damaged, or not there, is an empty one. */
  static async open(file: string | undefined): Promise<HashCache> {
    const cache = new HashCache(file)
    if (file === undefined) return cache
    try {
      const { format, files, versions }: Saved = JSON.parse(await readFile(file, 'utf8'))
      if (format !== FORMAT) return cache
      for (const [path, entry] of Object.entries(files)) cache.#old.set(path, entry)
      for (const [base, version] of Object.entries(versions)) cache.#versions.set(base, Number(version))
    } catch {
      // It only saves time.
    }
    return cache
  }

  /**
   * Where it is to be written, and what.
   * @param isPartial this run asked for no files, so that those known before stay
   */
  saved({
    isPartial = false,
  }: {
    readonly isPartial?: boolean
  } = {}): { readonly place: string; readonly bytes: Uint8Array } | undefined {
    if (this.#file === undefined) return undefined
    const known = isPartial ? this.#old : this.#new
    const files = Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1)))
    const saved: Saved = { format: FORMAT, versions: Object.fromEntries(this.#versions), files }
    return { place: this.#file, bytes: Buffer.from(`${JSON.stringify(saved)}\n`) }
  }

  /** The hashes of a file in this state. @param wantsSha1 those of a v1 half are needed too */
  content(state: FileState, wantsSha1 = false): HashedContent | undefined {
    const length = state.size
    const entry = this.#find(state)
    const piecesRoot = fromHex(entry?.root ?? '')
    if (piecesRoot?.length !== HASH_BYTES) return undefined
    const pieceCount = Math.ceil(length / contentPieceLength(length))
    const sha1s = wantsSha1 && length <= BULK_BYTES_ABOVE ? fromBase64(entry?.sha1s) : undefined
    if (sha1s !== undefined && sha1s.length !== pieceCount * 20) return undefined
    if (pieceCount === 1) return { length, piecesRoot, layer: undefined, sha1s }
    const layer = fromBase64(entry?.layer)
    return layer.length === pieceCount * HASH_BYTES ? { length, piecesRoot, layer, sha1s } : undefined
  }

  setContent(state: FileState, { piecesRoot, layer, sha1s }: HashedContent): void {
    this.#change(state, {
      root: toHex(piecesRoot),
      ...(layer !== undefined && { layer: Buffer.from(layer).toString('base64') }),
      ...(sha1s !== undefined && { sha1s: Buffer.from(sha1s).toString('base64') }),
    })
  }

  isIncompressible(state: FileState): boolean {
    return this.#find(state)?.isIncompressible === true
  }

  setIncompressible(state: FileState): void {
    this.#change(state, { isIncompressible: true })
  }

  /** Whether this twin was written by us; for the plain file in this state, where one is given. */
  isOwnTwin(twin: FileState, plain?: FileState): boolean {
    const { twinOf } = this.#find(twin) ?? {}
    return twinOf !== undefined && (plain === undefined || twinOf === stateKey(plain))
  }

  setTwin(twin: FileState, plain: FileState): void {
    this.#change(twin, { twinOf: stateKey(plain) })
  }

  /** The highest version signed for this base; 0 for none. */
  version(base: string): number {
    const version = this.#versions.get(base) ?? 0
    return Number.isSafeInteger(version) ? version : 0
  }

  setVersion(base: string, version: number): void {
    this.#versions.set(base, version)
  }

  /** Entries that are asked for are kept. */
  #find(state: FileState): Entry | undefined {
    const key = this.#key(state)
    const entry = this.#new.get(key) ?? this.#old.get(key)
    if (entry === undefined || `${entry.size}/${entry.mtimeNs}` !== stateKey(state)) return undefined
    this.#new.set(key, entry)
    return entry
  }

  #change(state: FileState, change: Partial<Entry>): void {
    const known = this.#find(state) ?? { size: state.size, mtimeNs: String(state.mtimeNs) }
    this.#new.set(this.#key(state), { ...known, ...change })
  }

  /** Relative to the cache, so that both can be moved together. */
  #key({ place }: FileState): string {
    return this.#file === undefined ? place : relative(dirname(resolve(this.#file)), place).replaceAll('\\', '/')
  }
}

interface Saved {
  readonly format: number
  readonly versions: Readonly<Record<string, number>>
  readonly files: Readonly<Record<string, Entry>>
}

function fromBase64(text = ''): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function stateKey({ size, mtimeNs }: Pick<FileState, 'size' | 'mtimeNs'>): string {
  return `${size}/${mtimeNs}`
}

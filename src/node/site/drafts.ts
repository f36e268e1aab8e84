/** Makes of each file what the manifest says of it: its twin where it has one, and the hashes of what travels. */
import { readFile } from 'node:fs/promises'
import type { DraftFile, HashedContent } from '../../site/manifest-encode.ts'
import type { BlobLike } from '../../store/blob-like.ts'
import type { FileState, HashCache } from './hash-cache.ts'
import { hashContent } from './hash-content.ts'
import type { SelectedFile } from './select.ts'
import type { Staging } from './staging.ts'
import { stateOf, type Twin, twinOf } from './twins.ts'

export interface DraftOptions {
  readonly cache: HashCache
  /** Where new twins wait for the end of the build. */
  readonly staging: Staging
  /** Whether twins may be written. */
  readonly twins: boolean
  /** Bytes, as they travel, under which a file is left to HTTP. */
  readonly minBytes: number
  /** The manifest gets a v1 half. */
  readonly hybrid: boolean
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
}

export interface Drafts {
  readonly files: readonly DraftFile[]
  /** How many twins were under the smallest size. */
  readonly small: number
  /** Files that compress, but whose twin's place is taken or may not be written. */
  readonly refusedTwins: readonly string[]
  /** How many files and twins were hashed; the others were known. */
  readonly hashed: number
}

/** Files worked on at a time: gzip and hashing use the four threads of Node's pool. */
const FILES_IN_FLIGHT = 4

/** @throws ShoalError `file-changed`, `aborted` */
export async function draftFiles(files: readonly SelectedFile[], options: DraftOptions): Promise<Drafts> {
  const work = new Work(options, sum(files))
  const drafts: (DraftFile | undefined)[] = []
  let next = 0
  async function run(): Promise<void> {
    while (next < files.length) {
      const index = next++
      drafts[index] = await work.draft(files[index]!)
    }
  }
  try {
    await Promise.all(Array.from({ length: FILES_IN_FLIGHT }, run))
  } finally {
    next = files.length
  }
  const { small, refusedTwins, hashed } = work
  return { files: drafts.filter(draft => draft !== undefined), small, refusedTwins: refusedTwins.sort(), hashed }
}

class Work {
  hashed = 0
  small = 0
  readonly refusedTwins: string[] = []
  readonly #options: DraftOptions
  readonly #totalBytes: number
  #doneBytes = 0

  constructor(options: DraftOptions, totalBytes: number) {
    this.#options = options
    this.#totalBytes = totalBytes
  }

  /** undefined: the file is left to HTTP. */
  async draft(file: SelectedFile): Promise<DraftFile | undefined> {
    const { path, type, isImmutable, data } = file
    const twin = await twinOf(file, { cache: this.#options.cache, mayWrite: this.#options.twins })
    const common = { path, type, isImmutable, length: data.size }
    if (twin.kind === 'none') {
      const plain = { place: file.place, size: data.size, mtimeNs: file.mtimeNs }
      const content = await this.#content(plain, async () => data)
      return { ...common, encoding: undefined, content }
    }
    this.#progress(data.size)
    if (twin.kind === 'refused') {
      this.refusedTwins.push(path)
      return undefined
    }
    if ((twin.kind === 'made' ? twin.bytes.length : twin.state.size) < this.#options.minBytes) {
      this.small += 1
      return undefined
    }
    return { ...common, encoding: 'gzip', content: await this.#twinContent(twin, file) }
  }

  async #twinContent(twin: Exclude<Twin, { kind: 'none' | 'refused' }>, file: SelectedFile): Promise<HashedContent> {
    const { cache, staging } = this.#options
    if (twin.kind === 'kept') {
      const { place } = twin.state
      return this.#content(twin.state, async () => new Blob([twin.bytes ?? (await readFile(place))] as BlobPart[]))
    }
    // A rename keeps size and time.
    const staged = (await stateOf(await staging.add(twin.place, twin.bytes)))!
    const state = { ...staged, place: twin.place }
    cache.setTwin(state, { place: file.place, size: file.data.size, mtimeNs: file.mtimeNs })
    return this.#content(state, async () => new Blob([twin.bytes] as BlobPart[]))
  }

  async #content(state: FileState, open: () => Promise<BlobLike>): Promise<HashedContent> {
    const { cache, signal, hybrid: wantsSha1 } = this.#options
    const isTwin = state.place.endsWith('.gz')
    const known = cache.content(state, wantsSha1)
    if (known !== undefined) {
      if (!isTwin) this.#progress(state.size)
      return known
    }
    this.hashed += 1
    const onBytes = isTwin ? () => undefined : (bytes: number) => this.#progress(bytes)
    const content = await hashContent(await open(), { signal, onBytes, wantsSha1 })
    cache.setContent(state, content)
    return content
  }

  #progress(bytes: number): void {
    this.#doneBytes += bytes
    this.#options.onProgress(this.#doneBytes, this.#totalBytes)
  }
}

function sum(files: readonly SelectedFile[]): number {
  return files.reduce((total, { data }) => total + data.size, 0)
}

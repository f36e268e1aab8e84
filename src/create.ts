/**
 * Makes a torrent of files: reads them once, ahead of the hashing, with bounded memory at any size.
 */
import { ShoalError } from './errors.ts'
import { hashPiece } from './hashing.ts'
import { toHex } from './metainfo/bytes.ts'
import { encodeInfo } from './metainfo/info-encode.ts'
import { alignedStarts, createLayout, type Layout } from './metainfo/layout.ts'
import { HASH_BYTES, rootOfPieceLayer } from './metainfo/merkle.ts'
import { metainfoFromInfo, type Metainfo } from './metainfo/metainfo.ts'
import { paddingBytes, planTorrent, type Plan } from './metainfo/plan.ts'
import { METAINFO_LIMITS } from './options.ts'

/** What is needed of a Blob or File. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export interface CreateFile {
  /** '/'-joined. When all paths begin with the same folder, that is the torrent. */
  readonly path: string
  readonly data: BlobLike
}

export interface CreateOptions {
  /** @default the folder that all files lie in, or the file's name. A single file of another name goes into a folder of this name. */
  readonly name?: string | undefined
  /** @default hybrid, or v2 (with a warning) where padding would cost a hybrid too much */
  readonly version?: 'hybrid' | 'v1' | 'v2' | undefined
  /** Bytes. @default chosen by size and padding */
  readonly pieceLength?: number | undefined
  /** URLs, or tiers of them. */
  readonly trackers?: Iterable<string | Iterable<string>> | undefined
  readonly webSeeds?: Iterable<string> | undefined
  readonly comment?: string | undefined
  /** Peers may come from the trackers only (BEP 27). @default false */
  readonly private?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined
}

export interface CreatedTorrent extends Metainfo {
  /** For each file of `layout`, its index among the files that were given. */
  readonly sources: readonly number[]
  /** What a person should know of the choices made, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Hashes files into a torrent. v2 and hybrid torrents sort their files; v1-only torrents keep the order given.
 * @throws ShoalError `invalid-argument`, `invalid-path`, `file-changed` (a file could not be read as it was), `aborted`
 */
export async function createTorrent(
  files: readonly CreateFile[],
  options: CreateOptions = {},
): Promise<CreatedTorrent> {
  const plan = planTorrent(
    files.map(({ path, data }) => ({ path, length: data.size })),
    options,
  )
  const sources = plan.files.map(({ source }) => source)
  const layout = layoutOf(plan)
  checkSize(plan, layout, options.private === true)
  const hashes = await hashFiles(
    layout,
    sources.map(source => files[source]!),
    options,
  )
  const { roots, pieceLayers } = rootsOf(layout, hashes.pieceRoots)
  const isV1 = plan.version !== 'v2'
  const isV2 = plan.version !== 'v1'
  const infoBytes = encodeInfo(
    plan,
    { ...(isV1 && { sha1s: hashes.sha1s }), ...(isV2 && { roots }) },
    options.private === true,
  )
  const { trackers, webSeeds, comment } = options
  const metainfo = metainfoFromInfo(infoBytes, { trackers, webSeeds, comment, pieceLayers, createdBy: 'Shoal' })
  return { ...metainfo, sources, warnings: plan.warnings }
}

/** Says before the hashing, which may take long, when there is too much for one torrent. */
function checkSize(plan: Plan, { pieceCount }: Layout, isPrivate: boolean): void {
  const piecesMax = METAINFO_LIMITS.piecesMax
  const infoBytesMax = METAINFO_LIMITS.metadataBytesMax
  const tooMuch = (what: string): ShoalError =>
    new ShoalError('invalid-argument', `${what}. Share fewer files at a time, or ask for a longer piece length.`)
  if (pieceCount > piecesMax) throw tooMuch(`This makes ${pieceCount} pieces; a torrent can have ${piecesMax}`)
  const root = new Uint8Array(HASH_BYTES)
  const blank = {
    ...(plan.version !== 'v2' && { sha1s: new Uint8Array(pieceCount * 20) }),
    ...(plan.version !== 'v1' && { roots: plan.files.map(({ length }) => (length === 0 ? undefined : root)) }),
  }
  const infoBytes = encodeInfo(plan, blank, isPrivate).length
  if (infoBytes > infoBytesMax) throw tooMuch(`The file list takes ${infoBytes} bytes; ${infoBytesMax} can be shared`)
}

/** The layout that the torrent will have, without its hashes. */
function layoutOf({ files, pieceLength, version, isFolder }: Plan): Layout {
  const layoutFiles = files.map(({ path, length }) => ({ path: path.join('/'), length }))
  if (version === 'v2') return createLayout({ version, pieceLength, files: layoutFiles })
  const totalBytes = files.reduce((sum, { length }) => sum + length, 0)
  const isPadded = version === 'hybrid' && isFolder
  const starts = version === 'hybrid' ? alignedStarts(files, pieceLength).starts : packedStarts(files)
  const streamBytes = totalBytes + (isPadded ? paddingBytes(files, pieceLength) : 0)
  return createLayout({
    version,
    pieceLength,
    files: layoutFiles,
    v1: { starts, streamBytes, sha1s: new Uint8Array(0) },
  })
}

function packedStarts(files: readonly { readonly length: number }[]): Float64Array {
  const starts = new Float64Array(files.length)
  for (let file = 1; file < files.length; file++) starts[file] = starts[file - 1]! + files[file - 1]!.length
  return starts
}

interface PieceHashBytes {
  /** 20 bytes a piece; zeros for v2. */
  readonly sha1s: Uint8Array
  /** 32 bytes a piece; zeros for v1. */
  readonly pieceRoots: Uint8Array
}

/** Bytes, and pieces, that are read at once: enough to hide how long a read takes. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_PIECES_MAX = 128

/** Batches in flight: while some are read others are hashed. */
const BATCHES_IN_FLIGHT = 3

async function hashFiles(
  layout: Layout,
  files: readonly CreateFile[],
  options: CreateOptions,
): Promise<PieceHashBytes> {
  const { signal, onProgress } = options
  const hasSha1 = layout.version !== 'v2'
  const sha1s = new Uint8Array(hasSha1 ? layout.pieceCount * 20 : 0)
  const pieceRoots = new Uint8Array(layout.version === 'v1' ? 0 : layout.pieceCount * HASH_BYTES)
  let next = 0
  let doneBytes = 0

  async function hashOne(piece: number, data: Uint8Array): Promise<void> {
    const sha1 = hasSha1 ? { sha1: { paddedBytes: layout.paddedBytes(piece) } } : {}
    const digests = await hashPiece(data, { ...sha1, leafCount: layout.leafCount(piece) })
    if (digests.sha1 !== undefined) sha1s.set(digests.sha1, piece * 20)
    if (digests.root !== undefined) pieceRoots.set(digests.root, piece * HASH_BYTES)
  }

  async function hashBatches(): Promise<void> {
    while (next < layout.pieceCount) {
      if (signal?.aborted) throw new ShoalError('aborted', 'Making the torrent was stopped.', { cause: signal.reason })
      const first = next
      next = batchEnd(layout, first)
      const pieces = await readPieces(layout, files, first, next)
      await Promise.all(pieces.map((data, n) => hashOne(first + n, data)))
      doneBytes += pieces.reduce((sum, data) => sum + data.length, 0)
      onProgress?.(doneBytes, layout.totalBytes)
    }
  }

  const inFlight = Math.max(
    1,
    Math.min(BATCHES_IN_FLIGHT, Math.floor((BATCHES_IN_FLIGHT * BATCH_BYTES) / layout.pieceLength)),
  )
  try {
    await Promise.all(Array.from({ length: inFlight }, hashBatches))
  } finally {
    next = layout.pieceCount
  }
  return { sha1s, pieceRoots }
}

/** Where the batch that begins with piece `first` ends. */
function batchEnd(layout: Layout, first: number): number {
  let bytes = layout.pieceBytes(first)
  let end = first + 1
  for (; end < Math.min(first + BATCH_PIECES_MAX, layout.pieceCount); end++) {
    bytes += layout.pieceBytes(end)
    if (bytes > BATCH_BYTES) break
  }
  return end
}

/** Reads pieces, with one read for each file they lie in. */
async function readPieces(
  layout: Layout,
  files: readonly CreateFile[],
  first: number,
  end: number,
): Promise<Uint8Array[]> {
  const reads: { file: number; offset: number; length: number }[] = []
  const pieces = Array.from({ length: end - first }, (_, n) => {
    return layout.slices(first + n).map(slice => {
      const last = reads.at(-1)
      if (last?.file === slice.file) last.length += slice.length
      else reads.push({ file: slice.file, offset: slice.offset, length: slice.length })
      return { ...slice, read: reads.length - 1 }
    })
  })
  const buffers = await Promise.all(reads.map(({ file, offset, length }) => readFile(files[file]!, offset, length)))
  return pieces.map((slices, n) => {
    const runs = slices.map(({ read, offset, length, pieceOffset }) => {
      const begin = offset - reads[read]!.offset
      return { bytes: buffers[read]!.subarray(begin, begin + length), pieceOffset }
    })
    const pieceBytes = layout.pieceBytes(first + n)
    if (runs.length === 1 && runs[0]!.bytes.length === pieceBytes) return runs[0]!.bytes
    const data = new Uint8Array(pieceBytes)
    for (const { bytes, pieceOffset } of runs) data.set(bytes, pieceOffset)
    return data
  })
}

async function readFile({ path, data }: CreateFile, offset: number, length: number): Promise<Uint8Array> {
  const changed = (cause?: unknown): ShoalError =>
    new ShoalError('file-changed', `"${path}" cannot be read as it was when it was added. Add it again.`, {
      cause,
      details: { path },
    })
  const bytes = await data
    .slice(offset, offset + length)
    .arrayBuffer()
    .catch(error => {
      throw changed(error)
    })
  if (bytes.byteLength !== length) throw changed()
  return new Uint8Array(bytes)
}

/** Roots of the files and, by their hex, the layers of those that are longer than a piece. */
function rootsOf(
  layout: Layout,
  pieceRoots: Uint8Array,
): { roots: (Uint8Array | undefined)[]; pieceLayers: Map<string, Uint8Array> } {
  const pieceLayers = new Map<string, Uint8Array>()
  if (layout.version === 'v1') return { roots: [], pieceLayers }
  const roots = layout.files.map((_, file) => {
    const { first, end } = layout.piecesOf(file)
    const layer = pieceRoots.slice(first * HASH_BYTES, end * HASH_BYTES)
    if (end - first < 2) return end > first ? layer : undefined
    const root = rootOfPieceLayer(layer, layout.pieceLength)
    pieceLayers.set(toHex(root), layer)
    return root
  })
  return { roots, pieceLayers }
}

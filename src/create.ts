/**
 * Makes a torrent of files: reads them once, ahead of the hashing, with bounded memory at any size.
 */
import { ShoalError } from './errors.ts'
import { hashPiece } from './hashing.ts'
import { toHex } from './metainfo/bytes.ts'
import { encodeInfo } from './metainfo/info-encode.ts'
import { parseInfo } from './metainfo/info.ts'
import { createLayout, type Layout } from './metainfo/layout.ts'
import { HASH_BYTES, rootOfPieceLayer } from './metainfo/merkle.ts'
import { metainfoFromInfo, type Metainfo } from './metainfo/metainfo.ts'
import { planTorrent, type Plan } from './metainfo/plan.ts'
import { METAINFO_LIMITS } from './options.ts'
import { blobPieces, type OwnFile } from './store/blobs.ts'

/** Its path is '/'-joined. When all paths begin with the same folder, that is the torrent. */
export type CreateFile = OwnFile

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
    files.map(({ path, data }) => ({ path, length: data instanceof Uint8Array ? data.length : data.size })),
    options,
  )
  const isPrivate = options.private === true
  const layout = createLayout(parseInfo(blankInfo(plan, isPrivate)))
  const sources = plan.files.map(({ source }) => source)
  const own = layout.files.map(({ path }, file) => ({ path, data: files[sources[file]!]!.data }))
  const { sha1s, pieceRoots } = await hashFiles(layout, own, options)
  const { roots, pieceLayers } = rootsOf(layout, pieceRoots)
  const infoBytes = encodeInfo(plan, { sha1s, roots }, isPrivate)
  const { trackers, webSeeds, comment } = options
  const metainfo = metainfoFromInfo(infoBytes, { trackers, webSeeds, comment, pieceLayers, createdBy: 'Shoal' })
  return { ...metainfo, sources, warnings: plan.warnings }
}

/** The info dict with zeros for hashes. Says before the hashing, which may take long, when there is too much for one torrent. */
function blankInfo(plan: Plan, isPrivate: boolean): Uint8Array {
  const { pieceCount, files, version } = plan
  if (files.length <= METAINFO_LIMITS.filesMax && pieceCount <= METAINFO_LIMITS.piecesMax) {
    const sha1s = new Uint8Array(version === 'v2' ? 0 : pieceCount * 20)
    const root = new Uint8Array(HASH_BYTES)
    const roots = files.map(({ length }) => (length === 0 ? undefined : root))
    const info = encodeInfo(plan, { sha1s, roots }, isPrivate)
    if (info.length <= METAINFO_LIMITS.metadataBytesMax) return info
  }
  const what = `${files.length} files in ${pieceCount} pieces are too much for one torrent.`
  throw new ShoalError('invalid-argument', `${what} Share fewer files at a time, or ask for a longer piece length.`)
}

interface PieceHashBytes {
  /** 20 bytes a piece; zeros for v2. */
  readonly sha1s: Uint8Array
  /** 32 bytes a piece; zeros for v1. */
  readonly pieceRoots: Uint8Array
}

/** Bytes, and pieces, that are read and hashed at a time: while some are read others are hashed. */
const BYTES_IN_FLIGHT = 8 * 1024 * 1024
const PIECES_IN_FLIGHT_MAX = 128

async function hashFiles(
  layout: Layout,
  files: readonly OwnFile[],
  { signal, onProgress }: CreateOptions,
): Promise<PieceHashBytes> {
  const { pieceCount, pieceLength, version } = layout
  const sha1s = new Uint8Array(version === 'v2' ? 0 : pieceCount * 20)
  const pieceRoots = new Uint8Array(version === 'v1' ? 0 : pieceCount * HASH_BYTES)
  let failure: ShoalError | undefined
  let next = 0
  let doneBytes = 0
  const onError = (error: ShoalError): void => {
    failure ??= error
  }
  const store = blobPieces(layout, files, { onError, isInOrder: true })

  async function hashPieces(): Promise<void> {
    while (next < pieceCount) {
      const piece = next++
      if (signal?.aborted) throw new ShoalError('aborted', 'Making the torrent was stopped.', { cause: signal.reason })
      const data = await store.read({ piece, key: '', length: layout.pieceBytes(piece), slices: layout.slices(piece) })
      if (data === undefined) throw failure
      const sha1Bytes = version === 'v2' ? 0 : layout.paddedBytes(piece)
      const { sha1, root } = await hashPiece(data, { sha1Bytes, leafCount: layout.leafCount(piece) })
      if (sha1 !== undefined) sha1s.set(sha1, piece * 20)
      if (root !== undefined) pieceRoots.set(root, piece * HASH_BYTES)
      doneBytes += data.length
      onProgress?.(doneBytes, layout.totalBytes)
    }
  }

  const inFlight = Math.max(1, Math.min(PIECES_IN_FLIGHT_MAX, Math.floor(BYTES_IN_FLIGHT / pieceLength)))
  try {
    await Promise.all(Array.from({ length: inFlight }, hashPieces))
  } finally {
    next = pieceCount
  }
  return { sha1s, pieceRoots }
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

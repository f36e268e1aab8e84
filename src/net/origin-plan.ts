/**
 * Which HTTP ranges bring which pieces (BEP 19).
 */
import type { FileSlice, Layout, LayoutFile } from '../metainfo/layout.ts'

/** A contiguous range of one file: one HTTP request. */
export interface OriginRun {
  /** Index into `layout.files`. */
  readonly file: number
  /** Byte offset in the file. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  /** Where the bytes go, in their order. */
  readonly targets: readonly RunTarget[]
}

export interface RunTarget {
  readonly piece: number
  /** Byte offset in the piece. */
  readonly pieceOffset: number
  /** Bytes. */
  readonly length: number
}

/** The runs that cover pieces `first` (inclusive) to `end` (exclusive), in the order of their bytes. */
export function planRuns(layout: Layout, first: number, end: number): OriginRun[] {
  const runs: { file: number; offset: number; length: number; targets: RunTarget[] }[] = []
  for (let piece = first; piece < end; piece++) {
    for (const slice of layout.slices(piece)) {
      const last = runs.at(-1)
      if (last !== undefined && last.file === slice.file && last.offset + last.length === slice.offset) {
        last.length += slice.length
        last.targets.push(targetOf(piece, slice))
      } else {
        const { file, offset, length } = slice
        runs.push({ file, offset, length, targets: [targetOf(piece, slice)] })
      }
    }
  }
  return runs
}

/**
 * Where a web seed has a file. A URL stands for a single file itself, unless it ends in '/': then the file's name
 * is appended. For a folder, the torrent's name and the path are appended, percent-encoded (BEP 19).
 */
export function fileUrl(seedUrl: string, layout: Layout, file: LayoutFile): string {
  const components = pathOf(file)
  const url = new URL(seedUrl)
  const isFolder = layout.files.length > 1 || components.length > 1
  if (!isFolder && !url.pathname.endsWith('/')) return url.href
  const base = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`
  url.pathname = base + components.map(encodeURIComponent).join('/')
  return url.href
}

/** As the torrent names it, where that cannot lead out of the seed's folder. */
function pathOf(file: LayoutFile): readonly string[] {
  const raw = file.rawPath
  const isHarmless = raw?.every(component => component !== '' && component !== '.' && component !== '..')
  return raw !== undefined && isHarmless ? raw : file.path.split('/')
}

function targetOf(piece: number, { pieceOffset, length }: FileSlice): RunTarget {
  return { piece, pieceOffset, length }
}

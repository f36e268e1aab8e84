/**
 * Which HTTP ranges bring which pieces (BEP 19).
 */
import type { Layout, LayoutFile } from '../metainfo/layout.ts'

/** A contiguous range of one file: one HTTP request. */
export interface OriginRun {
  readonly file: LayoutFile
  /** Byte offset in the file. */
  readonly offset: number
  /** Bytes; at least one. */
  readonly length: number
  /** Where it begins in the stream of all pieces, in bytes. */
  readonly start: number
}

/** The runs that cover pieces `first` (inclusive) to `end` (exclusive), in the order of their bytes. */
export function planRuns(layout: Layout, first: number, end: number): OriginRun[] {
  const runs = new Map<number, { file: LayoutFile; offset: number; length: number; start: number }>()
  for (let piece = first; piece < end; piece++) {
    for (const { file, offset, length } of layout.slices(piece)) {
      const run = runs.get(file)
      if (run === undefined)
        runs.set(file, { file: layout.files[file]!, offset, length, start: layout.startOf(file) + offset })
      else run.length += length
    }
  }
  return [...runs.values()]
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

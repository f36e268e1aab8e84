/** What is in a torrent or a magnet link, as data for `inspect --json` and as text. */
import { toHex } from '../../metainfo/bytes.ts'
import { formatMagnet, type Magnet } from '../../metainfo/magnet.ts'
import type { Metainfo } from '../../metainfo/metainfo.ts'
import { formatBytes, formatCount } from './format.ts'

/** The keys are fixed; what is not known is null. */
export interface Summary {
  readonly name: string | null
  readonly version: 'v1' | 'v2' | 'hybrid' | null
  /** Hex. */
  readonly infoHashV1: string | null
  readonly infoHashV2: string | null
  /** Bytes. */
  readonly length: number | null
  readonly pieceLength: number | null
  /** How many. */
  readonly pieces: number | null
  readonly files: readonly SummaryFile[]
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  readonly comment: string | null
  readonly createdBy: string | null
  /** ISO 8601. */
  readonly createdAt: string | null
  readonly private: boolean | null
  readonly magnet: string
}

export interface SummaryFile {
  readonly path: string
  /** Bytes. */
  readonly length: number
  /** Hex of the root of the file's Merkle tree (v2 and hybrid; null for empty files). */
  readonly piecesRoot: string | null
}

export function summaryOfMetainfo(metainfo: Metainfo): Summary {
  const { info, layout, infoHashV1, infoHashV2, name, webSeeds } = metainfo
  const trackers = metainfo.trackers.flat()
  return {
    name,
    version: layout.version,
    infoHashV1: hexOf(infoHashV1),
    infoHashV2: hexOf(infoHashV2),
    length: layout.totalBytes,
    pieceLength: layout.pieceLength,
    pieces: layout.pieceCount,
    files: layout.files.map(({ path, length, piecesRoot }) => ({ path, length, piecesRoot: hexOf(piecesRoot) })),
    trackers,
    webSeeds,
    comment: metainfo.comment ?? null,
    createdBy: metainfo.createdBy ?? null,
    createdAt: dateOf(metainfo.creationDate),
    private: info.isPrivate,
    magnet: magnetOf(metainfo),
  }
}

export function summaryOfMagnet(magnet: Magnet): Summary {
  const { infoHashV1, infoHashV2, name, trackers, webSeeds } = magnet
  return {
    name: name ?? null,
    version: null,
    infoHashV1: hexOf(infoHashV1),
    infoHashV2: hexOf(infoHashV2),
    length: null,
    pieceLength: null,
    pieces: null,
    files: [],
    trackers,
    webSeeds,
    comment: null,
    createdBy: null,
    createdAt: null,
    private: null,
    magnet: formatMagnet(magnet),
  }
}

/** The magnet link of a torrent, trackers and web seeds included. */
export function magnetOf(metainfo: Metainfo): string {
  const { infoHashV1, infoHashV2, name, webSeeds } = metainfo
  return formatMagnet({
    ...(infoHashV1 && { infoHashV1 }),
    ...(infoHashV2 && { infoHashV2 }),
    name,
    trackers: metainfo.trackers.flat(),
    webSeeds,
  })
}

/** Lines for people. */
export function summaryLines(summary: Summary): string[] {
  const { length, pieces, pieceLength, files } = summary
  const rows: readonly (readonly [string, string | null])[] = [
    ['name', summary.name],
    ['version', summary.version],
    ['infohash v1', summary.infoHashV1],
    ['infohash v2', summary.infoHashV2],
    [
      'size',
      length === null
        ? null
        : `${formatBytes(length)} (${formatCount(length, 'byte')}) in ${formatCount(files.length, 'file')}`,
    ],
    [
      'pieces',
      pieces === null || pieceLength === null ? null : `${formatCount(pieces, 'piece')} of ${binarySize(pieceLength)}`,
    ],
    ...summary.trackers.map(url => ['tracker', url] as const),
    ...summary.webSeeds.map(url => ['web seed', url] as const),
    ['comment', summary.comment],
    ['created by', summary.createdBy],
    ['created at', summary.createdAt],
    ['private', summary.private ? 'yes: peers come from its trackers only' : null],
    ['magnet', summary.magnet],
  ]
  const lines = rows.flatMap(([label, value]) => (value === null ? [] : [`${label.padEnd(13)}${oneLine(value)}`]))
  if (files.length > 0)
    lines.push('', ...files.map(file => `${formatBytes(file.length).padStart(9)}  ${oneLine(file.path)}`))
  return lines
}

function hexOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : toHex(bytes)
}

/** A torrent may claim any number of seconds; not all of them are dates. */
function dateOf(seconds: number | undefined): string | null {
  const date = new Date((seconds ?? Number.NaN) * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** Piece lengths are powers of two, mostly. */
function binarySize(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size} ${unit}`
  }
  return formatCount(bytes, 'byte')
}

/** A comment with line feeds must not look like lines of ours. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

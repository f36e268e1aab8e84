/**
 * Decides how files become a torrent: its name, the order of its files, its version and piece length.
 *
 * v2 and hybrid torrents list files in the order of the tree, sorted by raw bytes (BEP 52). In a v1-only torrent the order is the
 * creator's, and kept as given.
 */
import { ShoalError } from '../errors.ts'
import { BLOCK_BYTES, CREATE_DEFAULTS, METAINFO_LIMITS } from '../options.ts'
import { fromUtf8, toLatin1, toUtf8 } from './bytes.ts'
import { isPieceLength } from './info.ts'
import { powerOfTwoAtLeast } from './layout.ts'

export interface PlanOptions {
  /** Of the torrent. @default the folder that all files lie in, or the file's name */
  readonly name?: string | undefined
  /** @default hybrid, or v2 where padding would cost a hybrid too much */
  readonly version?: 'v1' | 'v2' | 'hybrid' | undefined
  /** Bytes. A power of two for v2 and hybrids. @default chosen by size and padding */
  readonly pieceLength?: number | undefined
}

export interface Plan {
  readonly name: string
  /** Whether the files lie in a folder that bears the name. */
  readonly isFolder: boolean
  readonly version: 'v1' | 'v2' | 'hybrid'
  readonly pieceLength: number
  readonly pieceCount: number
  /** In the order of the torrent. */
  readonly files: readonly PlannedFile[]
  readonly tree: FileTree
  /** What a person should know of the choices made, in sentences. */
  readonly warnings: readonly string[]
}

export interface PlannedFile {
  /** Folders and name, without the torrent's own name. */
  readonly path: readonly string[]
  /** Bytes. */
  readonly length: number
  /** Index among the files that were given. */
  readonly source: number
}

/** Files and folders by name: UTF-8, a char a byte. */
export interface FileTree extends Map<string, FileTree | PlannedFile> {}

/** @throws ShoalError `invalid-argument`, `invalid-path` */
export function planTorrent(given: readonly { path: string; length: number }[], options: PlanOptions = {}): Plan {
  if (given.length === 0)
    throw new ShoalError('invalid-argument', 'There are no files to make a torrent of. Add at least one.')
  const { name, isFolder, files } = nameFiles(given, options.name || undefined)
  const tree = treeOf(files)
  const { version, pieceLength, warnings } = choose(files, isFolder, options)
  const pieces = (bytes: number): number => Math.ceil(bytes / pieceLength)
  return {
    name,
    isFolder,
    version,
    pieceLength,
    pieceCount: version === 'v1' ? pieces(sum(files)) : sum(files, pieces),
    files: version === 'v1' ? files : inOrder(tree),
    tree,
    warnings,
  }
}

/** Bytes of zeros that follow a file when the next one begins at a piece boundary. */
export function paddingBytes(length: number, pieceLength: number): number {
  return (pieceLength - (length % pieceLength)) % pieceLength
}

function sum(files: readonly PlannedFile[], count = (bytes: number): number => bytes): number {
  return files.reduce((total, { length }) => total + count(length), 0)
}

function nameFiles(
  given: readonly { path: string; length: number }[],
  name: string | undefined,
): Pick<Plan, 'name' | 'isFolder' | 'files'> {
  const files = given.map(({ path, length }, source) => ({ path: split(path), length, source }))
  const first = files[0]!.path
  const folder =
    first.length > 1 && files.every(({ path }) => path.length > 1 && path[0] === first[0]) ? first[0] : undefined
  const isSingle = files.length === 1 && first.length === 1 && (name === undefined || name === first[0])
  if (isSingle) return { name: first[0]!, isFolder: false, files }
  const others = files.length - 1
  return {
    name: clean(name ?? folder ?? `${first.at(-1)} and ${others} more`),
    isFolder: true,
    files: folder === undefined ? files : files.map(file => ({ ...file, path: file.path.slice(1) })),
  }
}

/** Info dict, file tree, the file's own two dictionaries, and the metainfo around them take the other levels of bencode. */
const PATH_COMPONENTS_MAX = METAINFO_LIMITS.depthMax - 5

function split(path: string): string[] {
  const components = path
    .split('/')
    .filter(component => component !== '' && component !== '.')
    .map(clean)
  if (components.length === 0)
    throw new ShoalError('invalid-path', `"${path}" is no file name. Give every file a name.`)
  if (components.includes('..'))
    throw new ShoalError('invalid-path', `"${path}" leads out of its folder. Remove the "..".`)
  if (components.length > PATH_COMPONENTS_MAX) {
    throw new ShoalError(
      'invalid-path',
      `"${path}" is more than ${PATH_COMPONENTS_MAX} folders deep. Share a folder further down.`,
    )
  }
  return components
}

/** A name that UTF-8 and the sort key can hold. */
function clean(name: string): string {
  if (name === '' || name.includes('\0'))
    throw new ShoalError('invalid-path', 'A name is empty or holds a NUL. Rename the file.')
  return toUtf8(fromUtf8(name))
}

/** @throws ShoalError `invalid-argument` where a name is taken: no file may stand twice, or be a folder too */
function treeOf(files: readonly PlannedFile[]): FileTree {
  const tree: FileTree = new Map()
  for (const file of files) {
    const keys = file.path.map(name => toLatin1(fromUtf8(name)))
    const last = keys.pop()!
    let folder = tree
    for (const key of keys) {
      const inside = folder.get(key) ?? new Map()
      if (!(inside instanceof Map)) refuseTwice(file)
      folder.set(key, inside)
      folder = inside
    }
    if (folder.has(last)) refuseTwice(file)
    folder.set(last, file)
  }
  return tree
}

function refuseTwice({ path }: PlannedFile): never {
  const what = `"${path.join('/')}" is there twice, or a file and a folder have the same name.`
  throw new ShoalError('invalid-argument', `${what} Leave one out, or rename it.`)
}

/** The files of a tree: folder by folder, sorted by raw bytes. */
function inOrder(tree: FileTree): PlannedFile[] {
  const entries = [...tree].sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.flatMap(([, node]) => (node instanceof Map ? inOrder(node) : [node]))
}

type Choice = Pick<Plan, 'version' | 'pieceLength' | 'warnings'>

function choose(files: readonly PlannedFile[], isFolder: boolean, options: PlanOptions): Choice {
  const totalBytes = sum(files)
  const bySize = pieceLengthBySize(totalBytes)
  const { version = 'hybrid', pieceLength } = options
  if (!['v1', 'v2', 'hybrid'].includes(version)) {
    throw new ShoalError('invalid-argument', `A torrent's version is 'v1', 'v2' or 'hybrid', not ${String(version)}.`)
  }
  if (pieceLength !== undefined) checkPieceLength(pieceLength, version)
  if (version !== 'hybrid' || !isFolder) return { version, pieceLength: pieceLength ?? bySize, warnings: [] }
  const share = (candidate: number): number =>
    totalBytes === 0 ? 0 : sum(files, length => paddingBytes(length, candidate)) / totalBytes
  const chosen = pieceLength ?? pieceLengthByPadding(share, bySize, totalBytes)
  if (options.version !== undefined || share(chosen) <= CREATE_DEFAULTS.paddingShareHybridMax) {
    return { version, pieceLength: chosen, warnings: [] }
  }
  const percent = Math.round(share(chosen) * 100)
  const warning =
    `This torrent is v2 only, so v1 clients such as WebTorrent cannot join: padding would add ${percent} % ` +
    'for them. Ask for version "hybrid" to have it anyway.'
  return { version: 'v2', pieceLength: pieceLength ?? bySize, warnings: [warning] }
}

/** About 16 pieces, so that the first is verified early, of 16 KiB to 1 MiB; longer where there would be too many. */
function pieceLengthBySize(totalBytes: number): number {
  let pieceLength: number = BLOCK_BYTES
  while (pieceLength < CREATE_DEFAULTS.pieceLengthMax && pieceLength * 2 * PIECES_MIN <= totalBytes) pieceLength *= 2
  while (pieceLength < METAINFO_LIMITS.pieceLengthMax && totalBytes > pieceLength * PIECES_MAX) pieceLength *= 2
  return pieceLength
}

const PIECES_MIN = 16
const PIECES_MAX = 16_384

/** Pieces of a hybrid that small pieces keep from being padded: their SHA-1s make the info dict 1.3 MB. */
const PADDED_PIECES_MAX = 65_536

/** The longest, up to `longest`, that costs little padding; the shortest when none does. */
function pieceLengthByPadding(share: (pieceLength: number) => number, longest: number, totalBytes: number): number {
  const shortest = Math.min(longest, Math.max(BLOCK_BYTES, powerOfTwoAtLeast(totalBytes / PADDED_PIECES_MAX)))
  let pieceLength = longest
  while (pieceLength > shortest && share(pieceLength) > CREATE_DEFAULTS.paddingShareMax) pieceLength /= 2
  return pieceLength
}

function checkPieceLength(pieceLength: number, version: 'v1' | 'v2' | 'hybrid'): void {
  if (pieceLength >= METAINFO_LIMITS.pieceLengthMin && isPieceLength(pieceLength, version)) return
  const range = `from ${METAINFO_LIMITS.pieceLengthMin} to ${METAINFO_LIMITS.pieceLengthMax}`
  throw new ShoalError(
    'invalid-argument',
    `${pieceLength} cannot be a piece length. Give a power of two ${range}, or none.`,
  )
}

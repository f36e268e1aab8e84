/**
 * The info dict of a torrent: v1 (BEP 3), v2 (BEP 52) or both at once.
 *
 * Everything that later code relies on is checked here: sums, counts, sizes, and that both halves of a hybrid describe the same
 * files at the same places.
 */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { BencodeDict, decode } from './bencode.ts'
import { refuse, type RawFile } from './info-fields.ts'
import { readV1, type V1Half } from './info-v1.ts'
import { readV2 } from './info-v2.ts'
import { alignedStarts, powerOfTwoAtLeast, type LayoutFile, type LayoutParts } from './layout.ts'
import { SafePaths } from './paths.ts'

/** What an info dict says, ready for `createLayout`. */
export interface Info extends LayoutParts {
  /** Made safe. A single file's path; the first name of every path of a folder. */
  readonly name: string
  /** Peers may come from its trackers only (BEP 27). */
  readonly isPrivate: boolean
  readonly v1?: V1Half | undefined
}

/**
 * @param infoBytes the raw info dict: infohashes are over these bytes
 * @throws ShoalError `invalid-torrent`
 */
export function parseInfo(infoBytes: Uint8Array): Info {
  if (infoBytes.length > METAINFO_LIMITS.metadataBytesMax) {
    refuse(`it describes itself in ${infoBytes.length} bytes, more than Shoal takes`)
  }
  return asTorrentError(() => {
    const info = decode(infoBytes, METAINFO_LIMITS.depthMax - 1)
    if (!(info instanceof BencodeDict)) refuse('its info is not a dictionary')
    return readInfo(info)
  })
}

/** Runs `read`; bencode and path errors in it become `invalid-torrent`. */
export function asTorrentError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ShoalError) || error.code === 'invalid-torrent') throw error
    throw new ShoalError('invalid-torrent', `This is not a valid torrent. ${error.message}`, {
      cause: error,
      details: error.details,
    })
  }
}

function readInfo(info: BencodeDict): Info {
  const version = versionOf(info)
  const pieceLength = readPieceLength(info, version)
  const rawName = info.text('name.utf-8') ?? info.text('name')
  if (rawName === undefined) refuse('it has no name')
  const v1 = version === 'v2' ? undefined : readV1(info, pieceLength)
  const v2 = version === 'v1' ? undefined : readV2(info, pieceLength)
  const rawFiles = v2?.files ?? v1!.files
  const isFolder = v1?.isFolder ?? !isSingleFile(rawFiles, rawName)
  if (rawFiles.length === 0) refuse('it has no files')
  if (v1 !== undefined && v2 !== undefined) checkAgreement(v1, v2.files, rawName, pieceLength)
  const files = nameFiles(rawFiles, rawName, isFolder)
  return {
    version,
    pieceLength,
    files,
    name: files[0]!.path.split('/', 1)[0]!,
    isPrivate: info.integer('private') === 1,
    v1,
  }
}

function versionOf(info: BencodeDict): Info['version'] {
  const metaVersion = info.has('meta version') ? info.integer('meta version') : 1
  if (metaVersion !== 1 && metaVersion !== 2) refuse('it is of an unknown version')
  if (metaVersion === 1) return 'v1'
  return info.has('pieces') ? 'hybrid' : 'v2'
}

function readPieceLength(info: BencodeDict, version: Info['version']): number {
  const pieceLength = info.integer('piece length')
  if (pieceLength === undefined) refuse('it has no piece length')
  if (isPieceLength(pieceLength, version)) return pieceLength
  refuse(`its pieces cannot have ${pieceLength} bytes`)
}

/** v1 takes any length that fits into memory, v2 powers of two from 16 KiB on (BEP 52). */
export function isPieceLength(length: number, version: Info['version']): boolean {
  if (!Number.isInteger(length) || length <= 0 || length > METAINFO_LIMITS.pieceLengthMax) return false
  return version === 'v1' || (length >= METAINFO_LIMITS.pieceLengthMin && powerOfTwoAtLeast(length) === length)
}

/** A v2 torrent is a single file when its tree holds nothing but a file that bears the torrent's name. */
function isSingleFile(files: readonly RawFile[], name: string): boolean {
  return files.length === 1 && files[0]!.path.length === 1 && files[0]!.path[0] === name
}

/** Both halves of a hybrid must have the same files, in the same order, at the same places (BEP 52). */
function checkAgreement(v1: V1Half, files: readonly RawFile[], name: string, pieceLength: number): void {
  const { starts, pieceCount } = alignedStarts(files, pieceLength)
  const isSame = (file: RawFile, i: number): boolean => {
    const twin = v1.files[i]!
    const path = v1.isFolder ? twin.path : [name]
    const isSamePath = path.length === file.path.length && path.every((component, n) => component === file.path[n])
    return isSamePath && twin.length === file.length && (file.length === 0 || v1.starts[i] === starts[i])
  }
  const isSamePieces = Math.ceil(v1.streamBytes / pieceLength) === pieceCount
  if (v1.files.length !== files.length || !files.every(isSame) || !isSamePieces)
    refuse('its v1 and v2 halves describe different files')
}

function nameFiles(rawFiles: readonly RawFile[], rawName: string, isFolder: boolean): LayoutFile[] {
  const paths = new SafePaths()
  return rawFiles.map(({ path: rawPath, length, piecesRoot }) => {
    const components = isFolder ? [rawName, ...rawPath] : [rawName]
    const { path, isChanged } = paths.add(components)
    return { path, length, rawPath: isChanged ? components : undefined, piecesRoot }
  })
}

/** The v1 half of an info dict (BEP 3), with pad files (BEP 47). */
import { METAINFO_LIMITS } from '../options.ts'
import { BencodeDict, type BencodeList } from './bencode.ts'
import { toUtf8 } from './bytes.ts'
import { checkFileCount, checkPieceCount, DAMAGED_FILES, readLength, refuse, type RawFile } from './info-fields.ts'

export interface V1Half {
  /** Pad files left out. Paths do not include the torrent's name, and are empty for a single file. */
  readonly files: readonly RawFile[]
  readonly isFolder: boolean
  /** Where each file starts in the stream of all bytes. */
  readonly starts: Float64Array
  /** Bytes of the stream, pad files included. */
  readonly streamBytes: number
  /** 20 bytes a piece. */
  readonly sha1s: Uint8Array
}

/** @throws ShoalError `invalid-torrent` */
export function readV1(info: BencodeDict, pieceLength: number): V1Half {
  const list = info.list('files')
  if (info.has('length') === (list !== undefined)) refuse('it must have either "length" or "files"')
  const half = list === undefined ? readSingle(info) : readList(list)
  const sha1s = info.bytes('pieces')
  const pieceCount = Math.ceil(half.streamBytes / pieceLength)
  checkPieceCount(pieceCount)
  if (sha1s?.length !== pieceCount * 20) refuse('its piece hashes are not as many as its pieces')
  return { ...half, isFolder: list !== undefined, sha1s }
}

type Stream = Pick<V1Half, 'files' | 'starts' | 'streamBytes'>

function readSingle(info: BencodeDict): Stream {
  const length = readLength(info)
  return { files: [{ path: [], length }], starts: new Float64Array(1), streamBytes: length }
}

function readList(list: BencodeList): Stream {
  const files: RawFile[] = []
  const starts: number[] = []
  let streamBytes = 0
  for (const entry of list) {
    if (!(entry instanceof BencodeDict)) refuse(DAMAGED_FILES)
    const isPad = entry.text('attr')?.includes('p') === true
    const length = readLength(entry)
    if (!isPad) {
      files.push({ path: readPath(entry), length })
      starts.push(streamBytes)
      checkFileCount(files.length)
    }
    streamBytes += length
    if (!Number.isSafeInteger(streamBytes)) refuse('its files are too large')
  }
  return { files, starts: Float64Array.from(starts), streamBytes }
}

function readPath(entry: BencodeDict): string[] {
  const list = entry.list('path')
  const utf8 = entry.list('path.utf-8')
  if (list === undefined) refuse(DAMAGED_FILES)
  const path: string[] = []
  for (const component of utf8 ?? list) {
    if (!(component instanceof Uint8Array)) refuse(DAMAGED_FILES)
    if (path.length === METAINFO_LIMITS.pathComponentsMax) refuse('a path is too deep')
    path.push(toUtf8(component))
  }
  if (path.length === 0) refuse(DAMAGED_FILES)
  return path
}

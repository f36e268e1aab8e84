/** The v1 half of an info dict (BEP 3), with pad files (BEP 47). */
import { METAINFO_LIMITS } from '../options.ts'
import { BencodeDict, type BencodeList } from './bencode.ts'
import { toUtf8 } from './bytes.ts'
import { checkFileCount, readLength, refuse, type RawFile } from './info-fields.ts'

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
  const isSingle = info.has('length')
  if (list === undefined && !isSingle) refuse('it has neither "length" nor "files"')
  if (list !== undefined && isSingle) refuse('it has both "length" and "files"')
  const half = list === undefined ? readSingle(info) : readList(list)
  const sha1s = info.bytes('pieces')
  const pieceCount = Math.ceil(half.streamBytes / pieceLength)
  if (pieceCount > METAINFO_LIMITS.piecesMax)
    refuse(`it has ${pieceCount} pieces, more than ${METAINFO_LIMITS.piecesMax}`)
  if (sha1s === undefined) refuse('its piece hashes are missing')
  if (sha1s.length !== pieceCount * 20) {
    refuse(`it has ${sha1s.length} bytes of piece hashes where its files need ${pieceCount * 20}`)
  }
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
    if (!(entry instanceof BencodeDict)) refuse('an entry of "files" is not a dictionary')
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
  if (list === undefined) refuse('a file has no path')
  const path: string[] = []
  for (const component of utf8 ?? list) {
    if (!(component instanceof Uint8Array)) refuse('a path holds something else than names')
    if (path.length === METAINFO_LIMITS.pathComponentsMax) refuse('a path is too deep')
    path.push(toUtf8(component))
  }
  if (path.length === 0) refuse('a file has an empty path')
  return path
}

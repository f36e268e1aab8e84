/** The v2 half of an info dict: the file tree (BEP 52). */
import { METAINFO_LIMITS } from '../options.ts'
import { BencodeDict } from './bencode.ts'
import { fromLatin1, toUtf8 } from './bytes.ts'
import { checkFileCount, readLength, refuse, type RawFile } from './info-fields.ts'

export interface V2Half {
  /** In the order of the tree. Paths do not include the torrent's name. */
  readonly files: readonly RawFile[]
}

/** @throws ShoalError `invalid-torrent` */
export function readV2(info: BencodeDict, pieceLength: number): V2Half {
  const tree = info.dict('file tree')
  if (tree === undefined) refuse('its file tree is missing')
  const files: RawFile[] = []
  readFolder(tree, [], files)
  if (files.length === 0) refuse('it has no files')
  let pieceCount = 0
  for (const { length } of files) pieceCount += Math.ceil(length / pieceLength)
  if (pieceCount > METAINFO_LIMITS.piecesMax)
    refuse(`it has ${pieceCount} pieces, more than ${METAINFO_LIMITS.piecesMax}`)
  return { files }
}

/** Bytes that a dictionary adds around the value of its only key, the empty string: `d0:` and `e`. */
const FILE_WRAPPING_BYTES = 4

function readFolder(folder: BencodeDict, path: readonly string[], files: RawFile[]): void {
  for (const [key, node] of folder) {
    if (key === '') refuse('its file tree has an empty name')
    if (!(node instanceof BencodeDict)) refuse('its file tree holds something else than files and folders')
    const nodePath = [...path, toUtf8(fromLatin1(key)!)]
    const file = node.get('')
    if (file === undefined) {
      readFolder(node, nodePath, files)
      continue
    }
    if (!(file instanceof BencodeDict)) refuse('its file tree describes a file wrongly')
    if (node.raw.length !== file.raw.length + FILE_WRAPPING_BYTES)
      refuse('its file tree has a file that is a folder too')
    files.push(readFile(file, nodePath))
    checkFileCount(files.length)
  }
}

function readFile(file: BencodeDict, path: readonly string[]): RawFile {
  const length = readLength(file)
  if (length === 0) return { path, length }
  const piecesRoot = file.bytes('pieces root')
  if (piecesRoot?.length !== 32) refuse('a file has no valid hash')
  return { path, length, piecesRoot }
}

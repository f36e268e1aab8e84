/** The v2 half of an info dict: the file tree (BEP 52). */
import { BencodeDict } from './bencode.ts'
import { fromLatin1, toUtf8 } from './bytes.ts'
import { checkFileCount, checkPieceCount, DAMAGED_FILES, readLength, refuse, type RawFile } from './info-fields.ts'
import { alignedStarts } from './layout.ts'

export interface V2Half {
  /** In the order of the tree. Paths do not include the torrent's name. */
  readonly files: readonly RawFile[]
}

/** @throws ShoalError `invalid-torrent` */
export function readV2(info: BencodeDict, pieceLength: number): V2Half {
  const tree = info.dict('file tree')
  if (tree === undefined) refuse(DAMAGED_FILES)
  const files: RawFile[] = []
  readFolder(tree, [], files)
  const { pieceCount } = alignedStarts(files, pieceLength)
  checkPieceCount(pieceCount)
  return { files }
}

/** Bytes that a dictionary adds around the value of its only key, the empty string: `d0:` and `e`. */
const FILE_WRAPPING_BYTES = 4

function readFolder(folder: BencodeDict, path: readonly string[], files: RawFile[]): void {
  for (const [key, node] of folder) {
    if (key === '' || !(node instanceof BencodeDict)) refuse(DAMAGED_FILES)
    const nodePath = [...path, toUtf8(fromLatin1(key)!)]
    const file = node.get('')
    if (file === undefined) {
      readFolder(node, nodePath, files)
      continue
    }
    // A file that is a folder too has more than one key.
    if (!(file instanceof BencodeDict) || node.raw.length !== file.raw.length + FILE_WRAPPING_BYTES)
      refuse(DAMAGED_FILES)
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

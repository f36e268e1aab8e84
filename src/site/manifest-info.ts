/** The info dictionary of the site's torrent: the listed files as v2 has them, and on request a v1 half beside it. FORMAT.md, "Manifest". */
import { ShoalError } from '../errors.ts'
import type { Encodable } from '../metainfo/bencode.ts'
import { concatBytes, fromLatin1, fromUtf8, toLatin1 } from '../metainfo/bytes.ts'
import { paddingBytes } from '../metainfo/plan.ts'
import { SITE_PIECE_LENGTH } from './limits.ts'
import type { DraftFile } from './manifest-encode.ts'
import { torrentPath } from './manifest-fields.ts'

export interface InfoOptions {
  /** Of the torrent. */
  readonly name: string
  readonly siteKey: Uint8Array
  readonly isHybrid: boolean
}

/** @throws ShoalError `invalid-argument` when two files would lie in one place */
export function siteInfo(files: readonly DraftFile[], { name, siteKey, isHybrid }: InfoOptions): Encodable {
  return {
    'file tree': fileTree(files),
    'meta version': 2,
    name,
    'piece length': SITE_PIECE_LENGTH,
    'shoal site': siteKey,
    ...(isHybrid && v1Half(files)),
  }
}

/** Lengths of the pad files that a v1 half has: from the web seed of a site they are fetched as `.pad/<length>`. */
export function padLengths(lengths: Iterable<number>): Set<number> {
  const paddings = [...lengths].map(length => paddingBytes(length, SITE_PIECE_LENGTH))
  return new Set(paddings.filter(length => length > 0))
}

/** The files in the order of the tree, each but those that end with a piece followed by a pad file (BEP 47). */
function v1Half(files: readonly DraftFile[]): Record<string, Encodable> {
  const inOrder = files.map(file => ({ file, names: namesOf(file) })).sort((a, b) => compareNames(a.names, b.names))
  return {
    files: inOrder.flatMap(({ file, names }): Encodable[] => {
      const { length } = file.content
      const padding = paddingBytes(length, SITE_PIECE_LENGTH)
      const entry = { length, path: names.map(bytesOf) }
      return padding === 0 ? [entry] : [entry, { attr: 'p', length: padding, path: ['.pad', String(padding)] }]
    }),
    pieces: concatBytes(inOrder.map(({ file }) => sha1sOf(file))),
  }
}

function sha1sOf({ path, content: { sha1s, length } }: DraftFile): Uint8Array {
  if (sha1s?.length === 20 * Math.ceil(length / SITE_PIECE_LENGTH)) return sha1s
  throw new ShoalError('invalid-argument', `${path} has no SHA-1 of each piece, which a v1 half needs.`)
}

/** Names on the way to a file: UTF-8, a char a byte, as bencode sorts them. */
function namesOf({ path, encoding }: DraftFile): string[] {
  return torrentPath(path, encoding)
    .split('/')
    .map(name => toLatin1(fromUtf8(name)))
}

function bytesOf(name: string): Uint8Array {
  return fromLatin1(name)!
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((name, i) => name !== b[i])
  return a[at]! < b[at]! ? -1 : 1
}

interface Folder extends Map<string, Folder | Encodable> {}

function fileTree(files: readonly DraftFile[]): Encodable {
  const tree: Folder = new Map()
  for (const file of files) {
    const { path, content } = file
    const names = namesOf(file)
    const last = names.pop()!
    let folder = tree
    for (const name of names) {
      const inside = folder.get(name) ?? new Map()
      folder.set(name, inside)
      folder = inside as Folder
    }
    if (folder.has(last)) throw new ShoalError('invalid-argument', `${path} is listed twice, as itself and as a twin.`)
    folder.set(last, { '': { length: content.length, 'pieces root': content.piecesRoot } })
  }
  return tree as Encodable
}

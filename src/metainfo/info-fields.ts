/** What both halves of an info dict share. */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import type { BencodeDict } from './bencode.ts'

/** A file as the torrent names it. */
export interface RawFile {
  /** Folders and name, without the torrent's own name. */
  readonly path: readonly string[]
  /** Bytes. */
  readonly length: number
  readonly piecesRoot?: Uint8Array
}

/** The `length` of a file. */
export function readLength(entry: BencodeDict): number {
  const length = entry.integer('length')
  if (length === undefined || length < 0) refuse('a file has no valid length')
  return length
}

/** The list or tree of files is not made of what it should be. */
export const DAMAGED_FILES = 'its list of files is damaged'

export function checkPieceCount(count: number): void {
  if (count > METAINFO_LIMITS.piecesMax) refuse(`it has ${count} pieces, more than Shoal takes`)
}

export function checkFileCount(count: number): void {
  if (count > METAINFO_LIMITS.filesMax) refuse(`it has ${count} files, more than Shoal takes`)
}

/** @throws ShoalError `invalid-torrent`: "The torrent cannot be used: <why>." */
export function refuse(why: string): never {
  throw new ShoalError('invalid-torrent', `The torrent cannot be used: ${why}. Get it again, or ask whoever made it.`)
}

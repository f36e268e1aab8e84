/** Reads fields of signed dictionaries; what is missing or of another kind is refused. */
import type { BencodeDict } from '../metainfo/bencode.ts'
import { refuseFormat } from './refusal.ts'

/** A byte string of exactly so many bytes, copied. @throws ShoalError `site-format` */
export function bytesOf(dict: BencodeDict, name: string, lengthBytes: number): Uint8Array {
  const bytes = dict.bytes(name)
  if (bytes?.length !== lengthBytes) refuseFormat(`its ${name} is missing or damaged`)
  // Not slice(), which for a Buffer of Node is a view.
  return new Uint8Array(bytes)
}

/** A whole number, 1 or more. @throws ShoalError `site-format` */
export function countOf(dict: BencodeDict, name: string): number {
  const count = dict.integer(name)
  if (count === undefined || count < 1) refuseFormat(`its ${name} is missing or damaged`)
  return count
}

/** A text of at most so many characters that is valid UTF-8. @throws ShoalError `site-format` */
export function textOf(dict: BencodeDict, name: string, charactersMax: number): string {
  const text = dict.text(name)
  if (text === undefined || text.length > charactersMax || text.includes('\ufffd'))
    refuseFormat(`its ${name} is missing or damaged`)
  return text
}

/**
 * Bencode (BEP 3), strict and canonical.
 *
 * `decode` checks the whole input in one pass and then hands out views: lists and dictionaries are read from the bytes as they
 * are asked, so that no input costs more memory than itself, however dense. Byte strings are subarrays, not copies. The raw
 * bytes of every list and dictionary can be had, which is what infohashes are made of.
 */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { CODE, Cursor, fail } from './bencode-cursor.ts'
import { fromLatin1, fromUtf8, toLatin1, toUtf8 } from './bytes.ts'

export type BencodeValue = number | Uint8Array | BencodeList | BencodeDict

/**
 * Reads one value that takes all of `bytes`.
 * @param depthMax nesting of lists and dictionaries. @default 32
 * @throws ShoalError `invalid-bencode`
 */
export function decode(bytes: Uint8Array, depthMax: number = METAINFO_LIMITS.depthMax): BencodeValue {
  const { value, end } = decodePrefix(bytes, depthMax)
  if (end !== bytes.length) fail(end)
  return value
}

/**
 * Reads the value that `bytes` begin with, as in the data messages of BEP 9.
 * @returns the value, and where it ends
 * @throws ShoalError `invalid-bencode`
 */
export function decodePrefix(
  bytes: Uint8Array,
  depthMax: number = METAINFO_LIMITS.depthMax,
): { value: BencodeValue; end: number } {
  const cursor = new Cursor(bytes, 0)
  cursor.skip(depthMax)
  return { value: valueAt(new Cursor(bytes, 0)), end: cursor.at }
}

/** A list or dictionary inside decoded bytes. */
class Container {
  readonly #bytes: Uint8Array
  readonly #start: number
  #end: number | undefined

  /** `bytes` must hold a valid one at `start`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#start = start
  }

  /** As it was encoded. */
  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end)
  }

  /** Where it ends in the bytes that were decoded. */
  get end(): number {
    if (this.#end === undefined) {
      const cursor = this.cursor(0)
      cursor.skip(METAINFO_LIMITS.depthMax)
      this.#end = cursor.at
    }
    return this.#end
  }

  /** @param offset from where it starts. @default its first entry */
  protected cursor(offset = 1): Cursor {
    return new Cursor(this.#bytes, this.#start + offset)
  }

  /** Entries one by one; those of a list have the key ''. */
  protected *walk(hasKeys: boolean): Generator<[string, BencodeValue], void, undefined> {
    const cursor = this.cursor()
    while (!cursor.isAtEnd) {
      const key = hasKeys ? toLatin1(cursor.string()) : ''
      const value = valueAt(cursor)
      yield [key, value]
      if (value instanceof Container) cursor.at = value.end
    }
    this.#end = cursor.at + 1
  }
}

/** A list inside decoded bytes; iterate to read it. */
export class BencodeList extends Container implements Iterable<BencodeValue> {
  *[Symbol.iterator](): Generator<BencodeValue, void, undefined> {
    for (const [, value] of this.walk(false)) yield value
  }
}

/**
 * A dictionary inside decoded bytes. Keys are latin-1 strings, a char a byte. Nothing is indexed: a look-up walks from the key
 * last asked for, so asking in sorted order costs one walk over the dictionary.
 */
export class BencodeDict extends Container implements Iterable<[string, BencodeValue]> {
  /** At the entry that the last look-up stopped at; every key before it is smaller than the one asked for. */
  #cursor = this.cursor()
  #asked = ''

  get(key: string): BencodeValue | undefined {
    if (key < this.#asked) this.#cursor = this.cursor()
    this.#asked = key
    const cursor = this.#cursor
    while (!cursor.isAtEnd) {
      const entry = cursor.at
      const found = toLatin1(cursor.string())
      if (found >= key) {
        const value = found === key ? valueAt(cursor) : undefined
        cursor.at = entry
        return value
      }
      cursor.skip(METAINFO_LIMITS.depthMax)
    }
    return undefined
  }

  /** Entries in the order of their keys. */
  [Symbol.iterator](): Generator<[string, BencodeValue], void, undefined> {
    return this.walk(true)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  /** The value of `key` where it is an integer; undefined where it is missing or something else. Likewise below. */
  integer(key: string): number | undefined {
    const value = this.get(key)
    return typeof value === 'number' ? value : undefined
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.get(key)
    return value instanceof Uint8Array ? value : undefined
  }

  /** A byte string read as UTF-8. */
  text(key: string): string | undefined {
    const value = this.bytes(key)
    return value && toUtf8(value)
  }

  list(key: string): BencodeList | undefined {
    const value = this.get(key)
    return value instanceof BencodeList ? value : undefined
  }

  dict(key: string): BencodeDict | undefined {
    const value = this.get(key)
    return value instanceof BencodeDict ? value : undefined
  }
}

/** The value here. Moves past integers and strings; lists and dictionaries say themselves where they end. */
function valueAt(cursor: Cursor): BencodeValue {
  if (cursor.code === CODE.list) return new BencodeList(cursor.bytes, cursor.at)
  if (cursor.code === CODE.dict) return new BencodeDict(cursor.bytes, cursor.at)
  return cursor.code === CODE.integer ? cursor.integer() : cursor.string()
}

/** What can be encoded: strings as UTF-8; keys as latin-1, a char a byte, in any order; undefined entries are left out. */
export type Encodable =
  | number
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable | undefined>
  | { readonly [key: string]: Encodable | undefined }
  | BencodeList
  | BencodeDict

/** Canonical bencode: keys sorted by their bytes. @throws ShoalError `invalid-argument` */
export function encode(value: Encodable): Uint8Array {
  const bytes = fromLatin1(toText(value))
  if (bytes === undefined) throw new ShoalError('invalid-argument', 'Keys of bencode have a char a byte.')
  return bytes
}

/** The encoded value, a char a byte. */
function toText(value: Encodable): string {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return `i${value}e`
    throw new ShoalError('invalid-argument', `Bencode cannot hold ${value}.`)
  }
  if (typeof value === 'string') return toText(fromUtf8(value))
  if (value instanceof Uint8Array) return `${value.length}:${toLatin1(value)}`
  if (value instanceof Container) return toLatin1(value.raw)
  if (Array.isArray(value)) return `l${value.map(toText).join('')}e`
  const entries: [string, Encodable | undefined][] = value instanceof Map ? [...value] : Object.entries(value)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const fields = entries.map(([key, item]) => (item === undefined ? '' : `${key.length}:${key}${toText(item)}`))
  return `d${fields.join('')}e`
}

/**
 * Bencode (BEP 3), strict and canonical.
 *
 * `decode` checks the whole input in one pass and then hands out views: lists and dictionaries are read from the bytes as they
 * are asked, so that no input costs more memory than itself, however dense. Byte strings are subarrays, not copies. The raw
 * bytes of every list and dictionary can be had, which is what infohashes are made of.
 */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { fromLatin1, fromUtf8, toLatin1, toUtf8 } from './bytes.ts'
import { CODE, integerAt, skip, stringBegin, stringEnd, validate } from './bencode-scan.ts'

export type BencodeValue = number | Uint8Array | BencodeList | BencodeDict

/**
 * Reads one value that takes all of `bytes`.
 * @param depthMax nesting of lists and dictionaries. @default 32
 * @throws ShoalError `invalid-bencode`
 */
export function decode(bytes: Uint8Array, depthMax: number = METAINFO_LIMITS.depthMax): BencodeValue {
  const { value, end } = decodePrefix(bytes, depthMax)
  if (end !== bytes.length) {
    throw new ShoalError('invalid-bencode', `The data goes on after its end (byte ${end}).`, { details: { at: end } })
  }
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
  const end = validate(bytes, 0, depthMax)
  return { value: valueAt(bytes, 0), end }
}

/** A list inside decoded bytes; iterate to read it. */
export class BencodeList implements Iterable<BencodeValue> {
  readonly #bytes: Uint8Array
  readonly #start: number
  #end: number | undefined

  /** For `decode` only: `bytes` must hold a valid list at `start`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#start = start
  }

  /** The list as it was encoded. */
  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end)
  }

  /** Where the list ends in the bytes that were decoded. */
  get end(): number {
    this.#end ??= skip(this.#bytes, this.#start)
    return this.#end
  }

  *[Symbol.iterator](): Generator<BencodeValue, void, undefined> {
    let at = this.#start + 1
    while (this.#bytes[at] !== CODE.end) {
      const value = valueAt(this.#bytes, at)
      yield value
      at = endOf(value, this.#bytes, at)
    }
    this.#end = at + 1
  }
}

/**
 * A dictionary inside decoded bytes. Keys are latin-1 strings, a char a byte. Nothing is indexed: a look-up walks from the key
 * last asked for, so asking in sorted order costs one walk over the dictionary.
 */
export class BencodeDict implements Iterable<[string, BencodeValue]> {
  readonly #bytes: Uint8Array
  readonly #start: number
  #end: number | undefined
  /** The entry that the last look-up stopped at; every key before it is smaller than the one asked for. */
  #entry: number
  #asked = ''

  /** For `decode` only: `bytes` must hold a valid dictionary at `start`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#start = start
    this.#entry = start + 1
  }

  /** The dictionary as it was encoded. */
  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end)
  }

  /** Where the dictionary ends in the bytes that were decoded. */
  get end(): number {
    this.#end ??= skip(this.#bytes, this.#start)
    return this.#end
  }

  /** Entries in the order of their keys. */
  *[Symbol.iterator](): Generator<[string, BencodeValue], void, undefined> {
    let at = this.#start + 1
    while (this.#bytes[at] !== CODE.end) {
      const begin = stringBegin(this.#bytes, at)
      at = stringEnd(this.#bytes, at)
      const value = valueAt(this.#bytes, at)
      yield [toLatin1(this.#bytes.subarray(begin, at)), value]
      at = endOf(value, this.#bytes, at)
    }
    this.#end = at + 1
  }

  get(key: string): BencodeValue | undefined {
    const bytes = this.#bytes
    if (key < this.#asked) this.#entry = this.#start + 1
    this.#asked = key
    while (bytes[this.#entry] !== CODE.end) {
      const valueStart = stringEnd(bytes, this.#entry)
      const order = compareKey(bytes, stringBegin(bytes, this.#entry), valueStart, key)
      if (order === 0) return valueAt(bytes, valueStart)
      if (order > 0) return undefined
      this.#entry = skip(bytes, valueStart)
    }
    this.#end = this.#entry + 1
    return undefined
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
    return value === undefined ? undefined : toUtf8(value)
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

/** Canonical bencode: keys sorted by their bytes. */
export function encode(value: Encodable): Uint8Array {
  const writer = new Writer()
  write(writer, value)
  return writer.bytes
}

function write(writer: Writer, value: Encodable): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new ShoalError('invalid-argument', `${value} is not a whole number that bencode can hold.`)
    writer.text(`i${value === 0 ? 0 : value}e`)
  } else if (typeof value === 'string') {
    writer.string(fromUtf8(value))
  } else if (value instanceof Uint8Array) {
    writer.string(value)
  } else if (value instanceof BencodeList || value instanceof BencodeDict) {
    writer.append(value.raw)
  } else if (isArray(value)) {
    writer.text('l')
    for (const item of value) write(writer, item)
    writer.text('e')
  } else {
    writer.text('d')
    const entries = value instanceof Map ? [...value] : Object.entries(value)
    for (const [key, item] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (item === undefined) continue
      const keyBytes = fromLatin1(key)
      if (keyBytes === undefined)
        throw new ShoalError('invalid-argument', `The key "${key}" must be given a char a byte.`)
      writer.string(keyBytes)
      write(writer, item)
    }
    writer.text('e')
  }
}

/** Appends to a buffer that doubles when it is full. */
class Writer {
  #buffer = new Uint8Array(1024)
  #length = 0

  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = end
  }

  text(text: string): void {
    this.append(fromUtf8(text))
  }

  string(bytes: Uint8Array): void {
    this.text(`${bytes.length}:`)
    this.append(bytes)
  }
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value)
}

function valueAt(bytes: Uint8Array, at: number): BencodeValue {
  switch (bytes[at]) {
    case CODE.integer:
      return integerAt(bytes, at)
    case CODE.list:
      return new BencodeList(bytes, at)
    case CODE.dict:
      return new BencodeDict(bytes, at)
    default:
      return bytes.subarray(stringBegin(bytes, at), stringEnd(bytes, at))
  }
}

/** Where the value that was read at `at` ends: containers that were iterated know it already. */
function endOf(value: BencodeValue, bytes: Uint8Array, at: number): number {
  return value instanceof BencodeList || value instanceof BencodeDict ? value.end : skip(bytes, at)
}

function compareKey(bytes: Uint8Array, begin: number, end: number, key: string): number {
  const length = Math.min(end - begin, key.length)
  for (let i = 0; i < length; i++) {
    const difference = bytes[begin + i]! - key.charCodeAt(i)
    if (difference !== 0) return difference
  }
  return end - begin - key.length
}

/**
 * A file as it leaves: sealed while it is read, so that no copy of it is ever made. The library reads slices of it, and
 * checks each piece's hash before it is sent: what was not sealed as the torrent says goes nowhere.
 */
import type { SeedFile } from '../shoal.min.js'
import { PrivateShareError } from './errors.ts'
import { cipherLength, RECORD_BYTES, RECORD_PLAIN_BYTES, recordCount, sealRecord, TAG_BYTES } from './records.ts'

/** What the library seeds: a Blob, or what reads like one. */
export type BlobLike = Exclude<SeedFile['data'], Uint8Array>

/** What is sealed. */
export type PlainBlob = {
  readonly size: number
  slice(begin: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export interface CipherBlobOptions {
  readonly source: PlainBlob
  /** Asked for once, when it is first needed. */
  readonly key: () => Promise<CryptoKey>
  /** Bytes of plaintext with the zeros that follow the content. */
  readonly paddedBytes: number
}

/** Records that are sealed at a time: 1 MiB, which keeps every thread of WebCrypto busy. */
const RECORDS_IN_FLIGHT = 64

/** The sealed form of `source`: `cipherLength(paddedBytes)` bytes. Reads reject with `file-changed` when it is not as it was. */
export function cipherBlob({ key, ...options }: CipherBlobOptions): BlobLike {
  let asked: Promise<CryptoKey> | undefined
  const once = (): Promise<CryptoKey> => (asked ??= key())
  const file = { ...options, key: once, contentBytes: options.source.size }
  return new CipherBlob(file, 0, cipherLength(options.paddedBytes))
}

interface CipherFile extends CipherBlobOptions {
  /** Bytes of the source when it was sealed. */
  readonly contentBytes: number
}

/** Bytes `begin` to `end` of a sealed file. */
class CipherBlob implements BlobLike {
  readonly size: number
  readonly #file: CipherFile
  readonly #begin: number

  constructor(file: CipherFile, begin: number, end: number) {
    this.#file = file
    this.#begin = begin
    this.size = end - begin
  }

  slice(begin: number, end: number): BlobLike {
    const from = Math.min(Math.max(begin, 0), this.size)
    const to = Math.min(Math.max(end, from), this.size)
    return new CipherBlob(this.#file, this.#begin + from, this.#begin + to)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size)
    for (let at = 0; at < bytes.length; ) {
      const part = await this.#read(this.#begin + at, this.#begin + bytes.length)
      bytes.set(part, at)
      at += part.length
    }
    return bytes.buffer
  }

  stream(): ReadableStream<Uint8Array> {
    const end = this.#begin + this.size
    let position = this.#begin
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          if (position < end) {
            const part = await this.#read(position, end)
            position += part.length
            controller.enqueue(part)
          }
          if (position === end) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Some of the bytes from `begin` on, at least one, at most to `end`. */
  async #read(begin: number, end: number): Promise<Uint8Array> {
    const first = Math.floor(begin / RECORD_BYTES)
    const last = Math.min(Math.ceil(end / RECORD_BYTES), first + RECORDS_IN_FLIGHT)
    const sealed = await this.#seal(first, last)
    const offset = first * RECORD_BYTES
    return sealed.subarray(begin - offset, end - offset)
  }

  /** Records `first` to `end` (exclusive). */
  async #seal(first: number, end: number): Promise<Uint8Array> {
    const { paddedBytes } = this.#file
    const [key, plain] = await Promise.all([this.#file.key(), this.#plain(first, end)])
    const lastIndex = recordCount(paddedBytes) - 1
    const sealed = new Uint8Array(plain.length + (end - first) * TAG_BYTES)
    const sealOne = async (index: number): Promise<void> => {
      const at = (index - first) * RECORD_PLAIN_BYTES
      const record = plain.subarray(at, at + RECORD_PLAIN_BYTES)
      sealed.set(await sealRecord(key, record, { index, isLast: index === lastIndex }), (index - first) * RECORD_BYTES)
    }
    await Promise.all(Array.from({ length: end - first }, (_, i) => sealOne(first + i)))
    return sealed
  }

  /** The plaintext of records, zeros after the content included. */
  async #plain(first: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const { source, contentBytes, paddedBytes } = this.#file
    const from = first * RECORD_PLAIN_BYTES
    const to = Math.min(end * RECORD_PLAIN_BYTES, paddedBytes)
    const contentEnd = Math.min(to, contentBytes)
    if (contentEnd <= from) return new Uint8Array(to - from)
    const content = new Uint8Array(await this.#readSource(from, contentEnd))
    // Zeros in the place of what is missing would be another plaintext under the same nonce.
    if (content.length !== contentEnd - from || source.size !== contentBytes) throw this.#changed()
    if (contentEnd === to) return content
    const plain = new Uint8Array(to - from)
    plain.set(content)
    return plain
  }

  async #readSource(from: number, to: number): Promise<ArrayBuffer> {
    try {
      return await this.#file.source.slice(from, to).arrayBuffer()
    } catch (cause) {
      throw this.#changed(cause)
    }
  }

  #changed(cause?: unknown): PrivateShareError {
    const message = 'The file is no longer what was sealed. As it is now it is a new share.'
    return new PrivateShareError('file-changed', message, { cause })
  }
}

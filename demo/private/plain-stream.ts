/** Opens a sealed file, or a range of it, while it is read. */
import { PrivateShareError } from './errors.ts'
import {
  cipherLength,
  openRecord,
  plainLength,
  RECORD_BYTES,
  RECORD_PLAIN_BYTES,
  recordCount,
  recordsOf,
} from './records.ts'
import type { TorrentFile } from '../shoal.min.js'

/** What is opened: a torrent's file has it. */
export type CipherSource = Pick<TorrentFile, 'length' | 'stream'>

export interface PlainStreamOptions {
  readonly source: CipherSource
  readonly key: () => Promise<CryptoKey>
  /** First byte of plaintext. */
  readonly start: number
  /** Byte after the last one; at most the plaintext's length, padding included. */
  readonly end: number
  readonly signal?: AbortSignal | undefined
}

/** Records that are opened at a time: a larger chunk of the source waits. */
const RECORDS_IN_FLIGHT = 64

/**
 * Bytes `start` to `end` of the plaintext, in order. What does not open is an error, never short or wrong bytes. Holds no more
 * than one chunk of the source; a cancel is passed on to it.
 * The stream errors with PrivateShareError `damaged`, or with what the source errors with.
 * @throws PrivateShareError `damaged` for a source of a length that nothing is sealed to; `invalid-argument` for no range of it
 */
export function plainStream(options: PlainStreamOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { source, start, end, signal } = options
  const paddedBytes = plainLength(source.length)
  if (paddedBytes === undefined) {
    throw new PrivateShareError('damaged', `No file is sealed to ${source.length} bytes.`)
  }
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end > paddedBytes) {
    throw new PrivateShareError('invalid-argument', `Bytes ${start} to ${end} are no range of ${paddedBytes} bytes.`)
  }
  const records = start === end ? { first: 0, end: 0 } : recordsOf(start, end)
  const lastIndex = recordCount(paddedBytes) - 1
  const queue = new ByteQueue()
  let next = records.first
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  const open = (): ReadableStreamDefaultReader<Uint8Array> => {
    const from = records.first * RECORD_BYTES
    const to = Math.min(records.end * RECORD_BYTES, cipherLength(paddedBytes))
    return source.stream({ start: from, end: to, ...(signal && { signal }) }).getReader()
  }

  /** As many whole records as have come, at least one. */
  async function nextRecords(): Promise<Uint8Array<ArrayBuffer>[]> {
    reader ??= open()
    for (;;) {
      const sealed = takeRecords()
      if (sealed.length > 0) return sealed
      const { done, value } = await reader.read()
      if (done) throw new PrivateShareError('damaged', 'The sealed file is cut short.')
      queue.push(value)
    }
  }

  function takeRecords(): Uint8Array<ArrayBuffer>[] {
    const sealed: Uint8Array<ArrayBuffer>[] = []
    while (sealed.length < RECORDS_IN_FLIGHT && next + sealed.length < records.end) {
      const index = next + sealed.length
      const length = index === lastIndex ? source.length - index * RECORD_BYTES : RECORD_BYTES
      const record = queue.take(length)
      if (record === undefined) break
      sealed.push(record)
    }
    return sealed
  }

  /** The wanted bytes of these records, whose first is `first`. */
  function wanted(plain: readonly Uint8Array<ArrayBuffer>[], first: number): Uint8Array<ArrayBuffer> {
    const offset = first * RECORD_PLAIN_BYTES
    const from = Math.max(start, offset)
    const to = Math.min(end, offset + plain.reduce((sum, { length }) => sum + length, 0))
    const bytes = new Uint8Array(to - from)
    let at = offset - from
    for (const record of plain) {
      const skipped = Math.max(0, -at)
      bytes.set(record.subarray(skipped, bytes.length - at), at + skipped)
      at += record.length
    }
    return bytes
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: controller => {
        if (start === end) controller.close()
      },
      pull: async controller => {
        try {
          const [key, sealed] = await Promise.all([options.key(), nextRecords()])
          const first = next
          next += sealed.length
          const places = sealed.map((_, i) => ({ index: first + i, isLast: first + i === lastIndex }))
          const plain = await Promise.all(sealed.map((record, i) => openRecord(key, record, places[i]!)))
          controller.enqueue(wanted(plain, first))
          if (next < records.end) return
          controller.close()
          await reader?.cancel()
        } catch (error) {
          // Whoever reads is told why, whatever becomes of the source.
          await reader?.cancel(error).catch(() => undefined)
          throw error
        }
      },
      cancel: reason => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Chunks of any size in, records out. */
class ByteQueue {
  #chunks: Uint8Array[] = []
  #bytes = 0

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** The first bytes, or undefined while there are fewer. */
  take(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#bytes < length) return undefined
    const taken = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const chunk = this.#chunks[0]!
      const part = chunk.subarray(0, length - at)
      taken.set(part, at)
      at += part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    this.#bytes -= length
    return taken
  }
}

/**
 * The guard before the codec: cuts a stream of chunks into whole messages of the peer wire (BEP 3).
 *
 * A data-channel message that is exactly one wire message passes without a copy; anything else is assembled in
 * one buffer of the declared size, so that the work is linear in the bytes received, however they are cut. A
 * length is checked against what its message can need as soon as it can be read, before a byte is allocated.
 */
import { HANDSHAKE_BYTES, isHandshakeStart } from '../protocol/wire-codec.ts'
import { isLengthAllowed, MESSAGE_BYTES_MAX } from '../protocol/wire-kinds.ts'

/** Where whole messages go. */
export interface FrameSink {
  /** The first 68 bytes of the stream, the protocol's name checked. */
  handshake(bytes: Uint8Array): void
  /** A message's id and payload, without its length. A view: of the chunk, or of a buffer made for it. */
  frame(frame: Uint8Array): void
}

/** Bytes that must be seen to know a message's length and kind. */
const HEADER_BYTES = 5

export class FrameGuard {
  /** Bounds bitfields exactly, once it is known. */
  pieceCount: number | undefined
  readonly #sink: FrameSink
  /** The handshake or header that is being collected, then the message itself. */
  #buffer: Uint8Array = new Uint8Array(HANDSHAKE_BYTES)
  /** Bytes of `#buffer` that are filled. */
  #filled = 0
  #state: 'handshake' | 'header' | 'frame' | 'closed' = 'handshake'
  readonly #header = new Uint8Array(HEADER_BYTES)

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /**
   * Takes the next bytes of the stream. Returns what the peer did wrong, after which everything is ignored; or
   * undefined.
   */
  push(chunk: Uint8Array): string | undefined {
    let at = 0
    while (at < chunk.length) {
      // A sink may close the guard in the middle of a chunk.
      if (this.#state === 'closed') return undefined
      const taken = this.#take(chunk, at)
      if (typeof taken === 'string') {
        this.close()
        return taken
      }
      at += taken
    }
    return undefined
  }

  /** Ignores whatever else comes, and lets go of what was collected. */
  close(): void {
    this.#state = 'closed'
    this.#buffer = this.#header
  }

  /** Bytes consumed from `at`, or the offence. */
  #take(chunk: Uint8Array, at: number): number | string {
    switch (this.#state) {
      case 'handshake':
        return this.#takeHandshake(chunk, at)
      case 'header':
        return this.#takeHeader(chunk, at)
      default:
        return this.#takeFrame(chunk, at)
    }
  }

  #takeHandshake(chunk: Uint8Array, at: number): number | string {
    const taken = this.#fill(chunk, at)
    if (!isHandshakeStart(this.#buffer.subarray(0, this.#filled))) return 'does not speak BitTorrent'
    if (this.#filled === HANDSHAKE_BYTES) {
      const handshake = this.#buffer
      this.#expectHeader()
      this.#sink.handshake(handshake)
    }
    return taken
  }

  #takeHeader(chunk: Uint8Array, at: number): number | string {
    // A header that lies whole in the chunk, as most do, is read in place.
    const isWhole = this.#filled === 0 && chunk.length - at >= HEADER_BYTES
    const taken = isWhole ? HEADER_BYTES : this.#fill(chunk, at)
    const header = isWhole ? chunk.subarray(at, at + taken) : this.#header.subarray(0, this.#filled)
    if (header.length < 4) return taken
    // Unsigned: a length of 2^31 or more is long, not negative.
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0)
    if (length > MESSAGE_BYTES_MAX) {
      return `announced a message of ${length} bytes; no message is longer than ${MESSAGE_BYTES_MAX}`
    }
    if (length === 0) {
      // A keep-alive ends with its length: what follows it in the header belongs to the next message.
      this.#expectHeader()
      return taken - (header.length - 4)
    }
    const id = header[4]
    if (id === undefined) return taken
    if (!isLengthAllowed(id, length, this.pieceCount)) {
      return `announced a message ${id} of ${length} bytes, which this torrent has no use for`
    }
    const end = at + 4 + length
    if (isWhole && end <= chunk.length) {
      this.#sink.frame(chunk.subarray(at + 4, end))
      return 4 + length
    }
    this.#expectFrame(length)
    this.#buffer[0] = id
    this.#filled = 1
    this.#deliverIfWhole()
    return taken
  }

  #takeFrame(chunk: Uint8Array, at: number): number {
    const taken = this.#fill(chunk, at)
    this.#deliverIfWhole()
    return taken
  }

  #deliverIfWhole(): void {
    if (this.#filled < this.#buffer.length) return
    const frame = this.#buffer
    this.#expectHeader()
    this.#sink.frame(frame)
  }

  #fill(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#buffer.length - this.#filled, chunk.length - at)
    this.#buffer.set(chunk.subarray(at, at + count), this.#filled)
    this.#filled += count
    return count
  }

  #expectHeader(): void {
    this.#state = 'header'
    this.#buffer = this.#header
    this.#filled = 0
  }

  #expectFrame(length: number): void {
    this.#state = 'frame'
    this.#buffer = new Uint8Array(length)
    this.#filled = 0
  }
}

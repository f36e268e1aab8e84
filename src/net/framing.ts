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

const NOTHING = new Uint8Array(0)

export class FrameGuard {
  /** Bounds bitfields exactly, once it is known. */
  pieceCount: number | undefined
  readonly #sink: FrameSink
  #isShaken = false
  #isClosed = false
  /** What did not lie whole in a chunk is collected here; as long as it is known to be, empty when there is none. */
  #buffer: Uint8Array = NOTHING
  /** Bytes of `#buffer` that are filled. */
  #filled = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /**
   * Takes the next bytes of the stream. Returns what the peer must not send, after which everything is ignored; or
   * undefined.
   */
  push(chunk: Uint8Array): string | undefined {
    let at = 0
    // A sink may close the guard in the middle of a chunk.
    while (at < chunk.length && !this.#isClosed) {
      const isCollecting = this.#buffer.length > 0
      if (isCollecting) at += this.#fill(chunk.subarray(at))
      const bytes = isCollecting ? this.#buffer.subarray(0, this.#filled) : chunk.subarray(at)
      const expected = this.#bytesExpected(bytes)
      if (typeof expected === 'string') {
        this.close()
        return expected
      }
      if (bytes.length >= expected) {
        if (!isCollecting) at += expected
        this.#buffer = NOTHING
        this.#filled = 0
        this.#deliver(bytes.subarray(0, expected))
      } else if (this.#buffer.length < expected) {
        const buffer = new Uint8Array(expected)
        buffer.set(this.#buffer)
        this.#buffer = buffer
      }
    }
    return undefined
  }

  /** Ignores whatever else comes, and lets go of what was collected. */
  close(): void {
    this.#isClosed = true
    this.#buffer = NOTHING
  }

  /** Takes what the buffer has room for. @returns how much that was */
  #fill(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#buffer.length - this.#filled)
    this.#buffer.set(taken, this.#filled)
    this.#filled += taken.length
    return taken.length
  }

  /** How long what begins with these bytes is, or how much of it must be seen to tell; or the offence. */
  #bytesExpected(bytes: Uint8Array): number | string {
    if (!this.#isShaken) return isHandshakeStart(bytes) ? HANDSHAKE_BYTES : 'no BitTorrent'
    if (bytes.length < 4) return 4
    // Unsigned: a length of 2^31 or more is long, not negative.
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    // A keep-alive is a length and nothing more.
    if (length === 0) return 4
    const id = bytes[4]
    if (length <= MESSAGE_BYTES_MAX) {
      if (id === undefined) return 5
      if (isLengthAllowed(id, length, this.pieceCount)) return 4 + length
    }
    return `a message of ${length} bytes`
  }

  #deliver(bytes: Uint8Array): void {
    const isHandshake = !this.#isShaken
    this.#isShaken = true
    if (isHandshake) this.#sink.handshake(bytes)
    else if (bytes.length > 4) this.#sink.frame(bytes.subarray(4))
  }
}

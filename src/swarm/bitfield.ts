/** Which pieces there are: one bit a piece, most significant first, as on the wire (BEP 3). */
export class Bitfield {
  readonly length: number
  readonly bytes: Uint8Array
  #count = 0

  /** Copies `bytes`; bits past `length` are cleared. Missing bytes are zeros. */
  constructor(length: number, bytes?: Uint8Array) {
    this.length = length
    this.bytes = new Uint8Array(Math.ceil(length / 8))
    if (bytes === undefined) return
    this.bytes.set(bytes.subarray(0, this.bytes.length))
    const spareBits = this.bytes.length * 8 - length
    if (spareBits > 0) this.bytes[this.bytes.length - 1]! &= 0xff << spareBits
    for (const byte of this.bytes) this.#count += BITS[byte]!
  }

  static full(length: number): Bitfield {
    return new Bitfield(length, new Uint8Array(Math.ceil(length / 8)).fill(0xff))
  }

  /** How many bits are set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  /** Whether some bit is set in both. */
  intersects(other: Bitfield): boolean {
    if (this.#count === 0 || other.count === 0) return false
    const { bytes } = this
    for (let i = 0; i < bytes.length; i++) if ((bytes[i]! & other.bytes[i]!) !== 0) return true
    return false
  }

  has(index: number): boolean {
    return (this.bytes[index >> 3]! & (0x80 >> (index & 7))) !== 0
  }

  /** @returns whether the bit was clear before */
  add(index: number): boolean {
    if (this.has(index)) return false
    this.bytes[index >> 3]! |= 0x80 >> (index & 7)
    this.#count++
    return true
  }

  /** @returns whether the bit was set before */
  delete(index: number): boolean {
    if (!this.has(index)) return false
    this.bytes[index >> 3]! &= ~(0x80 >> (index & 7))
    this.#count--
    return true
  }
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let bits = byte; bits > 0; bits >>= 1) count += bits & 1
  return count
})

/**
 * Larger ranges around what is read: the second read within a range brings all of it (the first, where all is read in order),
 * which is kept for the reads that follow.
 *
 * To read 16 KiB of a Blob costs a browser about as much as to read 1 MiB of it. Reads that never meet in a range are left as
 * they are, so that whoever asks at random causes no more reading than that.
 */
export class ReadAhead {
  readonly #rangesMax: number
  readonly #isInOrder: boolean
  /** By last use, the oldest first. No bytes: read from once. */
  readonly #ranges = new Map<string, Promise<Uint8Array> | undefined>()

  /** @param rangesMax ranges kept; each is as long as what `load` brings */
  constructor(rangesMax: number, isInOrder = false) {
    this.#rangesMax = rangesMax
    this.#isInOrder = isInOrder
  }

  /** The bytes of a range, if they were read. */
  get(range: string): Promise<Uint8Array> | undefined {
    const bytes = this.#ranges.get(range)
    if (bytes !== undefined) this.#keep(range, bytes)
    return bytes
  }

  /** The bytes of a range, from the use on that brings it. A range that cannot be read is forgotten. */
  use(range: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> | undefined {
    const bytes = this.#isInOrder || this.#ranges.has(range) ? (this.#ranges.get(range) ?? load()) : undefined
    bytes?.catch(() => this.#ranges.delete(range))
    this.#keep(range, bytes)
    return bytes
  }

  clear(): void {
    this.#ranges.clear()
  }

  #keep(range: string, bytes: Promise<Uint8Array> | undefined): void {
    this.#ranges.delete(range)
    this.#ranges.set(range, bytes)
    for (const oldest of this.#ranges.keys()) {
      if (this.#ranges.size <= this.#rangesMax) break
      this.#ranges.delete(oldest)
    }
  }
}

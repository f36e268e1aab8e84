/**
 * Gathers what is to be written while a transaction runs, and writes it with the next.
 *
 * The first write goes at once, alone; under load transactions grow by themselves to `bytesMax`. Nothing waits on a timer.
 * What is queued belongs to callers who wait for it, so the queue is as long as their buffers allow.
 */
export interface WriteBatcherOptions<Unit> {
  /** Bytes in one run; a unit larger than that goes alone. */
  readonly bytesMax: number
  bytesOf(unit: Unit): number
  /** Writes all of these or none. Never called twice at a time. */
  run(units: readonly Unit[]): Promise<void>
}

export class WriteBatcher<Unit> {
  readonly #options: WriteBatcherOptions<Unit>
  readonly #queue: Queued<Unit>[] = []
  #draining: Promise<void> | undefined

  constructor(options: WriteBatcherOptions<Unit>) {
    this.#options = options
  }

  /** Resolves when the unit was written; rejects with what its own write failed with. */
  add(unit: Unit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#write(this.#next())
    // In the same turn as the last look at the queue: a write that comes later starts anew.
    this.#draining = undefined
  }

  #next(): Queued<Unit>[] {
    const { bytesMax, bytesOf } = this.#options
    let bytes = 0
    const after = this.#queue.findIndex(({ unit }, index) => {
      bytes += bytesOf(unit)
      return index > 0 && bytes > bytesMax
    })
    return this.#queue.splice(0, after === -1 ? this.#queue.length : after)
  }

  async #write(batch: readonly Queued<Unit>[]): Promise<void> {
    try {
      await this.#options.run(batch.map(({ unit }) => unit))
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error)
      // One unit must not fail for another's fault, or size.
      else for (const queued of batch) await this.#write([queued])
      return
    }
    for (const { resolve } of batch) resolve()
  }
}

interface Queued<Unit> {
  readonly unit: Unit
  resolve(): void
  reject(error: unknown): void
}

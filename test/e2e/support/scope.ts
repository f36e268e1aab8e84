/** What a test started is stopped when the test is over. */
import { after } from 'node:test'

/** Anything that can be told what to do at its end: a `TestContext` of node:test, or a `Scope`. */
export interface Lifetime {
  after(cleanup: () => unknown): void
}

/** A lifetime of its own, for benchmarks and whole test files. What came last ends first. */
export class Scope implements Lifetime {
  readonly #cleanups: (() => unknown)[] = []

  after(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  /** Runs every cleanup, even when one throws. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Cleaning up failed')
  }
}

/** A scope that ends with the test file, for what its tests share: browsers, trackers, sites. */
export function fileScope(): Scope {
  const scope = new Scope()
  after(() => scope.close())
  return scope
}

/** Where the files that pages used in this visit came from, file by file: for owners who look, and pages that show it. */
import type { FileStats } from './stats.ts'

/** Files that are remembered, those used last: they are told to every tab. */
const FILES_MAX = 64

type Way = 'peers' | 'origin' | 'cache' | 'worker'

export class Ledger {
  /** Bytes by path; the one used last comes last. */
  readonly #rows = new Map<string, Record<Way, number>>()

  /** @param way `peers`, `origin`: over the network. `cache`: from the browser's own. `worker`: to a page, wherever the worker had it from */
  add(path: string, way: Way, bytes: number): void {
    const row = this.#rows.get(path) ?? { peers: 0, origin: 0, cache: 0, worker: 0 }
    row[way] += bytes
    this.#rows.delete(path)
    this.#rows.set(path, row)
    if (this.#rows.size <= FILES_MAX) return
    for (const oldest of this.#rows.keys()) return void this.#rows.delete(oldest)
  }

  /** @param describe what the manifest says of a file, and how much of it is here; undefined: it is listed no more */
  stats(describe: (path: string) => Pick<FileStats, 'url' | 'bytes' | 'verified'> | undefined): FileStats[] {
    return [...this.#rows].flatMap(([path, { peers, origin, cache, worker }]) => {
      const file = describe(path)
      // What the worker gave and nobody sent meanwhile was in the store.
      return file ? [{ ...file, peers, origin, cache: cache + Math.max(0, worker - peers - origin) }] : []
    })
  }
}

/** Remembers across reloads which files of which shares a person asked for, so that the same link goes on with them. */

export interface BegunShares {
  /** Indices of the files that were asked for; undefined: nothing was. */
  get(infoHash: string): ReadonlySet<number> | undefined
  set(infoHash: string, indices: Iterable<number>): void
  remove(infoHash: string): void
}

const KEY = 'shoal-begun-shares'
const SHARES_MAX = 100

export function begunShares(): BegunShares {
  const begun = new Map(read())
  const write = (): void => {
    try {
      localStorage.setItem(KEY, JSON.stringify([...begun].slice(-SHARES_MAX)))
    } catch {
      // Storage is off or full: after a reload the page asks again which files are wanted.
    }
  }
  return {
    get(infoHash) {
      const ranges = begun.get(infoHash)
      return ranges === undefined ? undefined : new Set(readRanges(ranges))
    },
    set(infoHash, indices) {
      // What was begun last is forgotten last.
      begun.delete(infoHash)
      begun.set(infoHash, writeRanges(indices))
      write()
    },
    remove(infoHash) {
      if (begun.delete(infoHash)) write()
    },
  }
}

/** `0, 1, 2, 7` → `0-2,7`, as in a magnet link (BEP 53). */
export function writeRanges(indices: Iterable<number>): string {
  const ranges: { first: number; last: number }[] = []
  for (const index of [...indices].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && index <= range.last + 1) range.last = index
    else ranges.push({ first: index, last: index })
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** Nobody's share has more files than this; what was altered to say so fills no memory. */
const INDEX_MAX = 1_000_000

/** The reverse; what is no range is left out. */
export function readRanges(text: string): number[] {
  return text.split(',').flatMap(range => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? []
    if (first === undefined) return []
    const [from, to] = [Number(first), Math.min(Number(last), INDEX_MAX)]
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  })
}

function read(): [string, string][] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(isEntry) : []
  } catch {
    return []
  }
}

function isEntry(item: unknown): item is [string, string] {
  return Array.isArray(item) && item.length === 2 && item.every(part => typeof part === 'string')
}

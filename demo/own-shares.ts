/** Remembers across reloads which shares were sent from this browser, and not received by it. */

export interface OwnShares {
  has(infoHash: string): boolean
  add(infoHash: string): void
  remove(infoHash: string): void
}

const KEY = 'shoal-own-shares'
const SHARES_MAX = 100

export function ownShares(): OwnShares {
  const hashes = new Set(read())
  const write = (): void => {
    try {
      localStorage.setItem(KEY, JSON.stringify([...hashes].slice(-SHARES_MAX)))
    } catch {
      // Storage is off or full: after a reload the page offers to save these files, which does no harm.
    }
  }
  return {
    has: infoHash => hashes.has(infoHash),
    add(infoHash) {
      hashes.add(infoHash)
      write()
    },
    remove(infoHash) {
      hashes.delete(infoHash)
      write()
    },
  }
}

function read(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
  } catch {
    return []
  }
}

/**
 * PURE: which bytes of listed files came from where, file by file. What a page loads past the worker its browser tells; what the worker gives it is
 * put together from what is known of the file: what was stored before, what the swarms got, what the worker says that it fetched. The rest of
 * it the worker passed on from the origin. Whatever is loaded again comes from a cache.
 */
import type { SiteFile } from '../manifest-fields.ts'
import type { FileStats } from './stats.ts'

/** What is known of a file, in bytes as they travel. */
interface Account {
  /** As the deploy lists it that was there when it was used last. */
  file: SiteFile
  /** In the store when the leader began. */
  storedBytes: number
  /** Verified pieces that the swarms got from peers, and from the origin. */
  peersBytes: number
  seedBytes: number
  /** Fetched from the origin by the worker, which told the leader. */
  keptBytes: number
  /** Loaded past the worker, over the network. */
  fetchedBytes: number
  /** Given to pages by the worker. */
  deliveredBytes: number
  /** Given to pages by the browser's cache. */
  cachedBytes: number
  /** A page has asked for it. */
  isAskedFor: boolean
}

/** A resource that a page loaded. */
export interface Load {
  readonly transferBytes: number
  readonly bodyBytes: number
  readonly durationMs: number
  readonly isByWorker: boolean
  /** How much of it came nobody tells. */
  readonly isBrokenOff: boolean
}

/** Loads that tell how fast the server is: those of smaller files tell of its distance alone. */
const TELLING_BYTES = 64 * 1024
/** Files that are told one by one, those used last: every tab hears of them. */
const FILES_MAX = 64

export class Ledger {
  /** Bytes a second at which the server sent the last file that tells; undefined: none yet. */
  originRate: number | undefined
  /** By path; what was used last comes last. */
  readonly #accounts = new Map<string, Account>()

  stored(file: SiteFile, bytes: number): void {
    // Nobody has used it yet.
    if (bytes > 0) this.#of(file).storedBytes = bytes
  }

  came(file: SiteFile, source: 'peers' | 'origin', bytes: number): void {
    this.#of(file)[source === 'peers' ? 'peersBytes' : 'seedBytes'] += bytes
  }

  kept(file: SiteFile, bytes: number): void {
    this.#of(file).keptBytes += bytes
  }

  loaded(file: SiteFile, { transferBytes, bodyBytes, durationMs, isByWorker, isBrokenOff }: Load): void {
    const account = this.#of(file)
    account.isAskedFor = true
    if (isBrokenOff) return
    // A part of the file, where it is played or read in parts.
    const bytes = Math.min(bodyBytes || file.contentLength, file.contentLength)
    if (isByWorker) account.deliveredBytes += bytes
    else if (transferBytes === 0) account.cachedBytes += bytes
    else {
      account.fetchedBytes += transferBytes
      if (transferBytes >= TELLING_BYTES && durationMs > 0) this.originRate = (transferBytes / durationMs) * 1000
    }
  }

  get totals(): Sources {
    const totals = { peers: 0, origin: 0, cache: 0 }
    for (const account of this.#accounts.values()) {
      const { peers, origin, cache } = sourcesOf(account)
      totals.peers += peers
      totals.origin += origin
      totals.cache += cache
    }
    return totals
  }

  /** @param describe what else is to be told of a file */
  files(describe: (file: SiteFile) => Pick<FileStats, 'url' | 'verified'>): FileStats[] {
    const used = [...this.#accounts.values()].filter(isUsed)
    return used.slice(-FILES_MAX).map(account => {
      return { ...describe(account.file), bytes: account.file.contentLength, ...sourcesOf(account) }
    })
  }

  #of(file: SiteFile): Account {
    const known = this.#accounts.get(file.path)
    const account = known ?? {
      file,
      storedBytes: 0,
      peersBytes: 0,
      seedBytes: 0,
      keptBytes: 0,
      fetchedBytes: 0,
      deliveredBytes: 0,
      cachedBytes: 0,
      isAskedFor: false,
    }
    account.file = file
    this.#accounts.delete(file.path)
    this.#accounts.set(file.path, account)
    return account
  }
}

interface Sources {
  readonly peers: number
  readonly origin: number
  readonly cache: number
}

function sourcesOf(account: Account): Sources {
  const { file, storedBytes, peersBytes, seedBytes, keptBytes, fetchedBytes, deliveredBytes, cachedBytes } = account
  const here = storedBytes + peersBytes + seedBytes + keptBytes + fetchedBytes
  const passedOn = Math.max(0, Math.min(deliveredBytes, file.contentLength) - here)
  return {
    peers: peersBytes,
    origin: fetchedBytes + seedBytes + keptBytes + passedOn,
    cache: cachedBytes + Math.max(0, deliveredBytes - peersBytes - seedBytes - keptBytes - passedOn),
  }
}

/** Not only stored. */
function isUsed(account: Account): boolean {
  const { peers, origin, cache } = sourcesOf(account)
  return account.isAskedFor || peers + origin + cache > 0
}

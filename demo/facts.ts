/** Gathers the facts about a torrent, with the times that the torrent itself does not tell. */
import type { Torrent } from './shoal.min.js'
import type { Facts } from './words.ts'

export interface FactsOptions {
  readonly isOwn: boolean
  /** The chosen files, while the torrent does not know them yet. */
  readonly chosen: readonly { readonly length: number }[]
}

/** @returns a function that reads the facts; `now` in milliseconds, any origin, never going back */
export function factsReader(torrent: Torrent, { isOwn, chosen }: FactsOptions): (now: number) => Facts {
  let state: Torrent['state'] | undefined
  let stateSince = 0
  let progress = -1
  let progressSince = 0
  return now => {
    if (torrent.state !== state) {
      state = torrent.state
      stateSince = now
      progressSince = now
    }
    if (torrent.progress !== progress || torrent.stats.downloadBytesPerSecond > 0) {
      progress = torrent.progress
      progressSince = now
    }
    const { peers, stats } = torrent
    const seedsCount = peers.filter(peer => peer.isSeed).length
    const isKnown = torrent.files.length > 0
    return {
      state,
      progress,
      lengthBytes: isKnown ? torrent.length : chosen.reduce((sum, file) => sum + file.length, 0),
      fileCount: isKnown ? torrent.files.length : chosen.length,
      peersCount: peers.length,
      seedsCount,
      leechesCount: peers.length - seedsCount,
      downloadBytesPerSecond: stats.downloadBytesPerSecond,
      uploadBytesPerSecond: stats.uploadBytesPerSecond,
      uploadedBytes: stats.uploadedBytes,
      remainingMs: stats.remainingMs,
      elapsedMs: now - stateSince,
      idleMs: now - progressSince,
      isOwn,
    }
  }
}

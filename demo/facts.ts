/** Gathers the facts about a share, with the times that its torrent does not tell. */
import { isBegun, type Share } from './shares.ts'
import type { Torrent } from './shoal.min.js'

/** A torrent's state; `ready`: its files are known, and none was asked for yet. */
export type Phase = Torrent['state'] | 'ready'

/** What the words are made of. */
export interface Facts {
  readonly phase: Phase
  /** 0..1, of what was asked for. */
  readonly progress: number
  /** Of what was asked for; in `ready`, and of one's own files, of all. */
  readonly lengthBytes: number
  readonly fileCount: number
  readonly peersCount: number
  /** Connected peers that want what is here. */
  readonly leechesCount: number
  /** Full copies that are online, beside this page's. */
  readonly copiesCount: number
  /** People that the meeting point knows of, beside this page. */
  readonly foundCount: number
  readonly downloadBytesPerSecond: number
  readonly uploadBytesPerSecond: number
  readonly uploadedBytes: number
  /** At a rate that is evened out over some seconds. */
  readonly remainingMs: number
  /** Since the phase was entered. */
  readonly elapsedMs: number
  /** Since something last arrived, while downloading. */
  readonly idleMs: number
  /** Since the last peer left; while there are some, and before the first, 0. */
  readonly aloneMs: number
  /** The person chose these files here. */
  readonly isOwn: boolean
  readonly isSaved: boolean
  readonly meeting: Meeting
  /** Somebody with everything was connected once. */
  readonly hadCopy: boolean
  /** Full copies among those connected; below 1 something is missing. */
  readonly availability: number
}

/** How it stands with the meeting points. */
export interface Meeting {
  readonly state: 'reaching' | 'reached' | 'down'
  readonly host: string
  /** Until the next attempt, while it is down. */
  readonly retryMs: number
}

export interface FactsOptions {
  readonly isSaved: () => boolean
  /** What the meeting point was last asked for; undefined: it was not, or has not answered. */
  readonly census: () => { readonly seeds: number; readonly leeches: number } | undefined
}

/** Over which the rate that remaining time is reckoned with is evened out. */
const RATE_SMOOTHING_MS = 5_000

/** @returns a function that reads the facts; `now` in milliseconds, any origin, never going back */
export function factsReader(share: Share, { isSaved, census }: FactsOptions): (now: number) => Facts {
  const { torrent, isOwn } = share
  let phase: Phase | undefined
  let phaseSince = 0
  let progress = -1
  let progressSince = 0
  let aloneSince: number | undefined
  let hadPeers = false
  let hadCopy = false
  let rate = 0
  let readAt: number | undefined
  const meetingOf = meetingReader(torrent)
  return now => {
    const current = phaseOf(share)
    if (current !== phase) {
      phase = current
      phaseSince = now
      progressSince = now
    }
    const { peers, stats } = torrent
    if (torrent.progress !== progress || stats.downloadBytesPerSecond > 0) {
      progress = torrent.progress
      progressSince = now
    }
    if (peers.length > 0) hadPeers = true
    if (peers.length > 0) aloneSince = undefined
    else if (hadPeers) aloneSince ??= now
    const seeds = peers.filter(peer => peer.isSeed).length
    hadCopy ||= seeds > 0
    const weight = readAt === undefined ? 1 : 1 - Math.exp((readAt - now) / RATE_SMOOTHING_MS)
    rate += (stats.downloadBytesPerSecond - rate) * (rate === 0 ? 1 : weight)
    readAt = now

    const { lengthBytes, fileCount } = amountsOf(share, current)
    const counts = countsOf(torrent, census())
    const isFull = current === 'seeding' && (isOwn || share.files.every(file => file.priority > 0))
    return {
      phase: current,
      progress,
      lengthBytes,
      fileCount,
      peersCount: peers.length,
      leechesCount: peers.filter(peer => peer.isInterested).length,
      // Whoever is counted there as a full copy may be this page.
      copiesCount: Math.max(seeds, (census()?.seeds ?? 0) - (isFull ? 1 : 0)),
      foundCount: Math.max(peers.length, counts - 1),
      downloadBytesPerSecond: stats.downloadBytesPerSecond,
      uploadBytesPerSecond: stats.uploadBytesPerSecond,
      uploadedBytes: stats.uploadedBytes,
      remainingMs: rate > 0 ? ((1 - progress) * lengthBytes * 1000) / rate : Number.POSITIVE_INFINITY,
      elapsedMs: now - phaseSince,
      idleMs: now - progressSince,
      aloneMs: aloneSince === undefined ? 0 : now - aloneSince,
      isOwn,
      isSaved: isSaved(),
      meeting: meetingOf(now),
      hadCopy,
      availability: stats.availability,
    }
  }
}

/** What a share is at. */
export function phaseOf(share: Share): Phase {
  const { state } = share.torrent
  const isRunning = state === 'downloading' || state === 'seeding' || state === 'paused'
  if (!isRunning || share.isOwn || isBegun(share)) return state
  // The list of a private share is opened after the torrent's own is known.
  return share.files.length === 0 ? 'joining' : 'ready'
}

function amountsOf(share: Share, phase: Phase): { lengthBytes: number; fileCount: number } {
  const { files, isOwn, chosen } = share
  const listed = files.length === 0 ? chosen.map(({ data }) => ({ length: data.size, priority: 1 })) : files
  const wanted = isOwn || phase === 'ready' ? listed : listed.filter(file => file.priority > 0)
  return { lengthBytes: wanted.reduce((sum, file) => sum + file.length, 0), fileCount: wanted.length }
}

/** Members of the swarm as the meeting points count them, this page included. */
function countsOf(torrent: Torrent, census: { seeds: number; leeches: number } | undefined): number {
  const told = torrent.trackers.map(({ seeds = 0, leeches = 0 }) => seeds + leeches)
  return census === undefined ? Math.max(0, ...told) : census.seeds + census.leeches
}

function meetingReader(torrent: Torrent): (now: number) => Meeting {
  let status: Torrent['trackers'][number] | undefined
  let statusSince = 0
  return now => {
    const { trackers } = torrent
    const isReached = trackers.some(({ state }) => state === 'connected')
    const next = trackers.find(({ state }) => state === 'connected') ?? trackers[0]
    if (next !== status) {
      status = next
      statusSince = now
    }
    const isDown = trackers.length > 0 && trackers.every(({ state }) => state !== 'connected' && state !== 'connecting')
    return {
      state: isReached ? 'reached' : isDown ? 'down' : 'reaching',
      host: status === undefined ? '' : hostOf(status.url),
      retryMs: Math.max(0, (status?.retryMs ?? 0) - (now - statusSince)),
    }
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

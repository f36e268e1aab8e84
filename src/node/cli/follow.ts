/** Follows a torrent on the terminal: its status while something is awaited, and its warnings, each once. */
import type { Torrent } from '../index.ts'
import type { CommandContext } from './context.ts'
import { CommandError } from './failure.ts'
import { formatBytes, formatCount, formatDuration, formatRate } from './format.ts'
import type { Status } from './terminal.ts'

/** Often enough to look alive. */
const INTERVAL_MS = 250
/** After this long without anybody the status says what can be done. */
const PATIENCE_MS = 20_000
/** A peer that comes back every minute must not fill the memory with its warnings. */
const WARNINGS_MAX = 1_000

export interface Follow {
  /** What is waited for. */
  readonly until: Promise<unknown>
  /** Made anew for every look; nothing: leave what is there. `elapsedMs` since following began. */
  readonly status: (torrent: Torrent, elapsedMs: number) => Status | undefined
  /** Fails when nothing arrives for so long. */
  readonly idleMsMax?: number
}

/**
 * Resolves with `until`.
 * @throws what `until` rejects with, the torrent's error, or the reason of the context's signal
 */
export async function follow(torrent: Torrent, context: CommandContext, options: Follow): Promise<void> {
  const { signal, terminal } = context
  const startedAt = performance.now()
  const told = new Set<string>()
  let idleSince = startedAt
  let progress = torrent.progress
  const ended = new AbortController()
  const listen = { signal: ended.signal }
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const now = performance.now()
        const status = options.status(torrent, now - startedAt)
        if (status !== undefined) terminal.status(status)
        if (torrent.progress !== progress) {
          progress = torrent.progress
          idleSince = now
        }
        if (now - idleSince > (options.idleMsMax ?? Number.POSITIVE_INFINITY)) reject(idleError(torrent))
      }
      options.until.then(() => resolve(), reject)
      torrent.addEventListener('error', event => reject(event.detail.error), listen)
      torrent.addEventListener('state', look, listen)
      torrent.addEventListener(
        'warning',
        event => {
          const { message } = event.detail.error
          if (told.has(message) || told.size >= WARNINGS_MAX) return
          told.add(message)
          terminal.note(`shoal: ${message}`)
        },
        listen,
      )
      const timer = setInterval(look, INTERVAL_MS)
      ended.signal.addEventListener('abort', () => clearInterval(timer))
      signal.addEventListener('abort', () => reject(signal.reason), listen)
      if (signal.aborted) reject(signal.reason)
      look()
    })
  } finally {
    ended.abort()
    terminal.clear()
  }
}

/** The status of a torrent that is being received. */
export function downloadStatus(torrent: Torrent, elapsedMs: number): Status | undefined {
  const { state, progress, stats, peers, length } = torrent
  switch (state) {
    case 'joining':
      return { phase: joiningPhase(torrent, elapsedMs), text: joiningWords(torrent, elapsedMs) }
    case 'checking':
      return { phase: state, text: 'checking what is already there', share: progress }
    case 'downloading': {
      const isMoving = stats.downloadBytesPerSecond > 0
      const words = [
        `${formatBytes(progress * length)} of ${formatBytes(length)}`,
        isMoving ? formatRate(stats.downloadBytesPerSecond) : '',
        isMoving ? formatDuration(stats.remainingMs) : '',
        peers.length > 0 ? formatCount(peers.length, 'peer') : joiningWords(torrent, elapsedMs),
      ]
      return { phase: state, text: words.filter(word => word !== '').join(' · '), share: progress }
    }
    default:
      return undefined
  }
}

/** The status of a torrent that is being shared. */
export function seedStatus(torrent: Torrent): Status | undefined {
  const { state, progress, stats, peers } = torrent
  if (state === 'hashing') return { phase: state, text: 'hashing', share: progress }
  if (state !== 'seeding') return undefined
  const words = [
    state,
    formatCount(peers.length, 'peer'),
    stats.uploadBytesPerSecond > 0 ? `${formatRate(stats.uploadBytesPerSecond)} up` : '',
    stats.uploadedBytes > 0 ? `${formatBytes(stats.uploadedBytes)} sent` : '',
  ]
  return { phase: `${state} ${peers.length}`, text: words.filter(word => word !== '').join(' · ') }
}

type JoiningPhase = 'tracker' | 'peers' | 'connection'

function joiningPhase(torrent: Torrent, elapsedMs: number): string {
  return `${joiningStep(torrent)} ${elapsedMs > PATIENCE_MS}`
}

function joiningStep(torrent: Torrent): JoiningPhase {
  if (!torrent.trackers.some(tracker => tracker.state === 'connected')) return 'tracker'
  return othersCount(torrent) === 0 && torrent.peers.length === 0 ? 'peers' : 'connection'
}

function joiningWords(torrent: Torrent, elapsedMs: number): string {
  const isLong = elapsedMs > PATIENCE_MS
  switch (joiningStep(torrent)) {
    case 'tracker':
      return isLong
        ? 'no tracker answers; check the network, or name another with --tracker'
        : 'connecting to the tracker'
    case 'peers':
      return isLong ? 'nobody with these files is online; waiting for someone' : 'looking for peers'
    case 'connection':
      if (torrent.peers.length > 0) return 'receiving the file list'
      return isLong
        ? 'found peers, but no way to connect to them yet; a STUN server may help (--ice-server)'
        : 'connecting to peers'
  }
}

/** What the trackers count, less this one. */
function othersCount(torrent: Torrent): number {
  return Math.max(0, ...torrent.trackers.map(({ seeds = 0, leeches = 0 }) => seeds + leeches - 1))
}

function idleError(torrent: Torrent): Error {
  const percent = Math.floor(torrent.progress * 100)
  return new CommandError(
    `Nothing arrived in the time given; ${percent} % is there. Run the same command again to go on.`,
  )
}

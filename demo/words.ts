/** What the page says in each state. Pure: the same facts give the same words. */
import { formatBytes, formatCount, formatPercent, formatRate, formatRemaining } from './format.ts'
import type { ShoalErrorCode, Torrent } from './shoal.min.js'

/** The facts about a torrent that the words are made of. */
export interface Facts {
  readonly state: Torrent['state']
  /** 0..1 */
  readonly progress: number
  readonly lengthBytes: number
  readonly fileCount: number
  readonly peersCount: number
  /** Peers that miss something. */
  readonly leechesCount: number
  readonly seedsCount: number
  readonly downloadBytesPerSecond: number
  readonly uploadBytesPerSecond: number
  readonly uploadedBytes: number
  readonly remainingMs: number
  /** Since the state was entered. */
  readonly elapsedMs: number
  /** Since something last arrived, while downloading. */
  readonly idleMs: number
  /** The person chose these files here. */
  readonly isOwn: boolean
}

/** After this long without anybody the page says what can be done. */
export const PATIENCE_MS = 20_000
/** A transfer that pauses this long is worth a word. */
const STALL_MS = 5_000

/** The person's own files were to be shared again, after a reload. */
const UNREADABLE_WORDS =
  'The browser no longer lets this page read the files. Choose or drop them again; the link stays the same.'

/** One sentence or two: what is happening, and what to do. */
export function statusWords(facts: Facts): string {
  switch (facts.state) {
    case 'hashing':
      return `Preparing ${formatCount(facts.fileCount, 'file')}…${hashingRemaining(facts)}`
    case 'joining':
      return 'Looking for someone who has these files…'
    case 'checking':
      return 'Checking what is already here…'
    case 'downloading':
      return facts.isOwn ? UNREADABLE_WORDS : downloadingWords(facts)
    case 'seeding':
      return seedingWords(facts)
    case 'paused':
      return `Paused at ${formatPercent(facts.progress)}. Nothing is lost.`
    case 'stopped':
      return 'Stopped.'
    case 'closed':
      return facts.isOwn ? 'No longer shared. The link works for as long as others have the files open.' : 'Closed.'
  }
}

/** The line of figures under the bar: `43 % · 8.4 MB/s · about 1 min · 3 peers`. */
export function figureWords(facts: Facts): string {
  const peers = formatCount(facts.peersCount, 'peer')
  switch (facts.state) {
    case 'hashing':
      return join(formatPercent(facts.progress), sizeWords(facts))
    case 'joining':
      return ''
    case 'downloading':
      return join(
        `${formatPercent(facts.progress)} of ${formatBytes(facts.lengthBytes)}`,
        facts.downloadBytesPerSecond > 0 ? formatRate(facts.downloadBytesPerSecond) : '',
        facts.downloadBytesPerSecond > 0 ? formatRemaining(facts.remainingMs) : '',
        peers,
      )
    case 'seeding':
      return join(
        sizeWords(facts),
        peers,
        facts.uploadBytesPerSecond > 0 ? `${formatRate(facts.uploadBytesPerSecond)} up` : '',
        facts.uploadedBytes > 0 ? `${formatBytes(facts.uploadedBytes)} sent` : '',
      )
    default:
      return facts.lengthBytes > 0 ? join(formatPercent(facts.progress), sizeWords(facts)) : ''
  }
}

/** For the tab: `43 % holiday`. */
export function titleWords(facts: Facts, name: string): string {
  const isMoving = facts.state === 'downloading' || facts.state === 'hashing' || facts.state === 'paused'
  return `${isMoving ? `${formatPercent(facts.progress)} ` : ''}${name || 'Receiving'} – Shoal`
}

/** What to do about an error, after its own sentence. */
export function adviceFor(code: ShoalErrorCode | undefined): string {
  switch (code) {
    case 'no-webrtc':
      return 'This browser blocks peer connections (WebRTC). An extension, a setting or a policy may do this. Try another browser.'
    case 'tracker-unreachable':
      return 'Existing transfers continue; the page keeps trying.'
    case 'peer-unreachable':
      return 'Another Wi-Fi, a phone hotspot, or switching a VPN off may help.'
    case 'quota':
      return 'Free some space or choose fewer files. What has arrived stays usable while this tab is open.'
    case 'file-changed':
      return 'Choose the files again to share them as they are now.'
    case 'invalid-magnet':
    case 'invalid-torrent':
      return 'Ask the sender for the link again; it may have been cut short.'
    default:
      return ''
  }
}

/** Whether a warning stays true, other than those of the network, which the page shows as they come and go. */
export function isLasting(code: ShoalErrorCode): boolean {
  return ['quota', 'store-failed', 'invalid-argument', 'file-changed', 'inconsistent-hashes'].includes(code)
}

function hashingRemaining({ progress, elapsedMs }: Facts): string {
  // Before a twentieth is done a guess would jump about.
  if (progress < 0.05 || elapsedMs < 500) return ''
  return ` link in ${formatRemaining((elapsedMs * (1 - progress)) / progress)}`
}

function downloadingWords({ peersCount, idleMs, elapsedMs }: Facts): string {
  if (peersCount > 0)
    return idleMs > STALL_MS ? 'Waiting for the next piece…' : 'Downloading. Every piece is verified as it arrives.'
  if (Math.min(idleMs, elapsedMs) < STALL_MS) return 'Connecting…'
  if (idleMs < PATIENCE_MS) return 'Connection lost. Progress is kept; looking for someone else…'
  return 'Nobody with these files is online. Ask the sender to reopen their tab; this goes on by itself then.'
}

function seedingWords({ isOwn, leechesCount, seedsCount }: Facts): string {
  const others = join(
    leechesCount > 0 ? `${leechesCount.toLocaleString()} downloading` : '',
    leechesCount + seedsCount > 0
      ? `${formatCount(seedsCount + 1, 'full copy').replace('copys', 'copies')} online`
      : '',
  )
  if (!isOwn) return join('Everything has arrived and is verified. Save it to keep it.', others)
  if (others !== '') return others
  return 'Keep this tab open. The link works while someone has the files open.'
}

function sizeWords({ fileCount, lengthBytes }: Facts): string {
  return `${formatCount(fileCount, 'file')}, ${formatBytes(lengthBytes)}`
}

function join(...parts: string[]): string {
  return parts.filter(part => part !== '').join(' · ')
}

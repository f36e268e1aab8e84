/** What the page says in each state. Pure: the same facts give the same words. */
import type { Facts } from './facts.ts'
import type { Language } from './language.ts'

/** After this long without anybody the page says what can be done. */
export const PATIENCE_MS = 20_000
/** A transfer that pauses this long is worth a word. */
export const STALL_MS = 5_000

/** One sentence or two: what is happening. */
export function statusWords(facts: Facts, { say, percent, remaining }: Language): string {
  switch (facts.phase) {
    case 'hashing': {
      const time = hashingRemainingMs(facts)
      const files = say('files', { n: facts.fileCount })
      return time === undefined ? say('preparing', { files }) : say('preparingFor', { files, time: remaining(time) })
    }
    case 'joining':
      return facts.foundCount > 0 ? say('found', { n: facts.foundCount }) : say('looking')
    case 'checking':
      return say('checking')
    case 'ready':
      return say('ready')
    case 'downloading':
      return facts.isOwn ? say('chooseAgain') : downloadingWords(facts, say)
    case 'seeding':
      return seedingWords(facts, say)
    case 'paused':
      return say('paused', { percent: percent(facts.progress) })
    case 'stopped':
      return say('stopped')
    case 'closed':
      return facts.isOwn ? say('closedOwn') : say('closed')
  }
}

/** The line of figures under the bar: `43 % of 1.2 GB · 8.4 MB/s · about 1 min · 3 peers`. */
export function figureWords(facts: Facts, language: Language): string {
  const { say, percent, bytes, rate, remaining } = language
  const size = facts.lengthBytes > 0 ? `${say('files', { n: facts.fileCount })}, ${bytes(facts.lengthBytes)}` : ''
  const peers = say('peers', { n: facts.peersCount })
  switch (facts.phase) {
    case 'hashing':
      return figures(percent(facts.progress), size)
    case 'joining':
      return ''
    case 'ready':
      return figures(size, peers)
    case 'downloading':
      // Of one's own files nothing is on its way.
      if (facts.isOwn) return size
      return figures(
        say('percentOf', { percent: percent(facts.progress), size: bytes(facts.lengthBytes) }),
        facts.downloadBytesPerSecond > 0 ? rate(facts.downloadBytesPerSecond) : '',
        facts.downloadBytesPerSecond > 0 ? remaining(facts.remainingMs) : '',
        peers,
      )
    case 'seeding':
      return figures(
        size,
        facts.peersCount > 0 ? peers : '',
        facts.uploadBytesPerSecond > 0 ? say('rateUp', { rate: rate(facts.uploadBytesPerSecond) }) : '',
        facts.uploadedBytes > 0 ? say('sent', { size: bytes(facts.uploadedBytes) }) : '',
      )
    case 'closed':
    case 'stopped':
      return size
    default:
      return size === '' ? '' : figures(percent(facts.progress), size)
  }
}

/** For the tab: `43 % holiday`. */
export function titleWords({ phase, progress }: Facts, name: string, { say, percent }: Language): string {
  const isMoving = phase === 'downloading' || phase === 'hashing' || phase === 'paused'
  return `${isMoving ? `${percent(progress)} ` : ''}${name || say('receiving')} – Shoal`
}

/** Whether this tab may go without the files going with it; empty: it may not, as what was received and not saved would. */
export function closeWords({ phase, copiesCount, isOwn, isSaved }: Facts, { say }: Language): string {
  return phase === 'seeding' && copiesCount > 0 && (isOwn || isSaved) ? say('canClose') : ''
}

function hashingRemainingMs({ progress, elapsedMs }: Facts): number | undefined {
  // Before a twentieth is done a guess would jump about.
  if (progress < 0.05 || elapsedMs < 500) return undefined
  return (elapsedMs * (1 - progress)) / progress
}

function downloadingWords({ peersCount, idleMs, elapsedMs, meeting }: Facts, say: Language['say']): string {
  if (peersCount > 0) return say(idleMs > STALL_MS ? 'waitingPiece' : 'downloading')
  if (Math.min(idleMs, elapsedMs) < STALL_MS) return say('connecting')
  if (meeting.state !== 'down' || meeting.retryMs === 0) return say('lostLooking')
  return say('lostRetrying', { seconds: Math.ceil(meeting.retryMs / 1000) })
}

function seedingWords({ isOwn, isSaved, leechesCount, copiesCount }: Facts, say: Language['say']): string {
  const others = join(
    leechesCount > 0 ? say('downloadingCount', { n: leechesCount }) : '',
    leechesCount + copiesCount > 0 ? say('copies', { n: copiesCount + 1 }) : '',
  )
  if (isOwn) return others || say('keepOpen')
  if (!isSaved) return say('arrived')
  return leechesCount > 0 ? say('savedHelping', { n: leechesCount }) : say('saved')
}

/** On a narrow screen a line ends between figures, never within one, nor before the dot. */
function figures(...parts: string[]): string {
  return join(...parts)
    .replaceAll(' ', '\u00a0')
    .replaceAll('·\u00a0', '· ')
}

function join(...parts: string[]): string {
  return parts.filter(part => part !== '').join(' · ')
}

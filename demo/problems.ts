/** What has gone wrong, in words, with what can be done about it. Pure: the same facts give the same problem. */
import type { Facts } from './facts.ts'
import type { Language } from './language.ts'
import type { ShoalError } from './shoal.min.js'
import { PATIENCE_MS, STALL_MS } from './words.ts'

/** What a person may do about a problem, beside what the words say. */
export type Remedy = 'retry' | 'notify' | 'diagnostics' | 'fewer' | 'save'

export interface Problem {
  readonly kind: string
  /** Something failed; else it is only worth knowing. */
  readonly isAlert: boolean
  /** The cause. */
  readonly text: string
  /** What helps, or what is not lost. */
  readonly offer: string
  /** The meeting point's countdown, which changes each second and must not be spoken. */
  readonly countdown: string
  readonly remedies: readonly Remedy[]
}

/** What the torrent has complained of so far. */
export interface Complaints {
  readonly damagedCount: number
  readonly bannedCount: number
  readonly hasNoWebRtc: boolean
  readonly quota: ShoalError | undefined
  /** The last that stays true, in the library's words. */
  readonly lasting: ShoalError | undefined
}

/** The problem that matters most now; undefined: none. */
export function problemOf(
  facts: Facts,
  complaints: Complaints,
  error: ShoalError | undefined,
  language: Language,
): Problem | undefined {
  const { say, percent } = language
  const { phase, meeting, foundCount, peersCount, elapsedMs } = facts
  if (error !== undefined) return errorProblem(error, facts, language)
  if (phase === 'closed' || phase === 'stopped') return undefined
  if (complaints.hasNoWebRtc) return alert('no-webrtc', say('noWebrtc'), say('noWebrtcOffer'), ['diagnostics'])
  const isAlone = peersCount === 0 && (phase === 'joining' || (phase === 'downloading' && !facts.isOwn))
  if (meeting.state === 'down') {
    const seconds = Math.ceil(meeting.retryMs / 1000)
    const countdown = say(seconds > 0 ? 'trackerRetry' : 'trackerRetrying', { host: meeting.host, seconds })
    // Of transfers that continue nothing is said to whoever has just lost theirs.
    const words = say(phase === 'downloading' && peersCount === 0 ? 'trackerGone' : 'trackerDown')
    return { ...alert('tracker-down', words, '', ['retry', 'diagnostics']), countdown }
  }
  if (phase === 'downloading' && isLeft(facts)) {
    return alert('source-closed', say('sourceClosed', { percent: percent(facts.progress) }), say('sourceClosedOffer'), [
      'notify',
    ])
  }
  if (isAlone && Math.min(elapsedMs, facts.idleMs) >= PATIENCE_MS) {
    return foundCount > 0
      ? alert('unreachable', say('unreachable', { n: foundCount }), say('unreachableOffer'), ['diagnostics'])
      : alert('nobody', say('nobody'), say('nobodyOffer'), ['notify'])
  }
  if (complaints.quota !== undefined && phase !== 'ready') {
    const remedies: readonly Remedy[] = phase === 'downloading' ? ['save', 'fewer'] : []
    return { ...quotaProblem(complaints.quota, facts, language), remedies }
  }
  if (complaints.lasting !== undefined) return errorProblem(complaints.lasting, facts, language)
  if (complaints.bannedCount > 0) return note('banned', say('banned'), say('damagedOffer'))
  if (complaints.damagedCount > 0)
    return note('damaged', say('damaged', { n: complaints.damagedCount }), say('damagedOffer'))
  return undefined
}

/** Before anything is fetched: more was chosen than the browser gives. */
export function spaceProblem(neededBytes: number, allowedBytes: number | undefined, language: Language): string {
  if (allowedBytes === undefined || neededBytes <= allowedBytes) return ''
  return language.say('quota', { needed: language.bytes(neededBytes), allowed: language.bytes(allowedBytes) })
}

/** Complaints as they come. */
export function noteComplaint(complaints: Complaints, error: ShoalError): Complaints {
  switch (error.code) {
    case 'no-webrtc':
      return { ...complaints, hasNoWebRtc: true }
    case 'quota':
      return { ...complaints, quota: error }
    case 'protocol':
      if (error.details.reason !== undefined) return { ...complaints, bannedCount: complaints.bannedCount + 1 }
      return error.details.piece === undefined
        ? complaints
        : { ...complaints, damagedCount: complaints.damagedCount + 1 }
    case 'store-failed':
    case 'invalid-argument':
    case 'file-changed':
    case 'inconsistent-hashes':
      return { ...complaints, lasting: error }
    default:
      // Those of the network come and go; the facts tell of them.
      return complaints
  }
}

export const NO_COMPLAINTS: Complaints = {
  damagedCount: 0,
  bannedCount: 0,
  hasNoWebRtc: false,
  quota: undefined,
  lasting: undefined,
}

/** Whoever had everything went, and what is missing is with nobody who is connected. */
function isLeft({ isOwn, hadCopy, copiesCount, availability, aloneMs, peersCount, idleMs, progress }: Facts): boolean {
  if (isOwn || copiesCount > 0 || availability >= 1 || progress >= 1) return false
  return hadCopy && (peersCount > 0 ? idleMs : aloneMs) >= STALL_MS
}

function errorProblem(error: ShoalError, facts: Facts, language: Language): Problem {
  const { say } = language
  switch (error.code) {
    case 'quota':
      return quotaProblem(error, facts, language)
    case 'no-webrtc':
      return alert('no-webrtc', say('noWebrtc'), say('noWebrtcOffer'), ['diagnostics'])
    case 'file-changed':
      return alert('file-changed', say('fileChanged'), say('fileChangedOffer'), [])
    case 'invalid-magnet':
    case 'invalid-torrent':
      return alert('error', error.message, say('badLinkOffer'), [])
    default:
      return alert('error', error.message, '', ['diagnostics'])
  }
}

/** The library tells what the write needed that failed; what a person needs room for is all that was asked for. */
function quotaProblem(error: ShoalError, { lengthBytes }: Facts, { say, bytes }: Language): Problem {
  const { budgetBytes, quotaBytes = budgetBytes } = error.details
  // Where others take the room the numbers would explain nothing.
  const isKnown = typeof quotaBytes === 'number' && lengthBytes > quotaBytes
  const text = isKnown ? say('quota', { needed: bytes(lengthBytes), allowed: bytes(quotaBytes) }) : say('quotaUnknown')
  return alert('quota', text, `${say('quotaFewer')} ${say('quotaKept')}`, [])
}

function alert(kind: string, text: string, offer: string, remedies: readonly Remedy[]): Problem {
  return { kind, isAlert: true, text, offer, countdown: '', remedies }
}

function note(kind: string, text: string, offer: string): Problem {
  return { kind, isAlert: false, text, offer, countdown: '', remedies: [] }
}

/** How it stands with a room, and what has gone wrong, in words. Pure: the same facts give the same words. */
import type { Language } from '../language.ts'
import type { Problem } from '../problems.ts'
import type { RoomStringKey } from '../strings/room-english.ts'
import { ROOM_LIMITS } from './limits.ts'
import type { MeetingPoint } from './visit.ts'

export interface RoomFacts {
  readonly canConnect: boolean
  /** Everybody said that there is no place. */
  readonly isFull: boolean
  readonly meetingPoint: MeetingPoint
  readonly host: string
  /** People here beside oneself. */
  readonly othersCount: number
  /** Since nobody is connected, or the page joined. */
  readonly aloneMs: number
  /** In the time of `meetingPoint.retryAt`. */
  readonly now: number
}

type Say = (key: RoomStringKey, values?: Readonly<Record<string, string | number>>) => string

/** A connection that has not come about by now probably will not. */
const PATIENCE_MS = 20_000

export function roomStatus(facts: RoomFacts, say: Say): string {
  const { meetingPoint, othersCount, canConnect, isFull } = facts
  if (othersCount > 0) return say('company', { n: othersCount })
  if (!canConnect || isFull || meetingPoint.state === 'down') return ''
  if (meetingPoint.state === 'reaching') return say('reaching')
  return meetingPoint.others > 0 ? say('connecting', { n: meetingPoint.others }) : say('alone')
}

/** The problem that matters most now; undefined: none. */
export function roomProblem(facts: RoomFacts, say: Say, { say: sayShared }: Language): Problem | undefined {
  const { meetingPoint, othersCount } = facts
  if (!facts.canConnect) return alert('no-webrtc', sayShared('noWebrtc'), sayShared('noWebrtcOffer'))
  if (facts.isFull) return alert('full', say('full', { n: ROOM_LIMITS.membersMax }), say('fullOffer'))
  if (meetingPoint.state === 'down') {
    const seconds = Math.max(0, Math.ceil((meetingPoint.retryAt - facts.now) / 1000))
    const countdown = sayShared(seconds > 0 ? 'trackerRetry' : 'trackerRetrying', { host: facts.host, seconds })
    return { ...alert('tracker-down', say('trackerDown'), ''), countdown, remedies: ['retry'] }
  }
  if (othersCount === 0 && meetingPoint.others > 0 && facts.aloneMs >= PATIENCE_MS) {
    return alert('unreachable', say('unreachable', { n: meetingPoint.others }), sayShared('unreachableOffer'))
  }
  return undefined
}

function alert(kind: string, text: string, offer: string): Problem {
  return { kind, isAlert: true, text, offer, countdown: '', remedies: [] }
}

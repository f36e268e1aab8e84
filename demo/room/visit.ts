/** Drives one visit to a room: what comes is checked, the room is told of it, what the room wants is done, and one timer is armed. */
import { isWebRtcSupported } from '../../src/net/channel.ts'
import type { TrackerStatus } from '../../src/ports.ts'
import { ROOM_LIMITS } from './limits.ts'
import { type Meeting, type MeetingOptions, meet } from './meeting.ts'
import type { Status } from './messages.ts'
import { type FrameKind, Room, type RoomEffect, type RoomInput } from './room.ts'
import { createIdentity, openSigned } from './signing.ts'

export interface VisitOptions extends Omit<MeetingOptions, 'lastWord'> {
  readonly name: string
  readonly status: Status
  /** Something that is shown may have changed. */
  readonly onChange: () => void
}

/** How it stands with the meeting point. */
export interface MeetingPoint {
  readonly state: 'reaching' | 'reached' | 'down'
  /** Members beside oneself, as it counts them. */
  readonly others: number
  /** When it is tried again, in the time of `roomTime`, while it is down. */
  readonly retryAt: number
}

export interface Visit {
  /** One's own. */
  readonly id: string
  readonly room: Room
  readonly meetingPoint: MeetingPoint
  /** What the person does. @returns false when the room does not take that now */
  tell(input: Extract<RoomInput, { type: 'say' | 'offer' | 'present' }>): boolean
  /** Says goodbye. */
  leave(): Promise<void>
  /** The same within this turn, when the page ends. */
  hangUp(): void
}

/** Milliseconds since the epoch that never go back, whatever becomes of the computer's clock. */
export function roomTime(): number {
  return performance.timeOrigin + performance.now()
}

/** Joins a room. */
export async function visit({ name, status, onChange, ...options }: VisitOptions): Promise<Visit> {
  const { infoHash } = options
  const identity = await createIdentity(infoHash)
  const room = new Room(identity.id, { name, status })
  /** What was checked lately, by its signature: who said it. The same comes from every neighbour. */
  const checked = new Map<string, string>()
  let meetingPoint: MeetingPoint = { state: 'reaching', others: 0, retryAt: 0 }
  let meeting: Meeting | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let signing: Promise<void> = Promise.resolve()

  function step(input: RoomInput): boolean {
    const effects = room.step(input, roomTime())
    for (const effect of effects) perform(effect)
    clearTimeout(timer)
    if (room.deadline < Number.POSITIVE_INFINITY) timer = setTimeout(tick, Math.max(0, room.deadline - roomTime()))
    onChange()
    return !effects.some(({ type }) => type === 'refused')
  }

  function tick(): void {
    step({ type: 'tick' })
  }

  function perform(effect: RoomEffect): void {
    switch (effect.type) {
      case 'sign':
        signing = signing.then(async () => void step({ type: 'signed', message: await identity.sign(effect.body) }))
        break
      case 'send':
        meeting?.send(effect.link, effect.kind, effect.bytes)
        break
      case 'close':
        meeting?.unlink(effect.link)
        break
      case 'refused':
        break
    }
  }

  async function hear(link: number, kind: FrameKind, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (kind === 'full') return void step({ type: 'turned-away', link })
    const signature = String.fromCharCode(...bytes.subarray(0, 64))
    const sender = checked.get(signature)
    if (sender !== undefined) return void step({ type: 'heard-again', link, kind, sender })
    const message = await openSigned(bytes, infoHash)
    if (message === undefined) return void step({ type: 'forged', link })
    checked.set(signature, message.sender)
    const [oldest] = checked.keys()
    if (checked.size > ROOM_LIMITS.signaturesMax && oldest !== undefined) checked.delete(oldest)
    step({ type: 'heard', link, kind, message })
  }

  function note({ state, retryMs = 0 }: TrackerStatus): void {
    const known = state === 'connected' ? 'reached' : state === 'connecting' ? 'reaching' : 'down'
    meetingPoint = { ...meetingPoint, state: known, retryAt: roomTime() + retryMs }
    onChange()
  }

  // The highest number, so that nothing said before or after makes it undone.
  const farewell = {
    type: 'presence',
    n: Number.MAX_SAFE_INTEGER,
    name: room.members[0]!.name,
    status: 'left',
  } as const
  const { bytes: lastWord } = await identity.sign(farewell)
  // Whoever is met first is told first who we are.
  tick()
  await signing
  // Whoever cannot connect to anybody is not announced to them either.
  if (isWebRtcSupported)
    meeting = meet(
      { ...options, lastWord },
      {
        status: note,
        shutdown: seconds => step({ type: 'shutdown', seconds }),
        counted(others) {
          meetingPoint = { ...meetingPoint, others }
          onChange()
        },
        linked: (link, wasHere) => step({ type: 'linked', link, wasHere }),
        frame: hear,
        unlinked: link => step({ type: 'unlinked', link }),
      },
    )
  return {
    id: identity.id,
    room,
    get meetingPoint() {
      return meetingPoint
    },
    tell: step,
    hangUp() {
      clearTimeout(timer)
      meeting?.hangUp()
    },
    async leave() {
      step({ type: 'leave' })
      await signing
      await meeting?.close()
    },
  }
}

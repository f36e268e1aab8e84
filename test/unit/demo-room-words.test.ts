/** What the page of rooms says: the same in each language, and what matters most first. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { languageFor, sayer } from '../../demo/language.ts'
import { type RoomFacts, roomProblem, roomStatus } from '../../demo/room/problems.ts'
import type { Text } from '../../demo/strings/english.ts'
import { ROOM_ENGLISH, type RoomStringKey } from '../../demo/strings/room-english.ts'
import { ROOM_GERMAN } from '../../demo/strings/room-german.ts'

const english = await languageFor(['en'])
const say = sayer(ROOM_ENGLISH, 'en')

const ALONE: RoomFacts = {
  canConnect: true,
  isFull: false,
  meetingPoint: { state: 'reached', others: 0, retryAt: 0 },
  host: 'share.example',
  othersCount: 0,
  aloneMs: 60_000,
  now: 1_000,
}

function status(facts: Partial<RoomFacts>): string {
  return roomStatus({ ...ALONE, ...facts }, say)
}

function problem(facts: Partial<RoomFacts>): string | undefined {
  const found = roomProblem({ ...ALONE, ...facts }, say, english)
  return found && [found.kind, found.text, found.countdown].join(' | ')
}

describe('the strings of rooms', () => {
  const formsOf = (text: Text): string[] => (typeof text === 'string' ? [text] : [text.one, text.other])
  const valuesOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort()

  it('have the same values in every language', () => {
    for (const key of Object.keys(ROOM_ENGLISH) as RoomStringKey[]) {
      const [expected] = formsOf(ROOM_ENGLISH[key]).map(valuesOf)
      for (const form of [...formsOf(ROOM_ENGLISH[key]), ...formsOf(ROOM_GERMAN[key])]) {
        assert.deepEqual(valuesOf(form), expected, key)
      }
    }
  })
})

describe('the page of rooms', () => {
  it('says who is here, or what it does meanwhile', () => {
    assert.equal(status({}), 'Nobody else is here yet. Send somebody the link.')
    assert.equal(status({ othersCount: 1 }), 'You and 1 other are here.')
    assert.equal(status({ meetingPoint: { state: 'reaching', others: 0, retryAt: 0 } }), 'Reaching the meeting point…')
    const found = { state: 'reached', others: 2, retryAt: 0 } as const
    assert.equal(status({ meetingPoint: found }), '2 others are here. Connecting…')
    assert.equal(status({ isFull: true, meetingPoint: found }), '')
  })

  it('counts down to the next try of a meeting point that is down, whoever is here', () => {
    const down = { state: 'down', others: 0, retryAt: 3_500 } as const
    assert.match(problem({ meetingPoint: down })!, /^tracker-down .* share\.example: trying again in 3 s\.$/)
    assert.match(problem({ meetingPoint: down, now: 9_000, othersCount: 3 })!, /trying again…$/)
  })

  it('says what nobody can mend by waiting before anything else', () => {
    const down = { state: 'down', others: 0, retryAt: 3_500 } as const
    assert.match(problem({ canConnect: false, isFull: true, meetingPoint: down })!, /^no-webrtc/)
    assert.match(problem({ isFull: true, meetingPoint: down })!, /^full \| The room is full: 64 people/)
  })

  it('says that networks keep people apart once a connection should have been there', () => {
    const found = { state: 'reached', others: 1, retryAt: 0 } as const
    assert.equal(problem({ meetingPoint: found, aloneMs: 19_000 }), undefined)
    assert.match(problem({ meetingPoint: found, aloneMs: 20_000 })!, /^unreachable \| Found 1 person, but/)
    assert.equal(problem({ meetingPoint: found, othersCount: 1 }), undefined)
    assert.equal(problem({}), undefined)
  })
})

/** The failure matrix: what is detected, what is said of it word for word, and what is offered. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Facts } from '../../demo/facts.ts'
import { languageFor } from '../../demo/language.ts'
import {
  type Complaints,
  NO_COMPLAINTS,
  noteComplaint,
  type Problem,
  problemOf,
  spaceProblem,
} from '../../demo/problems.ts'
import { ShoalError } from '../../src/errors.ts'
import { NO_FACTS } from '../fixtures/share-facts.ts'

const english = await languageFor(['en'])
const DOWN = { state: 'down', host: 's.example', retryMs: 7_400 } as const

function problem(
  facts: Partial<Facts>,
  complaints: Complaints = NO_COMPLAINTS,
  error?: ShoalError,
): Problem | undefined {
  return problemOf({ ...NO_FACTS, ...facts }, complaints, error, english)
}

function complained(...errors: ShoalError[]): Complaints {
  return errors.reduce(noteComplaint, NO_COMPLAINTS)
}

describe('what goes wrong', () => {
  it('is nothing at first', () => {
    assert.equal(problem({}), undefined)
    assert.equal(problem({ elapsedMs: 19_000, idleMs: 19_000 }), undefined)
  })

  it('no WebRTC', () => {
    const found = problem({}, complained(new ShoalError('no-webrtc', '')))
    assert.equal(
      found?.text,
      'This browser blocks peer connections (WebRTC). An extension, setting or policy may do this.',
    )
    assert.match(found?.offer ?? '', /another browser/)
  })

  it('the tracker is down: the host is named, and the time until the next attempt', () => {
    const found = problem({ meeting: DOWN, phase: 'seeding' })
    assert.equal(found?.text, "Can't reach the meeting point. Existing transfers continue.")
    assert.equal(found?.countdown, 's.example: trying again in 8 s.')
    assert.ok(found?.remedies.includes('retry'))
    assert.equal(problem({ meeting: DOWN, phase: 'downloading' })?.text, "Can't reach the meeting point.")
  })

  it('nobody came within 20 s', () => {
    const found = problem({ elapsedMs: 20_000, idleMs: 20_000 })
    assert.equal(found?.text, 'Nobody with these files is online. Ask the sender to reopen their tab.')
    assert.match(found?.offer ?? '', /keeps waiting/)
    assert.deepEqual(found?.remedies, ['notify'])
  })

  it('people are there who cannot be reached', () => {
    const found = problem({ elapsedMs: 20_000, idleMs: 20_000, foundCount: 2 })
    assert.equal(found?.text, "Found 2 people, but your networks can't connect directly.")
    assert.match(found?.offer ?? '', /Wi-Fi.*hotspot.*VPN/)
    assert.deepEqual(found?.remedies, ['diagnostics'])
  })

  it('damaged pieces and their senders', () => {
    const damaged = new ShoalError('protocol', '', { details: { piece: 3 } })
    const once = problem({ phase: 'downloading', peersCount: 1 }, complained(damaged))
    assert.equal(once?.text, 'Discarded 1 damaged piece; fetching again.')
    assert.equal(once?.isAlert, false)
    const banned = complained(damaged, new ShoalError('protocol', '', { details: { peerId: 'p', reason: 'lied' } }))
    const blocked = problem({ phase: 'downloading', peersCount: 1 }, banned)
    assert.equal(blocked?.text, 'Blocked a peer sending bad data.')
    assert.equal(blocked?.offer, 'Nothing unverified is saved.')
  })

  it('space, with its numbers, before and while it is needed', () => {
    assert.equal(spaceProblem(4_100_000_000, 2_000_000_000, english), 'Needs 4.1 GB; this browser allows 2 GB.')
    assert.equal(spaceProblem(1, 2, english), '')
    assert.equal(spaceProblem(4_100_000_000, undefined, english), '')
    // Of the one write that failed the library tells, not of the download.
    const full = new ShoalError('quota', '', { details: { neededBytes: 262_144, quotaBytes: 2_500_000_000 } })
    const wordsFor = (lengthBytes: number): string | undefined =>
      problem({ phase: 'downloading', peersCount: 1, lengthBytes }, complained(full))?.text
    assert.equal(wordsFor(4_100_000_000), 'Needs 4.1 GB; this browser allows 2.5 GB.')
    assert.equal(wordsFor(1_000_000_000), 'This browser has no space left for this page.')
  })

  it('too little room: what is left out, or saved while it comes', () => {
    const full = complained(new ShoalError('quota', '', { details: { quotaBytes: 1 } }))
    const remediesIn = (phase: Facts['phase']): readonly string[] | undefined =>
      problem({ phase, peersCount: 1 }, full)?.remedies
    assert.deepEqual(remediesIn('downloading'), ['save', 'fewer'])
    assert.deepEqual(remediesIn('seeding'), [])
    assert.equal(remediesIn('ready'), undefined)
  })

  it('the sender left, which is known from somebody having had everything', () => {
    const left = { phase: 'downloading', progress: 0.62, hadCopy: true, aloneMs: 6_000, idleMs: 6_000 } as const
    const found = problem(left)
    assert.equal(found?.text, 'Sender left at 62 %. Your part is kept.')
    assert.match(found?.offer ?? '', /by itself under the same link/)
    assert.equal(problem({ ...left, copiesCount: 1 }), undefined)
    assert.equal(problem({ ...left, peersCount: 1, availability: 1.5 }), undefined)
    assert.equal(problem({ ...left, meeting: DOWN })?.kind, 'tracker-down')
  })

  it('what the library could not go on from, in its own words', () => {
    const error = new ShoalError('inconsistent-hashes', 'The two halves differ.')
    assert.equal(problem({ phase: 'stopped' }, NO_COMPLAINTS, error)?.text, 'The two halves differ.')
  })

  it('comes and goes with the network, of which no warning stays', () => {
    assert.deepEqual(
      complained(new ShoalError('tracker-unreachable', ''), new ShoalError('peer-unreachable', '')),
      NO_COMPLAINTS,
    )
  })
})

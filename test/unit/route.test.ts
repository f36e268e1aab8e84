/** What `getStats()` says of the way that a connection takes: reports cut to what is read, the first one as Chromium 156 made it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRoute } from '../../src/net/route.ts'

const LOCAL = { id: 'L', type: 'local-candidate', candidateType: 'srflx' }
const REMOTE = { id: 'R', type: 'remote-candidate', candidateType: 'prflx' }
const RELAY = { id: 'Y', type: 'remote-candidate', candidateType: 'relay' }
const pair = (id: string, rest: object) => {
  return { id, type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R', ...rest }
}
const report = (...entries: { readonly id: string }[]) => {
  return new Map(entries.map(entry => [entry.id, entry as Record<string, unknown>]))
}

describe('a connection’s route', () => {
  it('is the pair that the transport names, where another one was nominated and never tried', () => {
    const route = readRoute(
      report(
        LOCAL,
        REMOTE,
        pair('A', { nominated: true, state: 'waiting' }),
        pair('B', { nominated: false, state: 'succeeded', currentRoundTripTime: 0.043 }),
        { id: 'T', type: 'transport', selectedCandidatePairId: 'B' } as { id: string },
      ),
    )
    assert.deepEqual(route, { local: 'srflx', remote: 'prflx', relayed: false, roundTripMs: 43 })
  })

  it('is the pair that says so itself, where there is no transport', () => {
    const route = readRoute(
      report(
        LOCAL,
        REMOTE,
        RELAY,
        pair('A', { nominated: true, selected: false, state: 'succeeded' }),
        pair('B', { nominated: true, selected: true, state: 'succeeded', remoteCandidateId: 'Y' }),
      ),
    )
    assert.deepEqual(route, { local: 'srflx', remote: 'relay', relayed: true, roundTripMs: undefined })
  })

  it('is not known where nobody tells', () => {
    assert.equal(readRoute(report(LOCAL, REMOTE, pair('A', { nominated: true }))), undefined)
  })
})

/** The simulator is the same in every engine: equal seeds give equal traces in Node, Chromium and Firefox. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedTraces } from './sim-traces.ts'
import { tracesInNode } from './sim-traces.in-node.ts'

describe('the simulator', () => {
  it('gives the traces that it gives in Node', () => {
    const traces = simulatedTraces()
    assert.ok(Object.keys(traces).length >= 7)
    assert.equal(new Set(Object.values(traces)).size, Object.keys(traces).length)
    assert.deepEqual(traces, tracesInNode)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { describeFailure, Stopped, UsageError } from '../../src/node/cli/failure.ts'

const running = new AbortController().signal

describe('how a command ends', () => {
  it('says the sentence of a ShoalError and fails', () => {
    const error = new ShoalError('invalid-magnet', 'This magnet link has no hash.')
    assert.deepEqual(describeFailure(error, running), { exitCode: 1, sentence: error.message })
  })

  it('counts invalid arguments as wrong usage', () => {
    assert.equal(describeFailure(new ShoalError('invalid-argument', 'No.'), running).exitCode, 2)
    assert.equal(describeFailure(new UsageError('No.'), running).exitCode, 2)
  })

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGPIPE', 141],
  ] as const) {
    it(`ends with ${exitCode} after ${signal}, whatever that broke`, () => {
      const stopping = new AbortController()
      stopping.abort(new Stopped(signal))
      assert.deepEqual(describeFailure(new ShoalError('aborted', 'Aborted.'), stopping.signal), { exitCode })
    })
  }

  it('puts the codes of the system in words', () => {
    const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: 'a.txt' })
    assert.match(describeFailure(missing, running).sentence ?? '', /There is no a\.txt/)
    const inUse = Object.assign(new Error('EADDRINUSE'), { code: 'EADDRINUSE', syscall: 'listen', port: 8000 })
    assert.match(describeFailure(inUse, running).sentence ?? '', /Port 8000 is in use.*--port/)
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' })
    assert.match(describeFailure(full, running).sentence ?? '', /disk is full/)
  })

  it('asks for a report of what it does not know', () => {
    assert.match(describeFailure(new TypeError('x is not a function'), running).sentence ?? '', /SHOAL_DEBUG=1/)
  })
})

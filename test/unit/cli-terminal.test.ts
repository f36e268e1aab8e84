import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openTerminal, safeText, type Terminal } from '../../src/node/cli/terminal.ts'

/** Erases to the end of the line. */
const ERASE = '\x1b[K'

interface Recording {
  readonly terminal: Terminal
  readonly clock: { now: number }
  out: string
  error: string
}

function record({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }): Recording {
  const clock = { now: 0 }
  const recording = { clock, out: '', error: '' }
  const terminal = openTerminal({
    stdout: { write: text => (recording.out += text) },
    stderr: { write: text => (recording.error += text), isTTY, columns },
    now: () => clock.now,
  })
  return Object.assign(recording, { terminal })
}

describe('a terminal that is one', () => {
  it('writes the status over the last one, cut to its width', () => {
    const at = record({ isTTY: true, columns: 40 })
    at.terminal.status({ phase: 'get', text: 'x'.repeat(100), share: 0.5 })
    assert.ok(at.error.startsWith('\r') && at.error.endsWith(ERASE))
    const line = at.error.slice(1, -ERASE.length)
    assert.match(line, /^\[=+> +\] {2}50 % {2}x+…$/)
    assert.equal([...line].length, 39)
  })

  it('redraws at most ten times a second, and at once when the phase changes', () => {
    const at = record({ isTTY: true })
    for (; at.clock.now < 1000; at.clock.now += 1) at.terminal.status({ phase: 'get', text: String(at.clock.now) })
    assert.equal(at.error.split('\r').length - 1, 10)
    at.error = ''
    at.terminal.status({ phase: 'done', text: 'done' })
    assert.match(at.error, /done/)
  })

  it('takes the status away before a line of the result', () => {
    const at = record({ isTTY: true })
    at.terminal.status({ phase: 'get', text: 'busy' })
    at.error = ''
    at.terminal.print('magnet:?')
    assert.equal(at.error, `\r${ERASE}`)
    assert.equal(at.out, 'magnet:?\n')
  })
})

describe('output that is no terminal', () => {
  it('gets a plain line for each phase, each tenth, and a sign of life', () => {
    const at = record({ isTTY: false })
    const status = (share: number, text: string): void => at.terminal.status({ phase: 'get', share, text })
    status(0, 'a')
    status(0.05, 'b')
    status(0.11, 'c')
    status(0.12, 'd')
    at.clock.now = 31_000
    status(0.13, 'e')
    at.terminal.status({ phase: 'done', text: 'all there' })
    assert.equal(at.error, '0 %  a\n11 %  c\n13 %  e\nall there\n')
  })

  it('does not repeat what has not changed', () => {
    const at = record({ isTTY: false })
    at.terminal.status({ phase: 'seed', text: 'nobody' })
    at.clock.now = 60_000
    at.terminal.status({ phase: 'seed', text: 'nobody' })
    assert.equal(at.error, 'nobody\n')
  })

  it('holds no control sequences', () => {
    const at = record({ isTTY: false })
    at.terminal.status({ phase: 'get', text: 'busy', share: 0.3 })
    at.terminal.note('remark')
    at.terminal.clear()
    assert.ok(!/\r/.test(at.error) && !at.error.includes('\x1b'))
  })
})

describe('text from strangers', () => {
  it('cannot steer the terminal', () => {
    assert.equal(safeText('a\x1b[2Jb\x07\u009bc'), 'a\ufffd[2Jb\ufffd\ufffdc')
    assert.equal(safeText('photo\u202egpj.exe'), 'photogpj.exe')
    assert.equal(safeText('a\tb\n'), 'a\tb\n')
  })
})

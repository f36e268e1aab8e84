import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readTap } from '../support/tap.ts'

describe('What the test command says of failures', () => {
  test('names each test that failed and its error, and leaves suites out', () => {
    const results = readTap(
      tapOf(`
        describe('a suite', () => {
          test('differs', () => assert.equal(1, 2))
          test('says two lines', () => { throw new Error('one\\ntwo') })
          test('is fine', () => {})
          test('never ends', { timeout: 20 }, () => new Promise(resolve => setTimeout(resolve, 100)))
        })
        test('stands alone', () => { throw new Error('alone') })
      `),
    )
    assert.equal(results.passed, 1)
    assert.equal(results.failed, 4)
    const [differs, saysTwoLines, neverEnds, alone] = results.failures
    assert.match(differs!, /cases\.test\.mjs:\d+:\d+ differs\n {4}Expected values to be strictly equal:\n {4}1 !== 2$/)
    assert.match(saysTwoLines!, /says two lines\n {4}one\n {4}two$/)
    assert.match(neverEnds!, /never ends\n {4}'test timed out after 20ms'$/)
    assert.match(alone!, /stands alone\n {4}'alone'$/)
  })

  test('gives what there is of a report that was cut off', () => {
    assert.deepEqual(readTap('TAP version 13\nok 1 - first\n'), { passed: 0, failed: 0, failures: [] })
  })
})

function tapOf(cases: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-tap-'))
  try {
    const file = join(folder, 'cases.test.mjs')
    writeFileSync(file, `import { describe, test } from 'node:test'\nimport assert from 'node:assert/strict'\n${cases}`)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    return execFileSync(process.execPath, [file], {
      encoding: 'utf8',
      env: { ...env, NODE_OPTIONS: '--test-reporter=tap' },
    })
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

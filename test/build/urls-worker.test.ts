/** What is published of the worker behind the addresses of files: small, classic, self-contained. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'

const BYTES_MAX = 4 * 1024

const script = readFileSync('dist/shoal-urls-sw.js', 'utf8')

test('the worker of addresses is within its budget', t => {
  const bytes = gzipSync(script, { level: 9 }).length
  t.diagnostic(`shoal-urls-sw.js has ${bytes} bytes gzipped, of ${BYTES_MAX}`)
  assert.ok(bytes <= BYTES_MAX, `${bytes} bytes gzipped; the budget is ${BYTES_MAX}`)
})

test('it is a classic script that answers requests and messages, and takes over no page', () => {
  assert.doesNotMatch(script, /\beval\(|new Function\(|\bimport\b|\bexport\b/)
  const listeners: string[] = []
  runInNewContext(script, { addEventListener: (name: string) => listeners.push(name) })
  assert.deepEqual(listeners.sort(), ['fetch', 'message'])
})

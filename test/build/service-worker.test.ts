/** What is published of the service worker: small, classic, self-contained, and ready for a table. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { encodeTable, placeTable } from '../../src/site/table.ts'

/** The budget without a table, gzipped. */
const WORKER_BYTES_MAX = 4 * 1024

const script = readFileSync('dist/shoal-sw.js', 'utf8')

/** The globals of a service worker, as far as the script's beginning uses them. */
function start(source: string, path: string): { listeners: string[]; globals: Record<string, unknown> } {
  const listeners: string[] = []
  const location = new URL(path, 'https://site.example')
  const addEventListener = (name: string): number => listeners.push(name)
  const globals: Record<string, unknown> = { location, addEventListener, btoa, atob }
  globals.self = globals
  runInNewContext(source, globals)
  return { listeners: listeners.sort(), globals }
}

test('the worker is within its budget', t => {
  const bytes = gzipSync(script, { level: 9 }).length
  t.diagnostic(`shoal-sw.js has ${bytes} bytes gzipped, of ${WORKER_BYTES_MAX}`)
  assert.ok(bytes <= WORKER_BYTES_MAX, `${bytes} bytes gzipped; the budget is ${WORKER_BYTES_MAX}`)
})

test('the worker is a classic script that takes a table', () => {
  const placed = placeTable(script, encodeTable({ version: 3, scope: 'site', entries: [] }))
  assert.doesNotMatch(placed, /\beval\(|new Function\(|\bimport\b|\bexport\b/)
  assert.deepEqual(start(placed, '/shoal-sw.js').listeners, ['activate', 'fetch', 'install', 'message'])
  // All of it is compiled while it loads: the hint counts where it comes first.
  assert.match(placed, /^\/\/# allFunctionsCalledOnLoad\n/)
})

test('within another worker it offers shoalFetch and handles no fetch itself', () => {
  const { listeners, globals } = start(script, '/own.js')
  assert.deepEqual(listeners, ['message'])
  assert.equal(typeof globals.shoalFetch, 'function')
})

/** What is published: one small self-contained bundle, and modules that resolve by the package's own name. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { init, parse } from 'es-module-lexer'

/** The budget, gzipped: ARCHITECTURE.md, "Size". */
const BUNDLE_BYTES_MAX = 48 * 1024

const bundle = readFileSync('dist/shoal.min.js')

test('the bundle is within its budget', t => {
  const bytes = gzipSync(bundle, { level: 9 }).length
  t.diagnostic(`shoal.min.js has ${bytes} bytes gzipped, of ${BUNDLE_BYTES_MAX}`)
  assert.ok(bytes <= BUNDLE_BYTES_MAX, `${bytes} bytes gzipped; the budget is ${BUNDLE_BYTES_MAX}`)
})

test('the bundle imports nothing and exports Shoal', async () => {
  await init
  const [imports, exports] = parse(bundle.toString())
  assert.deepEqual(
    imports.map(({ n: name, d: dynamicAt }) => ({ name, dynamicAt })).filter(({ dynamicAt }) => dynamicAt !== -2),
    [],
  )
  const names = exports.map(({ n: name }) => name)
  assert.ok(names.includes('Shoal'), `it exports ${names.join(', ')}`)
  assert.ok(names.includes('ShoalError'), `it exports ${names.join(', ')}`)
})

test('the bundle is clean under a strict Content-Security-Policy', () => {
  assert.doesNotMatch(bundle.toString(), /\beval\(|new Function\(/)
})

test('every file that package.json names is there', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  const paths = [...strings(manifest.exports), ...strings(manifest.bin)]
  assert.deepEqual(
    paths.filter(path => !existsSync(path)),
    [],
  )
})

test('Node resolves the package and its tracker by name', async () => {
  const { resolve } = createRequire(import.meta.url)
  assert.match(resolve('shoal/package.json'), /package\.json$/)
  const names: readonly string[] = ['shoal', 'shoal/tracker']
  const [library, tracker] = await Promise.all(names.map(name => import(name)))
  assert.equal(typeof library.Shoal, 'function')
  assert.equal(typeof tracker.startTracker, 'function')
})

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : []
}

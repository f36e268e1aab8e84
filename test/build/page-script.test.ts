/** What is published of the page script: a small tag that loads before the first paint, and a module that it loads later. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { init, parse } from 'es-module-lexer'

/** Gzipped. */
const TAG_BYTES_MAX = 2 * 1024

const tag = readFileSync('dist/shoal.js', 'utf8')
const page = readFileSync('dist/shoal-page.js', 'utf8')

test('the tag is within its budget', t => {
  const bytes = gzipSync(tag, { level: 9 }).length
  t.diagnostic(`shoal.js has ${bytes} bytes gzipped, of ${TAG_BYTES_MAX}; shoal-page.js ${gzipSync(page).length}`)
  assert.ok(bytes <= TAG_BYTES_MAX, `${bytes} bytes gzipped; the budget is ${TAG_BYTES_MAX}`)
})

test('the tag is a classic script, and loads nothing but the module beside it', async () => {
  await init
  const [imports, exports] = parse(tag)
  // One dynamic import, of an address that is made from the tag's own.
  assert.deepEqual([imports.map(({ n: name }) => name), exports.length], [[undefined], 0])
  assert.match(tag, /shoal-page\.js/)
})

test('the module imports nothing and gives out the agent', async () => {
  await init
  const [imports, exports] = parse(page)
  assert.deepEqual(
    imports.filter(({ d: dynamicAt }) => dynamicAt !== -2),
    [],
  )
  assert.deepEqual(
    exports.map(({ n: name }) => name),
    ['startAgent'],
  )
})

test('both are clean under a strict Content-Security-Policy', () => {
  for (const script of [tag, page]) assert.doesNotMatch(script, /\beval\(|new Function\(/)
})

test('the module is compiled while it loads: the hint counts where it comes first', () => {
  assert.match(page, /^\/\/# allFunctionsCalledOnLoad\n/)
})

/** What the bundle calls its variables, members and properties: whatever compresses best, so long as nothing else changes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'

interface Builder {
  bestNames(): { renderChunk(code: string): { code: string } }
  PLACEHOLDERS: object
}

const paths: readonly string[] = ['../../build/best-names.js', '../../build/open-names.js']
const [{ bestNames }, { PLACEHOLDERS }] = (await Promise.all(paths.map(path => import(path)))) as [Builder, Builder]

/** Terser, which rollup's plugin brings: it has a way of its own to tell which variable a name stands for. */
const { minify } = createRequire(import.meta.resolve('@rollup/plugin-terser'))('terser')

/** A little of everything that has variables. */
const SCOPES = `
  const outer = 1, label = 2
  let log = []
  export function main(first, { second, ...rest }, [third = first] = [second], fourth = () => first + outer) {
    log = [first, second, third, fourth(), Object.keys(rest).join()]
    for (let i = 0, n = 2; i < n; i++) { const first = i + third; log.push(first, later(first)) }
    for (const key in rest) for (const value of [rest[key]]) log.push(key, value, second)
    switch (second) { case 2: { let first = 3; log.push(first) } default: let inner = second; log.push(inner + first) }
    try { throw [first, outer] } catch ([caught, other]) { let inner = caught; log.push(caught, other, inner, second) }
    again: for (const each of [1, 2, 3]) { for (;;) { if (each === 2) continue again; log.push(each); break } }
    const named = function self(n) { return n > 1 ? n * self(n - 1) : outer }
    { function later(value) { return value + label }; log.push(later(named(4))) }
    log.push(new Counter(first).twice, new (class Inner extends Counter { make() { return Inner.name.length * 0 } })(2).make())
    return log.join()
    function later(value) { return [value].map(first => first + second + outer).at(0) }
  }
  class Counter {
    #count; #steps = 2
    constructor(count) { this.#count = count }
    get twice() { return [1].map(count => this.#count * this.#steps + count + outer)[0] }
    static { const first = label; log.push(first) }
  }
`

test('what runs with the new names does the same', async () => {
  const named = renamed(await placeheld(SCOPES))
  assert.ok(named.length < SCOPES.length / 1.5)
  const expected = await run(SCOPES)
  assert.match(expected, /^1,2,2,2,a,b/)
  assert.equal(await run(named), expected)
})

test('every name in the bundle stands for the variable that it stood for', async () => {
  for (const code of [SCOPES, readFileSync('dist/shoal.min.js', 'utf8')]) {
    const before = await placeheld(code)
    assertSameVariables(before, await placeheld(renamed(before)))
  }
})

test('the same code is named in the same way', async () => {
  const code = await placeheld(SCOPES)
  assert.equal(renamed(code), renamed(code))
})

test('properties that are marked are renamed alike, others and what could be looked up are not', () => {
  const code = renamed(
    'const $0 = { $inner: 1, $other: { t: 2 }, [$9]: 3 }; const $9 = "e"; use($0.$inner, $0.$other.t, $0[$9])',
  )
  const [, inner, other] = /\{(\w+):\s*1,\s*(\w+):/.exec(code.replaceAll(' ', '')) ?? []
  assert.ok(inner !== undefined && other !== undefined && inner !== other, code)
  for (const name of [inner, other]) assert.doesNotMatch(name, /^[te]$/)
  assert.match(code, new RegExp(`\\.${inner}, \\w+\\.${other}\\.t, `))
})

test('what cannot be told apart is refused', () => {
  assert.throws(() => renamed('class $0 { #$1 = class { #$1 = 1 } }'), /a class in a class/)
  assert.throws(() => renamed('let $0 = 1; let $1 = { $0 }'), /is a variable and a property/)
})

function renamed(code: string): string {
  return bestNames().renderChunk(code).code
}

/** The code with another name for each variable, such as `$12`. */
async function placeheld(code: string): Promise<string> {
  const options = { module: true, compress: false, mangle: { nth_identifier: { ...PLACEHOLDERS } } }
  return (await minify(code, options)).code
}

/** That two bundles differ in names of members only, and that names which are one variable in the first are so in the second. */
function assertSameVariables(before: string, after: string): void {
  const wordsOf = (code: string) => code.replaceAll(/#\$\d+/g, '#').match(/[\w$]+|[^\w$]/g) ?? []
  const [old, now] = [wordsOf(before), wordsOf(after)]
  assert.equal(now.length, old.length)
  const names = new Map<string, string | undefined>()
  for (const [index, word] of old.entries()) {
    const isVariable = /^\$\d+$/.test(word)
    const expected = isVariable ? (names.get(word) ?? now[index]) : word
    names.set(word, expected)
    assert.equal(
      now[index],
      expected,
      `${old.slice(index - 20, index + 5).join('')} → ${now.slice(index - 20, index + 5).join('')}`,
    )
    if (isVariable) assert.match(now[index] ?? '', /^\$\d+$/)
  }
}

async function run(code: string): Promise<string> {
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  return module.main(1, { second: 2, a: 3, b: 4 })
}

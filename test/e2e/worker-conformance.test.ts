/**
 * The service worker keeps to HTTP to the letter: the same requests of a page with it and of one without, to the same server, have the
 * same answers, wherever the bytes come from.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { fillStore, visitListed } from './support/listed-page.ts'
import { type ListedFile, startListedSite } from './support/listed-site.ts'
import type { Answered, Asked } from './support/page/site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope } from './support/scope.ts'

const MANY = '/assets/many.bin'
const ONE = '/assets/one.bin'
const TEXT = '/assets/text.json'
const CACHED = '/assets/cached.bin'
const PLAIN = '/assets/plain.bin'
const IMAGE = '/assets/image.svg'

const text = new TextEncoder().encode(JSON.stringify(Array.from({ length: 12_000 }, (_, i) => ({ i, square: i * i }))))
const files: Record<string, ListedFile> = {
  [MANY]: { bytes: payloadBytes(1, 0, 1_000_003), type: 'application/octet-stream' },
  [ONE]: { bytes: payloadBytes(2, 0, 50_001), type: 'image/png' },
  [TEXT]: { bytes: text, type: 'application/json; charset=utf-8', pieceLength: 16384, hasTwin: true },
  [CACHED]: { bytes: payloadBytes(3, 0, 200_000), type: 'font/woff2', cacheControl: 'max-age=31536000, immutable' },
  [PLAIN]: { bytes: payloadBytes(4, 0, 90_000), type: 'text/plain', isImmutable: false },
  [IMAGE]: {
    bytes: new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"/>'),
    type: 'image/svg+xml',
  },
  '/assets/code.js': { bytes: new TextEncoder().encode('globalThis.ran = "code"; export {}'), type: 'text/javascript' },
  '/assets/style.css': {
    bytes: new TextEncoder().encode('p { background: url(image.svg); color: rgb(1, 2, 3) }'),
    type: 'text/css',
  },
  // An empty module.
  '/assets/empty.wasm': { bytes: new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), type: 'application/wasm' },
  '/assets/worker.js': { bytes: new TextEncoder().encode('postMessage("here")'), type: 'text/javascript' },
  '/assets/page.html': { bytes: new TextEncoder().encode('<!doctype html><p>A page'), type: 'text/html' },
}

const scope = fileScope()
const starting = startListedSite(scope, files)
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))

/** Another visitor, whose page has the worker, or has not. */
const visit = async (browser: string, isControlled = true): Promise<Page> =>
  visitListed(scope, {
    browser: await browsers[browser]!,
    origin: await starting,
    worker: isControlled ? '/shoal-sw.js' : undefined,
  })

const putLayer = async (page: Page, path: string): Promise<void> =>
  page.evaluate(facts => site.putLayer(facts), (await starting).facts[path]!)

/** Puts pieces into the store, all unless they are named. */
const fill = async (page: Page, path: string, pieces?: readonly number[]): Promise<void> =>
  fillStore(page, await starting, { path, bytes: files[path]!.bytes, pieces })

const ask = (page: Page, asked: Asked): Promise<Answered> => page.evaluate(asked => site.ask(asked), asked)
const askAll = (page: Page, all: readonly Asked[]): Promise<Answered[]> =>
  page.evaluate(all => site.askAll(all), [...all])

/** What must be alike. A file has another validator where the worker answers; those that it gives away are tested below. */
function comparable({ headers, ...rest }: Answered): object {
  const { etag, 'x-content-type-options': nosniff, ...others } = headers
  return { ...rest, headers: others, hasEtag: etag !== undefined }
}

/** A small generator, so that a failure can be repeated: the seed is in the test's name. */
function rangesFrom(seed: number, length: number, count: number): string[] {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: count }, () => {
    const start = random(length + 10)
    const kind = random(4)
    if (kind === 0) return `bytes=${start}-`
    if (kind === 1) return `bytes=-${random(length + 100) + 1}`
    // Around the edges of pieces as often as anywhere.
    const from = kind === 2 ? Math.max(0, random(16) * 65536 + random(3) - 1) : start
    return `bytes=${from}-${from + random(kind === 2 ? 3 : length)}`
  })
}

const EDGES = [
  ...[
    'bytes=0-0',
    'bytes=0-',
    'bytes=-1',
    'bytes=-0',
    'bytes=-99999999',
    'bytes=999999999-',
    'bytes=5-99999999999999999999',
  ],
  ...[
    'BYTES=3-9',
    'bytes=9-3',
    'bytes=-',
    'bytes=',
    'bytes=x-y',
    'bytes=1-2-3',
    'bytes= 1-2',
    'bytes 0-1',
    'items=0-1',
    '',
  ],
  ...['bytes=0-1,3-4', 'bytes=0-1, 3-4', 'bytes=0-1,', 'bytes=-1,-2', 'bytes=99999999-,0-0', 'bytes=0-0,x'],
]

for (const browser of BROWSER_NAMES) {
  describe(`in ${browser}`, () => {
    const SEED = 20261120

    for (const [path, state] of [
      [MANY, 'from the store'],
      [MANY, 'from the origin'],
      [MANY, 'from both'],
      [ONE, 'from the store'],
      [ONE, 'from the origin'],
      [TEXT, 'from the origin'],
    ] as const) {
      it(`answers ranges of ${path} ${state} as the origin does (seed ${SEED})`, async () => {
        const { length } = files[path]!.bytes
        const random = rangesFrom(SEED, length, path === MANY ? 16 : 8)
        const requests: Asked[] = [
          { path },
          ...[...EDGES, ...random].map(range => ({ path, headers: { Range: range } })),
        ]
        const [plain, controlled] = [await visit(browser, false), await visit(browser)]
        if (state === 'from the store') await fill(controlled, path)
        else if (state === 'from both') await fill(controlled, path, [0, 1, 3, 4, 5, 9, 15])
        else await putLayer(controlled, path)
        const [expected, actual] = await Promise.all([askAll(plain, requests), askAll(controlled, requests)])
        for (const [i, request] of requests.entries()) {
          assert.deepEqual(comparable(actual[i]!), comparable(expected[i]!), JSON.stringify(request))
        }
      })
    }

    it('answers conditions as the origin does, and its own validators as RFC 9110 says', async () => {
      const [plain, controlled] = [await visit(browser, false), await visit(browser)]
      await fill(controlled, MANY)
      const theirs = (await ask(plain, { path: MANY })).headers.etag!
      const { rootHex } = (await starting).facts[MANY]!
      const conditions: Record<string, string>[] = [
        { 'If-None-Match': theirs },
        { 'If-None-Match': '"other"' },
        { 'If-None-Match': `"other", W/${theirs}` },
        { 'If-None-Match': theirs, Range: 'bytes=1-2' },
        { 'If-Modified-Since': 'Mon, 02 Nov 2026 10:00:00 GMT' },
        { 'If-Modified-Since': 'Mon, 02 Nov 2020 10:00:00 GMT' },
        { 'If-Range': theirs, Range: 'bytes=1-2' },
        { 'If-Range': `W/${theirs}`, Range: 'bytes=1-2' },
        { 'If-Range': '"other"', Range: 'bytes=1-2' },
        { 'If-Range': 'Mon, 02 Nov 2020 10:00:00 GMT', Range: 'bytes=1-2' },
        { 'If-Range': theirs },
      ]
      const requests = conditions.map(headers => ({ path: MANY, headers }))
      const [expected, actual] = [await askAll(plain, requests), await askAll(controlled, requests)]
      for (const [i, headers] of conditions.entries()) {
        assert.deepEqual(comparable(actual[i]!), comparable(expected[i]!), JSON.stringify(headers))
      }
      // The same with the worker's validator in the place of the origin's must do the same.
      const ours = `"${rootHex}"`
      for (const [i, headers] of conditions.entries()) {
        const named = Object.entries(headers).map(([name, value]) => [name, value.replace(theirs, ours)])
        const answer = await ask(controlled, { path: MANY, headers: Object.fromEntries(named) })
        assert.deepEqual(comparable(answer), comparable(expected[i]!), `with its own: ${JSON.stringify(headers)}`)
      }
    })

    it('answers HEAD as the origin does', async () => {
      const [plain, controlled] = [await visit(browser, false), await visit(browser)]
      const requests = [MANY, ONE, TEXT, PLAIN].flatMap(path =>
        [{}, { Range: 'bytes=0-1' }].map(headers => ({
          path,
          method: 'HEAD',
          headers: headers as Record<string, string>,
        })),
      )
      const [expected, actual] = [await askAll(plain, requests), await askAll(controlled, requests)]
      assert.deepEqual(actual.map(comparable), expected.map(comparable))
    })

    it('gives its own headers with bytes of the store: a strong tag of the root, the table’s type, nosniff', async () => {
      const page = await visit(browser)
      await fill(page, ONE)
      const { headers } = await ask(page, { path: ONE, headers: { Range: 'bytes=1-2' } })
      assert.deepEqual(headers, {
        'content-type': 'image/png',
        'content-length': '2',
        'content-range': 'bytes 1-2/50001',
        'accept-ranges': 'bytes',
        etag: `"${(await starting).facts[ONE]!.rootHex}"`,
        'x-content-type-options': 'nosniff',
      })
    })

    it('keeps what came by plain network, and asks the origin no more', async () => {
      const origin = await starting
      const page = await visit(browser)
      for (const path of [MANY, ONE, TEXT]) {
        const facts = origin.facts[path]!
        await putLayer(page, path)
        const first = await ask(page, { path })
        await page.evaluate((facts, count) => site.untilStored(facts, count), facts, facts.pieceCount)
        const before = origin.count(path)
        const second = await ask(page, { path })
        assert.equal(origin.count(path), before, `${path} was asked for again`)
        const sha256 = createHash('sha256').update(files[path]!.bytes).digest('hex')
        assert.deepEqual([first.body, second.body], [sha256, sha256])
      }
    })

    it('answers parts of a file whose twin is in the store', async () => {
      const origin = await starting
      const [plain, page] = [await visit(browser, false), await visit(browser)]
      await putLayer(page, TEXT)
      const facts = origin.facts[TEXT]!
      await ask(page, { path: TEXT })
      await page.evaluate((facts, count) => site.untilStored(facts, count), facts, facts.pieceCount)
      const requests = rangesFrom(SEED, text.length, 12).map(Range => ({ path: TEXT, headers: { Range } }))
      const expected = await askAll(plain, requests)
      const before = origin.count(TEXT)
      const actual = await askAll(page, requests)
      assert.equal(origin.count(TEXT), before)
      assert.deepEqual(actual.map(comparable), expected.map(comparable))
    })

    it('asks the browser’s cache before anything else', async () => {
      const origin = await starting
      const page = await visit(browser)
      await putLayer(page, CACHED)
      const reloaded = await ask(page, { path: CACHED, cache: 'reload' })
      const before = origin.count(CACHED)
      assert.deepEqual(await ask(page, { path: CACHED }), reloaded)
      assert.equal(origin.count(CACHED), before)
    })

    it('goes to the network where the request says so', async () => {
      const origin = await starting
      const page = await visit(browser)
      await fill(page, ONE)
      for (const cache of ['reload', 'no-store', 'no-cache', 'default', 'force-cache'] as const) {
        const before = origin.count(ONE)
        await ask(page, { path: ONE, cache })
        assert.equal(origin.count(ONE) - before, /default|force/.test(cache) ? 0 : 1, cache)
      }
      const before = origin.count(`${ONE}?query`)
      assert.equal((await ask(page, { path: `${ONE}?query` })).status, 404)
      assert.equal(origin.count(`${ONE}?query`), before)
    })

    it('leaves what has no immutable URL to the origin, as nobody says which version the page is of', async () => {
      const origin = await starting
      const page = await visit(browser)
      await fill(page, PLAIN)
      const before = origin.count(PLAIN)
      assert.equal((await ask(page, { path: PLAIN })).length, 90_000)
      assert.equal(origin.count(PLAIN), before + 1)
    })

    it('works in every mode, with integrity, as code, style, image and streaming wasm', async () => {
      const origin = await starting
      const page = await visit(browser)
      const paths = [IMAGE, '/assets/code.js', '/assets/style.css', '/assets/empty.wasm']
      for (const path of paths) await fill(page, path)
      const before = paths.map(path => origin.count(path))
      const sha256 = (path: string): string =>
        `sha256-${createHash('sha256').update(files[path]!.bytes).digest('base64')}`
      const worked = await page.evaluate(
        async (code, wrong) => {
          const load = <Name extends 'img' | 'script' | 'link'>(name: Name, properties: object): Promise<string> =>
            new Promise(resolve => {
              const element = Object.assign(document.createElement(name), properties)
              element.onload = () => resolve('load')
              element.onerror = () => resolve('error')
              document.body.append(element)
            })
          const wasm = await WebAssembly.compileStreaming(fetch('/assets/empty.wasm'))
          const link = await load('link', { rel: 'stylesheet', href: '/assets/style.css', crossOrigin: 'anonymous' })
          document.body.append(document.createElement('p'))
          return {
            image: await load('img', { src: '/assets/image.svg' }),
            corsImage: await load('img', { src: '/assets/image.svg#2', crossOrigin: 'anonymous' }),
            script: await load('script', { src: '/assets/code.js', type: 'module', integrity: code }),
            wrong: await load('script', { src: '/assets/code.js#2', type: 'module', integrity: wrong }),
            link,
            color: getComputedStyle(document.querySelector('p')!).color,
            sameOrigin: (await fetch('/assets/image.svg', { mode: 'same-origin' })).status,
            noCors: (await fetch('/assets/image.svg', { mode: 'no-cors' })).status,
            wasm: WebAssembly.Module.exports(wasm).length,
            imported: typeof (await import(new URL('/assets/code.js', location.href).href)),
          }
        },
        sha256('/assets/code.js'),
        sha256(IMAGE),
      )
      assert.deepEqual(worked, {
        ...{ image: 'load', corsImage: 'load', script: 'load', wrong: 'error', link: 'load', color: 'rgb(1, 2, 3)' },
        ...{ sameOrigin: 200, noCors: 200, wasm: 0, imported: 'object' },
      })
      assert.deepEqual(
        paths.map(path => origin.count(path)),
        before,
      )
    })

    it('passes workers, frames, objects, embeds and navigations through', async () => {
      const origin = await starting
      const page = await visit(browser)
      for (const path of ['/assets/worker.js', '/assets/page.html', IMAGE]) await fill(page, path)
      const asked = async (path: string, work: () => Promise<unknown>): Promise<number> => {
        const before = origin.count(path)
        await work()
        return origin.count(path) - before
      }
      const worker = await asked('/assets/worker.js', () =>
        page.evaluate(
          () => new Promise(resolve => (new Worker('/assets/worker.js').onmessage = resolve as () => void)),
        ),
      )
      assert.equal(worker, 1, 'worker')
      for (const [name, attribute, path] of [
        ['iframe', 'src', '/assets/page.html'],
        ['object', 'data', IMAGE],
        ['embed', 'src', IMAGE],
      ] as const) {
        const count = await asked(path, () =>
          page.evaluate(
            (name, attribute, path) =>
              new Promise<void>(resolve => {
                const element = document.createElement(name)
                element.setAttribute(attribute, path)
                element.onload = () => resolve()
                document.body.append(element)
              }),
            name,
            attribute,
            path,
          ),
        )
        assert.equal(count, 1, name)
      }
      assert.equal(await asked('/assets/page.html', () => page.goto(`${origin.url}assets/page.html`)), 1, 'navigation')
    })

    it('passes through what a style sheet of another origin asks for', async () => {
      const origin = await starting
      const page = await visit(browser)
      await fill(page, IMAGE)
      const asked = origin.nextRequest(IMAGE)
      await page.evaluate(
        href => {
          document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }))
          document.body.append(document.createElement('b'))
        },
        `${origin.url.replace('localhost', '127.0.0.1')}foreign.css`,
      )
      await asked
    })
  })
}

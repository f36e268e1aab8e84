/** A film of a site is looked at here and there long before all of it has come; whatever part is asked for meanwhile is right to the byte. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { seededRandom, testSeed } from '../fixtures/payload.ts'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { deploySite, sha256, untilOn, untilStats, visit } from './support/deployed-site.ts'
import { type Line, startLine } from './support/line.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))
const tracker = startShoalTracker(scope)

/** The demo's: 40 seconds, 2 MB. */
const film = readFileSync('demo/cdn/made/film.webm')
const FILM = 'assets/film-0a1b2c3d.webm'
/** Seconds. None near the end: what is between is read on the way there, and then all of it is here. */
const PLACES = [27, 6, 20, 30, 13]
/** At how many of them the film must be incomplete still. Firefox reads ahead without end, and waits for that before it seeks. */
const INCOMPLETE_PLACES = { chromium: 5, firefox: 2 }
/** Of the other visitor, and of the origin until the film has played at the first place and afterwards: at first the film needs more than twenty seconds to come. */
const VISITOR_BYTES_PER_SECOND = 15_000
const ORIGIN_BYTES_PER_SECOND = { first: 75_000, later: 10_000 }
const RANGES = 8
const RANGE_BYTES_MAX = 20_000

for (const name of BROWSER_NAMES) {
  describe(`a film in ${name}`, () => {
    it('plays at five places while it is incomplete, and its parts are its bytes meanwhile', async t => {
      let line!: Line
      const site = await deploySite(t, {
        files: { [FILM]: film },
        trackers: [(await tracker).url],
        policy: { consent: 'automatic', lan: 1, 'upload-rate': VISITOR_BYTES_PER_SECOND },
        body: '<video muted playsinline width="320" height="180"></video>',
        async front(port) {
          line = await startLine(t, { port, downloadBytesPerSecond: Number.POSITIVE_INFINITY, roundTripMs: 40 })
          return line.port
        },
      })
      const browser = await browsers[name]!
      const { page: other } = await visit(t, browser, site.url)
      await untilOn(other)
      await other.evaluate(path => shoal.prefetch(path), `/${FILM}`)
      await untilStats(other, ({ files }) => files[0]?.verified === film.length)
      const { page } = await visit(t, browser, site.url)
      await untilOn(page)
      line.downloadBytesPerSecond = ORIGIN_BYTES_PER_SECOND.first

      const seed = testSeed()
      t.diagnostic(`SEED=${seed}`)
      const ranges = randomRanges(seed)
      const playing = async (): Promise<number[]> => {
        await begin(page)
        const verified: number[] = []
        for (const place of PLACES) {
          verified.push(await playAt(page, place))
          line.downloadBytesPerSecond = ORIGIN_BYTES_PER_SECOND.later
        }
        // Nothing more is asked for.
        await page.evaluate(() => document.querySelector('video')!.pause())
        return verified
      }
      const [verified, got] = await Promise.all([playing(), hashesOf(page, ranges)])
      assert.deepEqual(
        got,
        ranges.map(range => sha256(bytesOf(range))),
        `SEED=${seed}`,
      )
      t.diagnostic(`of ${film.length} bytes there were ${verified.join(', ')}`)
      const early = verified.filter(bytes => bytes < film.length)
      assert.ok(early.length >= INCOMPLETE_PLACES[name], `there were ${verified.join(', ')} of ${film.length} bytes`)
    })
  })
}

async function begin(page: Page): Promise<void> {
  await page.evaluate(async path => {
    const video = document.querySelector('video')!
    video.src = path
    await video.play()
  }, `/${FILM}`)
}

/** Goes to a place, and stays until the film has moved on. @returns how much of the film was here then */
function playAt(page: Page, place: number): Promise<number> {
  return page.evaluate(async place => {
    const video = document.querySelector('video')!
    const until = (event: string, isRight: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (isRight()) resolve()
        }
        video.addEventListener(event, look)
        video.addEventListener('error', () => reject(new Error(video.error?.message)))
        look()
      })
    video.currentTime = place
    await until('seeked', () => !video.seeking && Math.abs(video.currentTime - place) < 1)
    await until('timeupdate', () => video.currentTime > place + 0.25)
    return (await shoal.stats()).files[0]?.verified ?? 0
  }, place)
}

/** Parts of the film as a page gets them, one after the other, by their SHA-256 in hex. */
function hashesOf(page: Page, ranges: readonly string[]): Promise<string[]> {
  return page.evaluate(
    async (path, ranges) => {
      const hashes: string[] = []
      for (const range of ranges) {
        const response = await fetch(path, { headers: { Range: range } })
        if (response.status !== 206) throw new Error(`${range}: ${response.status}`)
        const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer())
        hashes.push(Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join(''))
      }
      return hashes
    },
    `/${FILM}`,
    [...ranges],
  )
}

/** With an end, without one near the film's, and of its last bytes. */
function randomRanges(seed: number): string[] {
  const random = seededRandom(seed)
  const below = (count: number): number => Math.floor(random() * count)
  return Array.from({ length: RANGES }, (_, i) => {
    const length = 1 + below(RANGE_BYTES_MAX)
    if (i % 4 === 1) return `bytes=-${length}`
    if (i % 4 === 2) return `bytes=${film.length - length}-`
    const start = below(film.length - length)
    return `bytes=${start}-${start + length - 1}`
  })
}

function bytesOf(range: string): Uint8Array {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range)!
  if (first === '') return film.subarray(film.length - Number(last))
  return film.subarray(Number(first), last === '' ? film.length : Number(last) + 1)
}

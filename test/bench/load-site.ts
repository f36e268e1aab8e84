/** The site whose load is measured: the demo's real pictures and its scene's shell, built by `shoal build`, behind a line, in pages with the tag and without. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { type DeployedSite, deploySite } from '../e2e/support/deployed-site.ts'
import type { Lifetime } from '../e2e/support/scope.ts'
import { type Line, startLine } from '../e2e/support/line.ts'

/** 20 Mbit/s, 40 ms. */
const LINE = { downloadBytesPerSecond: 2_500_000, roundTripMs: 40 }

const HEAD = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title><link rel="icon" href="data:,">
<style>img { width: 320px; height: 200px } img:first-of-type { width: 750px; height: 500px }</style><body>`

/** What visitors send is not what is measured; two of them send 10 Mbit/s each (see `load-visit.ts`). */
const POLICY = { consent: 'automatic', lan: 1, 'upload-rate': 10_000_000, 'upload-day': 10_000_000_000, badge: 1 }

/** Pictures that are looked through, one after the other: of each gallery. */
const GALLERY = 6

export interface LoadSite {
  readonly site: DeployedSite
  readonly line: Line
  /** Address of a page. Both have pictures, a table of numbers and a shell; the second one has some of its own. */
  page(which: 'first' | 'second', isOn: boolean): string
  /** Addresses of pictures that no page has in it, each gallery's of its own. */
  readonly galleries: readonly [readonly string[], readonly string[]]
  /** Of all that is listed. */
  readonly urls: readonly string[]
}

const PICTURES = ['evening.jpg', 'coral.webp', 'diatoms.webp', 'agate.jpg'] as const

export async function startLoadSite(lifetime: Lifetime, trackerUrl: string): Promise<LoadSite> {
  const files: Record<string, Uint8Array> = {}
  const add = (name: string, bytes: Uint8Array): string => {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8)
    const path = `assets/${name.replace(/\.\w+$/, '')}-${hash}${extname(name)}`
    files[path] = bytes
    return `/${path}`
  }
  /** The same picture under other hashes: decoders pass over what comes after its end. */
  const picture = (name: string, edition: number): string =>
    add(name, Buffer.concat([readFileSync(`demo/cdn/made/${name}`), Buffer.from(`edition ${edition}`)]))
  const gallery = (edition: number): string[] =>
    Array.from({ length: GALLERY }, (_, i) => picture('evening.jpg', edition + i))

  const [evening, coral, diatoms, agate] = PICTURES.map((name, i) => picture(name, i))
  const shell = add('shell.bin', readFileSync('demo/cdn/made/shell.drc'))
  const numbers = add('numbers.json', Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i * i))))
  const galleries = [gallery(100), gallery(200)] as const
  const pages = {
    first: bodyOf([evening!, coral!, diatoms!], [numbers, shell]),
    // The first is known already: so are parts of all sites' second pages.
    second: bodyOf([agate!, picture('coral.webp', 50), evening!], [numbers, add('other.bin', shellOf(1))]),
  }

  let line!: Line
  const site = await deploySite(lifetime, {
    files,
    trackers: [trackerUrl],
    policy: POLICY,
    isUsual: true,
    async front(port) {
      line = await startLine(lifetime, { port, ...LINE })
      return line.port
    },
  })
  const [tag] = /<script async.*?<\/script>/.exec(await readFile(join(site.folder, 'index.html'), 'utf8')) ?? []
  for (const [name, body] of Object.entries(pages)) {
    await writeFile(join(site.folder, `${name}-on.html`), HEAD + body + tag!)
    await writeFile(join(site.folder, `${name}-off.html`), HEAD + body)
  }
  const addressOf = (path: string): string => new URL(path, site.url).href
  return {
    site,
    line,
    page: (which, isOn) => addressOf(`/${which}-${isOn ? 'on' : 'off'}.html`),
    galleries,
    urls: Object.keys(files).map(path => `/${path}`),
  }
}

/** A shell that differs in its last bytes. */
function shellOf(edition: number): Uint8Array {
  return Buffer.concat([readFileSync('demo/cdn/made/shell.drc'), Buffer.from(`edition ${edition}`)])
}

/** @param fetched by a script, as scenes and tables are */
function bodyOf(pictures: readonly string[], fetched: readonly string[]): string {
  const images = pictures.map((url, i) => `<img src="${url}" alt="" ${i === 0 ? 'id="hero"' : ''}>`)
  return `<h1>A site</h1>${images.join('')}
<script>arrived = Promise.all(${JSON.stringify(fetched)}.map(async url => (await fetch(url)).arrayBuffer()))</script>`
}

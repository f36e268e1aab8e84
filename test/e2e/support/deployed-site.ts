/** A whole site as its owner has it: built by `shoal build`, served by an origin that counts, with a tracker; and visitors of it. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join, normalize } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import type { SiteApi } from '../../../src/site/page/tag.ts'
import { runCli, scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'

export interface DeployedOptions {
  /** By path, as `assets/app.js`. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly trackers: readonly string[]
  /** @default consent is taken as given, and peers on this machine may be found */
  readonly policy?: Readonly<Record<string, number | string>>
  /** What goes into the page's body. @default '' */
  readonly body?: string
  /** Sent with every answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** What stands before the server. @returns the port that visitors come to, by the server's own */
  readonly front?: (port: number) => Promise<number>
  /** Behaves as most servers do: twins are sent to whoever takes gzip, and browsers may keep scripts for ten minutes. @default false */
  readonly isUsual?: boolean
}

export interface DeployedSite {
  /** `http://localhost:PORT/`, whose index.html has the tag. */
  readonly url: string
  readonly folder: string
  readonly keyHex: string
  /** Bytes of bodies that were sent of each path, and how often it was asked for, since the beginning. */
  bytesOf(path: string): number
  countOf(path: string): number
  /** Bytes of bodies of listed files, twins included. */
  readonly assetBytes: number
  /** From now on nothing but what `isLeft` says is answered: connections are cut. */
  cut(isLeft?: (path: string) => boolean): void
  restore(): void
  /** From now on this path is answered so. */
  answer(path: string, answer: { status?: number; body?: Uint8Array } | undefined): void
  /** Changes files and deploys anew. @returns the version */
  deploy(
    files: Readonly<Record<string, Uint8Array>>,
    policy?: Readonly<Record<string, number | string>>,
    body?: string,
  ): Promise<number>
  run(...args: readonly string[]): Promise<string>
}

/** The origin's line to one visitor: 130 Mbit/s at most. */
const BURST_BYTES = 65_536
const BURST_MS = 4

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.json': 'application/json',
}

const POLICY = { consent: 'automatic', lan: 1 }

export async function deploySite(lifetime: Lifetime, options: DeployedOptions): Promise<DeployedSite> {
  const { headers = {}, trackers } = options
  const folder = await scratchFolder(lifetime)
  const site = join(folder, 'site')
  const sent = new Map<string, number>()
  const asked = new Map<string, number>()
  const answers = new Map<string, { status?: number; body?: Uint8Array }>()
  let isLeft: ((path: string) => boolean) | undefined
  let assets = new Set<string>()

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(404, { 'Content-Length': 0 }).end())
  })
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    if (isLeft && !isLeft(path)) return void request.socket.destroy()
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const given = answers.get(path)
    const place = join(site, normalize(path === '/' ? '/index.html' : path))
    const takesGzip = options.isUsual && !given && /gzip/.test(request.headers['accept-encoding'] ?? '')
    const twin = takesGzip ? await readFile(`${place}.gz`).catch(() => undefined) : undefined
    if (twin) response.setHeader('Content-Encoding', 'gzip')
    const bytes = given?.body ?? twin ?? (await readFile(place))
    // Taken back before anything was sent.
    if (request.socket.destroyed) return
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const range = request.headers.range?.match(/^bytes=(\d+)-(\d*)$/)
    const start = range ? Number(range[1]) : 0
    const end = Math.min(bytes.length, range?.[2] ? Number(range[2]) + 1 : bytes.length)
    response.setHeader('Content-Type', TYPES[extname(path) || '.html'] ?? 'application/octet-stream')
    response.setHeader('Accept-Ranges', 'bytes')
    const isImmutable = /-[\da-f]{8}\./.test(path)
    const lifetime = options.isUsual && path.endsWith('.js') ? 'max-age=600' : 'no-cache'
    response.setHeader('Cache-Control', isImmutable ? 'public, max-age=31536000, immutable' : lifetime)
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${bytes.length}`)
    response.setHeader('Content-Length', end - start)
    response.writeHead(given?.status ?? (range ? 206 : 200))
    const closed = new Promise(resolve => response.once('close', resolve))
    for (let at = start; at < end && request.method !== 'HEAD' && !response.destroyed; at += BURST_BYTES) {
      const burst = bytes.subarray(at, Math.min(end, at + BURST_BYTES))
      sent.set(path, (sent.get(path) ?? 0) + burst.length)
      // At the rate of a line, and of who reads: what is taken back is not on its way whole.
      if (!response.write(burst)) await Promise.race([once(response, 'drain'), closed])
      if (at + BURST_BYTES < end) await sleep(BURST_MS)
    }
    response.end()
  }
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${(await options.front?.(port)) ?? port}/`

  const run = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(args, { cwd: folder })
    if (exitCode !== 0) throw new Error(`shoal ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const keyHex = (await run('keygen')).trim()

  async function deploy(
    files: Readonly<Record<string, Uint8Array>>,
    policy: Readonly<Record<string, number | string>> = options.policy ?? POLICY,
    body = options.body ?? '',
  ): Promise<number> {
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(site, path)), { recursive: true })
      await writeFile(join(site, path), bytes)
      assets = new Set([...assets, `/${path}`, `/${path}.gz`])
    }
    const config = { dir: 'site', origin: url, trackers, policy, immutable: ['assets/**'] }
    await writeFile(join(folder, 'shoal.config.json'), JSON.stringify(config))
    const output = await run('build')
    const version = Number(/data-version="(\d+)"/.exec(output)?.[1])
    for (const script of ['shoal.js', 'shoal-page.js'])
      await writeFile(join(site, script), await readFile(`dist/${script}`))
    if (options.isUsual) await compressScripts(site)
    const tag = `<script async src="/shoal.js" data-manifest="/shoal.torrent" data-key="${keyHex}" data-version="${version}"></script>`
    const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title><link rel="icon" href="data:,">${tag}<body>${body}`
    await writeFile(join(site, 'index.html'), page)
    return version
  }
  await deploy(options.files)
  return {
    url,
    folder: site,
    keyHex,
    bytesOf: path => (sent.get(path) ?? 0) + (sent.get(`${path}.gz`) ?? 0),
    countOf: path => (asked.get(path) ?? 0) + (asked.get(`${path}.gz`) ?? 0),
    get assetBytes() {
      return [...sent].reduce((sum, [path, bytes]) => sum + (assets.has(path) ? bytes : 0), 0)
    },
    cut(left = () => false) {
      isLeft = left
      server.closeAllConnections()
    },
    restore() {
      isLeft = undefined
    },
    answer(path, answer) {
      if (answer) answers.set(path, answer)
      else answers.delete(path)
    },
    deploy,
    run,
  }
}

async function compressScripts(folder: string): Promise<void> {
  for (const script of ['shoal.js', 'shoal-page.js', 'shoal-sw.js'].map(name => join(folder, name)))
    await writeFile(`${script}.gz`, gzipSync(await readFile(script)))
}

/** Somebody who visits the site, in a browser context of their own. */
export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** Lines of the console that are no plain log. */
  readonly noise: string[]
}

/** @param prepare what is done to each of their pages before it goes there */
export async function visit(
  lifetime: Lifetime,
  browser: Browser,
  url: string,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Visitor> {
  const context = await browser.createBrowserContext()
  lifetime.after(async () => {
    if (browser.connected && browser.browserContexts().includes(context)) await context.close()
  })
  const noise: string[] = []
  const page = await openPage(context, url, noise, prepare)
  return { context, page, noise }
}

/** Another tab of the same visitor. */
export async function openPage(
  context: BrowserContext,
  url: string,
  noise: string[] = [],
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Page> {
  const page = await context.newPage()
  page.on('console', message => {
    if (process.env.SHOAL_TEST_VERBOSE) console.log(`[${message.type()}] ${message.text()}`)
    if (message.type() !== 'log') noise.push(message.text())
  })
  page.on('pageerror', error => noise.push(String(error)))
  // What tsx wraps named functions in; functions that are sent to the page refer to it.
  await page.evaluateOnNewDocument('globalThis.__name = value => value')
  await prepare?.(page)
  await page.goto(url)
  return page
}

/** The worker answers for this page, and the page script runs. */
export async function untilReady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller)
      await new Promise(resolve =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      )
    await shoal.stats()
  })
}

/** The worker answers for this page, and a tab has joined the swarms. */
export async function untilOn(page: Page): Promise<void> {
  await untilReady(page)
  await untilStats(page, ({ isOn }) => isOn)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What a page gets for a path, by its SHA-256 in hex. */
export function hashOf(page: Page, path: string): Promise<string> {
  return page.evaluate(async path => {
    const bytes = await (await fetch(path)).arrayBuffer()
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
  }, `/${path}`)
}

/** Bytes by source, once they are as `isRight` says. */
export async function untilStats(page: Page, isRight: (stats: Awaited<ReturnType<SiteApi['stats']>>) => boolean) {
  for (;;) {
    const stats = await page.evaluate(() => shoal.stats())
    if (isRight(stats)) return stats
    await page.evaluate(() => new Promise(resolve => shoal.addEventListener('stats', resolve)))
  }
}

declare global {
  var shoal: SiteApi
}

/**
 * Serves the pages of `dist/demo`. Everything is read once, at the start, into a map from path to answer: what is
 * not in the map does not exist, so no request can name a file outside.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { UsageError } from './failure.ts'

export interface Pages {
  /** Answers a request, with 404 where there is nothing and 405 for what is no GET or HEAD. */
  answer(request: IncomingMessage, response: ServerResponse): void
}

interface Page {
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer | undefined
  readonly etag: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.map': 'application/json',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

/** Pages are small; a folder with more or larger files is not ours. */
const PAGES_MAX = 200
const PAGE_BYTES_MAX = 8 * 1024 * 1024
/** Below this compression gains nothing. */
const GZIP_BYTES_MIN = 1024

/**
 * Reads a folder of pages.
 * @throws UsageError when it is not there or is no folder of pages
 */
export async function readPages(folder: string): Promise<Pages> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new UsageError(`The pages are not built: there is no ${join(folder, 'index.html')}. Run npm run build first.`)
  }
  const pages = new Map<string, Page>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)]
    // Links are not followed: they may lead outside.
    if (!entry.isFile() || type === undefined) continue
    if (pages.size >= PAGES_MAX)
      throw new UsageError(`${folder} holds more than ${PAGES_MAX} files; it is not the pages' folder.`)
    const file = join(entry.parentPath, entry.name)
    const page = pageOf(await readFile(file), type)
    if (page.body.length > PAGE_BYTES_MAX) throw new UsageError(`${file} is too large for a page.`)
    const path = file.slice(folder.length).replaceAll('\\', '/')
    pages.set(path, page)
    if (path.endsWith('/index.html')) pages.set(path.slice(0, -'index.html'.length), page)
  }
  return {
    answer(request, response) {
      // Taken as it came, neither resolved nor decoded: no page's name needs it.
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      answerWith(pages.get(path), request, response)
    },
  }
}

/** @returns `dist/demo` of this package, wherever this module runs from (`src` or `dist`) */
export function pagesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return join(folder, 'dist', 'demo')
}

function pageOf(body: Buffer, type: string): Page {
  const gzip = body.length >= GZIP_BYTES_MIN && type !== 'image/png' ? gzipSync(body, { level: 9 }) : undefined
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type, body, gzip, etag }
}

function answerWith(page: Page | undefined, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(headersFor(request.headers.host))) response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    answerText(response, 405, 'Only GET and HEAD are answered here.')
    return
  }
  if (page === undefined) {
    answerText(response, 404, 'There is no such page.')
    return
  }
  response.setHeader('ETag', page.etag)
  response.setHeader('Cache-Control', 'no-cache')
  response.setHeader('Vary', 'Accept-Encoding')
  if (request.headers['if-none-match']?.includes(page.etag)) {
    response.writeHead(304).end()
    return
  }
  const isGzip = page.gzip !== undefined && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const body = isGzip && page.gzip !== undefined ? page.gzip : page.body
  if (isGzip) response.setHeader('Content-Encoding', 'gzip')
  response.writeHead(200, { 'Content-Type': page.type, 'Content-Length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

/**
 * What the pages need and nothing else. `'self'` covers WebSockets to the page's own host in current browsers only,
 * so the host is also named, where it is a plain one.
 */
function headersFor(host: string | undefined): Record<string, string> {
  const sockets =
    host !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(host) ? ` ws://${host} wss://${host}` : ''
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': `'self'${sockets}`,
    'worker-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  }
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
}

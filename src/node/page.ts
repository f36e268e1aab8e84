/** One page over HTTP: compressed where that gains something, asked for again by its tag, under headers that let it do no more than it needs. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

export interface Page {
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer | undefined
  readonly etag: string
}

/** Below this compression gains nothing. */
const GZIP_BYTES_MIN = 1024

export function pageOf(body: Buffer, type: string): Page {
  const gzip = body.length >= GZIP_BYTES_MIN && type !== 'image/png' ? gzipSync(body, { level: 9 }) : undefined
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type, body, gzip, etag }
}

/**
 * Answers with a page, 404 where there is none, 405 for what is no GET or HEAD.
 * @param policy what its Content-Security-Policy allows beyond that of all pages
 */
export function answerPage(
  page: Page | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  policy: Readonly<Record<string, string>> = {},
): void {
  setPageHeaders(request, response, policy)
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

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

/**
 * What the pages need and nothing else. `'self'` covers WebSockets to the page's own host in current browsers only,
 * so the host is also named, where it is a plain one.
 */
export function setPageHeaders(
  { headers: { host } }: IncomingMessage,
  response: ServerResponse,
  more: Readonly<Record<string, string>> = {},
): void {
  const sockets = isPlainHost(host) ? ` ws://${host} wss://${host}` : ''
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': `'self'${sockets}`,
    'worker-src': "'self'",
    'manifest-src': "'self'",
    // What the files' worker shows and saves is opened in frames; other pages let nobody frame them.
    'frame-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...more,
  }
  const headers = {
    'Content-Security-Policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

/** A name or an address, and a port: what can be put into an address, or a policy, as it is. */
export function isPlainHost(host: string | undefined): host is string {
  return host !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(host)
}

/** What the tracker answers over plain HTTP: its health, its figures, and whatever the caller serves beside it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from './metrics.ts'
import type { TrackerStats } from './stats.ts'
import { STATUS_POLICY, statusPage } from './status-page.ts'

export interface HttpSources {
  stats(): TrackerStats
  readonly metrics: Metrics
}

/** Answers `/health`, `/stats.json` and `/metrics`. False: another path, left untouched. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, sources: HttpSources): boolean {
  if (!isRead(request)) return false
  switch (pathOf(request)) {
    case '/health':
    case '/health/ready': {
      const { isDraining, cluster } = sources.stats()
      // Alone it serves its own clients still.
      const status = isDraining ? 'draining' : cluster?.isDegraded ? 'degraded' : 'ok'
      sendJson(response, isDraining ? 503 : 200, { status })
      return true
    }
    case '/health/live':
      // Whoever answers lives; who drains is not to be killed for it.
      sendJson(response, 200, { status: 'ok' })
      return true
    case '/stats.json':
      sendJson(response, 200, sources.stats())
      return true
    case '/metrics':
      void sources.metrics.text().then(
        text => send(response, 200, sources.metrics.contentType, text),
        () => answerText(response, 500, 'Something went wrong here.'),
      )
      return true
    default:
      return false
  }
}

/** Answers `/` with a page for people. False: another path. */
export function answerStatus(
  request: IncomingMessage,
  response: ServerResponse,
  stats: TrackerStats,
  path = '',
): boolean {
  if (!isRead(request) || pathOf(request) !== '/') return false
  const isSecure = 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
  const address = `${isSecure ? 'wss' : 'ws'}://${request.headers.host ?? ''}${path}`
  response.setHeader('content-security-policy', STATUS_POLICY)
  response.setHeader('referrer-policy', 'no-referrer')
  send(response, 200, 'text/html; charset=utf-8', statusPage(stats, address))
  return true
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.end(`${text}\n`)
}

/** The path without its query. Request targets may be anything a client writes. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.setHeader('access-control-allow-origin', '*')
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value))
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(text)
}

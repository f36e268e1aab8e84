/** What the tracker answers over plain HTTP: its health, its figures, and whatever the caller serves beside it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export interface HttpSources {
  isDraining(): boolean
  stats(): object
}

/** Answers `/health` and `/stats.json`. False: another path, left untouched. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, sources: HttpSources): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  switch (pathOf(request)) {
    case '/health': {
      const isDraining = sources.isDraining()
      sendJson(response, isDraining ? 503 : 200, { status: isDraining ? 'draining' : 'ok' })
      return true
    }
    case '/stats.json':
      sendJson(response, 200, sources.stats())
      return true
    default:
      return false
  }
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.end(`${text}\n`)
}

/** Refuses a WebSocket before it is one. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  const phrases: Record<number, string> = { 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests' }
  const lines = [
    `HTTP/1.1 ${status} ${phrases[status] ?? 'Service Unavailable'}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

/** The path without its query. Request targets may be anything a client writes. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  })
  response.end(JSON.stringify(value))
}

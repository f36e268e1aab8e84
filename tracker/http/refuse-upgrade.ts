import type { Duplex } from 'node:stream'

/** Refuses a WebSocket before it is one. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  const phrases: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    429: 'Too Many Requests',
  }
  const lines = [
    `HTTP/1.1 ${status} ${phrases[status] ?? 'Service Unavailable'}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

/**
 * A WebSocket client that costs next to nothing, so that the server is what is measured: frames are built once and masked with zeros
 * (RFC 6455 allows any key), and what comes is looked at as bytes.
 */
import { createConnection, type Socket } from 'node:net'

export interface Listener {
  opened(): void
  /** A text frame: `bytes` from `start` to `end`. */
  message(bytes: Buffer, start: number, end: number): void
  closed(): void
}

const HEADERS_END = '\r\n\r\n'
const [TEXT, PING, PONG] = [0x81, 0x89, 0x8a]

export class RawSocket {
  readonly socket: Socket
  readonly #listener: Listener
  #isOpen = false
  #rest: Buffer | undefined

  constructor(port: number, listener: Listener) {
    this.#listener = listener
    this.socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('connect', () => {
      const headers = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
      this.socket.write(['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, ...headers, key].join('\r\n') + HEADERS_END)
    })
    this.socket.on('data', bytes => this.#read(bytes))
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#listener.closed())
  }

  write(frame: Buffer): void {
    this.socket.write(frame)
  }

  /** Without waiting, so that its port can be used again at once: churn would use them all up. */
  close(): void {
    this.socket.resetAndDestroy()
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    if (!this.#isOpen) {
      const end = bytes.indexOf(HEADERS_END)
      if (end < 0) {
        this.#rest = bytes
        return
      }
      bytes = bytes.subarray(end + HEADERS_END.length)
      this.#isOpen = true
      this.#listener.opened()
    }
    let at = 0
    while (at + 2 <= bytes.length) {
      let length = bytes[at + 1]!
      let start = at + 2
      if (length === 126) {
        if (start + 2 > bytes.length) break
        length = bytes.readUInt16BE(start)
        start += 2
      } else if (length === 127) {
        if (start + 8 > bytes.length) break
        length = bytes.readUInt32BE(start + 4)
        start += 8
      }
      const end = start + length
      if (end > bytes.length) break
      if (bytes[at] === TEXT) this.#listener.message(bytes, start, end)
      else if (bytes[at] === PING) this.socket.write(Buffer.from([PONG, 0x80, 0, 0, 0, 0]))
      at = end
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at)
  }
}

/** A masked text frame. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text)
  const isLong = payload.length > 125
  const header = Buffer.alloc(isLong ? 8 : 6)
  header[0] = TEXT
  header[1] = 0x80 | (isLong ? 126 : payload.length)
  if (isLong) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}

/** An HTTP server as a web seed (BEP 19), with the manners of real ones and the faults of bad ones. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Lifetime } from './scope.ts'

export interface WebSeedOptions {
  /** Bodies by path, without the leading '/'. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Answers Range requests with 206. @default true; false: always the whole file, with 200 */
  readonly honoursRange?: boolean
  /** Sends Access-Control-Allow-Origin. @default true */
  readonly allowsOrigins?: boolean
  /** What is sent in place of a file's bytes. @default the bytes */
  readonly alter?: (bytes: Uint8Array, offset: number) => Uint8Array
  /** Bytes of all bodies together after which every connection is cut. @default Infinity */
  readonly diesAfterBytes?: number
}

export interface WebSeedServer {
  /** Ends in '/'. */
  readonly url: string
  /** What it has: a copy of what was given, which may be changed. */
  readonly files: Record<string, Uint8Array>
  readonly requests: readonly { readonly path: string; readonly range?: string; readonly status: number }[]
  /** Of bodies, cut ones included. */
  readonly sentBytes: number
  /** Resolves when it has died. */
  readonly died: Promise<void>
  /** Goes away, connections and all. */
  stop(): Promise<void>
  /** Comes back at the same address, healthy. */
  revive(): Promise<void>
}

const CHUNK_BYTES = 16 * 1024

export async function startWebSeed(lifetime: Lifetime, options: WebSeedOptions): Promise<WebSeedServer> {
  const { honoursRange = true, allowsOrigins = true, alter = bytes => bytes } = options
  const files = { ...options.files }
  const requests: { path: string; range?: string; status: number }[] = []
  let sentBytes = 0
  let bytesLeft = options.diesAfterBytes ?? Number.POSITIVE_INFINITY
  let onDied = (): void => {}
  const died = new Promise<void>(resolve => {
    onDied = resolve
  })
  let server = createServer(answer)
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  lifetime.after(() => stop(server))

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://seed').pathname.slice(1))
    if (allowsOrigins) {
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Access-Control-Allow-Headers', 'Range')
      response.setHeader('Access-Control-Expose-Headers', 'Content-Range')
    }
    const body = files[path]
    const { range } = request.headers
    const reply = (status: number, headers: Record<string, string | number> = {}): ServerResponse => {
      if (request.method !== 'OPTIONS') requests.push({ path, status, ...(range !== undefined && { range }) })
      return response.writeHead(status, headers)
    }
    if (request.method === 'OPTIONS') return void reply(204).end()
    if (body === undefined) return void reply(404).end()
    const asked = honoursRange ? range?.match(/^bytes=(\d+)-(\d+)$/) : undefined
    const start = asked ? Number(asked[1]) : 0
    const end = asked ? Number(asked[2]) + 1 : body.length
    if (end > body.length) return void reply(416, { 'Content-Range': `bytes */${body.length}` }).end()
    const headers = { 'Content-Length': end - start, 'Content-Type': 'application/octet-stream' }
    if (asked) reply(206, { ...headers, 'Content-Range': `bytes ${start}-${end - 1}/${body.length}` })
    else reply(200, headers)
    send(response, alter(body.subarray(start, end), start))
  }

  /** A chunk at a time, so that a death comes in the middle of a body. */
  function send(response: ServerResponse, body: Uint8Array): void {
    for (let at = 0; at < body.length; at += CHUNK_BYTES) {
      const chunk = body.subarray(at, at + CHUNK_BYTES)
      bytesLeft -= chunk.length
      if (bytesLeft < 0) return die()
      sentBytes += chunk.length
      response.write(chunk)
    }
    response.end()
  }

  function die(): void {
    void stop(server).then(onDied)
  }

  return {
    url: `http://localhost:${port}/`,
    files,
    requests,
    get sentBytes() {
      return sentBytes
    },
    died,
    stop: () => stop(server),
    async revive() {
      bytesLeft = Number.POSITIVE_INFINITY
      server = createServer(answer)
      await listen(server, port)
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, 'localhost', resolve)
  })
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

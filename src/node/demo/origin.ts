/**
 * The demo's own server for its assets: like a real one that is some way off, so that it shows who delivers. It knows ranges and tags, has a line of its own
 * and can be switched off.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface Asset {
  readonly body: Buffer
  readonly type: string
  /** Sent in the body's place where it is accepted. */
  readonly gzip: Buffer | undefined
}

/** 40 ms away, and 20 Mbit/s for each answer. */
const LATENCY_MS = 40
const BYTES_PER_SECOND = 2_500_000
const CHUNK_BYTES = 64 * 1024

export class DemoOrigin {
  isOn = true
  readonly #open = new Set<ServerResponse>()

  /** From now on connections that ask for assets are cut, those that wait for the rest of one too. */
  switch(isOn: boolean): void {
    this.isOn = isOn
    if (!isOn) for (const response of this.#open) response.destroy()
  }

  async answer(asset: Asset, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.isOn) return void response.destroy()
    this.#open.add(response)
    response.on('close', () => this.#open.delete(response))
    const { range, 'accept-encoding': encodings = '' } = request.headers
    const isGzip = asset.gzip !== undefined && range === undefined && /\bgzip\b/.test(String(encodings))
    const whole = isGzip ? asset.gzip! : asset.body
    const part = range === undefined ? undefined : readRange(range, whole.length)
    response.setHeader('Content-Type', asset.type)
    response.setHeader('Accept-Ranges', 'bytes')
    response.setHeader('Vary', 'Accept-Encoding')
    // Their names bear their hash.
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    if (isGzip) response.setHeader('Content-Encoding', 'gzip')
    if (part === 'beyond') {
      response.setHeader('Content-Range', `bytes */${whole.length}`)
      return void response.writeHead(416, { 'Content-Length': 0 }).end()
    }
    const { start, end } = part ?? { start: 0, end: whole.length }
    if (part) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${whole.length}`)
    await delay(LATENCY_MS)
    if (response.destroyed) return
    response.writeHead(part ? 206 : 200, { 'Content-Length': end - start })
    if (request.method === 'GET') await send(response, whole.subarray(start, end))
    response.end()
  }
}

async function send(response: ServerResponse, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES)
    response.write(chunk)
    await delay((chunk.length / BYTES_PER_SECOND) * 1000)
  }
}

/** One range (RFC 9110, 14.1.2); undefined: all of it is sent. */
function readRange(range: string, length: number): { start: number; end: number } | 'beyond' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (first === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? length : Math.min(length, Number(last) + 1)
  if (start >= length) return 'beyond'
  return start < end ? { start, end } : undefined
}

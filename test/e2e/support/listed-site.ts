/** A site with listed files: an origin that keeps to HTTP, may misbehave on request and remembers what it was asked; and a worker's script for it. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { hashPiece } from '../../../src/hashing.ts'
import { toHex } from '../../../src/metainfo/bytes.ts'
import { powerOfTwoAtLeast } from '../../../src/metainfo/layout.ts'
import { HASH_BYTES, rootOfPieceLayer } from '../../../src/metainfo/merkle.ts'
import { BLOCK_BYTES } from '../../../src/options.ts'
import { encodeTable, placeTable, type TableEntry } from '../../../src/site/table.ts'
import type { Lifetime } from './scope.ts'
import { type Site, startSite } from './site.ts'

export const SITE_VERSION = 7
export const SITE_SCOPE = 'site-under-test'
/** A worker of the site's own, which lets ours answer first. */
const OWN_WORKER = `
importScripts('/shoal-sw.js')
addEventListener('install', () => skipWaiting())
addEventListener('activate', event => event.waitUntil(clients.claim()))
addEventListener('fetch', event => {
  if (!shoalFetch(event) && event.request.url.endsWith('/own/words')) event.respondWith(new Response('of its own'))
})`
/** What /foreign.css asks for. */
const FOREIGN_PICTURE = '/assets/image.svg'

export interface ListedFile {
  readonly bytes: Uint8Array
  readonly type: string
  /** @default 65536 */
  readonly pieceLength?: number
  /** @default true */
  readonly isImmutable?: boolean
  /** There is a twin, and the table says so. @default false */
  readonly hasTwin?: boolean
  /** @default 'no-store', which keeps the browser's cache out of the test */
  readonly cacheControl?: string
}

/** What pages need to look into the store. */
export interface Facts {
  readonly rootHex: string
  readonly pieceLength: number
  readonly pieceCount: number
  /** Hex; empty for a file of one piece. */
  readonly layerHex: string
}

export interface OriginRequest {
  readonly path: string
  readonly method: string
  readonly range: string | undefined
}

export interface ListedSite extends Site {
  readonly requests: readonly OriginRequest[]
  readonly facts: Readonly<Record<string, Facts>>
  /** Requests for a path, or for its twin, since the beginning. */
  count(path: string): number
  /** Resolves when this path is asked for next. */
  nextRequest(path: string): Promise<void>
  /** From now on the origin has other bytes of a file, be it from a place on. */
  change(path: string, bytes: Uint8Array): void
  /** Bodies of this path stop after so many bytes, once. Resolves when the client has hung up; `go` ends the connection instead. */
  stallOnce(
    path: string,
    afterBytes: number,
  ): { readonly hungUp: Promise<void>; go(): void; readonly stalled: Promise<void> }
}

interface Stall {
  readonly afterBytes: number
  onStall(response: ServerResponse): void
}

export async function startListedSite(
  lifetime: Lifetime,
  files: Readonly<Record<string, ListedFile>>,
): Promise<ListedSite> {
  const entries: TableEntry[] = []
  const facts: Record<string, Facts> = {}
  const served = new Map<string, { bytes: Uint8Array; type: string; cacheControl: string }>()
  for (const [path, file] of Object.entries(files)) {
    const { bytes, type, pieceLength = 65536, isImmutable = true, hasTwin = false, cacheControl = 'no-store' } = file
    const stored = hasTwin ? new Uint8Array(gzipSync(bytes)) : bytes
    const tree = await treeOf(stored, pieceLength)
    served.set(path, { bytes, type, cacheControl })
    if (hasTwin) served.set(`${path}.gz`, { bytes: stored, type: 'application/gzip', cacheControl })
    entries.push({
      path,
      lengthBytes: bytes.length,
      type,
      root: tree.root,
      pieceLength,
      isImmutable,
      ...(hasTwin && { gzipBytes: stored.length }),
    })
    const pieceCount = Math.ceil(stored.length / pieceLength)
    const layerHex = pieceCount > 1 ? toHex(tree.layer) : ''
    facts[path] = { rootHex: toHex(tree.root), pieceLength, pieceCount, layerHex }
  }
  const table = encodeTable({ version: SITE_VERSION, scope: SITE_SCOPE, entries })
  const workers = new Map([
    ['/shoal-sw.js', placeTable(await readFile('dist/shoal-sw.js', 'utf8'), table)],
    ['/own.js', OWN_WORKER],
    ['/own-without-crypto.js', `Object.defineProperty(crypto, 'subtle', { value: undefined })\n${OWN_WORKER}`],
  ])
  const requests: OriginRequest[] = []
  const stalls = new Map<string, Stall>()
  const waiting: { readonly path: string; readonly resolve: () => void }[] = []
  const site = await startSite(lifetime, {
    modules: { '/site.js': 'test/e2e/support/page/site.ts' },
    answer(request, response) {
      const path = decodeURIComponent(request.url ?? '')
      const worker = workers.get(path)
      if (worker !== undefined) {
        response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-store' }).end(worker)
        return true
      }
      if (path === '/foreign.css') {
        // Asked for under another name of this server, it names a picture of the site itself.
        const site = `http://${request.headers.host?.replace('127.0.0.1', 'localhost')}`
        response.writeHead(200, { 'Content-Type': 'text/css' }).end(`b { background: url(${site}${FOREIGN_PICTURE}) }`)
        return true
      }
      const file = served.get(path)
      if (file === undefined) return false
      for (const { path: wanted, resolve } of waiting) if (wanted === path) resolve()
      requests.push({ path, method: request.method ?? '', range: request.headers.range })
      const stall = stalls.get(path)
      stalls.delete(path)
      answerFile(request, response, file, stall)
      return true
    },
  })
  return {
    url: site.url,
    bytesServed: 0,
    requests,
    facts,
    count: path => requests.filter(request => [path, `${path}.gz`].includes(request.path)).length,
    nextRequest: path => new Promise(resolve => waiting.push({ path, resolve })),
    change(path, bytes) {
      served.set(path, { ...served.get(path)!, bytes })
    },
    stallOnce(path, afterBytes) {
      let response: ServerResponse | undefined
      let onStalled = (): void => {}
      let onHungUp = (): void => {}
      const stalled = new Promise<void>(resolve => {
        onStalled = resolve
      })
      const hungUp = new Promise<void>(resolve => {
        onHungUp = resolve
      })
      stalls.set(path, {
        afterBytes,
        onStall(stuck) {
          response = stuck
          stuck.once('close', onHungUp)
          onStalled()
        },
      })
      return { stalled, hungUp, go: () => response?.destroy() }
    },
  }
}

async function treeOf(bytes: Uint8Array, pieceLength: number): Promise<{ root: Uint8Array; layer: Uint8Array }> {
  const pieceCount = Math.ceil(bytes.length / pieceLength)
  const spannedBytes = pieceCount === 1 ? bytes.length : pieceLength
  const leafCount = powerOfTwoAtLeast(Math.ceil(spannedBytes / BLOCK_BYTES))
  const layer = new Uint8Array(pieceCount * HASH_BYTES)
  for (let piece = 0; piece < pieceCount; piece++) {
    const data = bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength)
    layer.set((await hashPiece(data, { leafCount })).root!, piece * HASH_BYTES)
  }
  return { root: pieceCount === 1 ? layer : rootOfPieceLayer(layer, pieceLength), layer }
}

/** HTTP as RFC 9110 has it, with the liberties that are left to servers taken as most of them do. */
function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, type, cacheControl }: { bytes: Uint8Array; type: string; cacheControl: string },
  stall: Stall | undefined,
): void {
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch, origin } = request.headers
  const headers: Record<string, string> = { ETag: etag, 'Accept-Ranges': 'bytes', 'Cache-Control': cacheControl }
  headers['Last-Modified'] = LAST_MODIFIED
  if (origin !== undefined) headers['Access-Control-Allow-Origin'] = '*'
  const since = request.headers['if-modified-since']
  const isNotModified = ifNoneMatch
    ? ifNoneMatch.includes(etag)
    : since !== undefined && Date.parse(since) >= Date.parse(LAST_MODIFIED)
  if (isNotModified) return void response.writeHead(304, headers).end()
  const part =
    request.method === 'GET' && (ifRange === undefined || ifRange === etag) ? partOf(range, bytes.length) : undefined
  if (part === 'none') {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end()
    return
  }
  const [start, end] = part ?? [0, bytes.length]
  headers['Content-Type'] = type
  if (part) headers['Content-Range'] = `bytes ${start}-${end - 1}/${bytes.length}`
  response.writeHead(part ? 206 : 200, { ...headers, 'Content-Length': String(end - start) })
  if (request.method === 'HEAD') return void response.end()
  if (stall === undefined) return void response.end(bytes.subarray(start, end))
  response.write(bytes.subarray(start, Math.min(end, start + stall.afterBytes)), () => stall.onStall(response))
}

const LAST_MODIFIED = 'Mon, 02 Nov 2026 10:00:00 GMT'

/** One range of those that a header may ask for; undefined: all; 'none': it lies outside. */
function partOf(header: string | undefined, length: number): readonly [number, number] | 'none' | undefined {
  if (!header?.toLowerCase().startsWith('bytes=') || header.includes(',')) return undefined
  const [from, to, ...others] = header.slice('bytes='.length).split('-')
  if (from === undefined || to === undefined || others.length > 0 || !/^\d*$/.test(from + to) || from + to === '')
    return undefined
  if (from === '') return to === '0'.repeat(to.length) ? 'none' : [Math.max(0, length - Number(to)), length]
  if (Number(from) >= length) return 'none'
  if (to !== '' && Number(to) < Number(from)) return undefined
  return [Number(from), to === '' ? length : Math.min(length, Number(to) + 1)]
}

/** The test site: pages with the published library, WebTorrent and the kit. Also a web seed, when given a folder. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { build } from 'esbuild'
import { webTorrentBundle } from './packages.ts'
import type { Lifetime } from './scope.ts'

export interface SiteOptions {
  /** Served under /files/, with Range and CORS. */
  readonly folder?: string
  /** Pages are cross-origin isolated, which `performance.measureUserAgentSpecificMemory` asks for. @default false */
  readonly isIsolated?: boolean
  /** More modules for the pages: entry points by the path that they are served under, bundled by esbuild. */
  readonly modules?: Readonly<Record<string, string>>
  /** Asked first: returns whether it answers. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export interface Site {
  /** `http://localhost:PORT/`: a blank page with the kit. */
  readonly url: string
  /** Of everything under /files/. */
  readonly bytesServed: number
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css; charset=utf-8',
}

/** `__name` is what esbuild (in tsx) wraps named functions in; functions sent to a page refer to it. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>Shoal test page</title><link rel="icon" href="data:,">
<script>globalThis.__name = value => value</script><script type="module" src="/kit.js"></script>`

export async function startSite(lifetime: Lifetime, options: SiteOptions = {}): Promise<Site> {
  const scripts = await bundleAll({ '/kit.js': 'test/e2e/support/page/kit.ts', ...options.modules })
  const state = { bytesServed: 0 }
  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      if (!response.headersSent) response.writeHead(error.code === 'ENOENT' ? 404 : 500)
      response.end()
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (options.isIsolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    }
    if (options.answer?.(request, response)) return undefined
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    if (path === '/') return sendText(response, PAGE, '.html')
    const script = scripts.get(path)
    if (script !== undefined) return sendText(response, script, '.js')
    if (path === '/shoal.min.js') return sendFile(request, response, 'dist/shoal.min.js')
    if (path === '/webtorrent.min.js') return sendFile(request, response, await webTorrentBundle())
    if (path.startsWith('/files/') && options.folder !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Access-Control-Allow-Headers', 'Range')
      if (request.method === 'OPTIONS') return response.writeHead(204).end()
      const bytes = await sendFile(request, response, join(options.folder, normalize(path.slice('/files'.length))))
      state.bytesServed += bytes
      return undefined
    }
    return response.writeHead(404).end()
  }

  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    get bytesServed() {
      return state.bytesServed
    },
  }
}

async function bundleAll(entries: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const scripts = new Map<string, string>()
  for (const [path, entryPoint] of Object.entries(entries)) {
    const { outputFiles } = await build({
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
    })
    scripts.set(path, outputFiles[0]!.text)
  }
  return scripts
}

function sendText(response: ServerResponse, text: string, extension: string): void {
  response.writeHead(200, { 'Content-Type': TYPES[extension], 'Cache-Control': 'no-store' }).end(text)
}

/** Answers one range, or all; returns how many bytes. */
async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<number> {
  const { size } = await stat(path)
  const range = request.headers.range?.match(/^bytes=(\d+)-(\d*)$/)
  const start = range ? Number(range[1]) : 0
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1
  if (range && start >= size) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end()
    return 0
  }
  response.writeHead(range ? 206 : 200, {
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-cache',
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  })
  if (request.method === 'HEAD' || size === 0) {
    response.end()
    return 0
  }
  createReadStream(path, { start, end }).pipe(response)
  return end - start + 1
}

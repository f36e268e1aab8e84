/**
 * The CDN demo as `shoal serve` has it, under /cdn/: a site whose assets its visitors serve. Everything is in memory; what is not there does not exist.
 */
import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { answerPage, answerText, isPlainHost, type Page, pageOf, setPageHeaders } from '../page.ts'
import { contentTypeOf } from '../site/content-types.ts'
import { buildDemo, type DemoBuild, type DemoDeploy } from './deploys.ts'
import { type Asset, DemoOrigin } from './origin.ts'

export interface DemoSite {
  /** It was built. */
  readonly isThere: boolean
  /** @returns false: it is for none of the demo's paths */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const ROOT = '/cdn/'
/** In the page, where the tag goes. */
const TAG_PLACE = '<!-- the tag of shoal build -->'
/** Names that the server is called by, and remembers; the one used longest ago is forgotten. */
const NAMES_MAX = 16
/** A signature is made anew long before it expires. */
const RENEW_MS = 7 * 86_400_000
const POLICY = { 'script-src': "'self' 'wasm-unsafe-eval'", 'media-src': "'self'" }

/** A name of this machine for itself, which no page of another site can be called by. */
const LOOPBACK_NAME = /^(?:(?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

interface Named {
  readonly pages: ReadonlyMap<string, Page>
  readonly madeAt: number
}

/** @param folder of the built demo; where there is none, nothing is answered */
export function openDemoSite(folder: string): DemoSite {
  const origin = new DemoOrigin()
  const names = new Map<string, Promise<Named>>()
  /** As some name has them, by path: compressed once where all names have the same. */
  const common = new Map<string, Page>()
  let building: Promise<DemoBuild> | undefined
  let assets: ReadonlyMap<string, Asset> = new Map()

  /** At the first request: whoever only shares files does not wait for it. */
  async function build(): Promise<DemoBuild> {
    const built = await buildDemo(folder)
    assets = assetsOf(built)
    return built
  }

  async function named(base: string, tracker: string): Promise<Named> {
    building ??= build()
    const { files, deployAt } = await building
    return { pages: pagesOf(files, await deployAt(base, tracker), common), madeAt: Date.now() }
  }

  async function pagesAt(host: string, isSecure: boolean): Promise<ReadonlyMap<string, Page>> {
    const base = `${isSecure ? 'https' : 'http'}://${host.toLowerCase()}${ROOT}`
    // As browsers write it.
    const { href } = new URL(base)
    const known = names.get(href)
    const isFresh = known !== undefined && Date.now() - (await known).madeAt < RENEW_MS
    const naming = isFresh ? known : named(href, `${isSecure ? 'wss' : 'ws'}://${new URL(base).host}/`)
    names.delete(href)
    names.set(href, naming)
    const [oldest] = names.keys()
    if (names.size > NAMES_MAX) names.delete(oldest!)
    return (await naming).pages
  }

  const isThere = existsSync(join(folder, 'index.html'))
  return {
    isThere,
    async answer(request, response) {
      const path = (request.url ?? '').split('?', 1)[0]!
      if (!isThere) return false
      if (path === ROOT.slice(0, -1)) return redirect(response)
      const { host } = request.headers
      if (!path.startsWith(ROOT) || !isPlainHost(host)) return false
      const name = path.slice(ROOT.length)
      if (name === 'origin') return answerSwitch(origin, request, response)
      // Behind a proxy that has the certificate.
      const pages = await pagesAt(host, request.headers['x-forwarded-proto'] === 'https')
      const asset = assets.get(name)
      if (asset && /^(?:GET|HEAD)$/.test(request.method ?? '')) {
        setPageHeaders(request, response, POLICY)
        await origin.answer(asset, request, response)
        return true
      }
      // What the browser has kept of the demo goes; what the page keeps, the page itself clears.
      if (name === 'clear.html') response.setHeader('Clear-Site-Data', '"cache"')
      answerPage(pages.get(name), request, response, POLICY)
      return true
    },
  }
}

/**
 * The switch: GET tells, PUT turns. Only who sits at this machine may, for it is everybody's origin: by a name that no other machine answers to, over a
 * method that pages of other sites may not use.
 */
function answerSwitch(origin: DemoOrigin, request: IncomingMessage, response: ServerResponse): true {
  setPageHeaders(request, response)
  response.setHeader('Cache-Control', 'no-store')
  const { url = '', method, headers } = request
  const to = /\?(on|off)$/.exec(url)?.[1]
  const isOwner = LOOPBACK_NAME.test(headers.host ?? '') && isLoopback(request.socket.remoteAddress)
  if (method === 'PUT' && to !== undefined) {
    if (!isOwner) answerText(response, 403, 'Only who runs this server may switch it.')
    else {
      origin.switch(to === 'on')
      answerText(response, 200, to)
    }
  } else if (method === 'GET') answerText(response, 200, isOwner ? (origin.isOn ? 'on' : 'off') : 'fixed')
  else answerText(response, 405, 'PUT origin?on or origin?off.')
  return true
}

function isLoopback(address = ''): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address)
}

function redirect(response: ServerResponse): true {
  response.writeHead(308, { Location: ROOT, 'Content-Length': 0 }).end()
  return true
}

/** What is not an asset: the page, what it loads before anything else, and what `shoal build` writes. */
function pagesOf(files: ReadonlyMap<string, Buffer>, deploy: DemoDeploy, common: Map<string, Page>): Map<string, Page> {
  const pages = new Map<string, Page>()
  const add = (path: string, bytes: Uint8Array, type: string): void => {
    const known = common.get(path)
    const page = known?.body.equals(bytes) ? known : pageOf(Buffer.from(bytes), type)
    common.set(path, page)
    pages.set(path, page)
  }
  for (const [path, bytes] of files) {
    if (path.startsWith('assets/')) continue
    const isHtml = extname(path) === '.html'
    const type = isHtml ? 'text/html; charset=utf-8' : contentTypeOf(path)
    if (type === undefined) continue
    add(path, isHtml ? Buffer.from(bytes.toString().replace(TAG_PLACE, deploy.tag)) : bytes, type)
  }
  for (const { path, bytes } of deploy.files) add(path, bytes, contentTypeOf(path) ?? 'application/octet-stream')
  pages.set('', pages.get('index.html')!)
  return pages
}

/** Every file of the folder of assets, listed or too small for that, and the twins. */
function assetsOf({ files, types }: DemoBuild): Map<string, Asset> {
  const assets = new Map<string, Asset>()
  for (const [path, body] of files) {
    if (!path.startsWith('assets/')) continue
    const isTwin = path.endsWith('.gz') && files.has(path.slice(0, -3))
    const type = isTwin ? 'application/gzip' : (types.get(path) ?? contentTypeOf(path) ?? 'application/octet-stream')
    assets.set(path, { body, type, gzip: files.get(`${path}.gz`) })
  }
  return assets
}

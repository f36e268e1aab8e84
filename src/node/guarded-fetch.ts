/**
 * Fetches what torrents name: from allowed addresses only, judged where the connection is made, at every redirect. Node's own fetch would look
 * a name up once more after any check.
 */
import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { ShoalError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { guardedLookup, hostOf, isPublicAddress } from './public-urls.ts'

/** Redirects followed. */
const REDIRECTS_MAX = 5

/** Fetches from public hosts only. @throws ShoalError `blocked-address` */
export const publicFetch = guardedFetch(isPublicAddress)

/** Whether a URL may be fetched by `publicFetch`, so far as its host shows. A name that nobody knows is no private one. */
export async function isPublicUrl(url: string): Promise<boolean> {
  const host = hostOf(url)
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => [])
  return isWeb(url) && addresses.every(({ address }) => isPublicAddress(address))
}

/**
 * As much of `fetch` as web seeds and .torrents need: methods without a body, headers, a signal. Bodies of answers that are not 2xx are dropped, and
 * nothing is inflated.
 * @param isAllowed whether an address may be connected to
 */
export function guardedFetch(isAllowed: (address: string) => boolean): Platform['fetch'] {
  const options = { keepAlive: true, lookup: guardedLookup(isAllowed, address => new Refused(address)) }
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }

  async function fetchOnce(url: string, init: RequestInit): Promise<Response> {
    if (!isWeb(url)) throw blocked(url, 'only http and https are fetched')
    const host = hostOf(url)
    // An address is not looked up.
    if (isIP(host) && !isAllowed(host)) throw refusal(url, host)
    init.signal?.throwIfAborted()
    const isSecure = url.startsWith('https:')
    const request = isSecure ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const outgoing = request(url, {
        agent: agents[isSecure ? 'https:' : 'http:'],
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(init.signal && { signal: init.signal }),
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a connection that was kept, while this was on its way.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(fetchOnce(url, init))
        else reject(error instanceof Refused ? refusal(url, error.message) : error)
      })
      outgoing.on('response', incoming => {
        try {
          resolve(responseOf(incoming))
        } catch (error) {
          outgoing.destroy()
          reject(error)
        }
      })
      outgoing.end()
    })
  }

  return async (url, init) => {
    let next = new URL(url).href
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const response = await fetchOnce(next, init)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) return response
      if (!URL.canParse(location, next)) break
      next = new URL(location, next).href
    }
    throw new ShoalError('blocked-address', `${url} is not fetched: it redirects too often, or to nowhere.`, {
      details: { url },
    })
  }
}

/** Its message is an address that a name leads to. */
class Refused extends Error {}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  const isWanted = status >= 200 && status < 300 && status !== 204 && status !== 205
  // What nobody reads would hold the connection.
  if (!isWanted) incoming.resume()
  const body = isWanted ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null
  return new Response(body, { status, statusText, headers })
}

function isWeb(url: string): boolean {
  return /^https?:/i.test(url)
}

function refusal(url: string, address: string): ShoalError {
  return blocked(url, `${address} is not a public address`)
}

function blocked(url: string, why: string): ShoalError {
  const message = `${url} is not fetched: ${why}. Pass allowPrivateAddresses to allow it.`
  return new ShoalError('blocked-address', message, { details: { url } })
}

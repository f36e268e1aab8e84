/**
 * Keeps torrents from making a server connect to what only the server can reach, where a torrent names trackers: the WebSocket that
 * `public-urls.ts` is for fetches. Trackers that the user named may be anywhere.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { Platform } from '../platform.ts'
import { isPublicAddress } from './public-urls.ts'

/** @param isChosen whether the user named this tracker; asked at every connection */
export function publicWebSocket(isChosen: (url: string) => boolean): Platform['WebSocket'] {
  return class extends WebSocket {
    constructor(url: string) {
      super(url, isChosen(url) ? {} : guarded(url))
    }
  }
}

/** `ws` follows no redirects. */
function guarded(url: string): ClientOptions & { readonly lookup: LookupFunction } {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  // An address is not looked up.
  if (isIP(host) === 0 || isPublicAddress(host)) return { lookup: publicLookup }
  return { lookup: publicLookup, createConnection: refuse(host) as unknown as ClientOptions['createConnection'] }
}

/** What was checked is what is connected to: a name that resolves to something else a moment later gains nothing. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const refused = addresses.find(({ address }) => !isPublicAddress(address))
    if (refused) return callback(refusal(refused.address), [])
    if (options.all) return callback(null, addresses)
    const { address, family } = addresses[0]!
    callback(null, address, family)
  })
}

/** In place of a connection to an address: the request fails with the reason, once somebody listens. */
function refuse(address: string): (options: unknown, callback: (error: Error) => void) => undefined {
  return (_, callback) => {
    callback(refusal(address))
  }
}

function refusal(address: string): Error {
  const message = `${address} is not a public address; name the tracker yourself, or pass allowPrivateAddresses, to allow it`
  return new Error(message)
}

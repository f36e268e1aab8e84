/**
 * Keeps torrents from making a server connect to what only the server can reach, where a torrent names trackers, as
 * `guarded-fetch.ts` does for fetches. Trackers that the user named may be anywhere.
 */
import { isIP, type LookupFunction } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { Platform } from '../platform.ts'
import { guardedLookup, hostOf, isPublicAddress } from './public-urls.ts'

/** @param isChosen whether the user named this tracker; asked at every connection */
export function publicWebSocket(isChosen: (url: string) => boolean): Platform['WebSocket'] {
  return class extends WebSocket {
    constructor(url: string) {
      super(url, isChosen(url) ? {} : guarded(url))
    }
  }
}

const lookup = guardedLookup(isPublicAddress, refusal)

/** `ws` follows no redirects. */
function guarded(url: string): ClientOptions & { readonly lookup: LookupFunction } {
  const host = hostOf(url)
  // An address is not looked up.
  if (isIP(host) === 0 || isPublicAddress(host)) return { lookup }
  return { lookup, createConnection: refuse(host) as unknown as ClientOptions['createConnection'] }
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

/**
 * The operator's STUN and TURN servers, lent to clients. A TURN server that shares a secret with the tracker takes credentials that end by
 * themselves (coturn's `use-auth-secret`, "REST API for access to TURN services", draft-uberti-behave-turn-rest-00): the name says until
 * when, and the password is its HMAC. So what one visitor was lent is of no use for long, and no list of users is kept.
 */
import { createHmac } from 'node:crypto'
import type { IceServer } from '../../src/protocol/tracker-reply.ts'

export interface IceOptions {
  /** STUN and TURN servers lent to clients that announce `ice_servers`. @default none */
  readonly iceServers?: readonly IceServer[]
  /** Shared with the TURN servers among them that have no credential of their own: each client gets one for an hour. @default none is made */
  readonly turnSecret?: string
  /** Origins (`https://example.org`) to whose pages alone they are lent. @default to all who connect */
  readonly iceOrigins?: readonly string[]
}

/**
 * How long a credential is good for: an announce, every two minutes, brings the next one, and connections that stand are not asked again.
 * The clocks of tracker and TURN server may differ by a part of it.
 */
const CREDENTIAL_SECONDS = 3600

/** @returns for a client: its page's origin, if any, and a name that TURN's quotas tell it by */
export function iceLender(options: IceOptions): (client: { origin: string | undefined; name: string }) => IceServer[] {
  const { iceServers = [], turnSecret, iceOrigins } = options
  return ({ origin, name }) => {
    if (iceOrigins && !iceOrigins.includes(origin ?? '')) return []
    return iceServers.map(server => {
      const isTurn = server.urls.some(url => url.startsWith('turn'))
      if (!isTurn || turnSecret === undefined || server.credential !== undefined) return server
      const username = `${Math.floor(Date.now() / 1000) + CREDENTIAL_SECONDS}:${name}`
      return { ...server, username, credential: createHmac('sha1', turnSecret).update(username).digest('base64') }
    })
  }
}

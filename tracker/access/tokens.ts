/**
 * Join tokens: what a site's backend gives its visitors so that they may use a private tracker. A JWT (RFC 7519) that is good for ten minutes at the
 * most, for one infohash or for the swarms of one site, signed with a secret (HS256) or with an Ed25519 key (EdDSA) of which the tracker knows the
 * public half.
 */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { fromHex, toLatin1 } from '../../src/metainfo/bytes.ts'
import type { WireId } from '../../src/protocol/tracker.ts'

/** Longer ones are refused, whoever signed them: a token that leaks is of no use for long. */
export const TOKEN_SECONDS_MAX = 600

/** Clocks of backend and tracker may differ by so much. */
const CLOCK_SECONDS = 10

/** A secret that can be guessed is none: RFC 7518 wants the hash's length for HS256. */
const SECRET_BYTES_MIN = 32

/** What a token allows, until when (ms, as `Date.now()`). */
export interface Grant {
  /** undefined: any swarm, since only the site knows which are its own. */
  readonly infoHash?: WireId
  /** Key of the site, in hex. */
  readonly site?: string
  readonly until: number
}

export interface TokenKey {
  readonly algorithm: 'HS256' | 'EdDSA'
  /** Checks; and signs, unless it is a public key. */
  readonly key: KeyObject
}

/** A key as it is in its file: PEM of an Ed25519 key, private or public, or else a secret of 32 bytes or more. @throws when it is neither */
export function readTokenKey(file: string): TokenKey {
  if (file.includes('-----BEGIN')) {
    const key = file.includes('PRIVATE KEY') ? createPrivateKey(file) : createPublicKey(file)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('It must be an Ed25519 key, or a secret.')
    return { algorithm: 'EdDSA', key }
  }
  const secret = Buffer.from(file.trim())
  if (secret.length < SECRET_BYTES_MIN) throw new Error(`A secret must have ${SECRET_BYTES_MIN} bytes or more.`)
  return { algorithm: 'HS256', key: createSecretKey(secret) }
}

/** @param claims `ih`: an infohash, `site`: a site's key, both in hex */
export async function signToken(
  { algorithm, key }: TokenKey,
  claims: { readonly ih?: string; readonly site?: string },
  seconds: number,
): Promise<string> {
  const token = new SignJWT({ ...claims }).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).setIssuedAt()
  return token.setExpirationTime(`${seconds} seconds`).sign(key)
}

/** What the token allows, or a sentence that says why it allows nothing. */
export async function verifyToken({ algorithm, key }: TokenKey, token: string): Promise<Grant | string> {
  try {
    const checker = key.type === 'private' ? createPublicKey(key) : key
    const options = { algorithms: [algorithm], requiredClaims: ['exp'], clockTolerance: CLOCK_SECONDS }
    const { exp = 0, ih, site } = (await jwtVerify(token, checker, options)).payload
    if (exp - Date.now() / 1000 > TOKEN_SECONDS_MAX + CLOCK_SECONDS)
      return 'The token is good for more than 10 minutes.'
    const until = exp * 1000
    // Infohashes of v2 are cut to 20 bytes on the wire.
    if (isHex(ih, 40) || isHex(ih, 64)) return { infoHash: toLatin1(fromHex(ih.slice(0, 40))!), until }
    if (isHex(site, 64)) return { site: site.toLowerCase(), until }
    return 'The token names neither an infohash (ih) nor a site.'
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'The token has expired.'
    return 'The token is not one of this tracker.'
  }
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]*$/i.test(value)
}

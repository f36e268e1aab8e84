/**
 * From a share's secret, and a password if it has one, to the keys of its files.
 *
 * The secret is 256 random bits, new for each share, and always takes part: a password is stretched (PBKDF2, RFC 8018) and
 * stands beside the secret as input to HKDF (RFC 5869), never in its place. Every key has an `info` of its own, so that no two
 * files are ever sealed with the same one.
 */
import { PrivateShareError } from './errors.ts'

/** Bytes of a secret: 256 bits. */
export const SECRET_BYTES = 32
/** Rounds of PBKDF2-HMAC-SHA-256 (OWASP's figure of 2023). */
export const PASSWORD_ITERATIONS = 600_000
/** More than this is no honest sender's wish: it would keep a page busy for a minute. */
export const PASSWORD_ITERATIONS_MAX = 20_000_000

const KEY_BITS = 256
const INFO = 'shoal private share 1'

/** The input of HKDF: the secret, and the stretched password after it where there is one. 32 or 64 bytes. */
export type KeyMaterial = Uint8Array<ArrayBuffer>

/** A secret for one share, never used for another. */
export function newSecret(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
}

/**
 * Mixes a password with the secret. Takes a good part of a second, as it is meant to.
 * @param password taken in Unicode's NFC, for keyboards differ
 * @throws PrivateShareError `invalid-argument`
 */
export async function withPassword(
  secret: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number = PASSWORD_ITERATIONS,
): Promise<KeyMaterial> {
  checkSecret(secret)
  if (password === '') throw new PrivateShareError('invalid-argument', 'The password is empty.')
  // Bound to the secret: guesses cannot be made in advance, nor for two shares at once.
  const salt = await expand(secret, 'password salt')
  const typed = new TextEncoder().encode(password.normalize('NFC'))
  const key = await crypto.subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveBits'])
  const params = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  const stretched = new Uint8Array(await crypto.subtle.deriveBits(params, key, KEY_BITS))
  const material = new Uint8Array(secret.length + stretched.length)
  material.set(secret)
  material.set(stretched, secret.length)
  return material
}

/** Opens and seals file `index` of the torrent; file 0 is sealed by the secret alone, the others by all there is. */
export function fileKey(material: KeyMaterial, index: number): Promise<CryptoKey> {
  return aesKey(material, `file ${index}`)
}

/** Opens and seals the listing inside file 0, where there is a password. */
export function listingKey(material: KeyMaterial): Promise<CryptoKey> {
  return aesKey(material, 'listing')
}

async function aesKey(material: KeyMaterial, purpose: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', await expand(material, purpose), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

async function expand(material: KeyMaterial, purpose: string): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode(`${INFO}: ${purpose}`)
  // The material is uniform already: RFC 5869 does without a salt then.
  const params = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, KEY_BITS))
}

function checkSecret(secret: Uint8Array): void {
  if (secret.length === SECRET_BYTES) return
  throw new PrivateShareError('invalid-argument', `A secret has ${SECRET_BYTES} bytes, not ${secret.length}.`)
}

/**
 * A room's link, `room.html#<secret>`, and what follows from the secret. It is 256 random bits in base64url that never leave the
 * fragment: trackers see an infohash that is made of it by HKDF (RFC 5869), and from which it cannot be told.
 */
import { bytesOf, toBase64url } from '../link.ts'

const SECRET_BYTES = 32
const INFO = 'shoal room 1'

/** What a member knows of its room. */
export interface RoomKeys {
  /** What the members meet under; 20 bytes. */
  readonly infoHash: Uint8Array<ArrayBuffer>
  /** Of which each connection's own keys are made (HKDF). */
  readonly linkMaterial: CryptoKey
}

export function newRoomSecret(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}

/** @returns the secret of a fragment; undefined when it is none, or was cut or altered */
export function secretOf(fragment: string): string | undefined {
  const text = fragment.replace(/^#/, '').trim()
  return bytesOf(text) === undefined ? undefined : text
}

/** @param secret as `secretOf` has it */
export async function roomKeys(secret: string): Promise<RoomKeys> {
  const master = await hkdfKey(bytesOf(secret)!, ['deriveBits'])
  return {
    infoHash: await derive(master, 'infohash', 20),
    linkMaterial: await hkdfKey(await derive(master, 'sealing', 32), ['deriveKey']),
  }
}

/** The key by which one side of one connection seals: nothing that was sealed elsewhere, earlier, or by the other side opens with it. */
export function linkKey(
  material: CryptoKey,
  salt: Uint8Array<ArrayBuffer>,
  side: 'offerer' | 'answerer',
): Promise<CryptoKey> {
  const params = { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(`${INFO}: link ${side}`) }
  return crypto.subtle.deriveKey(params, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

function hkdfKey(bytes: Uint8Array<ArrayBuffer>, usages: KeyUsage[]): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'HKDF', false, usages)
}

async function derive(key: CryptoKey, purpose: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const info = new TextEncoder().encode(`${INFO}: ${purpose}`)
  // The secret is uniform already: RFC 5869 does without a salt then.
  const params = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, bytes * 8))
}

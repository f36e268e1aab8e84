/**
 * Who said it. Each visit has a key pair of its own, and a member's id is the hash of its public key, so that nobody can speak, or
 * leave, in another's name, nor can whoever passes a message on change it.
 *
 * ECDSA P-256, for every browser that has data channels has it; Ed25519 came with Chrome 137 and Firefox 129.
 */
import { type Body, encodeBody, parseBody, type Signed } from './messages.ts'

const SIGNATURE_BYTES = 64
const KEY_BYTES = 65
/** Where a message's body begins. */
export const BODY_OFFSET = SIGNATURE_BYTES + KEY_BYTES
const ID_BYTES = 16
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const
const CONTEXT = new TextEncoder().encode('shoal room 1: said in ')

export interface Identity {
  /** 32 hex digits. */
  readonly id: string
  sign<B extends Body>(body: B): Promise<Signed<B>>
}

/** @param infoHash of the room: what is said in one is not said in another */
export async function createIdentity(infoHash: Uint8Array): Promise<Identity> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  const id = await idOf(key)
  return {
    id,
    async sign(body) {
      const said = join(key, encodeBody(body))
      const signature = await crypto.subtle.sign(ALGORITHM, privateKey, join(CONTEXT, infoHash, said))
      return { sender: id, body, bytes: join(new Uint8Array(signature), said) }
    },
  }
}

/** @returns undefined when the signature does not hold, or what was signed is nothing that members say */
export async function openSigned(bytes: Uint8Array<ArrayBuffer>, infoHash: Uint8Array): Promise<Signed | undefined> {
  const body = parseBody(bytes.subarray(BODY_OFFSET))
  if (body === undefined) return undefined
  const key = bytes.subarray(SIGNATURE_BYTES, BODY_OFFSET)
  const said = join(CONTEXT, infoHash, bytes.subarray(SIGNATURE_BYTES))
  try {
    const publicKey = await crypto.subtle.importKey('raw', key, CURVE, false, ['verify'])
    const isGenuine = await crypto.subtle.verify(ALGORITHM, publicKey, bytes.subarray(0, SIGNATURE_BYTES), said)
    return isGenuine ? { sender: await idOf(key), body, bytes } : undefined
  } catch {
    // No point on the curve.
    return undefined
  }
}

async function idOf(key: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', key))
  return Array.from(digest.subarray(0, ID_BYTES), byte => byte.toString(16).padStart(2, '0')).join('')
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/**
 * Ed25519 signatures (RFC 8032) by WebCrypto, which has it in Node 20, Chromium 137, Firefox 129 and Safari 17; where it is missing, or the
 * page is no secure context, nothing is accepted and the site stays plain.
 */
import { ShoalError } from '../errors.ts'
import { concatBytes, fromUtf8 } from '../metainfo/bytes.ts'

export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** What is signed: no signature of one kind can be passed off as another. */
export type Purpose = 'manifest' | 'pointer' | 'rotation' | 'seeder'

/** Signs a message; see `signer`. */
export type Signer = (purpose: Purpose, message: Uint8Array) => Promise<Uint8Array>

/** @param privateKey an Ed25519 key that may sign */
export function signer(privateKey: CryptoKey): Signer {
  return async (purpose, message) =>
    new Uint8Array(await subtle().sign('Ed25519', privateKey, withPurpose(purpose, message)))
}

/**
 * Whether `signature` over `message` was made with the private half of `key`.
 * @throws ShoalError `site-unsupported`
 */
export async function isSigned(
  purpose: Purpose,
  message: Uint8Array,
  { key, signature }: { readonly key: Uint8Array; readonly signature: Uint8Array },
): Promise<boolean> {
  const imported = await importKey(key)
  if (imported === undefined) return false
  return subtle().verify('Ed25519', imported, signature as Uint8Array<ArrayBuffer>, withPurpose(purpose, message))
}

/** undefined: these bytes are no key. */
async function importKey(key: Uint8Array): Promise<CryptoKey | undefined> {
  try {
    return await subtle().importKey('raw', key as Uint8Array<ArrayBuffer>, 'Ed25519', false, ['verify'])
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotSupportedError') throw unsupported(cause)
    if (cause instanceof ShoalError) throw cause
    return undefined
  }
}

/** What is signed. */
export function withPurpose(purpose: Purpose, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes([fromUtf8(`shoal ${purpose} 1\n`), message]) as Uint8Array<ArrayBuffer>
}

function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle
  if (found === undefined) throw unsupported()
  return found
}

function unsupported(cause?: unknown): ShoalError {
  const why = 'Signatures cannot be checked here, so the site is served as if Shoal were not there.'
  return new ShoalError('site-unsupported', `${why} Ed25519 in WebCrypto and HTTPS are needed.`, { cause })
}

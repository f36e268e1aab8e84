/**
 * The pointer: in 512 bytes, which manifest holds now, or that none does (kill). Visitors fetch it, and trackers hand it on. FORMAT.md, "Pointer".
 */
import { BencodeDict, decode, encode, type Encodable } from '../metainfo/bencode.ts'
import { equalBytes } from '../metainfo/bytes.ts'
import { HASH_BYTES } from '../metainfo/merkle.ts'
import { bytesOf, countOf } from './fields.ts'
import { SITE_LIMITS } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { asFormatError, refuseFormat, refuseSite } from './refusal.ts'
import { encodeRotations, readRotations } from './rotation.ts'
import { isSigned, KEY_BYTES, SIGNATURE_BYTES, type Signer } from './signature.ts'
import { type Accepted, checkKey, checkProgress, type Statement, type Trust } from './trust.ts'

export interface Pointer extends Statement {
  /** SHA-256 of the whole manifest, as it lies at the base. */
  readonly manifestHash: Uint8Array
}

/** Format of the pointer; its key also says what the file is. */
const FORMAT = 1

/**
 * Reads a pointer and checks all that can be checked of it alone.
 * @throws ShoalError `site-oversize`, `site-format`, `site-key`, `site-signature`, `site-expired`, `site-older`, `site-mismatch`,
 * `site-unsupported`
 */
export async function verifyPointer(
  bytes: Uint8Array,
  trust: Trust,
): Promise<{ readonly pointer: Pointer; readonly accepted: Accepted }> {
  const { pointer, signature, signed } = readPointer(bytes)
  await checkKey(pointer, trust)
  if (!(await isSigned('pointer', signed, { key: pointer.key, signature })))
    refuseSite('site-signature', 'its pointer was altered after it was signed')
  return { pointer, accepted: checkProgress(pointer, trust) }
}

/** @throws ShoalError `site-mismatch` when the pointer does not name this manifest, byte for byte */
export function checkPair(pointer: Pointer, manifest: Manifest): void {
  const isPair =
    equalBytes(pointer.manifestHash, manifest.hash) &&
    equalBytes(pointer.infoHash, manifest.infoHash) &&
    equalBytes(pointer.key, manifest.key) &&
    pointer.version === manifest.version &&
    pointer.expires === manifest.expires
  if (!isPair) refuseSite('site-mismatch', 'its pointer names another one')
}

/** A pointer to a manifest. */
export function pointerTo(manifest: Manifest): Pointer {
  const { version, expires, infoHash, key, rotated } = manifest
  return { version, expires, infoHash, key, rotated, manifestHash: manifest.hash, isKilled: false }
}

/** @param sign with the private half of `pointer.key` */
export async function signPointer(pointer: Pointer, sign: Signer): Promise<Uint8Array> {
  const fields: Record<string, Encodable | undefined> = {
    expires: pointer.expires,
    infohash: pointer.infoHash,
    key: pointer.key,
    kill: pointer.isKilled ? 1 : 0,
    manifest: pointer.manifestHash,
    // The newest: who trusts an older key reads the manifest for the rest.
    rotated: encodeRotations(pointer.rotated.slice(-SITE_LIMITS.pointerRotationsMax)),
    'shoal pointer': FORMAT,
    version: pointer.version,
  }
  return encode({ ...fields, signature: await sign('pointer', encode(fields)) })
}

/**
 * Reads a pointer and believes it: for its owner, and before the checks.
 * @returns with its signature, and what that is over
 * @throws ShoalError `site-oversize`, `site-format`
 */
export function readPointer(bytes: Uint8Array): { pointer: Pointer; signature: Uint8Array; signed: Uint8Array } {
  if (bytes.length > SITE_LIMITS.pointerBytesMax)
    refuseSite('site-oversize', `its pointer has ${bytes.length} bytes, more than ${SITE_LIMITS.pointerBytesMax}`)
  return asFormatError(() => {
    const dict = decode(bytes)
    if (!(dict instanceof BencodeDict) || dict.integer('shoal pointer') !== FORMAT)
      refuseFormat('its pointer is none, or of a later format')
    const kill = dict.integer('kill')
    if (kill !== 0 && kill !== 1) refuseFormat('its pointer does not say whether it holds')
    const key = bytesOf(dict, 'key', KEY_BYTES)
    const pointer: Pointer = {
      expires: countOf(dict, 'expires'),
      infoHash: bytesOf(dict, 'infohash', HASH_BYTES),
      key,
      isKilled: kill === 1,
      manifestHash: bytesOf(dict, 'manifest', HASH_BYTES),
      rotated: readRotations(dict.get('rotated'), key, SITE_LIMITS.pointerRotationsMax),
      version: countOf(dict, 'version'),
    }
    const signature = bytesOf(dict, 'signature', SIGNATURE_BYTES)
    const signed = encode(new Map([...dict].filter(([name]) => name !== 'signature')))
    return { pointer, signature, signed }
  })
}

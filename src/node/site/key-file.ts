/**
 * Key files: an Ed25519 key as PEM (PKCS #8, or SPKI for the public half), as OpenSSL reads and writes it, and beside it in a block of its own
 * the keys that it has replaced. So whoever has the file has all that a signature needs.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { ShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { encode, decode } from '../../metainfo/bencode.ts'
import { SITE_LIMITS } from '../../site/limits.ts'
import { encodeRotations, type Identity, isChain, readRotations, type Rotation, rotate } from '../../site/rotation.ts'
import { signer, type Signer } from '../../site/signature.ts'

export interface SiteKey extends Identity {
  /** undefined: the file holds the public half alone. */
  readonly sign: Signer | undefined
  readonly warnings: readonly string[]
}

const ROTATION = 'SHOAL ROTATION'

/**
 * Reads a key file.
 * @throws ShoalError `invalid-argument` when it is none, or its chain does not hold
 */
export async function readKeyFile(place: string): Promise<SiteKey> {
  const text = await readFile(place, 'utf8').catch(cause => {
    const what = `There is no key file ${place}.`
    throw new ShoalError('invalid-argument', `${what} Make one with shoal keygen, or name it with --key.`, { cause })
  })
  const privatePem = pemBlock(text, 'PRIVATE KEY')
  const publicPem = pemBlock(text, 'PUBLIC KEY')
  const { privateKey, publicKey } = readKeys(place, privatePem, publicPem)
  const identity = { key: rawKey(publicKey), rotated: readChain(place, text, rawKey(publicKey)) }
  if (!(await isChain(identity))) refuse(place, 'its chain of replaced keys does not hold')
  const isOpen = privateKey !== undefined && process.platform !== 'win32' && ((await stat(place)).mode & 0o077) !== 0
  return {
    ...identity,
    sign: privateKey && signer(await importPrivate(privateKey)),
    warnings: isOpen ? [`${place} can be read by other users of this machine: chmod 600 ${place}`] : [],
  }
}

export interface NewKey extends Identity {
  /** Of the file that is to be kept secret. */
  readonly privateText: string
  readonly publicText: string
}

/**
 * Makes a key.
 * @param old the key that the new one replaces; it must be able to sign
 */
export async function makeKey(old?: SiteKey): Promise<NewKey> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const { privateKey, publicKey } = pair as CryptoKeyPair
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  const rotated: Rotation[] = old === undefined ? [] : await rotate(old, key, old.sign!)
  const kept = rotated.slice(-SITE_LIMITS.rotationsMax)
  const chain = encodeRotations(kept)
  const chainText = chain === undefined ? '' : pem(ROTATION, encode(chain))
  return {
    key,
    rotated: kept,
    privateText: `${pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', privateKey))}${chainText}`,
    publicText: `${pem('PUBLIC KEY', await crypto.subtle.exportKey('spki', publicKey))}${chainText}`,
  }
}

/** @throws ShoalError `invalid-argument` when one of the files is there: a key that is lost cannot be made again */
export async function writeKeyFiles(place: string, { privateText, publicText }: NewKey): Promise<void> {
  for (const [path, text, mode] of [
    [place, privateText, 0o600],
    [`${place}.pub`, publicText, 0o644],
  ] as const) {
    await writeFile(path, text, { flag: 'wx', mode }).catch(cause => {
      if (cause.code !== 'EEXIST') throw Object.assign(cause, { path })
      throw new ShoalError('invalid-argument', `${path} exists already. Keys are not replaced: choose another with -o.`)
    })
  }
}

/** As pages and commands write a key. */
export function keyText(key: Uint8Array): string {
  return toHex(key)
}

function readKeys(
  place: string,
  privatePem: string | undefined,
  publicPem: string | undefined,
): { privateKey: KeyObject | undefined; publicKey: KeyObject } {
  if (privatePem === undefined && publicPem === undefined) refuse(place, 'it holds no key')
  try {
    const privateKey = privatePem === undefined ? undefined : createPrivateKey(privatePem)
    const publicKey = createPublicKey(privatePem ?? publicPem!)
    if (publicKey.asymmetricKeyType === 'ed25519') return { privateKey, publicKey }
  } catch (cause) {
    refuse(place, 'it is damaged or locked with a password', cause)
  }
  return refuse(place, 'it holds a key of another kind')
}

function readChain(place: string, text: string, key: Uint8Array): Rotation[] {
  const block = pemBlock(text, ROTATION)
  if (block === undefined) return []
  const base64 = block
    .split('\n')
    .filter(line => !line.startsWith('-----'))
    .join('')
  try {
    return readRotations(decode(new Uint8Array(Buffer.from(base64, 'base64'))), key, SITE_LIMITS.rotationsMax)
  } catch (cause) {
    return refuse(place, 'its chain of replaced keys is damaged', cause)
  }
}

function rawKey(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'))
}

function importPrivate(key: KeyObject): Promise<CryptoKey> {
  const pkcs8 = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
}

function pemBlock(text: string, label: string): string | undefined {
  return new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`).exec(text.replaceAll('\r', ''))?.[0]
}

function pem(label: string, bytes: ArrayBuffer | Uint8Array): string {
  const lines =
    Buffer.from(new Uint8Array(bytes))
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function refuse(place: string, why: string, cause?: unknown): never {
  const what = `${place} is no key file of Shoal: ${why}.`
  throw new ShoalError('invalid-argument', `${what} It must be an Ed25519 key, as shoal keygen makes.`, { cause })
}

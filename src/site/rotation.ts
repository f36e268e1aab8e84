/**
 * Keys that replace keys. The old key signs the new one; whoever trusts the old one follows. FORMAT.md, "Rotation".
 *
 * The chain goes from the oldest key to the newest, which is not in it: each link is a key and its signature over the next key.
 */
import { BencodeList, type BencodeValue } from '../metainfo/bencode.ts'
import { concatBytes, equalBytes, toHex } from '../metainfo/bytes.ts'
import { refuseFormat } from './refusal.ts'
import { isSigned, KEY_BYTES, SIGNATURE_BYTES, type Signer } from './signature.ts'

export interface Rotation {
  /** The key that was replaced. */
  readonly key: Uint8Array
  /** Its signature over the key after it. */
  readonly signature: Uint8Array
}

/** Who signs, and the keys it follows. */
export interface Identity {
  readonly key: Uint8Array
  readonly rotated: readonly Rotation[]
}

/** The key that names the site: its first one, so that swarms and what is stored outlive rotations. */
export function siteKeyOf({ key, rotated }: Identity): Uint8Array {
  return rotated[0]?.key ?? key
}

/** Adds a link: `from` hands over to `next`. @param sign with the private half of `from.key` */
export async function rotate(from: Identity, next: Uint8Array, sign: Signer): Promise<Rotation[]> {
  return [...from.rotated, { key: from.key, signature: await sign('rotation', next) }]
}

/** Whether every link holds. */
export async function isChain({ key, rotated }: Identity): Promise<boolean> {
  const links = rotated.map((link, i) => isSigned('rotation', rotated[i + 1]?.key ?? key, link))
  return (await Promise.all(links)).every(holds => holds)
}

/** Whether `ancestor` is the key or one that it follows. */
export function follows({ key, rotated }: Identity, ancestor: Uint8Array): boolean {
  return equalBytes(key, ancestor) || rotated.some(link => equalBytes(link.key, ancestor))
}

/** As the manifest and the pointer hold it: strings of 96 bytes; undefined for an empty chain. */
export function encodeRotations(rotated: readonly Rotation[]): Uint8Array[] | undefined {
  return rotated.length === 0 ? undefined : rotated.map(({ key, signature }) => concatBytes([key, signature]))
}

/**
 * Reads what `encodeRotations` wrote. Whether the links hold is `isChain`'s to say.
 * @param key that the chain leads to
 * @throws ShoalError `site-format`
 */
export function readRotations(value: BencodeValue | undefined, key: Uint8Array, linksMax: number): Rotation[] {
  if (value === undefined) return []
  if (!(value instanceof BencodeList)) refuseFormat('its chain of keys is damaged')
  const rotated: Rotation[] = []
  const seen = new Set([toHex(key)])
  for (const link of value) {
    if (!(link instanceof Uint8Array) || link.length !== KEY_BYTES + SIGNATURE_BYTES)
      refuseFormat('its chain of keys is damaged')
    const old = new Uint8Array(link.subarray(0, KEY_BYTES))
    if (seen.size > linksMax) refuseFormat(`its chain of keys is longer than ${linksMax}`)
    if (seen.has(toHex(old))) refuseFormat('its chain of keys turns in a circle')
    seen.add(toHex(old))
    rotated.push({ key: old, signature: new Uint8Array(link.subarray(KEY_BYTES)) })
  }
  if (rotated.length === 0) refuseFormat('its chain of keys is empty')
  return rotated
}

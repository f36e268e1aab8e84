/**
 * The manifest: a site's files as one v2 torrent with a signed `shoal` dictionary beside its info. FORMAT.md has it field by field.
 *
 * Pure apart from WebCrypto: nothing is fetched, kept or shown here. A page, its worker and the command line read the same.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { BencodeDict, decode, encode } from '../metainfo/bencode.ts'
import { equalBytes, toHex } from '../metainfo/bytes.ts'
import { type Metainfo, parseMetainfo } from '../metainfo/metainfo.ts'
import { bytesOf, countOf, textOf } from './fields.ts'
import { SITE_LIMITS, SITE_PIECE_LENGTH } from './limits.ts'
import { readFiles, readOrigins, readPolicyFields, type SiteFile } from './manifest-fields.ts'
import { isBase } from './paths.ts'
import { asFormatError, refuseFormat, refuseSite } from './refusal.ts'
import { readRotations, siteKeyOf } from './rotation.ts'
import { isSigned, KEY_BYTES, SIGNATURE_BYTES } from './signature.ts'
import { type Accepted, checkKey, checkProgress, type Statement, type Trust } from './trust.ts'

export interface Manifest extends Statement {
  /** A manifest is never a kill; the pointer is. */
  readonly isKilled: false
  readonly metainfo: Metainfo
  /** SHA-256 of the whole manifest. */
  readonly hash: Uint8Array
  /** Address of the folder that paths are relative to; ends in '/'. */
  readonly base: string
  /** The site's first key: names its swarms and what is stored of it. */
  readonly siteKey: Uint8Array
  /** By path, sorted by its bytes. */
  readonly files: ReadonlyMap<string, SiteFile>
  /** Other hosts whose files are listed. */
  readonly origins: readonly string[]
  /** What the owner asks of visitors' clients: see `policy.ts`. */
  readonly policy: ReadonlyMap<string, number | string>
}

/** What a page knows when a manifest comes. */
export interface ManifestTrust extends Trust {
  /** The folder that the manifest was fetched from; ends in '/'. */
  readonly base: string
}

/** Of the `shoal` dictionary. */
export const MANIFEST_FORMAT = 1

/**
 * Reads a manifest and checks everything, the memory of earlier ones last.
 * @returns the manifest, and what to keep in place of `trust.accepted`
 * @throws ShoalError `site-oversize`, `site-format`, `site-key`, `site-signature`, `site-base`, `site-expired`, `site-older`,
 * `site-mismatch`, `site-unsupported`
 */
export async function verifyManifest(
  bytes: Uint8Array,
  trust: ManifestTrust,
): Promise<{ readonly manifest: Manifest; readonly accepted: Accepted }> {
  const { manifest, signature, signed } = readManifest(bytes)
  await checkKey(manifest, trust)
  if (signature === undefined || !(await isSigned('manifest', signed, { key: manifest.key, signature })))
    refuseSite('site-signature', 'it was altered after it was signed')
  if (manifest.base !== trust.base) refuseSite('site-base', `it is made for ${manifest.base}, not for ${trust.base}`)
  return { manifest, accepted: checkProgress(manifest, trust) }
}

export interface ReadManifest {
  readonly manifest: Manifest
  /** undefined: it is not signed yet. */
  readonly signature: Uint8Array | undefined
  /** What the signature is over. */
  readonly signed: Uint8Array
}

/**
 * Reads a manifest and believes it: for its owner, and before the checks.
 * @throws ShoalError `site-oversize`, `site-format`
 */
export function readManifest(bytes: Uint8Array): ReadManifest {
  if (bytes.length > SITE_LIMITS.manifestBytesMax)
    refuseSite('site-oversize', `it has ${bytes.length} bytes, more than ${SITE_LIMITS.manifestBytesMax}`)
  return asFormatError(() => {
    const torrent = decode(bytes)
    const shoal = torrent instanceof BencodeDict ? torrent.dict('shoal') : undefined
    if (!(torrent instanceof BencodeDict) || shoal === undefined) refuseFormat('it is a torrent, but no manifest')
    if (shoal.integer('format') !== MANIFEST_FORMAT) refuseFormat('it is of a later format')
    const signature = shoal.has('signature') ? bytesOf(shoal, 'signature', SIGNATURE_BYTES) : undefined
    return { manifest: readShoal(bytes, torrent, shoal), signature, signed: withoutSignature(torrent, shoal) }
  })
}

function readShoal(bytes: Uint8Array, torrent: BencodeDict, shoal: BencodeDict): Manifest {
  const metainfo = parseMetainfo(bytes)
  const { layout, pieceLayers, infoHashV2 } = metainfo
  if (layout.version === 'v1' || layout.pieceLength !== SITE_PIECE_LENGTH)
    refuseFormat(`it is no v2 torrent with pieces of ${SITE_PIECE_LENGTH} bytes`)
  const longRoots = layout.files
    .filter(({ length }) => length > layout.pieceLength)
    .map(file => toHex(file.piecesRoot!))
  if (pieceLayers.size !== new Set(longRoots).size) refuseFormat('hashes of pieces are missing')
  const key = bytesOf(shoal, 'key', KEY_BYTES)
  const rotated = readRotations(shoal.get('rotated'), key, SITE_LIMITS.rotationsMax)
  const siteKey = siteKeyOf({ key, rotated })
  if (!equalBytes(bytesOf(torrent.dict('info')!, 'shoal site', KEY_BYTES), siteKey))
    refuseFormat('its torrent is of another site')
  const base = textOf(shoal, 'base', SITE_LIMITS.pathCharactersMax)
  if (!isBase(base)) refuseFormat('its base is no address of a folder')
  const origins = readOrigins(shoal.list('origins'))
  return {
    metainfo,
    infoHash: infoHashV2!,
    hash: sha256(bytes),
    isKilled: false,
    version: countOf(shoal, 'version'),
    expires: countOf(shoal, 'expires'),
    base,
    key,
    rotated,
    siteKey,
    files: readFiles(shoal.dict('files'), layout, { siteKey, origins }),
    origins,
    policy: readPolicyFields(shoal.dict('policy')),
  }
}

/** Canonical, so that there is one form of the bytes that are signed. */
function withoutSignature(torrent: BencodeDict, shoal: BencodeDict): Uint8Array {
  const unsigned = new Map([...shoal].filter(([name]) => name !== 'signature'))
  return encode(new Map([...torrent].map(([name, value]) => [name, name === 'shoal' ? unsigned : value])))
}

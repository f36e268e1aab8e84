/** Writes manifests: the inverse of `readManifest`. The same draft gives the same bytes. */
import { sha256 } from '@noble/hashes/sha2.js'
import { ShoalError } from '../errors.ts'
import { BencodeDict, decode, encode, type Encodable } from '../metainfo/bencode.ts'
import { fromUtf8, toLatin1 } from '../metainfo/bytes.ts'
import { type BulkFile, bulkInfo, bulkInfoHash, bulkPieceLength } from './bulk.ts'
import { BULK_BYTES_ABOVE, SITE_LIMITS, SITE_PIECE_LENGTH } from './limits.ts'
import { MANIFEST_FORMAT, readManifest } from './manifest.ts'
import { siteInfo } from './manifest-info.ts'
import { encodeRotations, type Identity, siteKeyOf } from './rotation.ts'
import type { Signer } from './signature.ts'

/** What the signature takes, and a chain of keys that grows. */
const SIGNATURE_ROOM_BYTES = 1024

/** What a manifest says beside its files; all of it can differ from one signature over a deploy to the next. */
export interface ManifestHead extends Identity {
  readonly version: number
  /** Unix seconds. */
  readonly expires: number
}

export interface ManifestDraft extends ManifestHead {
  /** Address of the folder that paths are relative to; ends in '/'. */
  readonly base: string
  /** Of the torrent: a web seed has the files under it. */
  readonly name: string
  readonly files: readonly DraftFile[]
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  readonly origins: readonly string[]
  readonly policy: Readonly<Record<string, number | string>>
  /** Adds a v1 half for clients that know no v2; every file needs its `sha1s`. @default false */
  readonly isHybrid?: boolean
}

export interface DraftFile {
  readonly path: string
  readonly type: string
  readonly encoding: 'gzip' | undefined
  /** Bytes of the plain file. */
  readonly length: number
  readonly isImmutable: boolean
  readonly content: HashedContent
}

/** What travels: the file, or its `.gz` twin. */
export interface HashedContent {
  /** Bytes. */
  readonly length: number
  readonly piecesRoot: Uint8Array
  /** Hashes of its pieces, of `contentPieceLength`; undefined where there is one piece. */
  readonly layer: Uint8Array | undefined
  /** SHA-1 of each piece, 20 bytes, the last one filled up with zeros: for the v1 half. Of bulk files nobody needs it. */
  readonly sha1s?: Uint8Array | undefined
}

/** The piece length of a file, by its length alone. */
export function contentPieceLength(lengthBytes: number): number {
  return lengthBytes > BULK_BYTES_ABOVE ? bulkPieceLength(lengthBytes) : SITE_PIECE_LENGTH
}

/**
 * The manifest without its signature.
 * @throws ShoalError `invalid-argument` when there is no file for the site's swarm, `site-oversize` when there are too many,
 * `site-format` when something in the draft is none that a manifest may hold
 */
export function encodeManifest(draft: ManifestDraft): Uint8Array {
  const siteKey = siteKeyOf(draft)
  const shared = draft.files.filter(({ content }) => content.length <= BULK_BYTES_ABOVE)
  if (shared.length === 0) {
    const what = 'There is no file of up to 8 MiB to list.'
    throw new ShoalError('invalid-argument', `${what} Larger ones are listed beside others: include at least one.`)
  }
  const layers = shared.flatMap(({ content }) =>
    content.layer === undefined ? [] : [[toLatin1(content.piecesRoot), content.layer] as const],
  )
  const bytes = encode({
    ...announce(draft.trackers),
    info: siteInfo(shared, { name: draft.name, siteKey, isHybrid: draft.isHybrid === true }),
    'piece layers': new Map(layers),
    shoal: {
      base: draft.base,
      expires: draft.expires,
      files: new Map(draft.files.map(file => [toLatin1(fromUtf8(file.path)), entryOf(file, siteKey)])),
      format: MANIFEST_FORMAT,
      key: draft.key,
      origins: draft.origins.length === 0 ? undefined : draft.origins,
      policy: new Map(Object.entries(draft.policy).map(([name, value]) => [toLatin1(fromUtf8(name)), value])),
      rotated: encodeRotations(draft.rotated),
      version: draft.version,
    },
    'url-list': draft.webSeeds.length === 0 ? undefined : draft.webSeeds,
  })
  if (bytes.length > SITE_LIMITS.manifestBytesMax - SIGNATURE_ROOM_BYTES) {
    const what = `The manifest of ${draft.files.length} files would have ${bytes.length} bytes, too many for visitors.`
    throw new ShoalError('site-oversize', `${what} List fewer: leave small files out, or exclude some.`)
  }
  readManifest(bytes)
  return bytes
}

/**
 * Signs a manifest, signed or not, whose key is the signer's.
 * @throws ShoalError `site-format`, `site-oversize`
 */
export async function signManifest(bytes: Uint8Array, sign: Signer): Promise<Uint8Array> {
  const signature = await sign('manifest', readManifest(bytes).signed)
  const signed = withShoal(bytes, { signature })
  readManifest(signed)
  return signed
}

/**
 * The same files, policy and addresses under another version, expiry or key; without a signature.
 * @throws ShoalError `site-format` when the key is not of the same site
 */
export function withHead(bytes: Uint8Array, { version, expires, key, rotated }: ManifestHead): Uint8Array {
  const renewed = withShoal(bytes, { version, expires, key, rotated: encodeRotations(rotated), signature: undefined })
  readManifest(renewed)
  return renewed
}

/** The same files and policy at another address, and the same swarm where the last folder of the base is the same; without a signature. */
export function withAddress(
  bytes: Uint8Array,
  { base, trackers, webSeeds }: Pick<ManifestDraft, 'base' | 'trackers' | 'webSeeds'>,
): Uint8Array {
  const torrent = decode(withShoal(bytes, { base, signature: undefined })) as BencodeDict
  const fields = { ...announce(trackers), 'url-list': webSeeds.length === 0 ? undefined : webSeeds }
  const moved = encode(new Map<string, Encodable | undefined>([...torrent, ...Object.entries(fields)]))
  readManifest(moved)
  return moved
}

/** The .torrent of a bulk file: what a v2 client needs, and the hashes of its pieces. */
export function encodeBulkTorrent(
  draft: Pick<ManifestDraft, 'key' | 'rotated' | 'trackers'>,
  { content }: Pick<DraftFile, 'content'>,
  url: string,
): { readonly bytes: Uint8Array; readonly infoHash: Uint8Array } {
  const file: BulkFile = { ...content, pieceLength: contentPieceLength(content.length) }
  const info = bulkInfo(siteKeyOf(draft), file)
  const bytes = encode({
    ...announce(draft.trackers),
    info: decode(info),
    'piece layers': new Map([[toLatin1(content.piecesRoot), content.layer]]),
    'url-list': [url],
  })
  return { bytes, infoHash: sha256(info) }
}

function withShoal(bytes: Uint8Array, fields: Readonly<Record<string, Encodable | undefined>>): Uint8Array {
  const torrent = decode(bytes)
  const shoal = torrent instanceof BencodeDict ? torrent.dict('shoal') : undefined
  if (!(torrent instanceof BencodeDict) || shoal === undefined)
    throw new ShoalError('site-format', 'This is no manifest. Run shoal build to make one.')
  const changed = new Map<string, Encodable | undefined>([...shoal, ...Object.entries(fields)])
  return encode(new Map<string, Encodable | undefined>([...torrent, ['shoal', changed]]))
}

function announce(trackers: readonly string[]): Record<string, Encodable | undefined> {
  return {
    announce: trackers[0],
    'announce-list': trackers.length > 1 ? trackers.map(url => [url]) : undefined,
  }
}

function entryOf({ path, type, encoding, length, isImmutable, content }: DraftFile, siteKey: Uint8Array): Encodable {
  if (path === '') throw new ShoalError('invalid-argument', 'A file has no path.')
  const entry = { type, encoding, length: encoding && length, immutable: isImmutable ? 1 : undefined }
  if (content.length <= BULK_BYTES_ABOVE) return entry
  const bulk: BulkFile = { ...content, pieceLength: bulkPieceLength(content.length) }
  return {
    ...entry,
    bytes: bulk.length,
    infohash: bulkInfoHash(siteKey, bulk),
    'piece length': bulk.pieceLength,
    'pieces root': bulk.piecesRoot,
  }
}

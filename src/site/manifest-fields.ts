/** Reads the parts of a manifest's `shoal` dictionary. Everything is refused that does not agree with the torrent. */
import { BencodeDict, type BencodeList } from '../metainfo/bencode.ts'
import { equalBytes, fromLatin1, toUtf8 } from '../metainfo/bytes.ts'
import type { Layout } from '../metainfo/layout.ts'
import { HASH_BYTES } from '../metainfo/merkle.ts'
import { bulkInfoHash, bulkPieceLength } from './bulk.ts'
import { bytesOf, countOf, textOf } from './fields.ts'
import { BULK_BYTES_ABOVE, SITE_LIMITS } from './limits.ts'
import { isOrigin, isSitePath, isSiteType, originOf } from './paths.ts'
import { refuseFormat } from './refusal.ts'

/** A listed file. */
export interface SiteFile {
  /** Relative to the base, not percent-encoded. */
  readonly path: string
  /** Content type. */
  readonly type: string
  /** gzip: what travels, and what the hashes are over, is the `.gz` twin. */
  readonly encoding: 'gzip' | undefined
  /** Bytes of the plain file. */
  readonly length: number
  /** What lies at the address never changes. */
  readonly isImmutable: boolean
  /** Bytes as they travel. */
  readonly contentLength: number
  /** Root of what travels, 32 bytes. */
  readonly piecesRoot: Uint8Array
  /** Index among the files of the site's torrent, or the file's own torrent. */
  readonly swarm: SharedSwarm | BulkSwarm
}

export interface SharedSwarm {
  readonly kind: 'shared'
  /** Index into `metainfo.layout.files`. */
  readonly file: number
}

export interface BulkSwarm {
  readonly kind: 'bulk'
  /** v2. */
  readonly infoHash: Uint8Array
  readonly pieceLength: number
}

/**
 * @param files of the `shoal` dictionary
 * @throws ShoalError `site-format`
 */
export function readFiles(
  files: BencodeDict | undefined,
  layout: Layout,
  { siteKey, origins }: { readonly siteKey: Uint8Array; readonly origins: readonly string[] },
): ReadonlyMap<string, SiteFile> {
  if (files === undefined) refuseFormat('it has no list of files')
  const shared = sharedFiles(layout)
  const read = new Map<string, SiteFile>()
  for (const [name, entry] of files) {
    const path = toUtf8(fromLatin1(name)!)
    if (!isSitePath(path)) refuseFormat('a path in it is none that a site may list')
    const origin = originOf(path)
    if (origin !== undefined && !origins.includes(origin))
      refuseFormat(`a file in it is on ${origin}, which it does not name`)
    if (!(entry instanceof BencodeDict)) refuseFormat('its list of files is damaged')
    const file = readFile(path, entry, { layout, shared, siteKey })
    if (file.swarm.kind === 'shared') shared.delete(torrentPath(path, file.encoding))
    read.set(path, file)
  }
  if (shared.size > 0) refuseFormat('its torrent holds files that it does not list')
  return read
}

/** Where a file lies in the site's torrent. */
export function torrentPath(path: string, encoding: 'gzip' | undefined): string {
  return encoding === 'gzip' ? `${path}.gz` : path
}

interface Surroundings {
  readonly layout: Layout
  /** Files of the torrent that no path has named yet. */
  readonly shared: ReadonlyMap<string, number>
  readonly siteKey: Uint8Array
}

function readFile(path: string, entry: BencodeDict, { layout, shared, siteKey }: Surroundings): SiteFile {
  const type = textOf(entry, 'type', SITE_LIMITS.typeCharactersMax)
  if (!isSiteType(type)) refuseFormat('a file in it has a content type that a site may not list')
  const encoding = entry.has('encoding') ? textOf(entry, 'encoding', 4) : undefined
  if (encoding !== undefined && encoding !== 'gzip') refuseFormat('a file in it has an unknown encoding')
  const immutable = entry.get('immutable')
  if (immutable !== undefined && immutable !== 1) refuseFormat('its list of files is damaged')
  const content = entry.has('infohash')
    ? readBulk(entry, siteKey)
    : readShared(layout, shared.get(torrentPath(path, encoding)))
  const length = encoding === undefined ? content.contentLength : countOf(entry, 'length')
  return { path, type, encoding, length, isImmutable: immutable === 1, ...content }
}

type Content = Pick<SiteFile, 'contentLength' | 'piecesRoot' | 'swarm'>

function readShared(layout: Layout, file: number | undefined): Content {
  const found = file === undefined ? undefined : layout.files[file]
  if (file === undefined || found?.piecesRoot === undefined) refuseFormat('a file in it is not in its torrent')
  return { contentLength: found.length, piecesRoot: found.piecesRoot, swarm: { kind: 'shared', file } }
}

function readBulk(entry: BencodeDict, siteKey: Uint8Array): Content {
  const contentLength = countOf(entry, 'bytes')
  const pieceLength = countOf(entry, 'piece length')
  const piecesRoot = bytesOf(entry, 'pieces root', HASH_BYTES)
  const infoHash = bytesOf(entry, 'infohash', HASH_BYTES)
  const isBulk = contentLength > BULK_BYTES_ABOVE && pieceLength === bulkPieceLength(contentLength)
  if (!isBulk || !equalBytes(infoHash, bulkInfoHash(siteKey, { piecesRoot, length: contentLength, pieceLength })))
    refuseFormat('a large file in it has another infohash than it must have')
  return { contentLength, piecesRoot, swarm: { kind: 'bulk', infoHash, pieceLength } }
}

/** Files of the torrent by their path as the torrent has it, without the torrent's name. */
function sharedFiles({ files }: Layout): Map<string, number> {
  return new Map(
    files.map(({ path, rawPath, length }, file) => {
      if (length > BULK_BYTES_ABOVE) refuseFormat('a file in its torrent is too large for it')
      return [(rawPath ?? path.split('/')).slice(1).join('/'), file]
    }),
  )
}

/** @throws ShoalError `site-format` */
export function readOrigins(list: BencodeList | undefined): string[] {
  const origins: string[] = []
  for (const item of list ?? []) {
    const origin = item instanceof Uint8Array ? toUtf8(item) : ''
    if (!isOrigin(origin) || origins.length === SITE_LIMITS.originsMax)
      refuseFormat('its list of other hosts is damaged or too long')
    origins.push(origin)
  }
  return origins
}

/** @throws ShoalError `site-format` */
export function readPolicyFields(dict: BencodeDict | undefined): Map<string, number | string> {
  const policy = new Map<string, number | string>()
  for (const [key, item] of dict ?? []) {
    const name = toUtf8(fromLatin1(key)!)
    const value = item instanceof Uint8Array ? toUtf8(item) : item
    const isPlain = typeof value === 'number' || typeof value === 'string'
    if (!isPlain || policy.size === SITE_LIMITS.policyEntriesMax || !isPolicyEntry(name, value))
      refuseFormat('its policy is damaged or too long')
    policy.set(name, value)
  }
  return policy
}

/** Whether name and value are short enough. */
export function isPolicyEntry(name: string, value: number | string): boolean {
  return name.length > 0 && `${name}${value}`.length <= SITE_LIMITS.policyCharactersMax
}

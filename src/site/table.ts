/**
 * The table of listed files: all that the service worker must know to answer a request at once, without the manifest.
 *
 * `shoal build` makes it from the manifest (`encodeTable`) and writes it into the worker's script (`placeTable`), where it takes the
 * place of a marker: JSON is JavaScript, so that it needs neither a parser nor `eval`.
 *
 *     { version, scope, types, routes, files: { [hash of the path]: [length, index of the type, root, piece length, immutable, gzip length] } }
 *
 * The hash is FNV-1a of 64 bits over what follows the path's '/' (an address's 'h'), in hexadecimal digits; `immutable` is 1 or 0; the gzip length is 0
 * where there is no twin.
 */
import { ShoalError } from '../errors.ts'
import { toHex } from '../metainfo/bytes.ts'
import { type Route, routesFor } from './routes.ts'

/** In `dist/shoal-sw.js`, exactly once: what `placeTable` replaces, with the quotes around it. */
export const TABLE_MARKER = '%SHOAL_TABLE%'

/** A listed file. */
export interface TableEntry {
  /** As `new URL(…).pathname` has it: from '/', percent-encoded, without a query. Of a file on another host its whole address. */
  readonly path: string
  /** Bytes that a page gets, at least 1: an empty file has no root and stays with HTTP. */
  readonly lengthBytes: number
  /** The Content-Type, as the origin sends it. */
  readonly type: string
  /**
   * Bytes of the gzip twin. With it, root and pieces are those of the twin, which the origin serves under the path and `.gz`,
   * without a Content-Encoding. @default no twin: root and pieces are those of the file
   */
  readonly gzipBytes?: number
  /** The v2 "pieces root" (BEP 52), 32 bytes. */
  readonly root: Uint8Array
  /** Bytes; a power of two, 16 KiB or more. */
  readonly pieceLength: number
  /** The URL never has other content: it is fingerprinted, or declared so. Others are served to pages of this version only. */
  readonly isImmutable: boolean
}

export interface SiteTable {
  /** Of the manifest, and of pages as `data-version`: a whole number that grows with every deploy. */
  readonly version: number
  /** First part of content keys in the store (`keys.ts`): the same for every deploy of a site. Letters, digits, '-' and '_'. */
  readonly scope: string
  readonly entries: readonly TableEntry[]
}

/** A listed file, found by its path. */
export interface Listed {
  readonly lengthBytes: number
  readonly mediaTypeName: string
  /** Bytes that the root stands for and the store holds: the twin's where `isGzip`, else `lengthBytes`. */
  readonly storedBytes: number
  readonly isGzip: boolean
  /** 64 hexadecimal digits. */
  readonly rootHex: string
  readonly pieceBytes: number
  readonly isImmutable: boolean
}

type Row = readonly [
  lengthBytes: number,
  type: number,
  rootHex: string,
  pieceLength: number,
  isImmutable: 0 | 1,
  gzipBytes: number,
]

/** What a worker holds. */
export interface Table {
  readonly version: number
  readonly scope: string
  readonly types: readonly string[]
  /** What the worker gives the browser when it is installed. */
  readonly routes: readonly Route[]
  readonly files: Readonly<Record<string, Row>>
}

const ROOT_BYTES = 32

/**
 * The table as text.
 * @throws ShoalError `invalid-argument` for an entry that breaks a rule above, for a path that is listed twice, and for two paths of one hash
 */
export function encodeTable({ version, scope, entries }: SiteTable): string {
  check(Number.isSafeInteger(version) && version >= 0, `A site's version must be a whole number, not ${version}.`)
  check(/^[\w-]{1,64}$/.test(scope), `A site's scope must be 1 to 64 letters, digits, '-' or '_', not ${scope}.`)
  const types = [...new Set(entries.map(entry => entry.type))].sort()
  const files: Record<string, Row> = {}
  const paths = new Map<string, string>()
  for (const entry of entries) {
    checkEntry(entry)
    const { path, lengthBytes, type, root, pieceLength, isImmutable, gzipBytes = 0 } = entry
    const hash = hashPath(path)
    const other = paths.get(hash)
    check(other !== path, `${path} is listed twice.`)
    check(other === undefined, `${other} and ${path} have one hash: exclude one of them, or rename it.`)
    paths.set(hash, path)
    files[hash] = [lengthBytes, types.indexOf(type), toHex(root), pieceLength, isImmutable ? 1 : 0, gzipBytes]
  }
  return JSON.stringify({ version, scope, types, routes: routesFor([...paths.values()]), files } satisfies Table)
}

/**
 * The worker's script with the table in it.
 * @param script of `dist/shoal-sw.js`
 * @throws ShoalError `invalid-argument` where the script does not have the marker exactly once
 */
export function placeTable(script: string, table: string): string {
  const parts = script.split(new RegExp(`["'\`]${TABLE_MARKER}["'\`]`))
  check(parts.length === 2, `The worker's script must have ${TABLE_MARKER} once, and has it ${parts.length - 1} times.`)
  return parts.join(table)
}

/** The file that is listed under this path. */
export function findListed({ files, types }: Pick<Table, 'files' | 'types'>, path: string): Listed | undefined {
  const row = files[hashPath(path)]
  if (!row) return undefined
  const [lengthBytes, type, rootHex, pieceBytes, immutable, gzipBytes] = row
  return {
    lengthBytes,
    mediaTypeName: types[type]!,
    storedBytes: gzipBytes || lengthBytes,
    isGzip: gzipBytes > 0,
    rootHex,
    pieceBytes,
    isImmutable: immutable > 0,
  }
}

/**
 * FNV-1a of 64 bits: small, synchronous, and the same everywhere. It need not withstand attackers: listed paths are the site's own, collisions among
 * them are refused, and an unlisted path that somebody made collide would be answered by a listed file of the same site.
 */
function hashPath(path: string): string {
  let hash = 0xcbf29ce484222325n
  for (let i = 1; i < path.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(path.charCodeAt(i))) * 0x100000001b3n)
  }
  return hash.toString(16)
}

function checkEntry({ path, lengthBytes, gzipBytes = 1, type, root, pieceLength }: TableEntry): void {
  const isLength = (length: number): boolean => Number.isSafeInteger(length) && length > 0
  check(
    /^(?:https?:\/\/[^/]+)?\/[!-"$->@-~]*$/.test(path),
    `${path} must be a path from '/', percent-encoded, without '?' and '#'.`,
  )
  check(isLength(lengthBytes) && isLength(gzipBytes), `${path} must have a length of at least one byte.`)
  check(/^[ -~]+$/.test(type), `The content type of ${path} must be printable ASCII, not ${JSON.stringify(type)}.`)
  check(root.length === ROOT_BYTES, `The root of ${path} must have ${ROOT_BYTES} bytes, not ${root.length}.`)
  const isPower = pieceLength >= 0x4000 && pieceLength <= 0x4000_0000 && (pieceLength & (pieceLength - 1)) === 0
  check(isPower, `The piece length of ${path} must be a power of two from 16 KiB to 1 GiB, not ${pieceLength}.`)
}

function check(isRight: boolean, message: string): void {
  if (!isRight) throw new ShoalError('invalid-argument', message)
}

/**
 * The table of listed files: all that the service worker must know to answer a request at once, without the manifest.
 *
 * `shoal build` makes it from the manifest (`encodeTable`) and writes it into the worker's script (`placeTable`), where it takes the
 * place of a marker. It is text of base64 and one dot, so it needs no quoting, no parser but `JSON.parse`, and no `eval`.
 *
 * Format: base64 of the JSON `{ version, scope, types }`, a dot, and base64 of records of 56 bytes, sorted by their hash. All numbers are
 * big-endian: 8 bytes hash of the path after its '/' (FNV-1a, 64 bit), 6 length, 6 stored length, 2 index of the type, 1 flags (1 immutable,
 * 2 gzip), 1 binary logarithm of the piece length, 32 root.
 */
import { ShoalError } from '../errors.ts'

/** In `dist/shoal-sw.js`, exactly once and inside quotes: what `placeTable` replaces. */
export const TABLE_MARKER = '%SHOAL_TABLE%'

/** A listed file. */
export interface TableEntry {
  /** As `new URL(…).pathname` has it: from '/', percent-encoded, without a query. */
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
  readonly type: string
  /** Bytes that the root stands for and the store holds: the twin's where `isGzip`, else `lengthBytes`. */
  readonly storedBytes: number
  readonly isGzip: boolean
  readonly root: Uint8Array
  readonly pieceLength: number
  readonly isImmutable: boolean
}

/** What a worker holds: lookups read the records as they are, so that starting costs nothing but base64. */
export interface Table {
  readonly version: number
  readonly scope: string
  readonly types: readonly string[]
  readonly records: DataView
}

const RECORD_BYTES = 56
const ROOT_OFFSET = 24
const ROOT_BYTES = 32
const IMMUTABLE = 1
const GZIP = 2
/** Of six bytes. */
const LENGTH_MAX = 0xffff_ffff_ffff
const TYPES_MAX = 0x10000
const HIGH = 0x1_0000_0000

/**
 * The table as text.
 * @throws ShoalError `invalid-argument` for an entry that breaks a rule above, for a path that is listed twice, and for two paths of one hash
 */
export function encodeTable({ version, scope, entries }: SiteTable): string {
  check(Number.isSafeInteger(version) && version >= 0, `A site's version must be a whole number, not ${version}.`)
  check(/^[\w-]{1,64}$/.test(scope), `A site's scope must be 1 to 64 letters, digits, '-' or '_', not ${scope}.`)
  const types = [...new Set(entries.map(entry => entry.type))].sort()
  check(types.length <= TYPES_MAX, `A site may have ${TYPES_MAX} content types, not ${types.length}.`)
  const hashed = entries.map(entry => ({ entry, hash: hashPath(entry.path) }))
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1))
  const records = new DataView(new ArrayBuffer(entries.length * RECORD_BYTES))
  for (const [index, { entry, hash }] of hashed.entries()) {
    checkEntry(entry)
    const before = hashed[index - 1]
    check(
      before?.hash !== hash,
      before?.entry.path === entry.path
        ? `${entry.path} is listed twice.`
        : `${before?.entry.path} and ${entry.path} have one hash: exclude one of them, or rename it.`,
    )
    writeRecord(records, index * RECORD_BYTES, { entry, hash, type: types.indexOf(entry.type) })
  }
  const head = JSON.stringify({ version, scope, types })
  return `${btoa(head)}.${toBase64(new Uint8Array(records.buffer))}`
}

/**
 * The worker's script with the table in it.
 * @param script of `dist/shoal-sw.js`
 * @throws ShoalError `invalid-argument` where the script does not have the marker exactly once
 */
export function placeTable(script: string, table: string): string {
  const parts = script.split(TABLE_MARKER)
  check(parts.length === 2, `The worker's script must have ${TABLE_MARKER} once, and has it ${parts.length - 1} times.`)
  return parts.join(table)
}

/** What `encodeTable` wrote; undefined for anything else, such as the marker. Trusted: it is part of the script. */
export function readTable(text: string): Table | undefined {
  const [head, records] = text.split('.')
  if (records === undefined) return undefined
  return { ...JSON.parse(atob(head!)), records: new DataView(fromBase64(records).buffer) }
}

/** The file that is listed under this path. */
export function findListed({ records, types }: Table, path: string): Listed | undefined {
  const hash = hashPath(path)
  let first = 0
  let end = records.byteLength / RECORD_BYTES
  while (first < end) {
    const middle = (first + end) >> 1
    const at = middle * RECORD_BYTES
    const found = records.getBigUint64(at)
    if (found < hash) first = middle + 1
    else if (found > hash) end = middle
    else {
      const flags = records.getUint8(at + 22)
      return {
        lengthBytes: readLength(records, at + 8),
        type: types[records.getUint16(at + 20)]!,
        storedBytes: readLength(records, at + 14),
        isGzip: (flags & GZIP) > 0,
        root: new Uint8Array(records.buffer, at + ROOT_OFFSET, ROOT_BYTES),
        // Above 2^30 a shift would overflow; `checkEntry` allows no more.
        pieceLength: 1 << records.getUint8(at + 23),
        isImmutable: (flags & IMMUTABLE) > 0,
      }
    }
  }
  return undefined
}

/**
 * FNV-1a of 64 bits: small, synchronous, and the same everywhere. It need not withstand attackers: listed paths are the site's own, collisions among
 * them are refused, and an unlisted path that somebody made collide would be answered by a listed file of the same site.
 */
function hashPath(path: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (let i = 1; i < path.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(path.charCodeAt(i))) * 0x100000001b3n)
  }
  return hash
}

function writeRecord(
  records: DataView,
  at: number,
  { entry, hash, type }: { entry: TableEntry; hash: bigint; type: number },
): void {
  const { lengthBytes, gzipBytes, isImmutable, pieceLength, root } = entry
  records.setBigUint64(at, hash)
  writeLength(records, at + 8, lengthBytes)
  writeLength(records, at + 14, gzipBytes ?? lengthBytes)
  records.setUint16(at + 20, type)
  records.setUint8(at + 22, (isImmutable ? IMMUTABLE : 0) | (gzipBytes === undefined ? 0 : GZIP))
  records.setUint8(at + 23, 31 - Math.clz32(pieceLength))
  new Uint8Array(records.buffer, at + ROOT_OFFSET, ROOT_BYTES).set(root)
}

function writeLength(records: DataView, at: number, length: number): void {
  records.setUint16(at, Math.floor(length / HIGH))
  records.setUint32(at + 2, length % HIGH)
}

function readLength(records: DataView, at: number): number {
  return records.getUint16(at) * HIGH + records.getUint32(at + 2)
}

function checkEntry({ path, lengthBytes, gzipBytes = 1, type, root, pieceLength }: TableEntry): void {
  const isLength = (length: number): boolean => Number.isSafeInteger(length) && length > 0 && length <= LENGTH_MAX
  check(/^\/[!-"$->@-~]*$/.test(path), `${path} must be a path from '/', percent-encoded, without '?' and '#'.`)
  check(isLength(lengthBytes) && isLength(gzipBytes), `${path} must have a length of 1 to ${LENGTH_MAX} bytes.`)
  check(/^[ -~]+$/.test(type), `The content type of ${path} must be printable ASCII, not ${JSON.stringify(type)}.`)
  check(root.length === ROOT_BYTES, `The root of ${path} must have ${ROOT_BYTES} bytes, not ${root.length}.`)
  const isPower = pieceLength >= 0x4000 && pieceLength <= 0x4000_0000 && (pieceLength & (pieceLength - 1)) === 0
  check(isPower, `The piece length of ${path} must be a power of two from 16 KiB to 1 GiB, not ${pieceLength}.`)
}

function check(isRight: boolean, message: string): void {
  if (!isRight) throw new ShoalError('invalid-argument', message)
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  // A multiple of three, so that the parts need no padding between them.
  for (let i = 0; i < bytes.length; i += 3072) text += btoa(String.fromCharCode(...bytes.subarray(i, i + 3072)))
  return text
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}

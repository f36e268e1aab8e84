/**
 * The listing: what the files of a private share are called, how long they are and of what type. Its text is JSON in one
 * form only, and what a stranger wrote in it is checked as if it were a torrent's own list.
 */
import { createTorrent } from '../shoal.min.js'
import { PrivateShareError } from './errors.ts'

export interface Listing {
  /** Of the share: its folder, or its only file. */
  readonly name: string
  /** In the order of the numbered files: the first is file 1 of the torrent. */
  readonly files: readonly ListedFile[]
}

export interface ListedFile {
  /** '/'-joined. It begins with the share's name, or is that name: as a torrent's paths do. */
  readonly path: string
  /** Bytes of content, without padding. */
  readonly length: number
  /** MIME type without parameters, or '' where none is known. */
  readonly type: string
}

/** Files in one share. */
export const LISTED_FILES_MAX = 50_000
/** Bytes of a listing's text. */
export const LISTING_BYTES_MAX = 16 * 1024 * 1024

/** RFC 6838, 4.2. */
const MIME_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/

/**
 * Names files as a torrent of them would be named: safe for every disk, no two of them alike.
 * @param name @default the folder that all files lie in, or the file's name
 * @throws ShoalError `invalid-argument`, `invalid-path`; PrivateShareError `invalid-argument` for too many files
 */
export async function listFiles(
  chosen: readonly { readonly path: string; readonly length: number; readonly type?: string }[],
  name?: string,
): Promise<Listing> {
  if (chosen.length > LISTED_FILES_MAX) {
    throw new PrivateShareError('invalid-argument', `A private share has ${LISTED_FILES_MAX} files at the most.`)
  }
  const named = await safeNames(
    chosen.map(({ path }) => path),
    name,
  )
  const files = chosen.map(({ length, type = '' }, i) => ({ path: named.paths[i]!, length, type: plainType(type) }))
  return { name: named.name, files }
}

/** The listing's text: JSON as `JSON.stringify` writes it, keys in this order. UTF-8. */
export function encodeListing({ name, files }: Listing): Uint8Array<ArrayBuffer> {
  const plain = { name, files: files.map(({ path, length, type }) => ({ path, length, type })) }
  return new TextEncoder().encode(JSON.stringify(plain))
}

/**
 * Reads a listing, and makes its names safe as the library does those of torrents.
 * @throws PrivateShareError `bad-listing`, with what is wrong
 */
export async function parseListing(bytes: Uint8Array): Promise<Listing> {
  if (bytes.length > LISTING_BYTES_MAX) refuse('is too long')
  const listing = checkListing(readJson(bytes))
  // One form only: nothing stands in it that is not checked here, no key twice, no number written otherwise.
  if (!isSame(encodeListing(listing), bytes)) refuse('is not in its canonical form')
  for (const { path } of listing.files) checkPath(path, listing.name)
  try {
    const { name, paths } = await safeNames(
      listing.files.map(({ path }) => path),
      listing.name,
    )
    return { name, files: listing.files.map((file, i) => ({ ...file, path: paths[i]! })) }
  } catch (cause) {
    return refuse(`has names that cannot be used (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  }
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    return refuse('cannot be read', cause)
  }
}

function checkListing(value: unknown): Listing {
  if (!isRecord(value) || typeof value.name !== 'string' || !Array.isArray(value.files)) refuse('cannot be read')
  if (value.files.length === 0) refuse('is empty')
  if (value.files.length > LISTED_FILES_MAX) refuse(`has more than ${LISTED_FILES_MAX} files`)
  return { name: value.name, files: value.files.map(checkFile) }
}

function checkFile(value: unknown): ListedFile {
  if (!isRecord(value)) refuse('cannot be read')
  const { path, length, type } = value
  if (typeof path !== 'string' || typeof type !== 'string') refuse('cannot be read')
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) refuse('has a file of no valid length')
  if (type !== '' && !MIME_TYPE.test(type)) refuse('has a file of no valid type')
  return { path, length, type }
}

/** What the library would pass over or put right on the way is no honest sender's: those have made their names safe. */
function checkPath(path: string, name: string): void {
  const components = path.split('/')
  if (components.some(component => ['', '.', '..'].includes(component))) refuse('has a path that leads elsewhere')
  if (path.includes('\0')) refuse('has a path with a NUL')
  if (components[0] !== name) refuse('has a path outside its folder')
}

/** Lets the library name a torrent of empty files in these places. */
async function safeNames(paths: readonly string[], name?: string): Promise<{ name: string; paths: string[] }> {
  const empty = new Uint8Array(0)
  const { layout, ...torrent } = await createTorrent(
    paths.map(path => ({ path, data: empty })),
    // Of all versions this one keeps the order of its files.
    { version: 'v1', ...(name !== undefined && { name }) },
  )
  return { name: torrent.name, paths: layout.files.map(({ path }) => path) }
}

/** `text/plain; charset=utf-8` is text/plain; what is no type is none. */
function plainType(type: string): string {
  const plain = (type.split(';')[0] ?? '').trim().toLowerCase()
  return MIME_TYPE.test(plain) ? plain : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function refuse(what: string, cause?: unknown): never {
  throw new PrivateShareError('bad-listing', `The list of files ${what}.`, { cause })
}

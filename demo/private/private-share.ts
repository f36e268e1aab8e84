/**
 * A share that only those who have its link can read: files are sealed before they leave, under a secret that is in the link's
 * fragment and nowhere else. FORMAT.md has the format, and what it protects.
 */
import type { SeedFile, Shoal, Torrent } from '../shoal.min.js'
import type { PlainBlob } from './cipher-blob.ts'
import { cipherFiles } from './cipher-files.ts'
import { makeEnvelope, openListing, type Envelope, ENVELOPE_BYTES_MAX, readAll, readEnvelope } from './envelope.ts'
import { PrivateShareError } from './errors.ts'
import { fileKey, type KeyMaterial, newSecret, PASSWORD_ITERATIONS, SECRET_BYTES, withPassword } from './keys.ts'
import { type Listing, listFiles } from './listing.ts'
import { listingFile, type PrivateFile, privateFiles } from './private-files.ts'
import { plainStream } from './plain-stream.ts'
import { plainLength } from './records.ts'

/** A file to send: `ChosenFile` is one. */
export interface PrivateSource {
  /** '/'-joined; inside a folder it starts with the folder's name. */
  readonly path: string
  readonly data: PlainBlob & { readonly type?: string }
}

export interface SealOptions {
  /** Of the share. @default the folder that all files lie in, or the file's name */
  readonly name?: string
  /** Asked of whoever opens the link. @default none */
  readonly password?: string
  readonly signal?: AbortSignal
}

/** What was shared, opened. */
export interface PrivateShare {
  readonly name: string
  readonly files: readonly PrivateFile[]
  readonly needsPassword: boolean
}

/** A share of one's own. */
export interface SealedShare {
  /** Of the sealed files; its `ready` says when the link works. */
  readonly torrent: Torrent
  readonly secret: Uint8Array<ArrayBuffer>
  readonly needsPassword: boolean
  readonly listing: Listing
  /** What seeding it again takes, beside the files: see `own-private-shares.ts`. */
  readonly material: KeyMaterial
  readonly envelope: Uint8Array<ArrayBuffer>
}

/** What all private torrents are called: their names tell nothing. */
export const TORRENT_NAME = 'private'

/**
 * Seals files under a fresh secret and seeds them. Resolves once they are being hashed.
 * @throws ShoalError `invalid-argument`, `invalid-path`, `closed`; PrivateShareError `invalid-argument`; the signal's reason
 */
export async function sealFiles(
  shoal: Pick<Shoal, 'seed'>,
  chosen: readonly PrivateSource[],
  { name, password, signal }: SealOptions = {},
): Promise<SealedShare> {
  const described = chosen.map(({ path, data }) => ({ path, length: data.size, type: data.type ?? '' }))
  const listing = await listFiles(described, name)
  const secret = newSecret()
  const needsPassword = password !== undefined
  const material = needsPassword ? await withPassword(secret, password) : secret
  const envelope = await makeEnvelope(
    listing,
    needsPassword ? { material, iterations: PASSWORD_ITERATIONS } : undefined,
  )
  signal?.throwIfAborted()
  const sealed = cipherFiles({ material, envelope, contents: chosen.map(({ data }) => data) })
  const numbered = sealed.map((data, number): SeedFile => ({ path: String(number), data: data! }))
  const torrent = shoal.seed(numbered, { name: TORRENT_NAME, version: 'v2', ...(signal && { signal }) })
  return { torrent, secret, needsPassword, listing, material, envelope }
}

/** The sender's own view, with true names. Waits for the torrent to be `ready`. */
export async function openSealed({
  torrent,
  listing,
  material,
}: Pick<SealedShare, 'torrent' | 'listing' | 'material'>): Promise<PrivateShare> {
  await torrent.ready
  return shareOf(torrent, listing, material)
}

/**
 * Opens what a link names. The torrent is best added with `select: 'none'`: nothing but the listing is fetched then, and files
 * are fetched as they are selected or read.
 * @throws PrivateShareError `needs-password`, `wrong-password`, `not-ours`, `unsupported`, `bad-listing`; ShoalError as
 * `torrent.ready` and reads of files do
 */
export async function openShare(
  torrent: Torrent,
  secret: Uint8Array<ArrayBuffer>,
  { password, signal }: { readonly password?: string; readonly signal?: AbortSignal } = {},
): Promise<PrivateShare> {
  await torrent.ready
  const envelope = await fetchEnvelope(torrent, secret, signal)
  const { iterations } = envelope
  if (iterations > 0 && password === undefined) {
    throw new PrivateShareError('needs-password', 'These files open with a password. Ask the sender for it.')
  }
  const material = iterations > 0 ? await withPassword(secret, password!, iterations) : secret
  signal?.throwIfAborted()
  return shareOf(torrent, await openListing(envelope, material), material)
}

function shareOf(torrent: Torrent, listing: Listing, material: KeyMaterial): PrivateShare {
  return {
    name: listing.name,
    files: privateFiles(torrent, listing, material),
    needsPassword: material.length > SECRET_BYTES,
  }
}

async function fetchEnvelope(
  torrent: Torrent,
  secret: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<Envelope> {
  const source = listingFile(torrent)
  const end = source && plainLength(source.length)
  if (torrent.version !== 'v2' || end === undefined || end > ENVELOPE_BYTES_MAX) throw notOurs()
  try {
    return readEnvelope(
      await readAll(plainStream({ source: source!, key: () => fileKey(secret, 0), start: 0, end, signal })),
    )
  } catch (cause) {
    throw cause instanceof PrivateShareError && cause.code === 'damaged' ? notOurs(cause) : cause
  }
}

function notOurs(cause?: unknown): PrivateShareError {
  const message = 'The key in this link does not open these files. Ask the sender for the whole link.'
  return new PrivateShareError('not-ours', message, { cause })
}

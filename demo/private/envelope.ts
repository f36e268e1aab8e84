/**
 * File 0 of a private share before it is sealed: which format this is, whether a password is needed, and the listing. It is
 * sealed by the secret alone, so that whoever has the link is told whether a password is missing or wrong; where there is a
 * password, the listing inside is sealed once more, with the password mixed in.
 */
import { cipherBlob } from './cipher-blob.ts'
import { PrivateShareError } from './errors.ts'
import { type KeyMaterial, listingKey, PASSWORD_ITERATIONS, PASSWORD_ITERATIONS_MAX } from './keys.ts'
import { encodeListing, type Listing, LISTING_BYTES_MAX, parseListing } from './listing.ts'
import { paddedLength } from './padding.ts'
import { plainStream } from './plain-stream.ts'
import { cipherLength, plainLength } from './records.ts'

export interface Envelope {
  /** Rounds of PBKDF2; 0: there is no password. */
  readonly iterations: number
  /** The listing's text, sealed where there is a password. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** ASCII, 16 bytes: the format and its version. */
const MAGIC = 'shoal private 1\n'
/** What the magic of every version begins with. */
const MAGIC_KIND = 'shoal private '
const ITERATIONS_AT = 16
const BODY_LENGTH_AT = 20
const BODY_AT = 24

/** Bytes of file 0 before it is sealed: the longest padded length that is one record. */
const ENVELOPE_BYTES_MIN = 15_872

/** The same, at the most. */
export const ENVELOPE_BYTES_MAX = paddedLength(BODY_AT + cipherLength(LISTING_BYTES_MAX))

/** @param password the key material with the password mixed in, and the rounds it was stretched by; undefined: none */
export async function makeEnvelope(
  listing: Listing,
  password?: { readonly material: KeyMaterial; readonly iterations: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const text = encodeListing(listing)
  if (text.length > LISTING_BYTES_MAX) {
    throw new PrivateShareError('invalid-argument', 'The names of the files are too long. Share fewer at a time.')
  }
  const body = password === undefined ? text : await sealText(text, password.material)
  const envelope = new Uint8Array(paddedEnvelopeLength(body.length))
  envelope.set(new TextEncoder().encode(MAGIC))
  const view = new DataView(envelope.buffer)
  view.setUint32(ITERATIONS_AT, password?.iterations ?? 0)
  view.setUint32(BODY_LENGTH_AT, body.length)
  envelope.set(body, BODY_AT)
  return envelope
}

/** @throws PrivateShareError `not-ours`, `unsupported`, `bad-listing` */
export function readEnvelope(bytes: Uint8Array<ArrayBuffer>): Envelope {
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC.length))
  if (!magic.startsWith(MAGIC_KIND)) throw new PrivateShareError('not-ours', 'This is no private share.')
  if (magic !== MAGIC) {
    throw new PrivateShareError('unsupported', 'These files were sealed by a later version. Reload this page for it.')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const iterations = view.getUint32(ITERATIONS_AT)
  const length = view.getUint32(BODY_LENGTH_AT)
  const isBounded = iterations === 0 || (iterations >= PASSWORD_ITERATIONS && iterations <= PASSWORD_ITERATIONS_MAX)
  const isWhole =
    bytes.length === paddedEnvelopeLength(length) && bytes.subarray(BODY_AT + length).every(byte => byte === 0)
  if (!isBounded || !isWhole)
    throw new PrivateShareError('bad-listing', 'The list of files is not in its canonical form.')
  return { iterations, body: bytes.slice(BODY_AT, BODY_AT + length) }
}

/**
 * @param material with the password mixed in where `iterations` says that there is one
 * @throws PrivateShareError `wrong-password`, `bad-listing`
 */
export async function openListing({ iterations, body }: Envelope, material: KeyMaterial): Promise<Listing> {
  return parseListing(iterations === 0 ? body : await openText(body, material))
}

/** Listings of few files all look alike. */
function paddedEnvelopeLength(bodyBytes: number): number {
  return paddedLength(BODY_AT + bodyBytes, ENVELOPE_BYTES_MIN)
}

async function sealText(text: Uint8Array<ArrayBuffer>, material: KeyMaterial): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = cipherBlob({
    source: new Blob([text]),
    key: () => listingKey(material),
    paddedBytes: text.length,
  })
  return new Uint8Array(await sealed.arrayBuffer())
}

async function openText(body: Uint8Array<ArrayBuffer>, material: KeyMaterial): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = new Blob([body])
  const source = {
    length: body.length,
    stream: ({ start = 0, end = body.length } = {}) => sealed.slice(start, end).stream(),
  }
  const end = plainLength(body.length)
  if (end === undefined) throw new PrivateShareError('bad-listing', 'The list of files is cut short.')
  try {
    return await readAll(plainStream({ source, key: () => listingKey(material), start: 0, end }))
  } catch (cause) {
    if (!(cause instanceof PrivateShareError)) throw cause
    throw new PrivateShareError('wrong-password', 'The password is wrong.', { cause })
  }
}

/** All bytes of a stream. A `Response` would reject with an error of its own where the stream fails. */
export async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  const reader = stream.getReader()
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) parts.push(value!)
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

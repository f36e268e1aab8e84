/**
 * Links of the share page. An open share: `/#<infohash>` in hex. A private one: `/#<v2 infohash>.<secret>`, each in base64url
 * (RFC 4648, 43 characters), with `.p` after it when a password is needed. The fragment never reaches the server in a request.
 */

/** What a link names. */
export interface ShareLink {
  /** Hex, in lower case: 40 or 64 digits. Of a private share 64. */
  readonly infoHash: string
  /** Of a private share: 32 bytes. */
  readonly secret?: Uint8Array<ArrayBuffer>
  /** The sender set a password. */
  readonly needsPassword: boolean
}

/** A link that cannot be what somebody was given. The message is for people. */
export class LinkError extends Error {
  override readonly name = 'LinkError'
}

interface Page {
  readonly origin: string
  readonly pathname: string
}

/** Characters of 32 bytes in base64url. */
const KEY_CHARACTERS = 43

/** @returns the infohash of a fragment in lower case (40 or 64 hex digits), or undefined */
export function infoHashOf(fragment: string): string | undefined {
  const text = textOf(fragment).toLowerCase()
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : undefined
}

/**
 * Reads the fragment of a link of either kind.
 * @returns undefined when there is nothing in it
 * @throws LinkError when it was cut off or altered
 */
export function readLink(fragment: string): ShareLink | undefined {
  const text = textOf(fragment)
  if (text === '') return undefined
  const infoHash = infoHashOf(text)
  if (infoHash !== undefined) return { infoHash, needsPassword: false }
  const [hash = '', secret, mark, ...others] = text.split('.')
  const isCut = hash.length < KEY_CHARACTERS || secret === undefined || secret.length < KEY_CHARACTERS || mark === ''
  if (isCut) throw new LinkError('This link is cut off at its end. Ask the sender for the whole link.')
  const hashBytes = bytesOf(hash)
  const secretBytes = bytesOf(secret)
  if (!hashBytes || !secretBytes || (mark ?? 'p') !== 'p' || others.length > 0) {
    throw new LinkError('This link was altered on its way. Ask the sender for it again.')
  }
  return { infoHash: toHex(hashBytes), secret: secretBytes, needsPassword: mark === 'p' }
}

/** @returns the link that opens a share on this page */
export function linkTo(infoHash: string, page: Page): string {
  return `${page.origin}${page.pathname}#${infoHash}`
}

/**
 * @param link with the v2 infohash, and 32 bytes of secret
 * @returns the link that opens a private share on this page: whoever has it has the files, but for the password
 */
export function privateLinkTo({ infoHash, secret, needsPassword }: Required<ShareLink>, page: Page): string {
  return linkTo(`${toBase64url(fromHex(infoHash))}.${toBase64url(secret)}${needsPassword ? '.p' : ''}`, page)
}

/** @returns the tracker that serves this page, on the same host and port */
export function trackerOf(page: { readonly protocol: string; readonly host: string }): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}`
}

function textOf(fragment: string): string {
  return fragment.replace(/^#/, '').trim()
}

/** 32 bytes of base64url in its one canonical form, or undefined. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length !== KEY_CHARACTERS || !/^[\w-]+$/.test(text)) return undefined
  const latin1 = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(latin1, character => character.charCodeAt(0))
  return toBase64url(bytes) === text ? bytes : undefined
}

export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], digits => Number.parseInt(digits, 16))
}

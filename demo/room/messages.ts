/**
 * What members say, as PROTOCOL.md has it, and what of it is believed. Pure.
 *
 * Everything is checked for form when it comes: text that is not as `cleanText` and its like would have made it was made by
 * another program, and is dropped like anything else that is wrong.
 */
import { readLink } from '../link.ts'
import { ROOM_LIMITS } from './limits.ts'

export const STATUSES = ['here', 'away', 'busy'] as const
/** As a person chooses it. */
export type Status = (typeof STATUSES)[number]

/** Who is there: said on coming, on every change, as a heartbeat, and on leaving. The highest `n` holds. */
export interface Presence {
  readonly type: 'presence'
  readonly n: number
  readonly name: string
  readonly status: Status | 'left'
}

/** Said once: its number makes it one among those of its sender. */
interface Post {
  /** From 1, lines and files together. */
  readonly n: number
  /** Milliseconds since the epoch by the sender's clock. */
  readonly at: number
  /** Of the sender, for those who come after it left. */
  readonly name: string
}

export interface Line extends Post {
  readonly type: 'line'
  readonly text: string
}

export interface FileOffer extends Post {
  readonly type: 'file'
  /** What is shared, as its sender calls it. */
  readonly title: string
  readonly lengthBytes: number
  readonly fileCount: number
  /** The fragment of a private share's link: `<v2 infohash>.<secret>`. */
  readonly link: string
}

export type Body = Presence | Line | FileOffer

/** A body whose signature was checked, with the bytes that others check again. */
export interface Signed<B extends Body = Body> {
  /** The member's id: 32 hex digits, the hash of its key. */
  readonly sender: string
  readonly body: B
  readonly bytes: Uint8Array<ArrayBuffer>
}

export function encodeBody(body: Body): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(body))
}

/** @returns undefined for anything that no member's page would say */
export function parseBody(bytes: Uint8Array): Body | undefined {
  if (bytes.length > ROOM_LIMITS.bodyBytesMax) return undefined
  const fields = fieldsOf(bytes)
  if (fields === undefined || !isCount(fields.n, 1) || !isClean(fields.name, cleanName, 0)) return undefined
  const { type, n, name } = fields
  if (type === 'presence') {
    const { status } = fields
    return isStatus(status) || status === 'left' ? { type, n, name, status } : undefined
  }
  const { at } = fields
  if (!isCount(at, 0)) return undefined
  if (type === 'line') {
    const { text } = fields
    return isClean(text, cleanText, 1) ? { type, n, at, name, text } : undefined
  }
  const { title, lengthBytes, fileCount, link } = fields
  if (type !== 'file' || !isClean(title, cleanTitle, 1) || !isCount(lengthBytes, 0) || !isCount(fileCount, 1)) {
    return undefined
  }
  return isShareLink(link) ? { type, n, at, name, title, lengthBytes, fileCount, link } : undefined
}

export function isStatus(value: unknown): value is Status {
  return STATUSES.includes(value as Status)
}

/** A name on one line, without what cannot be seen: it could make one name look like another. */
export function cleanName(name: string): string {
  return onOneLine(name, ROOM_LIMITS.nameLengthMax)
}

export function cleanTitle(title: string): string {
  return onOneLine(title, ROOM_LIMITS.titleLengthMax)
}

/** A line of chat: its line breaks stay, other control characters go. */
export function cleanText(text: string): string {
  const clean = text
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Cs}]/gu, '')
    .trim()
  if (new TextEncoder().encode(clean).length <= ROOM_LIMITS.textBytesMax) return clean
  const cut = new TextEncoder().encode(clean).subarray(0, ROOM_LIMITS.textBytesMax)
  // A character that was cut through.
  return new TextDecoder()
    .decode(cut)
    .replace(/\uFFFD+$/, '')
    .trim()
}

function onOneLine(text: string, lengthMax: number): string {
  const visible = text.normalize('NFC').replace(/\s+/g, ' ').replace(/\p{C}/gu, '').trim()
  return [...visible].slice(0, lengthMax).join('').trim()
}

function isClean(value: unknown, clean: (text: string) => string, lengthMin: number): value is string {
  return typeof value === 'string' && value.length >= lengthMin && clean(value) === value
}

function isCount(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min
}

/** A private share's, that opens without a password. */
function isShareLink(value: unknown): value is string {
  if (typeof value !== 'string') return false
  try {
    const link = readLink(value)
    return link?.secret !== undefined && !link.needsPassword && value === value.trim() && !value.startsWith('#')
  } catch {
    return false
  }
}

function fieldsOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * What visitors of a site and a tracker say to each other beyond the tracker protocol of all clients: the site's signed
 * pointer, and bytes by source. `tracker/PROTOCOL.md`, "Sites". It is no part of `shoal.min.js`.
 */
import { fromLatin1, toLatin1 } from '../metainfo/bytes.ts'
import { isFields, parseCount, parseFields } from './tracker.ts'
import type { Fields, SiteExtension } from './tracker.ts'

/** In the order in which they are listed. */
export const SITE_EXTENSIONS: readonly SiteExtension[] = ['pointer', 'stats']

/** Bytes of a pointer: src/site/FORMAT.md. */
export const POINTER_BYTES_MAX = 512

/** What the totals count, in the order in which they are written. */
export const SOURCES = ['peers', 'origin', 'cache', 'wasted', 'duplicates'] as const

/**
 * Bytes that one visitor took of a site since its page began, as HTTP would have sent them: from `peers`, from the `origin` and from
 * what its browser had kept (`cache`); and what came for nothing: `wasted` (not genuine, or given up) and `duplicates`.
 */
export type SiteTotals = { readonly [K in (typeof SOURCES)[number]]: number }

/** A visitor, or whoever publishes a site, tells the newest pointer that it knows, and is told of newer ones from then on. */
export interface PointerRequest {
  readonly type: 'pointer'
  readonly pointer: Uint8Array
}

/** A newer pointer of that site. */
export interface PointerReply {
  readonly type: 'pointer'
  readonly pointer: Uint8Array
}

/** The message that carries a pointer, either way. */
export function encodePointer(pointer: Uint8Array): string {
  return JSON.stringify({ action: 'pointer', pointer: toLatin1(pointer) })
}

/** The pointer in a message; undefined when it is another message, or carries none. */
export function parsePointer(fields: Fields): Uint8Array | undefined {
  const { action, pointer } = fields
  if (action !== 'pointer' || typeof pointer !== 'string' || pointer.length > POINTER_BYTES_MAX) return undefined
  return fromLatin1(pointer)
}

/** undefined: none, or not all of them are counts. */
export function parseSiteTotals(value: unknown): SiteTotals | undefined {
  if (!isFields(value)) return undefined
  const counts = SOURCES.map(source => [source, parseCount(value[source])] as const)
  if (counts.some(([, count]) => count === undefined)) return undefined
  return Object.fromEntries(counts) as SiteTotals
}

/** Those of a message's `extensions` that are of sites. */
export function parseSiteExtensions(value: unknown): readonly SiteExtension[] {
  return Array.isArray(value) ? SITE_EXTENSIONS.filter(extension => value.includes(extension)) : []
}

/** The fields of a message, or undefined. */
export function fieldsOf(text: string): Fields | undefined {
  const fields = parseFields(text)
  return typeof fields === 'string' ? undefined : fields
}

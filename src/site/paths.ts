/** Paths of a site's files: relative to its base, '/'-joined, not percent-encoded; and the addresses they stand for. */
import { SITE_LIMITS, SITE_NAMES } from './limits.ts'

/** Types that a worker never answers with, so that no peer's bytes are ever a page. */
const DOCUMENT_TYPES = /^(?:text\/html|application\/xhtml\+xml)\b/i

/** One of the forms of RFC 9110, without what quoted parameters would allow: it becomes a header. */
const TYPE = /^[a-z0-9][\w.+-]*\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/i

/** Whether a site may list a file by this path. */
export function isSitePath(path: string): boolean {
  if (path.length > SITE_LIMITS.pathCharactersMax || /[\p{Cc}\\\ufffd\p{Cs}]/u.test(path)) return false
  if (path.split('/').some(name => name === '' || name === '.' || name === '..')) return false
  const origin = originOf(path)
  return origin === undefined ? !isReservedPath(path) : isOrigin(origin) && path.split('/').length > 3
}

/** The other host that has a file, of `shoal-origins/https/assets.example/a.png` `https://assets.example`; undefined: the site's own. */
export function originOf(path: string): string | undefined {
  const [first, scheme, host] = path.split('/', 3)
  return first === SITE_NAMES.origins ? `${scheme}://${host}` : undefined
}

/** As browsers write one: `https://assets.example`. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

/** Whether Shoal itself writes there. */
export function isReservedPath(path: string): boolean {
  const names: readonly string[] = Object.values(SITE_NAMES)
  return names.includes(path.split('/', 1)[0]!)
}

/** Whether a site may list a file of this content type. */
export function isSiteType(type: string): boolean {
  return type.length <= SITE_LIMITS.typeCharactersMax && TYPE.test(type) && !DOCUMENT_TYPES.test(type)
}

/** Whether this is a base: an http(s) address that ends in '/', with no query, fragment or user, written as browsers write it. */
export function isBase(text: string): boolean {
  if (text.length > SITE_LIMITS.pathCharactersMax || !URL.canParse(text)) return false
  const { href, protocol, username, password, search, hash } = new URL(text)
  if (href !== text || !['http:', 'https:'].includes(protocol) || !text.endsWith('/')) return false
  return username + password + search + hash === ''
}

/** The address of a file, on whichever host it is, as browsers write what stands in a page: only what has a meaning in addresses is percent-encoded by us. */
export function siteUrl(base: string, path: string): string {
  const origin = originOf(path)
  const [folder, rest] = origin === undefined ? [base, path] : [origin, path.split('/').slice(3).join('/')]
  return new URL(`./${rest.replace(/[%?#\s]/g, encodeURIComponent)}`, folder).href
}

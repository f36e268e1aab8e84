/**
 * What HTTP asks of an answer that is made from a listed file: which requests may be answered at all, status, range and headers
 * (RFC 9110; Fetch for modes and destinations). What the origin alone can know is left to the origin.
 */
import type { Listed } from './table.ts'

/** The part of `Request` that decides. */
export interface Asked {
  readonly url: string
  readonly method: string
  readonly mode: string
  readonly destination: string
  readonly cache: string
  readonly referrer: string
  readonly headers: { get(name: string): string | null; keys(): Iterable<string> }
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  /** The bytes of the file that are the body: none where the first is the end. */
  readonly startByte: number
  readonly endByte: number
}

/** Code that has a global scope of its own, and pages in pages: they have policies of their own. */
const FOREIGN_DESTINATIONS = /worker|frame|object|embed/

/**
 * Path, and query, of what is asked for, where the kind of request is one to answer: a GET or HEAD, within the origin, for a part of a page,
 * that may come from a cache. What is asked of another host by CORS, which lets the page read it anyway, goes by its whole address.
 */
export function pathOf({ url, method, mode, destination, cache, referrer }: Asked, origin: string): string | undefined {
  const isOwn = (address: string): boolean => `${address}/`.startsWith(`${origin}/`)
  return /GET|HEAD/.test(method) &&
    (isOwn(url) || mode === 'cors') &&
    mode !== 'navigate' &&
    !FOREIGN_DESTINATIONS.test(destination) &&
    // 'reload' wants the origin's bytes, 'only-if-cached' the browser's cache; of 'no-store' and 'no-cache' see `answerTo`.
    /default|force|no-/.test(cache) &&
    // A style sheet of somebody else's, for one; without a referrer nobody can tell.
    (isOwn(referrer) || !referrer.startsWith('http'))
    ? // An own address that another one names, in its query, makes no path: that begins with a '/'.
      url.replace(`${origin}/`, '/').replace(/#.*/, '')
    : undefined
}

/**
 * The answer to a GET or HEAD, without its body; undefined where the origin must give it: for conditions that name
 * a validator of the origin's own, and for ranges that servers read in different ways.
 */
export function answerTo({ method, cache, headers }: Asked, file: Listed): Answer | undefined {
  const length = file.lengthBytes
  // Strong: the root stands for every byte.
  const etag = `"${file.rootHex}"`
  const [range, ifRange, ifNoneMatch] = ['range', 'if-range', 'if-none-match'].map(name => headers.get(name))
  // Another tag, or a date, is the origin's to compare. 'no-store' and 'no-cache' want the origin too, but browsers also make them of the
  // default for requests with conditions (Firefox and Chromium): where these name a tag of ours, nobody else can answer.
  if (!(ifNoneMatch ?? ifRange ?? (cache.startsWith('no') ? '' : etag)).includes(etag)) return undefined
  let status = 200
  let start = 0
  let end = length
  // It goes before If-Modified-Since, and before ranges (RFC 9110, 13.2.2).
  if (ifNoneMatch) status = 304
  else {
    // If-Match, If-Modified-Since, If-Unmodified-Since.
    if (/if-[mu]/.test([...headers.keys()].join())) return undefined
    // A weak tag never matches strongly: all is sent then, as for several ranges.
    if (range && !ifRange?.startsWith('W/') && !/^bytes=.*\d.*,.*\d/i.test(range)) {
      const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? []
      // Ranges are defined for GET alone, and servers answer HEAD in different ways.
      if (!(first || last) || method === 'HEAD') return undefined
      status = 206
      start = first ? +first : Math.max(0, length - +last!)
      if (first && last) end = Math.min(length, +last + 1)
      if (start >= length) status = 416
      // The last byte before the first.
      else if (start >= end) return undefined
    }
  }
  const answer: Record<string, string> = { ETag: etag, 'X-Content-Type-Options': 'nosniff', 'Accept-Ranges': 'bytes' }
  if (status < 300) {
    answer['Content-Type'] = file.mediaTypeName
    answer['Content-Length'] = `${end - start}`
  }
  if (status % 10 === 6) answer['Content-Range'] = `bytes ${status < 300 ? `${start}-${end - 1}` : '*'}/${length}`
  return { status, headers: answer, startByte: start, endByte: status > 300 || method === 'HEAD' ? start : end }
}

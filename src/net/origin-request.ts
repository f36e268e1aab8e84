/**
 * One HTTP request for a range of one file, answered in whatever way servers do.
 *
 * Every failure says in a sentence what happened, and in `details.retryable` whether trying again makes sense.
 */
import { ShoalError } from '../errors.ts'
import { ORIGIN_LIMITS } from '../options.ts'

/** The platform's fetch; throws a ShoalError `blocked-address` for what must not be asked. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface RangeRequest {
  readonly url: string
  /** Byte offset in the file. */
  readonly offset: number
  /** Bytes; at least one. */
  readonly length: number
  /** Bytes of the whole file. */
  readonly fileLength: number
  readonly signal: AbortSignal
}

export interface RequestContext {
  readonly fetch: Fetch
  readonly idleTimeoutMs: number
}

/**
 * Hands over exactly `length` bytes, in order, as they arrive. The chunks are valid until `take` returns.
 * @throws ShoalError `web-seed-failed`, `blocked-address` or `aborted`
 */
export async function requestRange(
  request: RangeRequest,
  context: RequestContext,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const idle = new AbortController()
  let touchedAtMs = performance.now()
  const touch = () => {
    touchedAtMs = performance.now()
  }
  // One timer, however many chunks come.
  const timer = setInterval(() => {
    if (performance.now() - touchedAtMs > context.idleTimeoutMs) idle.abort()
  }, context.idleTimeoutMs / 4)
  let hasAnswered = false
  try {
    const response = await open(request, context, AbortSignal.any([request.signal, idle.signal]))
    hasAnswered = true
    touch()
    const skipped = checkResponse(response, request)
    await readBody(response, { skipped, length: request.length, url: request.url, touch }, take)
  } catch (error) {
    if (request.signal.aborted) {
      throw new ShoalError('aborted', 'Fetching from the web seed was stopped.', { details: { retryable: false } })
    }
    if (idle.signal.aborted) throw failure(request.url, 'sent nothing for too long', { retryable: true })
    if (error instanceof ShoalError) throw error
    if (hasAnswered) throw failure(request.url, `broke off: ${messageOf(error)}`, { retryable: true, cause: error })
    throw await explain(error, request, context)
  } finally {
    clearInterval(timer)
    // Ends the rest of a body that is longer than what was asked for.
    idle.abort()
  }
}

/** An error about a web seed. */
export function failure(
  url: string,
  what: string,
  details: { retryable: boolean; status?: number; cause?: unknown },
): ShoalError {
  const { cause, ...facts } = details
  return new ShoalError('web-seed-failed', `The web seed ${url} ${what}.`, { cause, details: { url, ...facts } })
}

async function open(request: RangeRequest, context: RequestContext, signal: AbortSignal): Promise<Response> {
  const { offset, length, fileLength } = request
  const headers: Record<string, string> = {}
  // Without a range the server may compress, and a browser needs no preflight.
  if (length < fileLength) headers.Range = `bytes=${offset}-${offset + length - 1}`
  // Chromium's cache serves one request for a URL at a time; pieces are kept in a store of our own.
  const init: RequestInit = { headers, signal, cache: 'no-store', credentials: 'same-origin' }
  const response = await context.fetch(request.url, init)
  if (response.url !== '') requireHttp(response.url, request.url)
  return response
}

/** How many bytes of the body come before the range. */
function checkResponse(response: Response, { url, offset, length, fileLength }: RangeRequest): number {
  const { status } = response
  if (status === 206) {
    // A browser shows this header only to pages that the server lists it for.
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
    if (range === null) return 0
    const isTotalRight = range[3] === '*' || Number(range[3]) === fileLength
    if (!isTotalRight) throw failure(url, `has another file there, of ${range[3]} bytes`, { retryable: false, status })
    if (Number(range[1]) !== offset || Number(range[2]) < offset + length - 1) {
      throw failure(url, 'sent another range than it was asked for', { retryable: false, status })
    }
    return 0
  }
  if (status === 200) {
    if (offset <= ORIGIN_LIMITS.skippedBytesMax) return offset
    const advice = 'let it answer Range requests'
    throw failure(url, `sends whole files instead of ranges, and this one is large: ${advice}`, {
      retryable: false,
      status,
    })
  }
  const retryable = status >= 500 || status === 429 || status === 408 || status === 425
  throw failure(url, `answered with ${status} ${response.statusText}`.trimEnd(), { retryable, status })
}

async function readBody(
  response: Response,
  range: { skipped: number; length: number; url: string; touch: () => void },
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = response.body?.getReader()
  let toSkip = range.skipped
  let missing = range.length
  while (missing > 0) {
    const result = await reader?.read()
    if (result === undefined || result.done) {
      throw failure(range.url, `ended ${missing} bytes too early`, { retryable: true, status: response.status })
    }
    range.touch()
    const chunk = toSkip > 0 ? result.value.subarray(toSkip) : result.value
    toSkip = Math.max(0, toSkip - result.value.length)
    if (chunk.length === 0) continue
    take(chunk.length <= missing ? chunk : chunk.subarray(0, missing))
    missing -= Math.min(missing, chunk.length)
  }
}

/** What lies behind a fetch that failed without an answer; browsers do not tell pages. */
async function explain(error: unknown, request: RangeRequest, context: RequestContext): Promise<ShoalError> {
  const { url } = request
  // A server that was away for a moment is reachable now, and readable too.
  if ((await isForeignAndReachable(url, context.fetch)) && !(await isReadable(request, context))) {
    const advice = 'its server must send Access-Control-Allow-Origin (CORS), and allow the Range header'
    return failure(url, `is not readable by this page: ${advice}`, { retryable: false, cause: error })
  }
  return failure(url, `could not be reached: ${messageOf(error)}`, { retryable: true, cause: error })
}

/** In a page: whether the server answers requests whose answers the page may not read. */
async function isForeignAndReachable(url: string, fetch: Fetch): Promise<boolean> {
  const page = (globalThis as { location?: { origin?: string } }).location
  if (page?.origin === undefined || new URL(url).origin === page.origin) return false
  const init: RequestInit = { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: 'omit' }
  const signal = AbortSignal.timeout(ORIGIN_LIMITS.idleTimeoutMs)
  return fetch(url, { ...init, signal }).then(
    () => true,
    () => false,
  )
}

async function isReadable(request: RangeRequest, context: RequestContext): Promise<boolean> {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), context.idleTimeoutMs)
  const isOpen = await open(request, context, ending.signal).then(
    () => true,
    () => false,
  )
  clearTimeout(timer)
  ending.abort()
  return isOpen
}

/** @throws ShoalError `web-seed-failed`, in the name of `seedUrl` */
export function requireHttp(url: string, seedUrl: string): void {
  const isHttp = URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)
  if (!isHttp) throw failure(seedUrl, 'is not an http or https address', { retryable: false })
}

/** Node hides what went wrong in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

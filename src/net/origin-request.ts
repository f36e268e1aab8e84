/**
 * One HTTP request for a range of one file, answered in whatever way servers do.
 *
 * Every failure says in a sentence what happened, and in `details.retryable` whether trying again makes sense.
 */
import { messageOf, ShoalError } from '../errors.ts'
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
 * @throws ShoalError `web-seed-failed` or `blocked-address`, or why the signal was aborted
 */
export async function requestRange(
  request: RangeRequest,
  context: RequestContext,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const { url } = request
  const idle = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const touch = () => {
    clearTimeout(timer)
    timer = setTimeout(() => idle.abort(), context.idleTimeoutMs)
  }
  let hasAnswered = false
  try {
    touch()
    const signal = AbortSignal.any([request.signal, idle.signal])
    const response = await context.fetch(url, { ...initOf(request), signal })
    hasAnswered = true
    touch()
    const skipped = checkResponse(response, request)
    await readBody(response, { skipped, length: request.length, url, touch }, take)
  } catch (error) {
    request.signal.throwIfAborted()
    if (idle.signal.aborted) throw failure(url, 'sent nothing for too long', true)
    if (error instanceof ShoalError) throw error
    if (hasAnswered) throw failure(url, `broke off: ${messageOf(error)}`, true, error)
    throw await explain(error, request, context)
  } finally {
    clearTimeout(timer)
    // Ends the rest of a body that is longer than what was asked for.
    idle.abort()
  }
}

/** An error about a web seed. `retryable`: whether trying again makes sense. */
export function failure(url: string, what: string, retryable: boolean, cause?: unknown): ShoalError {
  return new ShoalError('web-seed-failed', `The web seed ${url} ${what}.`, { cause, details: { url, retryable } })
}

function initOf({ offset, length, fileLength }: RangeRequest): RequestInit {
  // Without a range the server may compress, and a browser needs no preflight.
  const headers: HeadersInit = length < fileLength ? { Range: `bytes=${offset}-${offset + length - 1}` } : {}
  // Chromium's cache serves one request for a URL at a time; pieces are kept in a store of our own.
  return { headers, cache: 'no-store', credentials: 'same-origin' }
}

/** How many bytes of the body come before the range. */
function checkResponse(response: Response, { url, offset, length, fileLength }: RangeRequest): number {
  const { status } = response
  if (status === 206) {
    // A browser shows this header only to pages that the server lists it for.
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
    if (range === null) return 0
    const isTotalRight = range[3] === '*' || Number(range[3]) === fileLength
    if (!isTotalRight) throw failure(url, `has another file there, of ${range[3]} bytes`, false)
    if (Number(range[1]) !== offset || Number(range[2]) < offset + length - 1) {
      throw failure(url, 'sent another range than it was asked for', false)
    }
    return 0
  }
  if (status === 200) {
    if (offset <= ORIGIN_LIMITS.skippedBytesMax) return offset
    const advice = 'let it answer Range requests'
    throw failure(url, `sends whole files, and this one is large: ${advice}`, false)
  }
  const retryable = status >= 500 || status === 429 || status === 408 || status === 425
  throw failure(url, `answered with ${status} ${response.statusText}`.trimEnd(), retryable)
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
      throw failure(range.url, `ended ${missing} bytes too early`, true)
    }
    range.touch()
    const chunk = result.value.subarray(toSkip, toSkip + missing)
    toSkip = Math.max(0, toSkip - result.value.length)
    missing -= chunk.length
    take(chunk)
  }
}

/** What lies behind a fetch that failed without an answer; browsers do not tell pages. */
async function explain(cause: unknown, request: RangeRequest, context: RequestContext): Promise<ShoalError> {
  const { url } = request
  const page = (globalThis as { location?: { origin?: string } }).location
  const isForeign = page?.origin !== undefined && new URL(url).origin !== page.origin
  const isAnswered = (init: RequestInit): Promise<boolean> =>
    context.fetch(url, { ...init, method: 'HEAD', signal: AbortSignal.timeout(context.idleTimeoutMs) }).then(
      () => true,
      () => false,
    )
  // A server that was away for a moment is reachable now, and readable too.
  if (
    isForeign &&
    (await isAnswered({ mode: 'no-cors', cache: 'no-store', credentials: 'omit' })) &&
    !(await isAnswered(initOf(request)))
  ) {
    const advice = 'its server must send Access-Control-Allow-Origin, and allow the Range header'
    return failure(url, `is not readable by this page: ${advice}`, false, cause)
  }
  return failure(url, `could not be reached: ${messageOf(cause)}`, true, cause)
}

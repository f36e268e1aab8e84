/**
 * Pieces from web seeds (BEP 19): plain HTTP servers that have the files. Implements the port `Origin`.
 *
 * A fetch is one request for each file that its pieces lie in, a few at a time; bodies are cut into pieces as they
 * stream in, and pieces are handed over in order.
 */
import { ShoalError } from '../errors.ts'
import { isUrl, WEB_SEED_PROTOCOLS } from '../metainfo/urls.ts'
import { ORIGIN_LIMITS } from '../options.ts'
import type { Origin, OriginRequest } from '../ports.ts'
import { fileUrl, type OriginRun, planRuns } from './origin-plan.ts'
import { type Fetch, type RequestContext, requestRange, failure } from './origin-request.ts'

export interface OriginOptions {
  /** @default the browser's */
  readonly fetch?: Fetch
  /** How long a request may bring nothing. @default 20 s */
  readonly idleTimeoutMs?: number
}

/** Fetches from web seeds; keeps nothing between fetches. */
export function createOrigin(options: OriginOptions = {}): Origin {
  const context: RequestContext = {
    // A browser's fetch must be called on its window.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    idleTimeoutMs: options.idleTimeoutMs ?? ORIGIN_LIMITS.idleTimeoutMs,
  }
  return { fetch: (request, piece) => fetchPieces(request, context, piece) }
}

async function fetchPieces(
  request: OriginRequest,
  context: RequestContext,
  deliver: (index: number, bytes: Uint8Array) => void,
): Promise<void> {
  const { url, layout, first, end } = request
  if (!isUrl(url, WEB_SEED_PROTOCOLS)) throw failure(url, 'is not an http or https address', false)
  const failed = new AbortController()
  const signal = AbortSignal.any([request.signal, failed.signal])
  const assembly = new Assembly(request, (index, bytes) => {
    if (!signal.aborted) deliver(index, bytes)
  })
  const runs = planRuns(layout, first, end)[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (const run of runs) await fetchRun(run, request, { context, signal, assembly })
  }
  // The first failure ends the others, which say only that they were stopped.
  const workers = Array.from({ length: ORIGIN_LIMITS.requestsMax }, () => work().catch(error => failed.abort(error)))
  await Promise.all(workers)
  if (request.signal.aborted) {
    throw new ShoalError('aborted', 'Stopped.')
  }
  failed.signal.throwIfAborted()
}

async function fetchRun(
  { file, offset, length, start }: OriginRun,
  { url, layout }: OriginRequest,
  { context, signal, assembly }: { context: RequestContext; signal: AbortSignal; assembly: Assembly },
): Promise<void> {
  let at = start
  const range = { url: fileUrl(url, layout, file), offset, length, fileLength: file.length }
  await requestRange({ ...range, signal }, context, chunk => {
    assembly.put(at, chunk)
    at += chunk.length
  })
}

/** Pieces that are being filled, handed over in order as they become whole. */
class Assembly {
  readonly #request: OriginRequest
  readonly #deliver: (index: number, bytes: Uint8Array) => void
  /** What has come of pieces that are not whole. What no file covers stays zero. */
  readonly #pieces = new Map<number, { readonly bytes: Uint8Array; missing: number }>()
  #next: number

  constructor(request: OriginRequest, deliver: (index: number, bytes: Uint8Array) => void) {
    this.#request = request
    this.#deliver = deliver
    this.#next = request.first
    // Pieces that are all padding come without a byte.
    queueMicrotask(() => this.#handOver())
  }

  /** Takes bytes of the stream of all pieces, from `start` on. */
  put(start: number, bytes: Uint8Array): void {
    const { pieceLength } = this.#request.layout
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((start + at) / pieceLength)
      const offset = (start + at) % pieceLength
      const part = bytes.subarray(at, at + pieceLength - offset)
      const piece = this.#piece(index)
      piece.bytes.set(part, offset)
      piece.missing -= part.length
      at += part.length
    }
    this.#handOver()
  }

  #piece(index: number): { readonly bytes: Uint8Array; missing: number } {
    const known = this.#pieces.get(index)
    if (known !== undefined) return known
    const { layout } = this.#request
    const missing = layout.slices(index).reduce((sum, { length }) => sum + length, 0)
    const piece = { bytes: new Uint8Array(layout.pieceBytes(index)), missing }
    this.#pieces.set(index, piece)
    return piece
  }

  #handOver(): void {
    while (this.#next < this.#request.end) {
      const index = this.#next
      const { bytes, missing } = this.#piece(index)
      if (missing > 0) return
      this.#pieces.delete(index)
      this.#next++
      this.#deliver(index, bytes)
    }
  }
}

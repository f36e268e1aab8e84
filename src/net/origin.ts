/**
 * Pieces from web seeds (BEP 19): plain HTTP servers that have the files. Implements the port `Origin`.
 *
 * A fetch is one request for each file that its pieces lie in, a few at a time; bodies are cut into pieces as they
 * stream in, and pieces are handed over in order.
 */
import { ShoalError } from '../errors.ts'
import { ORIGIN_LIMITS } from '../options.ts'
import type { Origin, OriginRequest } from '../ports.ts'
import { fileUrl, type OriginRun, planRuns } from './origin-plan.ts'
import { type Fetch, type RequestContext, requestRange, requireHttp } from './origin-request.ts'

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
  requireHttp(url, url)
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
    throw new ShoalError('aborted', 'Fetching from the web seed was stopped.', { details: { retryable: false } })
  }
  failed.signal.throwIfAborted()
}

async function fetchRun(
  run: OriginRun,
  { url, layout }: OriginRequest,
  { context, signal, assembly }: { context: RequestContext; signal: AbortSignal; assembly: Assembly },
): Promise<void> {
  const file = layout.files[run.file]
  if (file === undefined || run.length === 0) return
  const range = { url: fileUrl(url, layout, file), offset: run.offset, length: run.length, fileLength: file.length }
  let target = 0
  let filled = 0
  await requestRange({ ...range, signal }, context, chunk => {
    let at = 0
    while (at < chunk.length) {
      const { piece, pieceOffset, length } = run.targets[target] as OriginRun['targets'][number]
      const part = chunk.subarray(at, at + length - filled)
      assembly.put(piece, pieceOffset + filled, part)
      at += part.length
      filled += part.length
      if (filled === length) {
        target++
        filled = 0
      }
    }
  })
}

interface PartialPiece {
  readonly bytes: Uint8Array
  /** Bytes that have not come. */
  missing: number
}

/** Pieces that are being filled, handed over in order as they become whole. */
class Assembly {
  readonly #request: OriginRequest
  readonly #deliver: (index: number, bytes: Uint8Array) => void
  readonly #pieces = new Map<number, PartialPiece>()
  #next: number

  constructor(request: OriginRequest, deliver: (index: number, bytes: Uint8Array) => void) {
    this.#request = request
    this.#deliver = deliver
    this.#next = request.first
    // Pieces that are all padding come without a byte.
    queueMicrotask(() => this.#handOver())
  }

  put(index: number, at: number, bytes: Uint8Array): void {
    const piece = this.#pieces.get(index) ?? this.#begin(index)
    piece.bytes.set(bytes, at)
    piece.missing -= bytes.length
    if (piece.missing === 0) this.#handOver()
  }

  #begin(index: number): PartialPiece {
    // What no file covers stays zero.
    const piece = { bytes: new Uint8Array(this.#request.layout.pieceBytes(index)), missing: this.#fileBytes(index) }
    this.#pieces.set(index, piece)
    return piece
  }

  #handOver(): void {
    while (this.#next < this.#request.end) {
      const index = this.#next
      if ((this.#pieces.get(index)?.missing ?? this.#fileBytes(index)) > 0) return
      const { bytes } = this.#pieces.get(index) ?? this.#begin(index)
      this.#pieces.delete(index)
      this.#next++
      this.#deliver(index, bytes)
    }
  }

  /** Bytes of a piece that lie in files. */
  #fileBytes(index: number): number {
    return this.#request.layout.slices(index).reduce((sum, { length }) => sum + length, 0)
  }
}

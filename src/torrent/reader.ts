/** Reads verified bytes of files, waiting for what is not here yet. */
import { ShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import { STREAM_DEFAULTS } from '../options.ts'
import type { Session } from '../session.ts'

interface Waiter {
  readonly piece: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Ids of wants of streams; those of the selection count from 1. */
const FIRST_STREAM_ID = 1_000_000

export class Reader {
  readonly #session: Session
  readonly #layout: Layout
  readonly #waiters = new Set<Waiter>()
  #lastId = FIRST_STREAM_ID
  #failure: ShoalError | undefined

  constructor(session: Session, layout: Layout) {
    this.#session = session
    this.#layout = layout
  }

  /** Wants bytes `start` to `end` (exclusive) of a file in order. @returns how to want no more of it */
  want(file: number, start: number, end: number): () => void {
    const id = ++this.#lastId
    const first = this.#pieceAt(file, start).piece
    const last = this.#pieceAt(file, end - 1).piece
    const deadline = { at: this.#session.now + STREAM_DEFAULTS.pieceStepMs, stepMs: STREAM_DEFAULTS.pieceStepMs }
    this.#session.input({ type: 'want', id, first, end: last + 1, priority: 7, deadline })
    return () => this.#session.input({ type: 'unwant', id })
  }

  /** The next bytes of a file from `start` on, to the end of their piece or to `end`. A copy: the caller may keep or transfer it. */
  async read(file: number, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { piece, fileBegin, pieceBegin } = this.#pieceAt(file, start)
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      await this.#arrival(piece, signal)
      const bytes = await this.#session.vault?.read(piece)
      if (bytes === undefined) {
        this.#session.lost(piece)
        continue
      }
      const slice = this.#layout.slices(piece).find(candidate => candidate.file === file)!
      const begin = pieceBegin + (start - fileBegin)
      const length = Math.min(end, slice.offset + slice.length) - start
      return bytes.slice(begin, begin + length)
    }
  }

  /** A piece was verified, or the store said what it holds. */
  arrived(): void {
    for (const waiter of this.#waiters) {
      if (!this.#session.swarm.have.has(waiter.piece)) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  /** Every read, now and later, fails with this. */
  fail(error: ShoalError): void {
    this.#failure = error
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }

  #arrival(piece: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortError(signal))
    const { have, transfer } = this.#session.swarm
    if (transfer?.isResumed && have.has(piece)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter)
        reject(abortError(signal!))
      }
      const settle = () => signal?.removeEventListener('abort', onAbort)
      const waiter: Waiter = {
        piece,
        resolve: () => {
          settle()
          resolve()
        },
        reject: error => {
          settle()
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  /** The piece of a byte of a file, and where the file's part of that piece begins. */
  #pieceAt(file: number, offset: number): { piece: number; fileBegin: number; pieceBegin: number } {
    const { first } = this.#layout.piecesOf(file)
    const { pieceLength } = this.#layout
    const firstSlice = this.#layout.slices(first).find(slice => slice.file === file)!
    const fromPieceStart = firstSlice.pieceOffset + offset
    const piece = first + Math.floor(fromPieceStart / pieceLength)
    const fileBegin = piece === first ? 0 : (piece - first) * pieceLength - firstSlice.pieceOffset
    return { piece, fileBegin, pieceBegin: piece === first ? firstSlice.pieceOffset : 0 }
  }
}

function abortError(signal: AbortSignal): ShoalError {
  return new ShoalError('aborted', 'The read was stopped.', { cause: signal.reason })
}

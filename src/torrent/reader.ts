/** Reads verified bytes of files, waiting for what is not here yet. */
import { deferred } from '../deferred.ts'
import { ShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import { STREAM_DEFAULTS } from '../options.ts'
import type { Session } from '../session.ts'

/** Ids of wants of streams; those of the selection count from 1. */
const FIRST_STREAM_ID = 1_000_000

export class Reader {
  readonly #session: Session
  readonly #layout: Layout
  /** Settled when reads that wait should look again. */
  #news = deferred()
  #lastId = FIRST_STREAM_ID
  #failure: ShoalError | undefined

  constructor(session: Session, layout: Layout) {
    this.#session = session
    this.#layout = layout
  }

  /** Wants bytes `start` to `end` (exclusive) of a file in order. @returns how to want no more of it */
  want(file: number, start: number, end: number): () => void {
    const id = ++this.#lastId
    const { piece: first } = this.#place(file, start)
    const { piece: last } = this.#place(file, end - 1)
    const deadline = { at: this.#session.now + STREAM_DEFAULTS.pieceStepMs, stepMs: STREAM_DEFAULTS.pieceStepMs }
    this.#session.input({ type: 'want', id, first, end: last + 1, priority: 7, deadline })
    return () => this.#session.input({ type: 'unwant', id })
  }

  /** The next bytes of a file from `start` on, to the end of their piece or to `end`. A copy: the caller may keep or transfer it. */
  async read(file: number, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { piece, begin } = this.#place(file, start)
    const onAbort = () => this.arrived()
    signal?.addEventListener('abort', onAbort)
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure
        if (signal?.aborted) throw new ShoalError('aborted', 'The read was stopped.', { cause: signal.reason })
        const { have, transfer } = this.#session.swarm
        if (!transfer?.isResumed || !have.has(piece)) {
          await this.#news.promise
          continue
        }
        const bytes = await this.#session.vault?.read(piece)
        if (bytes !== undefined) return bytes.slice(begin, begin + end - start)
        this.#session.lost(piece)
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** A piece was verified, or the store said what it holds. */
  arrived(): void {
    this.#news.resolve()
    this.#news = deferred()
  }

  /** Every read, now and later, fails with this. */
  fail(error: ShoalError): void {
    this.#failure = error
    this.arrived()
  }

  /** Where a byte of a file lies. */
  #place(file: number, offset: number): { piece: number; begin: number } {
    const { pieceLength } = this.#layout
    const inStream = this.#layout.startOf(file) + offset
    return { piece: Math.floor(inStream / pieceLength), begin: inStream % pieceLength }
  }
}

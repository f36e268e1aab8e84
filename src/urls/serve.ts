/** The page's end of one request: reads the file as the worker asks for more, so that no more than a chunk is on its way. */
import type { FileFacts } from './answer.ts'
import type { UrlFile } from './file-urls.ts'
import { type FromPage, type FromWorker, URL_LIMITS, whenReleased } from './messages.ts'

export interface Serving {
  readonly port: MessagePort
  /** The worker's, of this request. */
  readonly lock: string
  readonly file: UrlFile
  readonly facts: FileFacts
  /** Ends the request; the browser sees it fail. */
  readonly signal: AbortSignal
}

/** Resolves when the request is over, however it ended. */
export function serve({ port, lock, file, facts, signal }: Serving): Promise<void> {
  return new Promise(resolve => {
    const ending = new AbortController()
    let chunks: ChunkReader | undefined

    const say = (message: FromPage): void => {
      port.postMessage(message, message.kind === 'chunk' ? [message.bytes.buffer] : [])
    }
    const end = (reason: unknown): void => {
      ending.abort(reason)
      chunks?.cancel(reason)
      port.close()
      resolve()
    }
    const fail = (error: unknown): void => {
      if (ending.signal.aborted) return
      say({ kind: 'error', message: error instanceof Error ? error.message : String(error) })
      end(error)
    }
    const isOver = (): void => end(new DOMException('The browser asks for it no longer.', 'AbortError'))

    port.onmessage = async ({ data }: MessageEvent<FromWorker>) => {
      try {
        switch (data.kind) {
          case 'read': {
            const range = { start: data.fromByte, end: data.toByte, signal: ending.signal }
            chunks = new ChunkReader(file.stream(range).getReader())
            break
          }
          case 'more': {
            const bytes = await chunks?.next()
            if (!ending.signal.aborted) say(bytes === undefined ? { kind: 'end' } : { kind: 'chunk', bytes })
            break
          }
          case 'over':
            isOver()
        }
      } catch (error) {
        fail(error)
      }
    }
    signal.addEventListener('abort', () => fail(new Error('It was stopped.')), { once: true })
    whenReleased(lock, ending.signal, isOver)
    say({ kind: 'facts', facts })
  })
}

/** Cuts what a stream gives into chunks that messages can carry. */
class ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #rest = new Uint8Array()

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader
  }

  /** undefined at the end. A copy, which may be given away: what a stream gives may be somebody's cache. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      this.#rest = value as Uint8Array<ArrayBuffer>
    }
    const chunk = this.#rest.slice(0, URL_LIMITS.chunkBytes)
    this.#rest = this.#rest.subarray(chunk.length)
    return chunk
  }

  cancel(reason: unknown): void {
    this.#reader.cancel(reason).catch(() => undefined)
  }
}

/** The worker's end of one request: asks the page for one chunk after the other. */
import { type FromPage, type FromWorker, holdLock, lockOf, newLock, URL_LIMITS, whenReleased } from './messages.ts'

export class PageSource {
  readonly #owner: string
  readonly #port: MessagePort
  readonly #farPort: MessagePort
  readonly #ending = new AbortController()
  #release: (() => void) | undefined
  #settle: { resolve(message: FromPage): void; reject(error: unknown): void } | undefined

  /** @param owner the page's `FileUrls`, by the key of what it is asked for */
  constructor(owner: string) {
    this.#owner = owner
    ;({ port1: this.#port, port2: this.#farPort } = new MessageChannel())
  }

  /** Asks the page. @returns what it says first; undefined where it is gone */
  async open(ask: (port: MessagePort, lock: string) => void): Promise<FromPage | undefined> {
    const lock = newLock()
    this.#release = await holdLock(lock)
    this.#port.onmessage = ({ data }: MessageEvent<FromPage>) => this.#settle?.resolve(data)
    const first = this.#next()
    ask(this.#farPort, lock)
    whenReleased(lockOf(this.#owner), this.#ending.signal, () => {
      this.close()
      this.#settle?.reject(new Error('The page that has this file was closed.'))
    })
    return first.catch(() => undefined)
  }

  /** Exactly these bytes, or an error: neither fewer nor more. */
  stream(fromByte: number, toByte: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    let remainingBytes = toByte - fromByte
    this.#say({ kind: 'read', fromByte, toByte })
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> => {
      const coming = this.#next()
      this.#say({ kind: 'more' })
      const message = await coming
      if (message.kind === 'error') throw new Error(message.message)
      if (message.kind === 'chunk' && message.bytes.length <= remainingBytes) {
        remainingBytes -= message.bytes.length
        controller.enqueue(message.bytes)
      } else if (message.kind === 'end' && remainingBytes === 0) {
        this.close()
        controller.close()
      } else throw new Error('The file has another length than it was said to have.')
    }
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: controller =>
          pull(controller).catch(error => {
            this.close()
            throw error
          }),
        cancel: () => this.close(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: URL_LIMITS.aheadBytes }),
    )
  }

  close(): void {
    this.#say({ kind: 'over' })
    this.#port.close()
    this.#ending.abort()
    this.#release?.()
  }

  /** What the page says next. Rejects when it is gone. */
  #next(): Promise<FromPage> {
    return new Promise((resolve, reject) => {
      if (this.#ending.signal.aborted) reject(new Error('The page that has this file was closed.'))
      this.#settle = { resolve, reject }
    })
  }

  #say(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}

/**
 * A WebSocket to one tracker that comes back: it reconnects with a jittered, growing wait, at once when the browser
 * comes online again, and after the time that a tracker going away asks for.
 */
import { ShoalError } from '../errors.ts'
import { Backoff } from './backoff.ts'
import type { TrackerTiming, WebSocketLike } from './tracker-types.ts'

export interface TrackerConnectionOptions {
  readonly url: string
  readonly WebSocket: new (url: string) => WebSocketLike
  readonly random: () => number
  readonly timing: TrackerTiming
}

export interface TrackerConnectionEvents {
  opened(): void
  /** Whatever came; text, from a tracker that keeps to the protocol. */
  message(data: unknown): void
  /** The socket failed to open, or closed. It is tried again in `retryMs`. */
  lost(error: ShoalError, retryMs: number): void
}

export class TrackerConnection {
  readonly #options: TrackerConnectionOptions
  readonly #events: TrackerConnectionEvents
  readonly #host: string
  readonly #backoff: Backoff
  #socket: WebSocketLike | undefined
  #isOpen = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Before this (ms since the epoch) the tracker does not want to see us. */
  #absentUntil = 0
  readonly #onOnline = () => this.open()

  constructor(options: TrackerConnectionOptions, events: TrackerConnectionEvents) {
    this.#options = options
    this.#events = events
    this.#host = new URL(options.url).host
    const { reconnectMinMs: minMs, reconnectMaxMs: maxMs } = options.timing
    this.#backoff = new Backoff({ minMs, maxMs, random: options.random })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Connects now, whatever the wait. */
  open(): void {
    if (this.#socket) return
    this.#stopWaiting()
    const { url, WebSocket, timing } = this.#options
    let socket: WebSocketLike
    try {
      socket = new WebSocket(url)
    } catch (cause) {
      // A browser refuses ws:// from a page that came over https://.
      this.#lose(this.#unreachable('The browser does not allow this connection', cause))
      return
    }
    this.#socket = socket
    let cause: unknown
    socket.onopen = () => {
      clearTimeout(this.#timer)
      this.#isOpen = true
      this.#events.opened()
    }
    socket.onmessage = (event: { data: unknown }) => this.#events.message(event.data)
    socket.onerror = (event: { error?: unknown }) => {
      cause = event.error
    }
    socket.onclose = () => {
      const what = this.#isOpen ? 'The tracker closed the connection' : 'No connection'
      this.#lose(this.#unreachable(what, cause))
    }
    this.#timer = setTimeout(() => {
      this.drop(this.#unreachable(`No answer in ${timing.connectTimeoutMs / 1000} s`))
    }, timing.connectTimeoutMs)
  }

  /** False when the socket is not open: nothing is queued, for what is late by a reconnect is of no use. */
  send(text: string): boolean {
    if (!this.#isOpen || !this.#socket) return false
    this.#socket.send(text)
    return true
  }

  /** The tracker works: the next wait is a short one again. */
  confirm(): void {
    this.#backoff.reset()
  }

  /** The tracker goes away: come back after `ms`, not all at once. */
  stayAway(ms: number): void {
    const waitMs = Math.min(ms, this.#options.timing.reconnectMaxMs)
    const spreadMs = this.#options.random() * Math.max(this.#options.timing.reconnectMinMs, waitMs / 2)
    this.#absentUntil = Date.now() + waitMs + spreadMs
  }

  /** Gives this socket up and tries again later. */
  drop(error?: ShoalError): void {
    const socket = this.#socket
    if (!socket) return
    silence(socket)
    this.#lose(error ?? this.#unreachable('The tracker does not answer'))
    if (socket.terminate) socket.terminate()
    else socket.close()
  }

  /** Resolves when the socket is closed, what was sent having left. Nothing is called after this. */
  async close(): Promise<void> {
    this.#stopWaiting()
    const socket = this.#socket
    this.#socket = undefined
    this.#isOpen = false
    if (!socket) return
    silence(socket)
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        socket.terminate?.()
        resolve()
      }, this.#options.timing.closeTimeoutMs)
      socket.onclose = () => {
        clearTimeout(timer)
        resolve()
      }
      socket.close()
    })
  }

  #lose(error: ShoalError): void {
    if (this.#socket) silence(this.#socket)
    this.#socket = undefined
    this.#isOpen = false
    this.#stopWaiting()
    const retryMs = Math.max(this.#backoff.nextMs(), this.#absentUntil - Date.now())
    this.#timer = setTimeout(() => this.open(), retryMs)
    globalThis.addEventListener?.('online', this.#onOnline)
    this.#events.lost(error, retryMs)
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer)
    globalThis.removeEventListener?.('online', this.#onOnline)
  }

  #unreachable(what: string, cause?: unknown): ShoalError {
    const { url } = this.#options
    const why = cause instanceof Error ? `${what}: ${cause.message}` : what
    const sentence = `The tracker at ${this.#host} cannot be reached now. ${why}.`
    const advice = 'Shoal keeps trying; check that the tracker runs and that its address is right.'
    return new ShoalError('tracker-unreachable', `${sentence} ${advice}`, { cause, details: { url } })
  }
}

/** Nothing of this socket is of interest any more. `ws` throws errors that nobody listens to, so somebody does. */
function silence(socket: WebSocketLike): void {
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.onerror = () => {}
}

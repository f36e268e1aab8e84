/**
 * The client's side of one tracker: ONE WebSocket, shared by all torrents of a client. It is opened by the first
 * torrent that joins and closed by the last that leaves; in between it comes back: with a jittered, growing wait, at
 * once when the browser comes online again, and after the time that a tracker going away asks for.
 */
import { ShoalError } from '../errors.ts'
import { isUrl, SOCKET_PROTOCOLS } from '../metainfo/urls.ts'
import { TRACKER_CLIENT_DEFAULTS, TRACKER_LIMITS } from '../options.ts'
import type { TrackerExtension, WireId } from '../protocol/tracker.ts'
import { parseTrackerReply } from '../protocol/tracker-reply.ts'
import type { TrackerReply } from '../protocol/tracker-reply.ts'
import { encodeTrackerRequest } from '../protocol/tracker-request.ts'
import type { TrackerRequest } from '../protocol/tracker-request.ts'
import { Backoff } from './backoff.ts'
import { Session } from './tracker-session.ts'
import type { SessionHub } from './tracker-session.ts'
import type {
  Announcement,
  TrackerClientOptions,
  TrackerEvents,
  TrackerSession,
  TrackerTiming,
  WebSocketLike,
} from './tracker-types.ts'

export type * from './tracker-types.ts'

/** `readyState` of an open WebSocket. */
const OPEN = 1

export class TrackerSocket implements SessionHub {
  readonly url: string
  readonly host: string
  readonly peerId: WireId
  readonly timing: TrackerTiming
  readonly random: () => number
  extensions: ReadonlySet<TrackerExtension> | undefined
  readonly #WebSocket: TrackerClientOptions['WebSocket']
  readonly #backoff: Backoff
  readonly #sessions = new Map<WireId, Session>()
  #socket: WebSocketLike | undefined
  /** Until the socket must be open, the tracker must have said something, or the socket is tried again. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Before this (ms since the epoch) the tracker does not want to see us. */
  #absentUntil = 0
  readonly #open = () => this.#connect()

  constructor({ url, peerId, WebSocket, random, timing }: TrackerClientOptions) {
    this.url = url
    this.host = URL.canParse(url) ? new URL(url).host : url
    this.peerId = peerId
    this.timing = { ...TRACKER_CLIENT_DEFAULTS, ...timing }
    this.random = random
    this.#WebSocket = WebSocket
    const { reconnectMinMs: minMs, reconnectMaxMs: maxMs } = this.timing
    this.#backoff = new Backoff({ minMs, maxMs, random })
  }

  /** Announces one torrent from now on. Never throws for what a tracker or a URL may be: that arrives as a warning. */
  join(announcement: Announcement, events: TrackerEvents): TrackerSession {
    const { url } = this
    const unusable = unusableUrl(url)
    if (unusable) {
      queueMicrotask(() => {
        events.status({ url, state: 'closed', error: unusable })
        events.warning(unusable)
      })
      return ABSENT
    }
    const session = new Session(announcement, events, this)
    // A torrent may list one tracker in two spellings; it is there once all the same.
    if (this.#sessions.has(session.infoHash)) return ABSENT
    this.#sessions.set(session.infoHash, session)
    const isFirst = this.#sessions.size === 1
    // After this has returned: a socket that cannot be made is reported at once.
    queueMicrotask(() => {
      session.joined()
      if (isFirst && this.#sessions.size > 0) this.#connect()
    })
    return session
  }

  // --------------------------------------------------------------------------------- what the sessions ask for

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN
  }

  send(request: TrackerRequest): boolean {
    // Nothing is queued, for what is late by a reconnect is of no use.
    if (!this.isOpen) return false
    this.#socket!.send(encodeTrackerRequest(request))
    if (request.type === 'announce') this.#timer ??= this.#expect(this.timing.replyTimeoutMs)
    return true
  }

  /** Resolves when the socket is closed after the last, what was sent having left. */
  async left(session: Session): Promise<void> {
    this.#sessions.delete(session.infoHash)
    if (this.#sessions.size > 0) return
    const socket = this.#letGo()
    if (!socket) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        socket.terminate?.()
        resolve()
      }, this.timing.closeTimeoutMs)
      socket.onclose = () => {
        clearTimeout(timer)
        resolve()
      }
      socket.close()
    })
  }

  // ---------------------------------------------------------------------------------------------- the socket

  /** Connects now, whatever the wait. */
  #connect(): void {
    if (this.#socket) return
    this.#letGo()
    let cause: unknown
    try {
      const socket = new this.#WebSocket(this.url)
      this.#socket = socket
      socket.onopen = () => {
        this.#stopTimer()
        for (const session of this.#sessions.values()) session.opened()
      }
      socket.onmessage = (event: { data: unknown }) => this.#receive(event.data)
      socket.onerror = (event: { error?: unknown }) => {
        cause = event.error
      }
      socket.onclose = () => this.#lose(this.#unreachable('No connection', cause))
      this.#timer = this.#expect(this.timing.connectTimeoutMs)
    } catch (error) {
      // A browser refuses ws:// from a page that came over https://.
      this.#lose(this.#unreachable('The browser does not allow this connection', error))
    }
  }

  /** Gives the tracker up when it says nothing for so long. */
  #expect(timeoutMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#drop(this.#unreachable(`No answer in ${timeoutMs / 1000} s`)), timeoutMs)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Gives this socket up and tries again later. */
  #drop(error: ShoalError): void {
    const socket = this.#socket
    this.#lose(error)
    if (socket?.terminate) socket.terminate()
    else socket?.close()
  }

  #lose(error: ShoalError): void {
    this.#letGo()
    const retryMs = Math.max(this.#backoff.nextMs(), this.#absentUntil - Date.now())
    this.#timer = setTimeout(this.#open, retryMs)
    globalThis.addEventListener?.('online', this.#open)
    for (const session of this.#sessions.values()) session.lost(error, retryMs)
  }

  /** Nothing is waited for any more, and the socket, if there is one, is of no more interest. */
  #letGo(): WebSocketLike | undefined {
    this.#stopTimer()
    globalThis.removeEventListener?.('online', this.#open)
    const socket = this.#socket
    this.#socket = undefined
    if (socket) {
      socket.onopen = null
      socket.onmessage = null
      socket.onclose = null
      // `ws` throws errors that nobody listens to.
      socket.onerror = () => {}
    }
    return socket
  }

  // --------------------------------------------------------------------------------- what the tracker says

  #receive(data: unknown): void {
    this.#stopTimer()
    if (typeof data !== 'string') return this.#complain('it sent something else than text')
    if (data.length > TRACKER_LIMITS.messageBytesMax) {
      return this.#drop(this.#breach(`sent a message of ${data.length} bytes and was cut off.`))
    }
    const reply = parseTrackerReply(data)
    if (reply.type === 'refused') return this.#complain(reply.reason)
    // The tracker works: the next wait is a short one again.
    this.#backoff.reset()
    this.#dispatch(reply)
  }

  #dispatch(reply: TrackerReply): void {
    switch (reply.type) {
      case 'announced':
        this.extensions = new Set(reply.extensions)
        this.#sessions.get(reply.infoHash)?.announced(reply)
        break
      case 'offer':
      case 'answer':
      case 'candidate': {
        const session = this.#sessions.get(reply.infoHash)
        if (session === undefined || reply.peerId === this.peerId) return
        if (reply.type === 'candidate') session.events.candidate(reply)
        else session.events[reply.type](reply, session)
        break
      }
      case 'failed':
        // One that names no torrent is about all of them.
        for (const session of this.#sessions.values()) {
          if (reply.infoHash === undefined || reply.infoHash === session.infoHash) session.failed(reply)
        }
        break
      case 'shutdown': {
        // It comes back after that time, and its clients not all at once.
        const { reconnectMinMs, reconnectMaxMs } = this.timing
        const waitMs = Math.min(reply.seconds * 1000, reconnectMaxMs)
        this.#absentUntil = Date.now() + waitMs + this.random() * Math.max(reconnectMinMs, waitMs / 2)
        break
      }
    }
  }

  /** The tracker does not keep to the protocol; its other messages are used all the same. */
  #complain(what: string): void {
    const error = this.#breach(`does not keep to the protocol: ${what}`)
    for (const session of this.#sessions.values()) session.complain(error)
  }

  #breach(what: string): ShoalError {
    return new ShoalError('protocol', `The tracker at ${this.host} ${what}`, { details: { url: this.url } })
  }

  #unreachable(what: string, cause?: unknown): ShoalError {
    const { url, host } = this
    const why = cause instanceof Error ? `${what}: ${cause.message}` : what
    const advice = 'Shoal keeps trying; check that it runs and that its address is right.'
    const sentence = `The tracker at ${host} cannot be reached now. ${why}. ${advice}`
    return new ShoalError('tracker-unreachable', sentence, { cause, details: { url } })
  }
}

/** The session of a tracker that cannot be used, or is used already. */
const ABSENT: TrackerSession = {
  wanted() {},
  completed() {},
  signal() {},
  async leave() {},
}

function unusableUrl(url: string): ShoalError | undefined {
  if (isUrl(url, SOCKET_PROTOCOLS)) return undefined
  const message = `The tracker ${JSON.stringify(url)} is left out: only wss:// and ws:// can be reached.`
  return new ShoalError('invalid-argument', message, { details: { url } })
}

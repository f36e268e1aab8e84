/**
 * The client's side of one tracker: ONE WebSocket, shared by all torrents of a client. It is opened by the first
 * torrent that joins and closed by the last that leaves.
 */
import { ShoalError } from '../errors.ts'
import { TRACKER_CLIENT_DEFAULTS, TRACKER_LIMITS } from '../options.ts'
import type { TrackerExtension, WireId } from '../protocol/tracker.ts'
import { parseTrackerReply } from '../protocol/tracker-reply.ts'
import type { TrackerReply } from '../protocol/tracker-reply.ts'
import { encodeTrackerRequest } from '../protocol/tracker-request.ts'
import type { TrackerRequest } from '../protocol/tracker-request.ts'
import { TrackerConnection } from './tracker-connection.ts'
import { Session } from './tracker-session.ts'
import type { SessionHub } from './tracker-session.ts'
import type {
  Announcement,
  TrackerClientOptions,
  TrackerEvents,
  TrackerSession,
  TrackerTiming,
} from './tracker-types.ts'

export type * from './tracker-types.ts'

export class TrackerSocket {
  readonly #options: TrackerClientOptions
  readonly #timing: TrackerTiming
  readonly #sessions = new Map<WireId, Session>()
  readonly #hub: SessionHub
  #connection: TrackerConnection | undefined
  #extensions: ReadonlySet<TrackerExtension> | undefined
  #replyTimer: ReturnType<typeof setTimeout> | undefined
  #hasComplained = false

  constructor(options: TrackerClientOptions) {
    this.#options = options
    this.#timing = { ...TRACKER_CLIENT_DEFAULTS, ...options.timing }
    this.#hub = this.#makeHub()
  }

  /** Announces one torrent from now on. Never throws for what a tracker or a URL may be: that arrives as a warning. */
  join(announcement: Announcement, events: TrackerEvents): TrackerSession {
    const unusable = unusableUrl(this.#options.url)
    if (unusable) {
      queueMicrotask(() => {
        events.status({ url: this.#options.url, state: 'closed', error: unusable })
        events.warning(unusable)
      })
      return ABSENT
    }
    const session = new Session(announcement, events, this.#hub)
    // A torrent may list one tracker in two spellings; it is there once all the same.
    if (this.#sessions.has(session.infoHash)) return ABSENT
    this.#sessions.set(session.infoHash, session)
    const connection = this.#connection ?? this.#connect()
    queueMicrotask(() => {
      session.connecting()
      if (connection.isOpen) session.opened()
    })
    return session
  }

  /** Says `stopped` for every torrent and closes the socket; nothing is called afterwards. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(session => session.leave()))
  }

  #connect(): TrackerConnection {
    const { url, WebSocket, random } = this.#options
    const connection = new TrackerConnection(
      { url, WebSocket, random, timing: this.#timing },
      {
        opened: () => {
          for (const session of [...this.#sessions.values()]) session.opened()
        },
        message: data => this.#receive(data),
        lost: (error, retryMs) => {
          clearTimeout(this.#replyTimer)
          this.#replyTimer = undefined
          for (const session of [...this.#sessions.values()]) session.lost(error, retryMs)
        },
      },
    )
    this.#connection = connection
    // After `join` has returned: a constructor that throws is reported at once.
    queueMicrotask(() => {
      if (this.#connection === connection) connection.open()
    })
    return connection
  }

  #makeHub(): SessionHub {
    const { url, peerId, random } = this.#options
    const isOpen = () => this.#connection?.isOpen ?? false
    const extensions = () => this.#extensions
    return {
      url,
      host: parseUrl(url)?.host ?? url,
      peerId,
      timing: this.#timing,
      random,
      get isOpen() {
        return isOpen()
      },
      get extensions() {
        return extensions()
      },
      send: request => this.#send(request),
      left: session => this.#left(session),
    }
  }

  #send(request: TrackerRequest): boolean {
    if (!this.#connection?.send(encodeTrackerRequest(request))) return false
    if (request.type === 'announce') {
      this.#replyTimer ??= setTimeout(() => this.#connection?.drop(), this.#timing.replyTimeoutMs)
    }
    return true
  }

  async #left(session: Session): Promise<void> {
    this.#sessions.delete(session.infoHash)
    if (this.#sessions.size > 0) return
    clearTimeout(this.#replyTimer)
    this.#replyTimer = undefined
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }

  #receive(data: unknown): void {
    clearTimeout(this.#replyTimer)
    this.#replyTimer = undefined
    if (typeof data !== 'string') {
      this.#complain('it sent something else than text')
      return
    }
    if (data.length > TRACKER_LIMITS.messageBytesMax) {
      const message = `The tracker at ${this.#hub.host} sent a message of ${data.length} bytes and was cut off.`
      this.#connection?.drop(new ShoalError('protocol', message, { details: { url: this.#options.url } }))
      return
    }
    const reply = parseTrackerReply(data)
    if (reply.type === 'refused') {
      this.#complain(reply.reason)
      return
    }
    this.#connection?.confirm()
    this.#dispatch(reply)
  }

  #dispatch(reply: TrackerReply): void {
    switch (reply.type) {
      case 'announced':
        this.#extensions = new Set(reply.extensions)
        this.#sessions.get(reply.infoHash)?.announced(reply)
        break
      case 'offer':
      case 'answer': {
        const { infoHash, peerId, offerId, sdp, trickle } = reply
        if (peerId !== this.#options.peerId)
          this.#sessions.get(infoHash)?.events[reply.type]({ offerId, peerId, sdp, trickle })
        break
      }
      case 'candidate': {
        const { infoHash, peerId, offerId, candidate } = reply
        this.#sessions.get(infoHash)?.events.candidate({ offerId, peerId, candidate })
        break
      }
      case 'failed': {
        const named = reply.infoHash === undefined ? undefined : this.#sessions.get(reply.infoHash)
        const concerned = reply.infoHash === undefined ? [...this.#sessions.values()] : named ? [named] : []
        for (const session of concerned) session.failed(reply)
        break
      }
      case 'shutdown':
        this.#connection?.stayAway(reply.seconds * 1000)
        break
    }
  }

  /** Says once that the tracker does not keep to the protocol; its other messages are used all the same. */
  #complain(what: string): void {
    if (this.#hasComplained) return
    this.#hasComplained = true
    const message = `The tracker at ${this.#hub.host} does not keep to the protocol: ${what}`
    const error = new ShoalError('protocol', message, { details: { url: this.#options.url } })
    for (const session of [...this.#sessions.values()]) session.complain(error)
  }
}

/** The session of a tracker that cannot be used, or is used already. */
const ABSENT: TrackerSession = {
  wanted() {},
  completed() {},
  sendOffer() {},
  sendAnswer() {},
  sendCandidate() {},
  async leave() {},
}

function unusableUrl(url: string): ShoalError | undefined {
  const scheme = parseUrl(url)?.protocol
  if (scheme === 'ws:' || scheme === 'wss:') return undefined
  const message =
    scheme === undefined
      ? `The tracker address ${JSON.stringify(url)} is not a URL. Use one that begins with wss:// or ws://.`
      : `The tracker ${url} is left out: Shoal reaches trackers over WebSockets, at wss:// or ws:// addresses.`
  return new ShoalError('invalid-argument', message, { details: { url } })
}

function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** Clients for tests of the tracker: ours with everything it reports on record, and bare sockets that say what they like. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ClientOptions, RawData } from 'ws'
import { TrackerSocket } from '../../src/net/tracker-client.ts'
import type {
  Signal,
  TrackerClientOptions,
  TrackerEvents,
  TrackerSession,
  TrackerTiming,
} from '../../src/net/tracker-client.ts'

/** Longest wait for anything that must happen. */
const PATIENCE_MS = 10_000

export const INFO_HASH = new Uint8Array(20).map((_, i) => i * 13)
export const WIRE_HASH = String.fromCharCode(...INFO_HASH)

/** Quick enough for tests, in the proportions of life. */
export const QUICK: Partial<TrackerTiming> = {
  reconnectMinMs: 20,
  reconnectMaxMs: 200,
  intervalMinMs: 50,
  askAgainMs: 50,
  closeTimeoutMs: 500,
}

type Reported = { [K in keyof TrackerEvents]-?: Parameters<NonNullable<TrackerEvents[K]>>[0] } & { members: number }
type ReportType = keyof Reported

/** One torrent of one client. It dials whom it finds, offers in advance when asked, and answers every offer. */
export class TestPeer {
  readonly peerId: string
  readonly socket: TrackerSocket
  readonly session: TrackerSession
  left: number | null = 1000
  readonly #reports: { type: ReportType; value: unknown }[] = []
  readonly #waiting = new Set<() => void>()
  #lastOffer = 0

  constructor(options: {
    name: string
    url: string
    timing?: Partial<TrackerTiming>
    infoHash?: Uint8Array
    left?: number
    socket?: TrackerSocket
    WebSocket?: TrackerClientOptions['WebSocket']
  }) {
    const { name, url, timing = QUICK, infoHash = INFO_HASH, left = 1000, WebSocket: Socket = WebSocket } = options
    this.peerId = `-SH0100-${name}`.padEnd(20, '-')
    this.left = left
    this.socket =
      options.socket ?? new TrackerSocket({ url, peerId: this.peerId, WebSocket: Socket, random: Math.random, timing })
    this.session = this.socket.join(
      { infoHash, totals: () => ({ uploaded: 0, downloaded: 0, left: this.left }) },
      this.#events(),
    )
  }

  /** The first report of this kind that matches, past or to come. */
  async reported<T extends ReportType>(
    type: T,
    matches: (value: Reported[T]) => boolean = () => true,
    signal?: AbortSignal,
  ): Promise<Reported[T]> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const found = this.all(type).find(matches)
      if (found !== undefined) return found
      signal?.throwIfAborted()
      await within(deadline, `${this.peerId} never reported ${type}; it had ${JSON.stringify(this.#reports)}`, done => {
        this.#waiting.add(done)
        signal?.addEventListener('abort', done)
        return () => this.#waiting.delete(done)
      })
    }
  }

  all<T extends ReportType>(type: T): Reported[T][] {
    return this.#reports.filter(report => report.type === type).map(report => report.value as Reported[T])
  }

  forget(): void {
    this.#reports.length = 0
  }

  nextOffer(): { offerId: string; sdp: string } {
    this.#lastOffer++
    return { offerId: `${this.#lastOffer}`.padStart(20, this.peerId.slice(8)), sdp: `offer of ${this.peerId}` }
  }

  #events(): TrackerEvents {
    const report = <T extends ReportType>(type: T, value: Reported[T]) => {
      this.#reports.push({ type, value })
      for (const done of [...this.#waiting]) done()
    }
    return {
      found: (peerIds, trickling, members) => {
        report('members', members)
        report('found', peerIds)
        for (const peerId of peerIds) {
          this.session.signal({ type: 'offer', toPeerId: peerId, ...this.nextOffer(), trickle: trickling.has(peerId) })
        }
      },
      gone: peerId => report('gone', peerId),
      offer: offer => {
        report('offer', offer)
        const { offerId, peerId, trickle } = offer
        this.session.signal({ type: 'answer', toPeerId: peerId, offerId, sdp: `answer of ${this.peerId}`, trickle })
      },
      answer: answer => report('answer', answer),
      candidate: ({ offerId, peerId, candidate }) => report('candidate', { offerId, peerId, candidate }),
      makeOffers: async count => {
        report('makeOffers', count)
        return Array.from({ length: count }, () => this.nextOffer())
      },
      iceServers: servers => report('iceServers', servers),
      status: status => report('status', status),
      warning: error => report('warning', error),
    }
  }
}

/** Both met: one offered, the other answered. Resolves with the answer. */
export async function met(one: TestPeer, other: TestPeer): Promise<Signal> {
  const isOver = new AbortController()
  const answers = [
    one.reported('answer', answer => answer.peerId === other.peerId, isOver.signal),
    other.reported('answer', answer => answer.peerId === one.peerId, isOver.signal),
  ]
  try {
    return await Promise.race(answers)
  } finally {
    isOver.abort()
    await Promise.allSettled(answers)
  }
}

/** A bare WebSocket that keeps what it is told. */
export class TestSocket {
  readonly webSocket: WebSocket
  readonly messages: Record<string, unknown>[] = []
  readonly closed: Promise<number>

  constructor(url: string, options: ClientOptions = {}) {
    this.webSocket = new WebSocket(url, options)
    this.webSocket.on('error', () => {})
    this.webSocket.on('message', (data: RawData) => this.messages.push(JSON.parse(data.toString())))
    this.closed = new Promise(resolve => this.webSocket.on('close', resolve))
  }

  async open(): Promise<this> {
    if (this.webSocket.readyState === WebSocket.CONNECTING) await once(this.webSocket, 'open')
    return this
  }

  send(message: unknown): void {
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Sends, and waits for the next message. */
  async ask(message: unknown): Promise<Record<string, unknown>> {
    const count = this.messages.length
    this.send(message)
    await this.received(count + 1)
    return this.messages[count]!
  }

  async received(count: number): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (this.messages.length < count) {
      await within(deadline, `${count} messages expected, these came: ${JSON.stringify(this.messages)}`, done => {
        this.webSocket.once('message', done).once('close', done)
        return () => this.webSocket.off('message', done).off('close', done)
      })
      assert.ok(this.messages.length >= count || this.webSocket.readyState === WebSocket.OPEN, 'the socket closed')
    }
  }

  close(): void {
    this.webSocket.terminate()
  }
}

/** A bare announce, as a WebTorrent of the name `name` sends it. */
export function bareAnnounce(name: string, fields: object = {}): object {
  return { action: 'announce', info_hash: WIRE_HASH, peer_id: peerIdOf(name), left: 1, event: 'started', ...fields }
}

export function peerIdOf(name: string): string {
  return `-WW0300-${name}`.padEnd(20, '-')
}

/** Waits until `subscribe` calls back. */
async function within(
  deadline: number,
  complaint: string,
  subscribe: (done: () => void) => () => unknown,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: (() => unknown) | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(complaint)), Math.max(0, deadline - Date.now()))
      unsubscribe = subscribe(resolve)
    })
  } finally {
    clearTimeout(timer)
    unsubscribe?.()
  }
}

/** The HTTP status with which a WebSocket is refused. */
export async function refusal(url: string, options = {}): Promise<number> {
  const socket = new WebSocket(url, options)
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  socket.terminate()
  return response.statusCode
}

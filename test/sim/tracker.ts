/** The tracker of a world: the brain that ships (`tracker/swarms.ts`), at the end of sockets that take time and may break. */
import type { Random } from '../../src/swarm/random.ts'
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { TrackerRequest } from '../../src/protocol/tracker-request.ts'
import { Swarms, type TrackerInput } from '../../tracker/swarms.ts'
import type { Timeline } from './timeline.ts'

/** What a client hears of its socket. */
export interface SocketEvents {
  opened(): void
  reply(reply: TrackerReply): void
  /** It broke, or never opened. */
  lost(): void
}

export interface Socket {
  send(request: TrackerRequest): void
  /** The tracker notices after `noticeMs`: a page that crashed leaves its socket behind for a while. */
  close(noticeMs: number): void
}

/** From the middle of the network to the tracker, one way. */
const LATENCY_MS = 15

interface Client {
  readonly events: SocketEvents
  readonly latencyMs: number
  /** Closed on its own side, whether or not the tracker knows. */
  isClosed: boolean
}

export class Tracker {
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #clients = new Map<number, Client>()
  #swarms: Swarms
  #lastConnection = 0
  #isUp = true
  #tickAt = Number.POSITIVE_INFINITY

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline
    this.#random = random
    this.#swarms = new Swarms({ random })
  }

  /** Opens a socket; `latencyMs` is the client's own, one way. */
  connect(latencyMs: number, events: SocketEvents): Socket {
    const connection = ++this.#lastConnection
    const client: Client = { events, latencyMs: latencyMs + LATENCY_MS, isClosed: false }
    this.#after(2 * client.latencyMs, () => {
      if (client.isClosed) return
      if (!this.#isUp) return events.lost()
      this.#clients.set(connection, client)
      events.opened()
    })
    return {
      send: request => {
        this.#after(client.latencyMs, () => {
          if (this.#clients.has(connection)) this.#step({ type: 'message', connection, request })
        })
      },
      close: noticeMs => {
        client.isClosed = true
        this.#after(noticeMs, () => this.#drop(connection))
      },
    }
  }

  /** Is gone for a while, and comes back without a memory. */
  outage(fromMs: number, toMs: number): void {
    this.#timeline.at(fromMs, () => {
      this.#isUp = false
      for (const [connection, client] of [...this.#clients]) {
        this.#clients.delete(connection)
        if (!client.isClosed) client.events.lost()
      }
    })
    this.#timeline.at(toMs, () => {
      this.#isUp = true
      this.#swarms = new Swarms({ random: this.#random })
    })
  }

  #drop(connection: number): void {
    if (this.#clients.delete(connection)) this.#step({ type: 'closed', connection })
  }

  #step(input: TrackerInput): void {
    for (const effect of this.#swarms.step(input, this.#timeline.now)) {
      const client = this.#clients.get(effect.to)
      if (client === undefined) continue
      switch (effect.type) {
        case 'send':
          this.#after(client.latencyMs, () => {
            if (!client.isClosed && this.#clients.has(effect.to)) client.events.reply(effect.reply)
          })
          break
        case 'ping':
          this.#after(2 * client.latencyMs, () => {
            if (!client.isClosed && this.#clients.has(effect.to)) this.#step({ type: 'pong', connection: effect.to })
          })
          break
        case 'close':
          this.#clients.delete(effect.to)
          if (!client.isClosed) this.#after(client.latencyMs, () => client.events.lost())
      }
    }
    this.#arm()
  }

  #arm(): void {
    const { deadline } = this.#swarms
    if (deadline >= this.#tickAt) return
    this.#tickAt = deadline
    this.#timeline.at(deadline, () => {
      this.#tickAt = Number.POSITIVE_INFINITY
      this.#step({ type: 'tick' })
    })
  }

  #after(delayMs: number, run: () => void): void {
    this.#timeline.after(delayMs, run)
  }
}

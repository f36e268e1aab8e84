/**
 * Clients of a cluster that probe all the time whether they reach another: each announces with an offer, and whoever gets it answers. They come
 * back to any node that lives when theirs goes.
 */
import { WebSocket } from 'ws'
import { bareAnnounce } from '../../contract/tracker-support.ts'
import type { Lifetime } from './scope.ts'

const PROBE_MS = 2_000
const RETRY_MS_MAX = 1_000

interface Client {
  readonly number: number
  readonly infoHash: string
  url: string
  socket: WebSocket | undefined
  /** When its offer under way was made, by id. */
  probe: { readonly offerId: string; readonly at: number } | undefined
  /** When it first reached a peer with an offer made after the mark. */
  reachedAt: number | undefined
  timer: NodeJS.Timeout | undefined
}

export class Fleet {
  /** Nodes that clients come back to. */
  urls: readonly string[]
  readonly #clients: Client[]
  #markedAt = 0
  #lastOffer = 0
  #isClosed = false

  constructor(lifetime: Lifetime, options: { urls: readonly string[]; clients: number; swarms: number }) {
    const { urls, clients, swarms } = options
    this.urls = urls
    this.#clients = Array.from({ length: clients }, (_, number) => ({
      number,
      infoHash: `${number % swarms}`.padStart(20, 'f'),
      url: urls[Math.floor(number / swarms) % urls.length]!,
      socket: undefined,
      probe: undefined,
      reachedAt: undefined,
      timer: undefined,
    }))
    lifetime.after(() => this.close())
    for (const client of this.#clients) this.#connect(client)
  }

  get size(): number {
    return this.#clients.length
  }

  /** What was reached until now does not count any more. */
  mark(): void {
    this.#markedAt = performance.now()
    for (const client of this.#clients) client.reachedAt = undefined
  }

  /** How many clients have reached a peer since the mark. */
  get reached(): number {
    return this.#clients.filter(({ reachedAt }) => reachedAt !== undefined).length
  }

  /** Milliseconds from the mark until each of them reached a peer, sorted. */
  get delays(): number[] {
    return this.#clients
      .flatMap(({ reachedAt }) => reachedAt ?? [])
      .map(at => at - this.#markedAt)
      .sort((a, b) => a - b)
  }

  /** Resolves when so many have reached a peer since the mark, or after so long. */
  async untilReached(count: number, ms: number): Promise<number> {
    const until = performance.now() + ms
    while (this.reached < count && performance.now() < until) await new Promise(resolve => setTimeout(resolve, 50))
    return this.reached
  }

  close(): void {
    this.#isClosed = true
    for (const { timer, socket } of this.#clients) {
      clearTimeout(timer)
      socket?.terminate()
    }
  }

  #connect(client: Client): void {
    const socket = new WebSocket(client.url)
    client.socket = socket
    socket.on('error', () => {})
    socket.on('open', () => this.#probe(client))
    socket.on('message', data => this.#hear(client, JSON.parse(String(data))))
    socket.on('close', () => {
      clearTimeout(client.timer)
      if (this.#isClosed) return
      client.url = this.urls[Math.floor(Math.random() * this.urls.length)]!
      client.timer = setTimeout(() => this.#connect(client), Math.random() * RETRY_MS_MAX)
    })
  }

  #probe(client: Client): void {
    const offerId = `${++this.#lastOffer}`.padStart(20, 'o')
    client.probe = { offerId, at: performance.now() }
    const offers = [{ offer: { type: 'offer', sdp: 'x'.repeat(1_000) }, offer_id: offerId }]
    this.#say(client, bareAnnounce(`${client.number}`, { info_hash: client.infoHash, event: 'update', offers }))
    client.timer = setTimeout(() => this.#probe(client), PROBE_MS * (0.75 + Math.random() / 2))
  }

  #hear(client: Client, message: Record<string, unknown>): void {
    const { offer, answer, offer_id, peer_id, info_hash } = message
    if (offer) {
      const ids = { info_hash, to_peer_id: peer_id, offer_id }
      this.#say(client, { ...bareAnnounce(`${client.number}`), ...ids, answer: { type: 'answer', sdp: 'y' } })
    }
    const { probe } = client
    if (answer && probe && probe.offerId === offer_id && probe.at >= this.#markedAt)
      client.reachedAt ??= performance.now()
  }

  #say({ socket }: Client, message: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
}

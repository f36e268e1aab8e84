/**
 * A visitor's line to an origin: a TCP relay in this process that delays what passes, and lets no more through than the line takes. What DevTools emulate
 * does not reach the fetches of a service worker; this does, and treats them like those of pages.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Lifetime } from './scope.ts'

export interface LineOptions {
  /** Of the server on this machine. */
  readonly port: number
  readonly downloadBytesPerSecond: number
  readonly roundTripMs: number
}

export interface Line {
  /** Where visitors come to. */
  readonly port: number
  /** May be changed at any time: an origin that is busy sends less to each visitor. */
  downloadBytesPerSecond: number
}

/** What travels at a time. */
const PACKET_BYTES = 1460
/** A connection's bytes that wait for the line; more are left to the sender. */
const QUEUE_BYTES_MAX = 64 * 1024
/** How far ahead the line is filled: timers are late by a millisecond or two. */
const AHEAD_MS = 5

/** One line for all connections: whoever shares it between visitors has them load one after the other. */
export async function startLine(lifetime: Lifetime, options: LineOptions): Promise<Line> {
  const { port, roundTripMs } = options
  const delayMs = roundTripMs / 2
  const down = new Way(delayMs, options.downloadBytesPerSecond)
  const up = new Way(delayMs, Number.POSITIVE_INFINITY)
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, visitor => {
    const origin = connect({ port, host: 'localhost', allowHalfOpen: true, noDelay: true })
    for (const [socket, other] of [
      [visitor, origin],
      [origin, visitor],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    // TCP's own handshake comes first; on this machine it took no time.
    setTimeout(() => {
      up.carry(visitor, origin)
      down.carry(origin, visitor)
    }, roundTripMs)
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise(resolve => server.close(resolve))
  })
  return {
    port: (server.address() as AddressInfo).port,
    get downloadBytesPerSecond() {
      return down.bytesPerSecond
    },
    set downloadBytesPerSecond(rate) {
      down.bytesPerSecond = rate
    },
  }
}

interface Flow {
  readonly from: Socket
  readonly queue: Buffer[]
  queuedBytes: number
  hasEnded: boolean
}

/** One direction: connections take turns, packet by packet. */
class Way {
  bytesPerSecond: number
  readonly #delayMs: number
  /** By receiver, whose turn it is first. */
  readonly #flows = new Map<Socket, Flow>()
  readonly #travelling: { readonly dueAt: number; readonly act: () => void }[] = []
  /** When the last packet that was taken has left. */
  #freeAt = 0
  #isFilling = false

  constructor(delayMs: number, bytesPerSecond: number) {
    this.#delayMs = delayMs
    this.bytesPerSecond = bytesPerSecond
  }

  carry(from: Socket, to: Socket): void {
    const flow: Flow = { from, queue: [], queuedBytes: 0, hasEnded: false }
    from.on('data', (bytes: Buffer) => {
      flow.queue.push(bytes)
      flow.queuedBytes += bytes.length
      if (flow.queuedBytes >= QUEUE_BYTES_MAX) from.pause()
      this.#flows.set(to, flow)
      if (!this.#isFilling) this.#fill()
    })
    from.on('end', () => {
      flow.hasEnded = true
      if (flow.queuedBytes === 0) this.#send(() => to.end())
    })
    to.on('close', () => this.#flows.delete(to))
    from.resume()
  }

  #fill(): void {
    const now = performance.now()
    this.#freeAt = Math.max(this.#freeAt, now)
    while (this.#flows.size > 0 && this.#freeAt <= now + AHEAD_MS) {
      const [to, flow] = this.#flows.entries().next().value!
      this.#flows.delete(to)
      const packet = takePacket(flow)
      if (flow.queuedBytes > 0) this.#flows.set(to, flow)
      if (flow.queuedBytes < QUEUE_BYTES_MAX) flow.from.resume()
      this.#freeAt += (packet.length / this.bytesPerSecond) * 1000
      this.#send(() => to.write(packet))
      if (flow.queuedBytes === 0 && flow.hasEnded) this.#send(() => to.end())
    }
    this.#isFilling = this.#flows.size > 0
    if (this.#isFilling) setTimeout(() => this.#fill(), 1)
  }

  /** After all that was sent before. */
  #send(act: () => void): void {
    this.#travelling.push({ dueAt: Math.max(this.#freeAt, performance.now()) + this.#delayMs, act })
    if (this.#travelling.length === 1) this.#awaitNext()
  }

  #awaitNext(): void {
    const [next] = this.#travelling
    if (next === undefined) return
    setTimeout(() => {
      const now = performance.now()
      while (this.#travelling[0] && this.#travelling[0].dueAt <= now) this.#travelling.shift()!.act()
      this.#awaitNext()
    }, next.dueAt - performance.now())
  }
}

function takePacket(flow: Flow): Buffer {
  const [first] = flow.queue
  const packet = first!.subarray(0, PACKET_BYTES)
  if (packet.length === first!.length) flow.queue.shift()
  else flow.queue[0] = first!.subarray(PACKET_BYTES)
  flow.queuedBytes -= packet.length
  return packet
}

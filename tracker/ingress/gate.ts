/** Who may connect: decided on the request, before there is a WebSocket. */
import type { IncomingMessage } from 'node:http'
import type { ServerLimits } from '../options.ts'
import type { Address, Addresses } from './addresses.ts'

export interface GateOptions {
  /** Origins (`https://example.org`) whose pages may connect; a request without one is refused then. @default all */
  readonly allowedOrigins?: readonly string[]
}

export interface Refusal {
  readonly status: number
  readonly text: string
  /** In one word, for figures. */
  readonly reason: string
}

export const GOING_AWAY: Refusal = {
  status: 503,
  text: 'The tracker is going away. Try again soon.',
  reason: 'draining',
}
const BANNED: Refusal = { status: 403, text: 'Too many malformed messages. Try later.', reason: 'banned' }
const FOREIGN: Refusal = { status: 403, text: 'Pages of this origin may not use this tracker.', reason: 'origin' }
const CROWDED: Refusal = { status: 429, text: 'Too many connections from you.', reason: 'address-full' }
const FULL: Refusal = { status: 503, text: 'The tracker is full. Try later.', reason: 'full' }

export class Gate {
  readonly #options: GateOptions
  readonly #limits: ServerLimits
  readonly #addresses: Addresses

  constructor(options: GateOptions, limits: ServerLimits, addresses: Addresses) {
    this.#options = options
    this.#limits = limits
    this.#addresses = addresses
  }

  /** undefined: it may. */
  refusal(request: IncomingMessage, address: Address, connections: number): Refusal | undefined {
    const { allowedOrigins } = this.#options
    if (this.#addresses.isBanned(address, performance.now())) return BANNED
    if (allowedOrigins && !allowedOrigins.includes(request.headers.origin ?? '')) return FOREIGN
    if (this.#addresses.isFull(address)) return CROWDED
    if (connections >= this.#limits.connectionsMax) return FULL
    return undefined
  }
}

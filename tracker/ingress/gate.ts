/** Who may connect: decided on the request, before there is a WebSocket. */
import type { IncomingMessage } from 'node:http'
import type { ServerLimits } from '../options.ts'
import type { Address, Addresses } from './addresses.ts'

export interface GateOptions {
  /** Origins (`https://example.org`) whose pages may connect; a request without one is refused then. @default all */
  readonly allowedOrigins?: readonly string[]
}

export type Refusal = readonly [status: number, text: string]

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
    if (this.#addresses.isBanned(address, performance.now())) return [403, 'Too many malformed messages. Try later.']
    if (allowedOrigins && !allowedOrigins.includes(request.headers.origin ?? '')) {
      return [403, 'Pages of this origin may not use this tracker.']
    }
    if (this.#addresses.isFull(address)) return [429, 'Too many connections from you.']
    if (connections >= this.#limits.connectionsMax) return [503, 'The tracker is full. Try later.']
    return undefined
  }
}

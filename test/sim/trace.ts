/**
 * The trace of a run: a hash of everything that went into and came out of every swarm, and the last events in full.
 * Equal seeds give equal hashes; a violation prints the tail.
 */
import type { Effect, Input } from '../../src/swarm/events.ts'
import { describe, type Token } from './token.ts'

export type SwarmEvent = Input<Token> | Effect<Token>

interface Entry {
  readonly at: number
  readonly member: string
  readonly arrow: '→' | '←'
  readonly event: SwarmEvent
}

const TAIL_LENGTH = 400
const FNV_PRIME = 0x01000193

export class Trace {
  #hash = 0x811c9dc5
  #length = 0
  readonly #tail: Entry[] = []

  /** Notes an input (`→`) or an effect (`←`) of a member's swarm. */
  note(at: number, member: string, arrow: '→' | '←', event: SwarmEvent): void {
    this.#tail[this.#length++ % TAIL_LENGTH] = { at, member, arrow, event }
    this.#mixNumber(at)
    this.#mixText(member)
    this.#mixEvent(event)
    if ('message' in event) this.#mixEvent(event.message)
    if (event.type === 'report') this.#mixEvent(event.report)
  }

  /** Events noted. */
  get length(): number {
    return this.#length
  }

  /** Eight hex digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  /** The last events, oldest first, a line each; of one member, if one is named. */
  tail(count: number, member?: string): string {
    const start = this.#length % TAIL_LENGTH
    const ordered = [...this.#tail.slice(start), ...this.#tail.slice(0, start)]
    return ordered
      .filter(entry => member === undefined || entry.member === member)
      .slice(-count)
      .map(({ at, member, arrow, event }) => `${at.toFixed(3).padStart(12)} ${member} ${arrow} ${formatEvent(event)}`)
      .join('\n')
  }

  #mixEvent(event: { readonly type: string }): void {
    this.#mixText(event.type)
    for (const [name, value] of Object.entries(event)) {
      if (typeof value === 'number') {
        this.#mixText(name)
        this.#mixNumber(value)
      }
    }
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
  }

  #mixNumber(value: number): void {
    if (!Number.isFinite(value)) {
      this.#mix(value > 0 ? 1 : 2)
      return
    }
    const whole = Math.floor(value)
    this.#mix(whole | 0)
    this.#mix(((value - whole) * 0x10_0000) | 0)
  }

  #mix(word: number): void {
    this.#hash = Math.imul(this.#hash ^ word, FNV_PRIME) ^ (this.#hash >>> 15)
  }
}

/** One line. */
export function formatEvent(event: SwarmEvent): string {
  return JSON.stringify(event, (key, value: unknown) => {
    if (value instanceof Uint8Array) return `<${value.length} bytes>`
    if (key === 'metainfo') return '<metainfo>'
    if (isToken(value)) return describe(value)
    return value
  })
}

function isToken(value: unknown): value is Token {
  return typeof value === 'object' && value !== null && 'runs' in value && 'bytes' in value
}

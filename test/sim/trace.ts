/**
 * The trace of a run: a hash of everything that went into and came out of every swarm, and the last events in full.
 * Equal seeds give equal hashes; a violation prints the tail.
 *
 * Noting an event has to cost next to nothing, for there are tens of millions in a run: the frequent ones have a way of
 * their own, and nothing is allocated.
 */
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Member } from './member.ts'
import { describe, type Token } from './token.ts'

export type SwarmEvent = Input<Token> | Effect<Token>
type Arrow = '→' | '←'

const TAIL_LENGTH = 400
const FNV_OFFSET = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193

export class Trace {
  #hash = FNV_OFFSET
  #length = 0
  /** Each word's own hash, so that a word is mixed in as one number. */
  readonly #words = new Map<string, number>()
  // The tail, a ring; entry by entry it would be an object for each event.
  readonly #times = new Float64Array(TAIL_LENGTH)
  readonly #members = new Array<Member>(TAIL_LENGTH)
  readonly #arrows = new Array<Arrow>(TAIL_LENGTH)
  readonly #events = new Array<SwarmEvent>(TAIL_LENGTH)

  /** Notes an input (`→`) or an effect (`←`) of a member's swarm. */
  note(at: number, member: Member, arrow: Arrow, event: SwarmEvent): void {
    const slot = this.#length++ % TAIL_LENGTH
    this.#times[slot] = at
    this.#members[slot] = member
    this.#arrows[slot] = arrow
    this.#events[slot] = event
    this.#mixNumber(at)
    this.#mix(member.index)
    this.#mixWord(event.type)
    this.#mixEvent(event)
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
  tail(count: number, member?: Member): string {
    const lines: string[] = []
    for (let index = Math.max(0, this.#length - TAIL_LENGTH); index < this.#length; index++) {
      const slot = index % TAIL_LENGTH
      if (member !== undefined && this.#members[slot] !== member) continue
      lines.push(formatEntry(this.#times[slot]!, this.#members[slot]!, this.#arrows[slot]!, this.#events[slot]!))
    }
    return lines.slice(-count).join('\n')
  }

  #mixEvent(event: SwarmEvent): void {
    switch (event.type) {
      case 'message':
      case 'send':
        this.#mix(event.peer)
        this.#mixWord(event.message.type)
        return this.#mixMessage(event.message)
      case 'check':
      case 'checked':
      case 'save':
      case 'saved':
      case 'loaded':
        return this.#mix(event.id)
      case 'load':
        this.#mix(event.id)
        this.#mix(event.piece)
        return this.#mix(event.begin)
      case 'writable':
        this.#mix(event.peer)
        return this.#mix(event.bufferedBytes)
      case 'low-water':
        this.#mix(event.peer)
        return this.#mixNumber(event.bytes)
      case 'ask':
        return this.#mix(event.demand.unchokes)
      case 'tick':
        return
      case 'report':
        this.#mixWord(event.report.type)
        return this.#mixNumbers(event.report)
      default:
        return this.#mixNumbers(event)
    }
  }

  #mixMessage(message: WireMessage<Token>): void {
    switch (message.type) {
      case 'have':
        return this.#mix(message.piece)
      case 'request':
      case 'cancel':
      case 'reject':
        this.#mix(message.piece)
        this.#mix(message.begin)
        return this.#mix(message.length)
      case 'piece':
        this.#mix(message.piece)
        this.#mix(message.begin)
        return this.#mix(message.body.bytes)
      case 'choke':
      case 'unchoke':
      case 'interested':
      case 'not-interested':
        return
      default:
        return this.#mixNumbers(message)
    }
  }

  /** Every number of a seldom event, with its name. */
  #mixNumbers(event: object): void {
    for (const [name, value] of Object.entries(event)) {
      if (typeof value !== 'number') continue
      this.#mixWord(name)
      this.#mixNumber(value)
    }
  }

  #mixWord(word: string): void {
    let hash = this.#words.get(word)
    if (hash === undefined) {
      hash = FNV_OFFSET
      for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), FNV_PRIME)
      this.#words.set(word, hash)
    }
    this.#mix(hash)
  }

  #mixNumber(value: number): void {
    if (!Number.isFinite(value)) return this.#mix(value > 0 ? 1 : 2)
    const whole = Math.floor(value)
    this.#mix(whole)
    this.#mix((value - whole) * 0x10_0000)
  }

  /** @param word of which the lowest 32 bits count */
  #mix(word: number): void {
    this.#hash = Math.imul(this.#hash ^ word, FNV_PRIME) ^ (this.#hash >>> 15)
  }
}

/** One line: when, who, in or out, what. */
export function formatEntry(at: number, { name }: Member, arrow: Arrow, event: SwarmEvent): string {
  return `${at.toFixed(3).padStart(12)} ${name} ${arrow} ${formatEvent(event)}`
}

function formatEvent(event: SwarmEvent): string {
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

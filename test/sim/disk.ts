/** A member's store and its hashing: where verified pieces rest, and how long checks, saves and loads take. */
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { Timeline } from './timeline.ts'
import { type Token, tokenOps } from './token.ts'
import type { Torrent } from './torrent.ts'

export interface DiskOptions {
  /** Hashing, about what WebCrypto does. */
  readonly checkBytesPerSecond: number
  readonly saveBytesPerSecond: number
  /** Of every check, save and load. */
  readonly overheadMs: number
  readonly openMs: number
}

export const DISK_DEFAULTS: DiskOptions = {
  checkBytesPerSecond: 800e6,
  saveBytesPerSecond: 200e6,
  overheadMs: 1,
  openMs: 5,
}

type DiskEffect = Extract<Effect<Token>, { type: 'check' | 'save' | 'load' | 'hash' }>
type Answer = (input: Input<Token>) => void

export class Disk {
  readonly #timeline: Timeline
  readonly #torrent: Torrent
  readonly #options: DiskOptions
  readonly #pieces = new Map<number, Token>()

  constructor(timeline: Timeline, torrent: Torrent, options: Partial<DiskOptions> = {}) {
    this.#timeline = timeline
    this.#torrent = torrent
    this.#options = { ...DISK_DEFAULTS, ...options }
  }

  get openMs(): number {
    return this.#options.openMs
  }

  /** Pieces that are kept. */
  get count(): number {
    return this.#pieces.size
  }

  has(piece: number): boolean {
    return this.#pieces.has(piece)
  }

  /** Puts genuine pieces there, as for a seed. */
  fill(first: number, end: number): void {
    for (let piece = first; piece < end; piece++) this.#pieces.set(piece, this.#torrent.data(piece))
  }

  lose(piece: number): void {
    this.#pieces.delete(piece)
  }

  /** One bit a piece, most significant first. */
  bits(): Uint8Array {
    const bits = new Uint8Array(Math.ceil(this.#torrent.pieceCount / 8))
    for (const piece of this.#pieces.keys()) bits[piece >> 3]! |= 0x80 >> (piece & 7)
    return bits
  }

  /** Performs an effect; its end comes later, in one input with its id. */
  perform(effect: DiskEffect, answer: Answer): void {
    const { id, piece } = effect
    const { checkBytesPerSecond, saveBytesPerSecond } = this.#options
    switch (effect.type) {
      case 'check': {
        const body = tokenOps.concat(effect.units)
        this.#after(body.bytes, checkBytesPerSecond, () => answer(this.#torrent.check(effect, body)))
        break
      }
      case 'save':
        this.#after(effect.body.bytes, saveBytesPerSecond, () => {
          this.#pieces.set(piece, effect.body)
          answer({ type: 'saved', id })
        })
        break
      case 'load': {
        const { begin, length } = effect
        this.#after(length, saveBytesPerSecond, () => {
          const whole = this.#pieces.get(piece)
          const body = whole === undefined ? undefined : tokenOps.slice(whole, begin, begin + length)
          answer({ type: 'loaded', id, ...(body === undefined ? {} : { body }) })
        })
        break
      }
      case 'hash': {
        const bytes = this.#torrent.dataBytes(piece)
        this.#after(bytes, checkBytesPerSecond, () => {
          const leaves = this.has(piece) ? this.#torrent.leaves(piece) : undefined
          answer({ type: 'hashed', id, ...(leaves === undefined ? {} : { leaves }) })
        })
        break
      }
    }
  }

  #after(bytes: number, bytesPerSecond: number, run: () => void): void {
    this.#timeline.after(this.#options.overheadMs + (bytes * 1000) / bytesPerSecond, run)
  }
}

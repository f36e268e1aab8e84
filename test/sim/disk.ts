/** A member's store and its hashing: where verified pieces rest, and how long checks, saves and loads take. */
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { Random } from '../../src/swarm/random.ts'
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
  /** Bytes that the store takes; what is saved beyond them is kept in memory and goes with the life. */
  readonly quotaBytes: number
  /** Share of saved records that are torn or altered by the time they are read. */
  readonly damagedShare: number
  /** Share of operations that take so much longer. */
  readonly stallShare: number
  readonly stallMs: number
}

export const DISK_DEFAULTS: DiskOptions = {
  checkBytesPerSecond: 800e6,
  saveBytesPerSecond: 200e6,
  overheadMs: 1,
  openMs: 5,
  quotaBytes: Number.POSITIVE_INFINITY,
  damagedShare: 0,
  stallShare: 0,
  stallMs: 0,
}

type DiskEffect = Extract<Effect<Token>, { type: 'check' | 'save' | 'load' | 'hash' }>
type Answer = (input: Input<Token>) => void

export class Disk {
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #torrent: Torrent
  readonly #options: DiskOptions
  readonly #pieces = new Map<number, Token>()
  /** Those of them that are not what was saved, and those that are only in memory. */
  readonly #damaged = new Set<number>()
  readonly #held = new Set<number>()
  /** What is on its way to the store can be read as well. */
  readonly #saving = new Map<number, Token>()
  #storedBytes = 0
  /** Counts the lives of the member. */
  #life = 0

  constructor(timeline: Timeline, torrent: Torrent, random: Random, options: Partial<DiskOptions> = {}) {
    this.#timeline = timeline
    this.#random = random
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
    const body = this.#pieces.get(piece)
    if (body !== undefined && !this.#held.delete(piece)) this.#storedBytes -= body.bytes
    this.#pieces.delete(piece)
    this.#damaged.delete(piece)
  }

  /** What is only in memory is gone, and what is under way comes to nothing. */
  endLife(): void {
    this.#life += 1
    this.#saving.clear()
    for (const piece of [...this.#held]) this.lose(piece)
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
        this.#saving.set(piece, effect.body)
        this.#after(effect.body.bytes, saveBytesPerSecond, () => {
          this.#saving.delete(piece)
          this.#keep(piece, effect.body)
          answer({ type: 'saved', id })
        })
        break
      case 'load': {
        const { begin, length } = effect
        this.#after(length, saveBytesPerSecond, () => {
          if (this.#damaged.has(piece)) this.lose(piece)
          const whole = this.#saving.get(piece) ?? this.#pieces.get(piece)
          if (whole === undefined) answer({ type: 'lost', piece })
          const body = whole === undefined ? undefined : tokenOps.slice(whole, begin, begin + length)
          answer({ type: 'loaded', id, ...(body === undefined ? {} : { body }) })
        })
        break
      }
      case 'hash': {
        const bytes = this.#torrent.dataBytes(piece)
        this.#after(bytes, checkBytesPerSecond, () => {
          const leaves = this.has(piece) && !this.#damaged.has(piece) ? this.#torrent.leaves(piece) : undefined
          answer({ type: 'hashed', id, ...(leaves === undefined ? {} : { leaves }) })
        })
        break
      }
    }
  }

  #keep(piece: number, body: Token): void {
    const { quotaBytes, damagedShare } = this.#options
    this.#pieces.set(piece, body)
    if (this.#storedBytes + body.bytes > quotaBytes) {
      this.#held.add(piece)
      return
    }
    this.#storedBytes += body.bytes
    if (damagedShare > 0 && this.#random() < damagedShare) this.#damaged.add(piece)
  }

  #after(bytes: number, bytesPerSecond: number, run: () => void): void {
    const { overheadMs, stallShare, stallMs } = this.#options
    const isStalled = stallShare > 0 && this.#random() < stallShare
    const life = this.#life
    this.#timeline.after(overheadMs + (isStalled ? stallMs : 0) + (bytes * 1000) / bytesPerSecond, () => {
      if (life === this.#life) run()
    })
  }
}

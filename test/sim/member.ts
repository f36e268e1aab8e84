/** A member of the simulated swarm: its line, its store, its character. It may live several lives. */
import { BUDGET_DEFAULTS, PEER_ID_PREFIX, type SwarmLimits } from '../../src/options.ts'
import type { Share, Want } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Disk, type DiskOptions } from './disk.ts'
import type { Disguise } from './hostile.ts'
import { Life } from './life.ts'
import { Access, type Line } from './link.ts'
import type { Nat } from './nat.ts'
import type { World } from './world.ts'

export interface MemberOptions {
  readonly name: string
  readonly line: Line
  /** Starts with every piece. @default false */
  readonly isSeed?: boolean
  /** Pieces that it starts with where it has not all, `end` exclusive. @default none */
  readonly holds?: { readonly first: number; readonly end: number }
  /** Whether it starts with the `.torrent` or must ask its peers for it. @default 'torrent' */
  readonly from?: 'torrent' | 'magnet'
  /** @default everything, in bulk */
  readonly wants?: readonly Want[]
  /** @default 'open' */
  readonly nat?: Nat
  readonly webSeeds?: readonly string[]
  readonly disguise?: Disguise
  readonly disk?: Partial<DiskOptions>
  readonly share?: Partial<Share>
  readonly limits?: Partial<SwarmLimits>
  /** ms. @default 0 */
  readonly joinsAt?: number
  /** How late its timers are at the most, as in a tab in the background; ms. @default 0 */
  readonly timersLateMs?: number
  /** Sends offers without end and never means one. @default false */
  readonly floodsOffers?: boolean
}

/** How long neighbours take to notice that a member is gone without a word. */
const CRASH_NOTICE_MS = 5_000

export class Member {
  readonly index: number
  readonly options: MemberOptions
  readonly peerId: string
  readonly access: Access
  readonly disk: Disk
  readonly share: Share
  /** How many pieces it wants. */
  readonly #wantedCount: number
  readonly #world: World
  #life: Life | undefined
  #isDeparted = false
  #lives = 0

  constructor(world: World, index: number, options: MemberOptions) {
    this.#world = world
    this.index = index
    this.options = options
    this.peerId = `${PEER_ID_PREFIX}${String(index).padStart(12, '0')}`
    this.access = new Access(world.timeline, options.line)
    this.disk = new Disk(world.timeline, world.torrent, seededRandom(world.seed * 31 + index), options.disk)
    this.share = { ...BUDGET_DEFAULTS, ...options.share }
    this.#wantedCount = new Set(this.wants.flatMap(({ first, end }) => range(first, end))).size
    if (options.isSeed === true) this.disk.fill(0, world.torrent.pieceCount)
    else if (options.holds !== undefined) this.disk.fill(options.holds.first, options.holds.end)
  }

  get name(): string {
    return this.options.name
  }

  get life(): Life | undefined {
    return this.#life
  }

  get nat(): Nat {
    return this.options.nat ?? 'open'
  }

  get isHostile(): boolean {
    return this.options.disguise !== undefined
  }

  /** An honest member that has to download something. */
  get isLeech(): boolean {
    return !this.isHostile && this.options.isSeed !== true
  }

  get wants(): readonly Want[] {
    return this.options.wants ?? [{ id: 1, first: 0, end: this.#world.torrent.pieceCount, priority: 4 }]
  }

  /** Every wanted piece rests in the store, or it has left for good. */
  get isComplete(): boolean {
    if (this.#isDeparted) return true
    if (this.disk.count < this.#wantedCount) return false
    return this.wants.every(({ first, end }) => {
      for (let piece = first; piece < end; piece++) if (!this.disk.has(piece)) return false
      return true
    })
  }

  get isWhole(): boolean {
    return this.disk.count === this.#world.torrent.pieceCount
  }

  start(): void {
    if (this.#life !== undefined) return
    this.#life = new Life(this.#world, this, this.#world.seed * 7919 + this.index * 101 + this.#lives++)
    this.#life.start()
  }

  /** Says goodbye. */
  leave(): void {
    this.#end(2 * this.access.line.latencyMs, true)
  }

  /** Leaves for good: nobody waits for it any more. */
  depart(): void {
    this.#isDeparted = true
    this.leave()
  }

  /** Is gone without a word; its store stays. */
  crash(): void {
    this.#end(CRASH_NOTICE_MS, false)
  }

  /** Its store loses a piece. */
  lose(piece: number): void {
    this.disk.lose(piece)
    this.#life?.input({ type: 'lost', piece })
  }

  #end(noticeMs: number, isPolite: boolean): void {
    this.#life?.stop(noticeMs, isPolite)
    this.#life = undefined
    this.disk.endLife()
  }
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index)
}

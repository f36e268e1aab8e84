/**
 * Web seeds (BEP 19) as a source beside peers: whole pieces in contiguous runs, a few requests at a time.
 *
 * The rarest piece is fetched first, so that what no peer has comes from the origin and can spread; the run then goes on over its
 * missing neighbours, for a request costs a round trip. A web seed that delivers a bad piece is not asked again.
 */
import type { Context } from './context.ts'
import { ORIGIN, type PartialPiece } from './partial-piece.ts'
import type { Pieces } from './pieces.ts'
import type { Thrift } from './thrift.ts'

interface WebSeed {
  readonly url: string
  fetches: number
  failures: number
  retryAt: number
  isDropped: boolean
}

interface Fetch<Body> {
  readonly seed: WebSeed
  readonly partials: Map<number, PartialPiece<Body>>
  /** Taken back by us, which says nothing of the web seed. */
  isCancelled: boolean
}

export class OriginSource<Body> {
  readonly #context: Context<Body>
  readonly #pieces: Pieces<Body>
  readonly #thrift: Thrift<Body>
  /** Peers are waited for. */
  #isThrifty = false
  /** Something was left to the peers when last looked at; ms: when it is looked at again. */
  #hasSpared = false
  #looksAt = 0
  readonly #seeds: WebSeed[]
  readonly #fetches = new Map<number, Fetch<Body>>()
  /** Which web seed a piece under check came from. */
  readonly #sources = new Map<number, WebSeed>()

  constructor(context: Context<Body>, pieces: Pieces<Body>, urls: readonly string[], thrift: Thrift<Body>) {
    this.#context = context
    this.#pieces = pieces
    this.#thrift = thrift
    this.#seeds = [...new Set(urls)].map(url => ({ url, fetches: 0, failures: 0, retryAt: 0, isDropped: false }))
  }

  get deadline(): number {
    if (this.#context.isPaused || this.#pieces.missing.count === 0) return Number.POSITIVE_INFINITY
    // While peers are waited for, time alone may end that.
    let deadline = this.#looksAt > this.#context.now ? this.#looksAt : Number.POSITIVE_INFINITY
    for (const { isDropped, retryAt } of this.#seeds) {
      if (!isDropped && retryAt > this.#context.now) deadline = Math.min(deadline, retryAt)
    }
    return deadline
  }

  /** Whether some web seed may still deliver. */
  get isUsable(): boolean {
    return this.#seeds.some(seed => !seed.isDropped)
  }

  /** Starts fetches as far as there is something to fetch and somebody to ask. */
  fill(): void {
    const { isPaused, now, limits } = this.#context
    if (this.#pieces.missing.count === 0) return this.#thrift.rest()
    if (isPaused || this.#seeds.length === 0) return
    this.#review()
    if (now < this.#looksAt) return
    this.#hasSpared = false
    for (const seed of this.#seeds) {
      while (!seed.isDropped && seed.retryAt <= now && seed.fetches < this.#fetchesMax(seed)) {
        if (this.#fetch(seed)) continue
        if (this.#hasSpared) this.#looksAt = now + limits.originLookMs
        return
      }
    }
  }

  /** When somebody to wait for comes, what can wait is not fetched on. */
  #review(): void {
    const wasThrifty = this.#isThrifty
    this.#isThrifty = this.#thrift.isUseful
    if (this.#isThrifty === wasThrifty) return
    this.#looksAt = 0
    if (wasThrifty) return
    for (const [id, fetch] of this.#fetches) {
      if ([...fetch.partials.keys()].every(piece => this.#thrift.isDue(piece))) continue
      fetch.isCancelled = true
      this.#context.emit({ type: 'cancel-fetch', id })
    }
  }

  /** A whole piece came. */
  receive(id: number, piece: number, body: Body): void {
    const fetch = this.#fetches.get(id)
    const { counters, body: ops } = this.#context
    counters.fromOriginBytes += ops.length(body)
    const partial = fetch?.partials.get(piece)
    fetch?.partials.delete(piece)
    if (fetch === undefined || partial === undefined || this.#pieces.partials.get(piece) !== partial) {
      this.#context.duplicated(ops.length(body))
      return
    }
    fetch.seed.failures = 0
    partial.unask(wholeOf(partial))
    this.#sources.set(piece, fetch.seed)
    // Judged by itself, whatever peers sent of it: a bad piece names its sender.
    if (partial.state === 'filling') this.#context.duplicated(partial.discard(() => true))
    this.#context.duplicated(this.#pieces.receive(partial, 0, body, ORIGIN))
  }

  ended(id: number, failed: 'retry' | 'permanent' | undefined): void {
    const fetch = this.#fetches.get(id)
    if (fetch === undefined) return
    this.#fetches.delete(id)
    const { seed, partials } = fetch
    seed.fetches--
    for (const partial of partials.values()) this.#giveBack(partial)
    if (failed === 'permanent') this.#drop(seed)
    if (failed !== 'retry' || fetch.isCancelled) return
    seed.failures++
    seed.retryAt = this.#context.retryAt(this.#context.limits.originRetryMs, seed.failures)
  }

  /** A piece that a web seed sent is not what the torrent says. */
  blame(piece: number): void {
    const seed = this.#sources.get(piece)
    if (seed !== undefined) this.#drop(seed)
  }

  settled(piece: number): void {
    this.#sources.delete(piece)
    // Peers were faster: what is still on its way is of no use.
    if (this.#pieces.missing.count === 0) this.cancelAll()
  }

  /** Stops all fetches: the user paused, or nothing is wanted any more. */
  cancelAll(): void {
    for (const id of this.#fetches.keys()) this.#context.emit({ type: 'cancel-fetch', id })
  }

  #fetchesMax(seed: WebSeed): number {
    return seed.failures > 0 ? 1 : this.#context.limits.originFetchesMax
  }

  #fetch(seed: WebSeed): boolean {
    const first = this.#next()
    if (first === undefined) return false
    const partials = new Map<number, PartialPiece<Body>>()
    let bytes = 0
    let piece = first
    const isNext = () => piece === first || (piece < this.#pieces.layout.pieceCount && this.#isFree(piece))
    while (bytes < this.#context.limits.originRunBytes && isNext()) {
      const partial = this.#pieces.partials.get(piece) ?? this.#pieces.start(piece)
      partial.ask(wholeOf(partial))
      partial.exclusive = ORIGIN
      this.#pieces.open.delete(partial)
      partials.set(piece, partial)
      bytes += partial.bytes
      piece++
    }
    const id = this.#context.nextId()
    this.#fetches.set(id, { seed, partials, isCancelled: false })
    seed.fetches++
    this.#context.emit({ type: 'fetch', id, url: seed.url, first, end: piece })
    return true
  }

  /** Streams first, then the rarest piece, then one that peers have begun and left. */
  #next(): number | undefined {
    for (const stream of this.#pieces.streams) {
      for (let piece = stream.first; piece < stream.end; piece++) if (this.#isFree(piece)) return piece
    }
    const fresh = this.#pieces.rarity.find(this.#context.random, piece => this.#isFree(piece))
    if (fresh !== undefined) return fresh
    for (const partial of this.#pieces.open) if (this.#isFree(partial.piece)) return partial.piece
    return this.#hasSpared || this.#fetches.size > 0 ? undefined : this.#last()
  }

  /** At the end no slow peer is waited for: what is asked of peers is fetched as well, one piece at a time. */
  #last(): number | undefined {
    if (!this.#pieces.isEndgame) return undefined
    for (const { piece, state, isSuspect, exclusive } of this.#pieces.partials.values()) {
      const isWaitedFor = this.#isThrifty && !this.#thrift.isDue(piece)
      if (state === 'filling' && !isSuspect && exclusive !== ORIGIN && !isWaitedFor) return piece
    }
    return undefined
  }

  /** Nobody else is asked for it, and it is not waited for. */
  #isFree(piece: number): boolean {
    if (!this.#pieces.isWanted(piece) || !this.#pieces.isVerifiable(piece)) return false
    if (this.#isThrifty && !this.#thrift.isDue(piece)) {
      this.#hasSpared = true
      return false
    }
    const partial = this.#pieces.partials.get(piece)
    if (partial === undefined) return this.#pieces.hasRoom()
    return partial.state === 'filling' && partial.exclusive === undefined && !partial.isAsked()
  }

  #giveBack(partial: PartialPiece<Body>): void {
    if (this.#pieces.partials.get(partial.piece) !== partial) return
    // Also while peers' blocks are under check: should they turn out bad, the piece must not count as asked for.
    partial.unask(wholeOf(partial))
    if (partial.exclusive === ORIGIN) partial.exclusive = undefined
    if (partial.state !== 'filling') return
    if (partial.isEmpty && !partial.isAsked()) this.#pieces.abandon(partial)
    else this.#pieces.open.add(partial)
  }

  #drop(seed: WebSeed): void {
    if (seed.isDropped) return
    seed.isDropped = true
    this.#context.report({ type: 'web-seed-failed', url: seed.url })
    for (const [id, fetch] of this.#fetches) if (fetch.seed === seed) this.#context.emit({ type: 'cancel-fetch', id })
  }
}

function wholeOf(partial: PartialPiece<unknown>): { first: number; end: number } {
  return { first: 0, end: partial.unitCount }
}

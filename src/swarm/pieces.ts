/** All pieces of a torrent: which are here, which are wanted, which are on their way, and what becomes of each. */
import { equalBytes } from '../metainfo/bytes.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { PieceHashes } from '../metainfo/piece-hashes.ts'
import { assert } from '../errors.ts'
import { Bitfield } from './bitfield.ts'
import type { Context } from './context.ts'
import type { Want } from './events.ts'
import { ORIGIN, PartialPiece } from './partial-piece.ts'
import { RarityIndex } from './rarity.ts'
import { Wants } from './wants.ts'

/** What the pieces tell the rest of the swarm. */
export interface PieceEvents<Body> {
  /** A piece verified. `senders` gave its units; a lone sender has proven itself. */
  verified(partial: PartialPiece<Body>, senders: readonly number[], body: Body): void
  /** A whole piece failed its check; the partial still holds the units. `root` is the SHA-256 subtree root of what they are. */
  failed(partial: PartialPiece<Body>, badUnits?: readonly number[], root?: Uint8Array): void
  inconsistent(piece: number): void
  /** Units can be asked for that could not be before. */
  opened(): void
}

export class Pieces<Body> {
  readonly layout: Layout
  readonly hashes: PieceHashes
  readonly have: Bitfield
  /** Wanted, and not here. */
  readonly missing: Bitfield
  readonly rarity: RarityIndex
  readonly partials = new Map<number, PartialPiece<Body>>()
  /** Partials that may have units nobody was asked for; pruned while picking. */
  readonly open = new Set<PartialPiece<Body>>()
  /** Bytes of pieces that are unfinished, unchecked or unsaved. */
  bufferedBytes = 0
  readonly #context: Context<Body>
  readonly #events: PieceEvents<Body>
  readonly #wants: Wants
  readonly #checks = new Map<number, PartialPiece<Body>>()
  readonly #saves = new Map<number, number>()
  #wasDone = false

  constructor(context: Context<Body>, layout: Layout, hashes: PieceHashes, events: PieceEvents<Body>) {
    this.#context = context
    this.#events = events
    this.layout = layout
    this.hashes = hashes
    this.have = new Bitfield(layout.pieceCount)
    this.missing = new Bitfield(layout.pieceCount)
    this.rarity = new RarityIndex(layout.pieceCount)
    this.#wants = new Wants(layout.pieceCount)
  }

  get streams(): readonly Want[] {
    return this.#wants.streams
  }

  get isDone(): boolean {
    return this.missing.count === 0 && this.#saves.size === 0
  }

  /** Every unit of every missing piece is here or asked for. */
  get isEndgame(): boolean {
    return this.partials.size === this.missing.count && ![...this.open].some(partial => partial.nextOpen(1))
  }

  /** Whether another piece may be started without holding too much unfinished. One is always allowed. */
  hasRoom(): boolean {
    return (
      this.bufferedBytes === 0 || this.bufferedBytes + this.layout.pieceLength <= this.#context.share.bufferBytesMax
    )
  }

  /** Nothing that is under way is the peer's to itself any more. What is under check is what it has sent. */
  endExclusive(peer: number): void {
    for (const partial of this.partials.values()) {
      if (partial.exclusive === peer && partial.state === 'filling') partial.exclusive = undefined
    }
  }

  /** Gives up an unfinished piece that nobody is asked for, so that an idle peer can start another. @returns whether one was found */
  makeRoom(isUseless: (piece: number) => boolean): boolean {
    for (const partial of this.open) {
      if (!isUseless(partial.piece) || partial.isAsked()) continue
      this.#context.counters.wastedBytes += partial.discard(() => true)
      this.abandon(partial)
      return true
    }
    return false
  }

  /** How much a piece is wanted, 0 to 7. */
  priority(piece: number): number {
    return this.#wants.priority[piece]!
  }

  isWanted(piece: number): boolean {
    return this.missing.has(piece)
  }

  isAnyWanted(first: number, end: number): boolean {
    for (let piece = first; piece < end; piece++) if (this.isWanted(piece)) return true
    return false
  }

  /** Some hash is known that the piece can be checked against. */
  isVerifiable(piece: number): boolean {
    return this.layout.sha1(piece) !== undefined || this.hashes.root(piece) !== undefined
  }

  /** What the store holds: when it opens, and whenever more has come to it. @returns what is new, but for what is on its way already */
  resume(stored: Uint8Array): number[] {
    const resumed = new Bitfield(this.layout.pieceCount, stored)
    const news: number[] = []
    for (let piece = 0; piece < this.layout.pieceCount; piece++) {
      // A piece without data (all padding) is there by definition.
      const isEmpty = this.layout.pieceBytes(piece) === 0
      if (!(isEmpty || resumed.has(piece)) || this.have.has(piece) || this.partials.has(piece)) continue
      news.push(piece)
      this.have.add(piece)
      this.#context.counters.fromStoreBytes += this.layout.pieceBytes(piece)
      this.refresh(piece)
    }
    this.reportDone()
    return news
  }

  want(want: Want): void {
    this.#refreshRuns(this.#wants.set(want))
  }

  unwant(id: number): void {
    this.#refreshRuns(this.#wants.delete(id))
  }

  /** The store no longer has a piece, or what it had did not verify. */
  lose(piece: number): boolean {
    if (!this.have.delete(piece)) return false
    this.refresh(piece)
    this.reportDone()
    this.#events.opened()
    return true
  }

  /** Puts a piece among those to fetch, or takes it out, as its state has it. */
  refresh(piece: number): void {
    const priority = this.have.has(piece) ? 0 : this.priority(piece)
    if (priority > 0) this.missing.add(piece)
    else this.missing.delete(piece)
    const canStart = priority > 0 && !this.partials.has(piece) && this.isVerifiable(piece)
    this.rarity.offer(piece, canStart ? priority : 0)
  }

  start(piece: number): PartialPiece<Body> {
    // A piece is started once.
    assert(!this.partials.has(piece) && !this.have.has(piece))
    const partial = new PartialPiece<Body>(piece, this.layout.pieceBytes(piece), this.#context.limits.unitBytes)
    this.partials.set(piece, partial)
    this.open.add(partial)
    this.bufferedBytes += partial.bytes
    this.refresh(piece)
    return partial
  }

  /** Takes a block that was asked for. @returns bytes that were of no use */
  receive(partial: PartialPiece<Body>, begin: number, body: Body, sender: number): number {
    const { body: ops } = this.#context
    const length = ops.length(body)
    const run = partial.run(begin, length)
    if (run === undefined || partial.state === 'checking') return length
    let wastedBytes = 0
    for (let unit = run.first; unit < run.end; unit++) {
      const at = partial.range({ first: unit, end: unit + 1 })
      const isNew = partial.receive(unit, ops.slice(body, at.begin - begin, at.begin - begin + at.length), sender)
      if (!isNew) wastedBytes += at.length
    }
    if (partial.isWhole) this.check(partial)
    return wastedBytes
  }

  /** Sends a whole piece to its check, with trusted leaf hashes where there are any. */
  check(partial: PartialPiece<Body>, leaves?: Uint8Array): void {
    const { piece, units } = partial
    const id = this.#context.nextId()
    const sha1 = this.layout.sha1(piece)
    const root = this.hashes.root(piece)
    partial.state = 'checking'
    this.open.delete(partial)
    this.#checks.set(id, partial)
    this.#context.emit({
      type: 'check',
      id,
      piece,
      units,
      ...(sha1 && { sha1 }),
      ...(root && { root }),
      ...(leaves && { leaves }),
    })
  }

  onChecked(input: {
    readonly id: number
    readonly result: 'good' | 'bad' | 'inconsistent'
    readonly body?: Body
    readonly root?: Uint8Array
    readonly badUnits?: readonly number[]
  }): void {
    const partial = this.#checks.get(input.id)
    // Every check was asked for.
    assert(partial)
    this.#checks.delete(input.id)
    const { piece } = partial
    if (input.result === 'bad') {
      // The hashes may have come while the piece was checked without them.
      if (this.#isProven(piece, input.root)) return this.#events.inconsistent(piece)
      partial.state = 'filling'
      this.#events.failed(partial, input.badUnits, input.root)
      return
    }
    const isProven = this.hashes.root(piece) !== undefined
    const lesson = input.root && !isProven ? this.hashes.learn(piece, input.root) : 'unknown'
    if (input.result === 'inconsistent' || lesson === 'contradiction') {
      this.#events.inconsistent(piece)
      return
    }
    // A good check returns the piece.
    assert(input.body !== undefined)
    this.partials.delete(piece)
    this.have.add(piece)
    this.refresh(piece)
    const id = this.#context.nextId()
    this.#saves.set(id, partial.bytes)
    const proof = isProven || lesson === 'proven' ? 'sha256' : 'sha1'
    this.#context.emit({ type: 'save', id, piece, body: input.body, proof })
    const senders = partial.senders()
    const source = senders.length === 1 && senders[0] === ORIGIN ? 'origin' : 'peers'
    this.#context.report({ type: 'piece', piece, source })
    this.#events.verified(partial, senders, input.body)
  }

  onSaved(id: number): void {
    const bytes = this.#saves.get(id)
    // Every save was asked for.
    assert(bytes !== undefined)
    this.#saves.delete(id)
    this.bufferedBytes -= bytes
    this.reportDone()
    this.#events.opened()
  }

  /** Throws away what a peer sent of unfinished pieces: unchecked as it is, it would spoil what others have worked on. */
  discardFrom(sender: number): void {
    for (const partial of this.partials.values()) {
      if (partial.state !== 'filling') continue
      const discardedBytes = partial.discard(unit => partial.sender(unit) === sender)
      if (discardedBytes === 0) continue
      this.#context.counters.wastedBytes += discardedBytes
      this.open.add(partial)
    }
  }

  /** Gives up a piece that holds nothing and that nobody was asked for. */
  abandon(partial: PartialPiece<Body>): void {
    this.partials.delete(partial.piece)
    this.open.delete(partial)
    this.bufferedBytes -= partial.bytes
    this.refresh(partial.piece)
  }

  reportDone(): void {
    if (this.isDone === this.#wasDone) return
    this.#wasDone = this.isDone
    this.#context.report({ type: this.isDone ? 'done' : 'undone' })
  }

  /** Whether this is the piece's SHA-256 subtree root, as far as that is known. */
  #isProven(piece: number, root: Uint8Array | undefined): boolean {
    const known = this.hashes.root(piece)
    return root !== undefined && known !== undefined && equalBytes(root, known)
  }

  #refreshRuns(runs: readonly { readonly first: number; readonly end: number }[]): void {
    for (const { first, end } of runs) for (let piece = first; piece < end; piece++) this.refresh(piece)
    this.reportDone()
    this.#events.opened()
  }
}

/**
 * Piece hashes from peers (BEP 52), for v2 torrents that began with a magnet, and leaf hashes to find a bad block.
 *
 * A file's piece layer is fetched in runs of up to 512 hashes, each proven against the file's root as it comes, so a wrong
 * one names its sender. Peers that refuse or stay silent are passed over for a while.
 */
import { equalBytes, toHex } from '../metainfo/bytes.ts'
import { type Anchor, isProven, leafRanges, pieceLayerRanges } from '../metainfo/hash-ranges.ts'
import type { Layout } from '../metainfo/layout.ts'
import { HASH_BYTES, log2, treeHeight } from '../metainfo/merkle.ts'
import type { PieceHashes } from '../metainfo/piece-hashes.ts'
import type { HashRange, WireMessage } from '../protocol/wire.ts'
import type { Context } from './context.ts'
import type { Peer } from './peer.ts'

/** Hash requests in flight, all peers together. */
const REQUESTS_MAX = 8

interface HashTask {
  readonly file: number
  readonly range: HashRange
  /** The node that the answer must lead to. */
  readonly anchor: Anchor
  /** Set where leaves of one piece are wanted, not a run of the piece layer. */
  readonly leavesOf?: number
  peer: Peer | undefined
  askedAt: number
}

/** A file's piece layer, being put together. */
interface LayerDraft {
  readonly bytes: Uint8Array
  missingRuns: number
}

export interface HashEvents {
  /** A file's piece hashes are known now. */
  layer(file: number): void
  /** Trusted leaf hashes of a piece. */
  leaves(piece: number, leaves: Uint8Array): void
  forged(peer: Peer): void
}

export class HashExchange<Body> {
  readonly #context: Context<Body>
  readonly #layout: Layout
  readonly #hashes: PieceHashes
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #events: HashEvents
  readonly #tasks = new Map<string, HashTask>()
  readonly #drafts = new Map<number, LayerDraft>()
  readonly #refusedAt = new Map<number, number>()
  /** Files whose pieces are wanted and whose hashes are not known yet. */
  readonly #wantedFiles = new Set<number>()
  #nextRetryAt = Number.POSITIVE_INFINITY

  constructor(
    context: Context<Body>,
    layout: Layout,
    hashes: PieceHashes,
    peers: ReadonlyMap<number, Peer>,
    events: HashEvents,
  ) {
    this.#context = context
    this.#layout = layout
    this.#hashes = hashes
    this.#peers = peers
    this.#events = events
  }

  get deadline(): number {
    let deadline = this.#nextRetryAt
    for (const task of this.#tasks.values()) {
      if (task.peer !== undefined) deadline = Math.min(deadline, task.askedAt + this.#context.limits.answerMs)
    }
    return deadline
  }

  /** The hashes of this file's pieces are needed. */
  wantFile(file: number): void {
    if (this.#hashes.needsLayer(file) && !this.#drafts.has(file)) this.#wantedFiles.add(file)
  }

  /** The hashes of this file's pieces are asked for, or will be, of somebody who may have them. */
  isFetching(file: number): boolean {
    return (this.#drafts.has(file) || this.#wantedFiles.has(file)) && this.#able().length > 0
  }

  /** The leaf hashes of a failed piece are needed. Pieces over 8 MiB, whose leaves no one request brings, do without. */
  wantLeaves(piece: number): void {
    const hash = this.#hashes.root(piece)
    const ranges = leafRanges(this.#layout, piece)
    if (hash === undefined || ranges.length !== 1) return
    const anchor = { layer: log2(this.#layout.leafCount(piece)), hash }
    this.#add({
      file: this.#layout.fileOf(piece)!,
      range: ranges[0]!,
      anchor,
      leavesOf: piece,
      peer: undefined,
      askedAt: 0,
    })
    this.tick()
  }

  /** Asks for what is needed, of whoever can answer. */
  tick(): void {
    const { now, limits } = this.#context
    this.#nextRetryAt = Number.POSITIVE_INFINITY
    for (const task of this.#tasks.values()) {
      if (task.peer !== undefined && now >= task.askedAt + limits.answerMs) this.#refuse(task)
    }
    if (this.#tasks.size === 0 && this.#wantedFiles.size === 0) return
    const able = this.#able()
    if (able.length === 0) return
    for (const file of this.#wantedFiles) {
      if (this.#tasks.size >= REQUESTS_MAX) break
      this.#wantedFiles.delete(file)
      if (this.#hashes.needsLayer(file)) this.#draft(file)
    }
    let inFlight = [...this.#tasks.values()].filter(task => task.peer !== undefined).length
    for (const task of this.#tasks.values()) {
      if (task.peer !== undefined) continue
      if (inFlight >= REQUESTS_MAX) return
      const peer = this.#choose(able)
      if (peer === undefined) return
      task.peer = peer
      task.askedAt = now
      inFlight++
      this.#context.send(peer.handle, { type: 'hash-request', ...task.range })
    }
  }

  receive(peer: Peer, message: WireMessage<Body> & { type: 'hashes' }): void {
    const task = this.#tasks.get(keyOf(message))
    if (task === undefined || task.peer !== peer) return
    if (!isProven(message, message.hashes, task.anchor)) {
      this.#refuse(task)
      this.#events.forged(peer)
      return
    }
    this.#tasks.delete(keyOf(message))
    const run = message.hashes.slice(0, message.length * HASH_BYTES)
    if (task.leavesOf !== undefined) this.#events.leaves(task.leavesOf, run)
    else this.#takeRun(task, run)
    this.tick()
  }

  rejected(peer: Peer, range: HashRange): void {
    const task = this.#tasks.get(keyOf(range))
    if (task?.peer === peer) this.#refuse(task)
    this.tick()
  }

  closed(peer: Peer): void {
    this.#refusedAt.delete(peer.handle)
    for (const task of this.#tasks.values()) if (task.peer === peer) task.peer = undefined
  }

  #takeRun({ file, range }: HashTask, run: Uint8Array): void {
    const draft = this.#drafts.get(file)
    if (draft === undefined) return
    const begin = range.index * HASH_BYTES
    draft.bytes.set(run.subarray(0, draft.bytes.length - begin), begin)
    if (--draft.missingRuns > 0) return
    this.#complete(this.#layout.files[file]!.piecesRoot!, draft.bytes)
  }

  /** Files of the same content have the same hashes: one answer serves them all. */
  #complete(piecesRoot: Uint8Array, layer: Uint8Array): void {
    for (const [file, { piecesRoot: root }] of this.#layout.files.entries()) {
      if (root === undefined || !equalBytes(root, piecesRoot)) continue
      this.#drafts.delete(file)
      if (this.#hashes.needsLayer(file) && this.#hashes.setLayer(file, layer)) this.#events.layer(file)
    }
  }

  #draft(file: number): void {
    const { piecesRoot, length } = this.#layout.files[file]!
    const { first, end } = this.#layout.piecesOf(file)
    const ranges = pieceLayerRanges(piecesRoot!, length, this.#layout.pieceLength)
    const anchor = { layer: treeHeight(length), hash: piecesRoot! }
    this.#drafts.set(file, { bytes: new Uint8Array((end - first) * HASH_BYTES), missingRuns: ranges.length })
    for (const range of ranges) this.#add({ file, range, anchor, peer: undefined, askedAt: 0 })
  }

  #add(task: HashTask): void {
    const key = keyOf(task.range)
    if (!this.#tasks.has(key)) this.#tasks.set(key, task)
  }

  #able(): Peer[] {
    return [...this.#peers.values()].filter(peer => peer.features.v2 || peer.client === 'shoal')
  }

  #choose(able: readonly Peer[]): Peer | undefined {
    const { now, limits } = this.#context
    let chosen: Peer | undefined
    let chosenReadyAt = Number.POSITIVE_INFINITY
    let chosenLoad = Number.POSITIVE_INFINITY
    for (const peer of able) {
      // Whoever has pieces has their hashes, most likely; others are asked when nobody else is left.
      const neverAt = peer.have?.count ? Number.NEGATIVE_INFINITY : -limits.answerMs
      const readyAt = (this.#refusedAt.get(peer.handle) ?? neverAt) + limits.answerMs
      if (readyAt > now) {
        this.#nextRetryAt = Math.min(this.#nextRetryAt, readyAt)
        continue
      }
      let load = 0
      for (const task of this.#tasks.values()) if (task.peer === peer) load++
      // Those who never failed come first, then who failed longest ago: silent peers would take turns among themselves.
      if (readyAt < chosenReadyAt || (readyAt === chosenReadyAt && load < chosenLoad)) {
        chosen = peer
        chosenReadyAt = readyAt
        chosenLoad = load
      }
    }
    return chosen
  }

  #refuse(task: HashTask): void {
    this.#refusedAt.set(task.peer!.handle, this.#context.now)
    task.peer = undefined
  }
}

/** A range as text: what an answer repeats of its request. */
function keyOf({ piecesRoot, baseLayer, index, length }: HashRange): string {
  return `${toHex(piecesRoot)}/${baseLayer}/${index}/${length}`
}

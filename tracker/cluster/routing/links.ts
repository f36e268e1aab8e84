/**
 * What goes from one node to another and back. A bus may lose what it carries, so batches are numbered, and whoever misses one asks for a
 * new stream. A stream begins with everything that the other must know: what is due then (`untold`) is not queued but read off the ledger as it is
 * sent, so that nothing grows while a node is slow. PURE.
 */
import { encodeBatch, encodeItem } from './codec.ts'
import type { Batch, Control, Item, NodeFigures, NodeId, ToHolder, ToOwner } from './items.ts'
import { type Entry, tellings } from './ledger.ts'

export interface LinkLimits {
  readonly batchCharsMax: number
  readonly itemsPerBatchMax: number
  readonly queueCharsMax: number
  readonly restartSeconds: number
}

/** `next`: take it. `first`: take it, and forget what was known before. `gap`: ask for a new stream. `old`: let it go. */
export type Arrival = 'next' | 'first' | 'gap' | 'old'

export class Link {
  readonly node: NodeId
  /** What that node owns by now and was not told. */
  readonly untold = new Set<Entry>()
  /** What it said of itself last. */
  figures: NodeFigures | undefined
  readonly #limits: LinkLimits
  /** Signs of life, and what is about the link itself: by kind, for the newest counts. They go first. */
  readonly #controls = new Map<Control['type'], string>()
  #queue: string[] = []
  #queueChars = 0
  /** Whether the queue holds what must not be overtaken by the telling of an entry. */
  #isOrdered = false
  #stream = 0
  #sequence = 0
  #openedAt = Number.NEGATIVE_INFINITY
  #heardStream = 0
  #heardSequence = 0
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(node: NodeId, limits: LinkLimits) {
    this.node = node
    this.#limits = limits
  }

  get isWaiting(): boolean {
    return this.#queue.length > 0 || this.untold.size > 0 || this.#controls.size > 0
  }

  get queuedChars(): number {
    return this.#queueChars
  }

  get stream(): number {
    return this.#stream
  }

  /** Begins a stream; its number was never used before. */
  open(stream: number, now: number): void {
    this.#stream = stream
    this.#sequence = 0
    this.#openedAt = now
    this.untold.clear()
    this.#queue = []
    this.#queueChars = 0
    this.#isOrdered = false
  }

  /** Whether enough time went by since it was opened. */
  mayOpen(now: number): boolean {
    return now - this.#openedAt >= this.#limits.restartSeconds * 1000
  }

  control(item: Control): void {
    this.#controls.set(item.type, encodeItem(item))
  }

  /** Queues what an owner says. False: there is no room. What is not vital makes room for what is. */
  reply(item: ToHolder, isVital: boolean): boolean {
    return this.#push(item, isVital)
  }

  /** Queues what an owner is told. False: there is no room. */
  request(item: ToOwner, isVital: boolean): boolean {
    this.#isOrdered = true
    return this.#push(item, isVital)
  }

  /** An entry became that node's. False: there is no room. */
  tell(entry: Entry): boolean {
    if (this.#isOrdered) return tellings(entry).every(telling => this.request(telling, true))
    this.untold.add(entry)
    return true
  }

  /** The next batch, as text; undefined: there is nothing to say. What is untold goes first: what is queued may be about it. */
  take(from: NodeId): string | undefined {
    if (!this.isWaiting) return undefined
    const items = [...this.#controls.values()]
    this.#controls.clear()
    let chars = 0
    const { batchCharsMax, itemsPerBatchMax } = this.#limits
    const hasRoom = () => chars < batchCharsMax && items.length < itemsPerBatchMax
    for (const entry of this.untold) {
      if (!hasRoom()) break
      this.untold.delete(entry)
      for (const telling of tellings(entry)) {
        const text = encodeItem(telling)
        items.push(text)
        chars += text.length
      }
    }
    let taken = 0
    while (taken < this.#queue.length && hasRoom()) {
      const text = this.#queue[taken++]!
      items.push(text)
      chars += text.length
      this.#queueChars -= text.length
    }
    this.#queue = this.#queue.slice(taken)
    if (this.#queue.length === 0) this.#isOrdered = false
    return encodeBatch({ from, stream: this.#stream, sequence: ++this.#sequence }, items)
  }

  arrive({ stream, sequence }: Batch): Arrival {
    if (stream < this.#heardStream) return 'old'
    if (stream > this.#heardStream) {
      if (sequence !== 1) return 'gap'
      this.#heardStream = stream
      this.#heardSequence = 1
      return 'first'
    }
    if (sequence <= this.#heardSequence) return 'old'
    if (sequence > this.#heardSequence + 1) return 'gap'
    this.#heardSequence = sequence
    return 'next'
  }

  /** Asks for a new stream in place of that one, unless it was asked lately: what is on its way may be of the old one still. */
  ask(stream: number, now: number): void {
    if (now - this.#askedAt < this.#limits.restartSeconds * 1000) return
    this.#askedAt = now
    this.control({ type: 'again', stream })
  }

  #push(item: Item, isVital: boolean): boolean {
    const { queueCharsMax } = this.#limits
    if (this.#queueChars > (isVital ? queueCharsMax : queueCharsMax / 2)) return false
    const text = encodeItem(item)
    this.#queue.push(text)
    this.#queueChars += text.length
    return true
  }
}

/** Scrapes that several owners answer together. PURE. */
import { TRACKER_MESSAGE_LIMITS } from '../../../src/protocol/tracker.ts'
import type { WireId } from '../../../src/protocol/tracker.ts'
import type { ScrapeReply, SwarmCounts } from '../../../src/protocol/tracker-reply.ts'

interface Scrape {
  readonly connection: number
  /** undefined: every swarm. */
  readonly infoHashes: readonly WireId[] | undefined
  readonly swarms: Map<WireId, SwarmCounts>
  missing: number
  readonly dueAt: number
}

export interface ScrapeAnswer {
  readonly to: number
  readonly reply: ScrapeReply
}

export class Scrapes {
  readonly #scrapesMax: number
  readonly #waitMs: number
  /** In order of time: all wait equally long. */
  readonly #scrapes = new Map<number, Scrape>()
  #last = 0

  constructor({ scrapesMax, scrapeSeconds }: { scrapesMax: number; scrapeSeconds: number }) {
    this.#scrapesMax = scrapesMax
    this.#waitMs = scrapeSeconds * 1000
  }

  /** When the next one has waited long enough; Infinity when none waits. */
  get deadline(): number {
    for (const { dueAt } of this.#scrapes.values()) return dueAt
    return Number.POSITIVE_INFINITY
  }

  /** A scrape that so many owners are asked for. @returns its number; undefined: too many wait */
  open(connection: number, infoHashes: readonly WireId[] | undefined, owners: number, now: number): number | undefined {
    if (this.#scrapes.size >= this.#scrapesMax) return undefined
    const scrape = { connection, infoHashes, swarms: new Map(), missing: owners, dueAt: now + this.#waitMs }
    this.#scrapes.set(++this.#last, scrape)
    return this.#last
  }

  /** An owner answers. @returns the answer to the client once it was the last */
  add(number: number, swarms: readonly SwarmCounts[]): ScrapeAnswer | undefined {
    const scrape = this.#scrapes.get(number)
    if (!scrape) return undefined
    for (const counts of swarms) scrape.swarms.set(counts.infoHash, counts)
    scrape.missing--
    return scrape.missing === 0 ? this.#end(number, scrape) : undefined
  }

  endDue(now: number): ScrapeAnswer[] {
    const answers: ScrapeAnswer[] = []
    for (const [number, scrape] of this.#scrapes) {
      if (scrape.dueAt > now) break
      answers.push(this.#end(number, scrape))
    }
    return answers
  }

  #end(number: number, { connection, infoHashes, swarms }: Scrape): ScrapeAnswer {
    this.#scrapes.delete(number)
    const all = infoHashes?.map(infoHash => swarms.get(infoHash) ?? { infoHash, seeds: 0, leeches: 0, downloads: 0 })
    const listed = all ?? [...swarms.values()].slice(0, TRACKER_MESSAGE_LIMITS.scrapeMax)
    return { to: connection, reply: { type: 'scraped', swarms: listed } }
  }
}

/** What was said and what happened, as the page shows it, and as those who come later are told. Pure, and bounded. */
import { ROOM_LIMITS } from './limits.ts'
import type { FileOffer, Line, Signed } from './messages.ts'

/** One thing in the log. */
export type Entry = {
  /** Unlike every other's. */
  readonly key: number
  /** Milliseconds since the epoch. */
  readonly at: number
} & (
  | { readonly kind: 'line'; readonly post: Signed<Line> }
  | { readonly kind: 'file'; readonly post: Signed<FileOffer> }
  | { readonly kind: 'joined' | 'left'; readonly name: string }
  /** The meeting point goes away within so many seconds. */
  | { readonly kind: 'shutdown'; readonly seconds: number }
)

/** Without what the log adds. */
export type News = Entry extends infer E ? (E extends Entry ? Omit<E, 'key'> : never) : never

export class Log {
  #entries: Entry[] = []
  #files: Signed<FileOffer>[] = []
  #count = 0

  get entries(): readonly Entry[] {
    return this.#entries
  }

  get files(): readonly Signed<FileOffer>[] {
    return this.#files
  }

  /** The last lines, and all files, oldest first. */
  get history(): (Signed<Line> | Signed<FileOffer>)[] {
    const lines = this.#entries.flatMap(entry => (entry.kind === 'line' ? [entry.post] : []))
    return [...this.#files, ...lines.slice(-ROOM_LIMITS.historyLinesMax)]
  }

  /** @param isPast it is put where it belongs by the clock; else it is the last */
  add(news: News, isPast = false): void {
    const entry = { ...news, key: ++this.#count } as Entry
    const place = isPast ? this.#entries.findIndex(({ at }) => at > entry.at) : -1
    this.#entries.splice(place < 0 ? this.#entries.length : place, 0, entry)
    this.#entries.splice(0, this.#entries.length - ROOM_LIMITS.entriesMax)
  }

  hasRoomFor(sender: string): boolean {
    const ofSender = this.#files.filter(file => file.sender === sender).length
    return ofSender < ROOM_LIMITS.filesPerMemberMax && this.#files.length < ROOM_LIMITS.filesMax
  }

  /** @returns whether there was room for it */
  addFile(offer: Signed<FileOffer>): boolean {
    const isRoomLeft = this.hasRoomFor(offer.sender)
    if (isRoomLeft) this.#files = [...this.#files, offer]
    return isRoomLeft
  }
}

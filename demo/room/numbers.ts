/** Which numbers of which members were heard already, so that nothing said twice is heard twice. Pure, and bounded. */
import { ROOM_LIMITS } from './limits.ts'

interface Heard {
  /** Of presences the highest: what is older is no news. */
  presence: number
  /** Of posts those that were heard, and the highest of them: they may come out of order when history comes late. */
  readonly posts: Set<number>
  highest: number
}

export class Numbers {
  /** Those last heard of at the end. */
  readonly #heard = new Map<string, Heard>()

  isNewPresence(sender: string, n: number): boolean {
    return n > (this.#heard.get(sender)?.presence ?? 0)
  }

  isNewPost(sender: string, n: number): boolean {
    const heard = this.#heard.get(sender)
    return heard === undefined || (n > heard.highest - ROOM_LIMITS.numbersMax && !heard.posts.has(n))
  }

  notePresence(sender: string, n: number): void {
    this.#of(sender).presence = n
  }

  notePost(sender: string, n: number): void {
    const heard = this.#of(sender)
    heard.posts.add(n)
    heard.highest = Math.max(heard.highest, n)
    if (heard.posts.size <= ROOM_LIMITS.numbersMax) return
    for (const old of heard.posts) if (old <= heard.highest - ROOM_LIMITS.numbersMax) heard.posts.delete(old)
  }

  #of(sender: string): Heard {
    const heard = this.#heard.get(sender) ?? { presence: 0, posts: new Set(), highest: 0 }
    this.#heard.delete(sender)
    this.#heard.set(sender, heard)
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > ROOM_LIMITS.sendersMax && oldest !== undefined) this.#heard.delete(oldest)
    return heard
  }
}

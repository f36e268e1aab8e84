/** Who is in the room beside oneself: until they leave, or fall silent. Pure. */
import { Bucket } from './bucket.ts'
import { ROOM_LIMITS } from './limits.ts'
import type { Presence, Signed, Status } from './messages.ts'

export interface Member {
  readonly id: string
  readonly name: string
  readonly status: Status
}

interface Seat {
  presence: Signed<Presence>
  goneAt: number
  readonly posts: Bucket
  readonly presences: Bucket
}

/** What a presence changed. */
export type Change = 'joined' | 'updated' | 'same' | 'left' | 'full' | 'too-often'

export class Members {
  readonly #seats = new Map<string, Seat>()

  get all(): Member[] {
    return [...this.#seats].flatMap(([id, { presence }]) => {
      const { name, status } = presence.body
      return status === 'left' ? [] : [{ id, name, status }]
    })
  }

  /** What newcomers are told. */
  get presences(): Signed<Presence>[] {
    return [...this.#seats.values()].map(({ presence }) => presence)
  }

  has(id: string): boolean {
    return this.#seats.has(id)
  }

  nameOf(id: string): string {
    return this.#seats.get(id)?.presence.body.name ?? ''
  }

  /** A presence that is news. What comes too often is as if it had not been said. */
  update(presence: Signed<Presence>, now: number): Change {
    const { sender, body } = presence
    const seat = this.#seats.get(sender)
    if (body.status === 'left') {
      return this.#seats.delete(sender) ? 'left' : 'same'
    }
    if (seat === undefined) {
      // One place is one's own.
      if (this.#seats.size + 1 >= ROOM_LIMITS.membersMax) return 'full'
      this.#seats.set(sender, {
        presence,
        goneAt: now + ROOM_LIMITS.silenceMs,
        posts: new Bucket(ROOM_LIMITS.posts),
        presences: new Bucket(ROOM_LIMITS.presences),
      })
      return 'joined'
    }
    if (!seat.presences.take(now)) return 'too-often'
    const { name, status } = seat.presence.body
    seat.presence = presence
    seat.goneAt = now + ROOM_LIMITS.silenceMs
    return name === body.name && status === body.status ? 'same' : 'updated'
  }

  /** Whether a member may post once more now. */
  mayPost(id: string, now: number): boolean {
    return this.#seats.get(id)?.posts.take(now) ?? false
  }

  /** It is gone unless it is heard again soon. */
  doubt(id: string, now: number): void {
    const seat = this.#seats.get(id)
    if (seat !== undefined) seat.goneAt = Math.min(seat.goneAt, now + ROOM_LIMITS.doubtMs)
  }

  /** Nobody could be heard for so long. */
  excuse(ms: number): void {
    for (const seat of this.#seats.values()) seat.goneAt += ms
  }

  /** Takes out those who fell silent. */
  expire(now: number): Presence[] {
    const gone: Presence[] = []
    for (const [id, { presence, goneAt }] of this.#seats) {
      if (goneAt > now) continue
      this.#seats.delete(id)
      gone.push(presence.body)
    }
    return gone
  }

  /** When the next falls silent; Infinity: nobody is there. */
  get deadline(): number {
    return Math.min(...[...this.#seats.values()].map(({ goneAt }) => goneAt))
  }
}

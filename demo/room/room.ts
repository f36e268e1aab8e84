/**
 * The room, as one member has it: a state machine that is told what comes, when, and says what is to be done about it. It has no
 * clock, no timers, no keys and no page; what it is given was unsealed and its signature checked, what it wants said is signed outside.
 *
 * Members flood: whatever is news goes on to every connection but the one that it came by, so that whoever is connected to one
 * hears all. Connections keep order and everybody passes on at once what it hears, so nobody hears an answer before the question.
 */
import { Bucket } from './bucket.ts'
import { ROOM_LIMITS } from './limits.ts'
import { type Entry, Log } from './log.ts'
import { type Member, Members } from './members.ts'
import {
  type Body,
  cleanName,
  cleanText,
  type FileOffer,
  type Line,
  type Presence,
  type Signed,
  type Status,
} from './messages.ts'
import { Numbers } from './numbers.ts'

/** `past`: told to a newcomer, and not to be passed on. `full`: there is no place for whoever is there. */
export type FrameKind = 'live' | 'past' | 'full'

export type RoomInput =
  /** `wasHere`: it is we who came. */
  | { readonly type: 'linked'; readonly link: number; readonly wasHere: boolean }
  | { readonly type: 'unlinked'; readonly link: number }
  | { readonly type: 'heard'; readonly link: number; readonly kind: 'live' | 'past'; readonly message: Signed }
  /** The very message, from another neighbour too. */
  | { readonly type: 'heard-again'; readonly link: number; readonly kind: 'live' | 'past'; readonly sender: string }
  /** What a neighbour says itself: that there is no place for us; or what it forged, or passed on without a look. */
  | { readonly type: 'turned-away' | 'forged'; readonly link: number }
  /** What a `sign` asked for. */
  | { readonly type: 'signed'; readonly message: Signed }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'offer'; readonly file: Pick<FileOffer, 'title' | 'lengthBytes' | 'fileCount' | 'link'> }
  | { readonly type: 'present'; readonly name: string; readonly status: Status }
  | { readonly type: 'shutdown'; readonly seconds: number }
  | { readonly type: 'leave' | 'tick' }

export type RoomEffect =
  /** To be signed and given back, in the order in which it was asked for. */
  | { readonly type: 'sign'; readonly body: Body }
  | { readonly type: 'send'; readonly link: number; readonly kind: FrameKind; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'close'; readonly link: number; readonly reason: string }
  /** What was to be said comes too soon after the last, or there is no room for it. */
  | { readonly type: 'refused' }

interface Link {
  readonly wasHere: boolean
  /** Who is there: whoever is first heard live. */
  member: string | undefined
  pastCount: number
}

export class Room {
  /** Everybody told us that there is no place. */
  isFull = false
  readonly #self: string
  readonly #links = new Map<number, Link>()
  readonly #members = new Members()
  readonly #log = new Log()
  readonly #numbers = new Numbers()
  readonly #posts = new Bucket(ROOM_LIMITS.ownPosts)
  #own: Pick<Presence, 'name'> & { readonly status: Status }
  #ownPresence: Signed<Presence> | undefined
  #presences = 0
  #postCount = 0
  #heartbeatAt = Number.NEGATIVE_INFINITY
  #noticeAt = 0
  #lookedAt: number | undefined
  #isLeft = false
  #effects: RoomEffect[] = []

  /** @param self one's own id */
  constructor(self: string, own: { readonly name: string; readonly status: Status }) {
    this.#self = self
    this.#own = { ...own, name: cleanName(own.name) }
  }

  /** Oneself first. */
  get members(): readonly Member[] {
    return [{ id: this.#self, ...this.#own }, ...this.#members.all]
  }

  get entries(): readonly Entry[] {
    return this.#log.entries
  }

  get files(): readonly Signed<FileOffer>[] {
    return this.#log.files
  }

  get linkCount(): number {
    return this.#links.size
  }

  /** When it next wants a `tick`. */
  get deadline(): number {
    return this.#isLeft ? Number.POSITIVE_INFINITY : Math.min(this.#heartbeatAt, this.#members.deadline)
  }

  /** @param now milliseconds since the epoch, never going back */
  step(input: RoomInput, now: number): RoomEffect[] {
    this.#effects = []
    if (this.#isLeft && input.type !== 'signed') return []
    this.#passTime(now)
    switch (input.type) {
      case 'linked':
        this.#welcome(input.link, input.wasHere)
        break
      case 'unlinked':
        this.#unlink(input.link, now)
        break
      case 'heard':
        this.#hear(input.link, input.kind === 'past', input.message, now)
        break
      case 'heard-again':
        if (input.kind === 'live') this.#introduce(input.link, input.sender)
        break
      case 'forged':
        this.#close(input.link, 'It passes on what nobody said.')
        break
      case 'turned-away':
        // One who says so of a room that others let us into is not believed.
        if (this.#members.all.length === 0) this.isFull = true
        this.#close(input.link, 'The room is full.')
        break
      case 'signed':
        this.#speak(input.message, now)
        break
      case 'say': {
        const text = cleanText(input.text)
        if (text === '' || !this.#posts.take(now)) this.#effects.push({ type: 'refused' })
        else this.#post({ type: 'line', text }, now)
        break
      }
      case 'offer': {
        const isRoomLeft = this.#log.hasRoomFor(this.#self)
        if (!isRoomLeft || !this.#posts.take(now)) this.#effects.push({ type: 'refused' })
        else this.#post({ type: 'file', ...input.file }, now)
        break
      }
      case 'present':
        this.#own = { name: cleanName(input.name), status: input.status }
        this.#present(now)
        break
      case 'shutdown':
        if (now < this.#noticeAt) break
        this.#noticeAt = now + ROOM_LIMITS.noticeMs
        this.#log.add({ kind: 'shutdown', seconds: input.seconds, at: now })
        break
      case 'leave':
        this.#sign({ type: 'presence', n: ++this.#presences, name: this.#own.name, status: 'left' })
        this.#isLeft = true
        break
      case 'tick':
        break
    }
    return this.#effects
  }

  // ------------------------------------------------------------------------------------------------ time

  #passTime(now: number): void {
    const elapsedMs = now - (this.#lookedAt ?? now)
    this.#lookedAt = now
    if (elapsedMs > ROOM_LIMITS.sleptMs) this.#members.excuse(elapsedMs)
    for (const { name } of this.#members.expire(now)) this.#log.add({ kind: 'left', name, at: now })
    if (now >= this.#heartbeatAt && !this.#isLeft) this.#present(now)
  }

  #present(now: number): void {
    this.#heartbeatAt = now + ROOM_LIMITS.heartbeatMs
    this.#sign({ type: 'presence', n: ++this.#presences, ...this.#own })
  }

  // ------------------------------------------------------------------------------------- what is said here

  #post(post: Pick<Line, 'type' | 'text'> | Omit<FileOffer, 'n' | 'at' | 'name'>, now: number): void {
    this.#sign({ ...post, n: ++this.#postCount, at: Math.floor(now), name: this.#own.name })
  }

  #sign(body: Body): void {
    this.#effects.push({ type: 'sign', body })
  }

  #speak(message: Signed, now: number): void {
    for (const link of this.#links.keys()) this.#send(link, 'live', message)
    if (isPresence(message)) this.#ownPresence = message
    else this.#keep(message, now)
  }

  /** @returns whether there was room for it */
  #keep(post: Signed, at: number, isPast = false): boolean {
    if (isLine(post)) this.#log.add({ kind: 'line', post, at }, isPast)
    if (!isFile(post)) return true
    if (!this.#log.addFile(post)) return false
    this.#log.add({ kind: 'file', post, at }, isPast)
    return true
  }

  // -------------------------------------------------------------------------------------- what others say

  /** Whoever comes is told who is here and what was said; that we are here is news. */
  #welcome(link: number, wasHere: boolean): void {
    this.#links.set(link, { wasHere, member: undefined, pastCount: 0 })
    if (this.#ownPresence !== undefined) this.#send(link, 'live', this.#ownPresence)
    for (const presence of this.#members.presences) this.#send(link, 'past', presence)
    for (const post of this.#log.history) this.#send(link, 'past', post)
  }

  #unlink(link: number, now: number): void {
    const member = this.#links.get(link)?.member
    this.#links.delete(link)
    const isStillLinked = [...this.#links.values()].some(other => other.member === member)
    if (member !== undefined && !isStillLinked) this.#members.doubt(member, now)
  }

  #hear(number: number, isPast: boolean, message: Signed, now: number): void {
    const link = this.#links.get(number)
    // What was on its way when the connection was closed; and one's own words, coming back.
    if (link === undefined || message.sender === this.#self) return
    if (isPast && ++link.pastCount > ROOM_LIMITS.pastMax) return this.#close(number, 'It tells too much of the past.')
    if (!isPast) this.#introduce(number, message.sender)
    const isNews = isPresence(message)
      ? this.#hearPresence(message, { link, number, isPast, now })
      : this.#hearPost(message as Signed<Line | FileOffer>, isPast, now)
    if (!isNews || isPast) return
    for (const other of this.#links.keys()) if (other !== number) this.#send(other, 'live', message)
  }

  /** Who is first heard live on a connection is who is there. */
  #introduce(number: number, sender: string): void {
    const link = this.#links.get(number)
    if (link !== undefined) link.member ??= sender
  }

  #hearPresence(
    presence: Signed<Presence>,
    { link, number, isPast, now }: { link: Link; number: number; isPast: boolean; now: number },
  ): boolean {
    const { sender, body } = presence
    if (!this.#numbers.isNewPresence(sender, body.n)) return false
    const name = this.#members.nameOf(sender) || body.name
    const change = this.#members.update(presence, now)
    if (change === 'full' && link.member === sender) {
      this.#send(number, 'full')
      this.#close(number, 'The room is full.')
    }
    if (change === 'full' || change === 'too-often') return false
    if (change === 'joined') this.isFull = false
    // Of strangers' leave nothing needs to be known, or remembered.
    if (change === 'same' && !this.#members.has(sender)) return false
    this.#numbers.notePresence(sender, body.n)
    const isBeforeUs = isPast || (link.wasHere && link.member === sender)
    if (change === 'left' || (change === 'joined' && !isBeforeUs)) this.#log.add({ kind: change, name, at: now })
    return true
  }

  #hearPost(post: Signed<Line | FileOffer>, isPast: boolean, now: number): boolean {
    const { sender, body } = post
    if (!this.#numbers.isNewPost(sender, body.n)) return false
    // What was said by those who left is still told, to newcomers and by nobody else.
    if (!isPast && !this.#members.mayPost(sender, now)) return false
    this.#numbers.notePost(sender, body.n)
    // Clocks differ, but nothing was said in the future.
    return this.#keep(post, isPast ? Math.min(body.at, now) : now, isPast)
  }

  #send(link: number, kind: FrameKind, message?: Signed): void {
    this.#effects.push({ type: 'send', link, kind, bytes: message?.bytes ?? new Uint8Array(0) })
  }

  #close(link: number, reason: string): void {
    this.#links.delete(link)
    this.#effects.push({ type: 'close', link, reason })
  }
}

function isPresence(message: Signed): message is Signed<Presence> {
  return message.body.type === 'presence'
}

function isLine(message: Signed): message is Signed<Line> {
  return message.body.type === 'line'
}

function isFile(message: Signed): message is Signed<FileOffer> {
  return message.body.type === 'file'
}

/**
 * One life of a member: from its start until it stops or crashes. Drives one `Swarm` as the session does: an input, a
 * step, the effects in order, one timer. Inputs that arise while effects are performed wait their turn.
 */
import { seededRandom } from '../../src/swarm/random.ts'
import { Swarm } from '../../src/swarm/swarm.ts'
import type { Effect, Input } from '../../src/swarm/events.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Metainfo } from '../../src/metainfo/metainfo.ts'
import { Announcer } from './announcer.ts'
import { Dialler } from './dialler.ts'
import type { Access } from './link.ts'
import type { Member } from './member.ts'
import type { End } from './network.ts'
import { type Token, tokenOps } from './token.ts'
import { wireBytes } from './wire-bytes.ts'
import type { World } from './world.ts'

export class Life {
  // What every input looks at stands together.
  readonly member: Member
  readonly swarm: Swarm<Token>
  readonly #world: World
  readonly #inputs: Input<Token>[] = []
  #isStepping = false
  #isOver = false
  /** What its clock is ahead of everybody else's. */
  #clockAheadMs = 0
  /** When the tick that is planned next is due. */
  #tickAt = Number.POSITIVE_INFINITY
  readonly #ends = new Map<number, End>()
  readonly peerId: string
  /** ms. */
  readonly startedAt: number
  readonly dialler: Dialler
  readonly #announcer: Announcer
  readonly #fetches = new Map<number, () => void>()
  /** ms; the last of what a disguise holds back leaves no earlier than this, by connection. */
  readonly #heldUntil = new Map<End, number>()

  constructor(world: World, member: Member, seed: number) {
    this.#world = world
    this.member = member
    this.peerId = member.peerId
    this.startedAt = world.timeline.now
    const { torrent } = world
    this.swarm = new Swarm<Token>({
      peerId: member.peerId,
      random: seededRandom(seed),
      body: tokenOps,
      ...(member.options.from === 'magnet' ? {} : { metainfo: torrent.metainfo }),
      expected: torrent.expected,
      webSeeds: member.options.webSeeds ?? [],
      limits: member.options.limits ?? {},
    })
    const { timeline, network } = world
    this.#announcer = new Announcer(
      {
        timeline,
        tracker: network.tracker,
        random: seededRandom(seed ^ 0x7ac),
        peerId: member.peerId,
        latencyMs: member.access.line.latencyMs,
        isSeed: () => this.isSeed,
      },
      {
        found: (peerIds, members) => this.dialler.found(peerIds, members),
        offer: (peerId, number) => this.dialler.offered(peerId, number),
        answer: (peerId, number) => this.dialler.answered(peerId, number),
        gone: peerId => this.dialler.gone(peerId),
      },
    )
    this.dialler = new Dialler(this, network, timeline, this.#announcer)
  }

  get access(): Access {
    return this.member.access
  }

  get isSeed(): boolean {
    return this.member.isWhole
  }

  /** ms, by its own clock. */
  get now(): number {
    return this.#world.timeline.now + this.#clockAheadMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get ends(): ReadonlyMap<number, End> {
    return this.#ends
  }

  start(): void {
    this.#world.network.join(this)
    this.#announcer.start()
    this.input({ type: 'granted', share: this.member.share })
  }

  /** Ends at once. Neighbours notice after `noticeMs`: one latency after a farewell, longer after a crash. */
  stop(noticeMs: number, isPolite: boolean): void {
    this.#isOver = true
    this.#announcer.stop(noticeMs, isPolite)
    this.dialler.close()
    this.#world.network.leave(this)
    for (const end of [...this.#ends.values()]) this.#disconnect(end, noticeMs)
    for (const cancel of this.#fetches.values()) cancel()
    this.#world.stopped(this.member)
  }

  /** Its clock jumps ahead, as after a sleep. */
  jumpClock(byMs: number): void {
    this.#clockAheadMs += byMs
    this.#arm()
  }

  open(end: End, initiator: boolean): void {
    this.#ends.set(end.handle, end)
    const features = { fast: true, extended: true, v2: this.#world.torrent.version !== 'v1' }
    this.input({ type: 'opened', peer: end.handle, peerId: end.peerId, initiator, features })
  }

  input(input: Input<Token>): void {
    if (this.#isOver) return
    if (this.#isStepping) {
      this.#inputs.push(input)
      return
    }
    this.#isStepping = true
    let next: Input<Token> | undefined = input
    while (next !== undefined && !this.#isOver) {
      this.#world.sawInput(this.member, next)
      for (const effect of this.swarm.step(next, this.now)) {
        this.#world.sawEffect(this.member, effect)
        this.#perform(effect)
      }
      next = this.#inputs.length === 0 ? undefined : this.#inputs.shift()
    }
    this.#isStepping = false
    this.#arm()
  }

  #perform(effect: Effect<Token>): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect)
        break
      case 'close': {
        const end = this.#ends.get(effect.peer)
        if (end !== undefined) this.#disconnect(end, end.latencyMs)
        break
      }
      case 'low-water':
        this.#ends.get(effect.peer)?.setLowWaterMark(effect.bytes)
        break
      case 'dial':
        this.dialler.dial(effect.peerId)
        break
      case 'accept':
        this.dialler.accept(effect.offer)
        break
      case 'refuse':
        this.dialler.refuse(effect.offer)
        break
      case 'wanted':
        this.#announcer.wanted(effect.count)
        break
      case 'fetch':
        this.#fetch(effect)
        break
      case 'cancel-fetch':
        this.#fetches.get(effect.id)?.()
        break
      case 'open':
        this.#open(effect.metainfo)
        break
      case 'check':
      case 'save':
      case 'load':
      case 'hash':
        this.member.disk.perform(effect, input => this.input(input))
        break
      case 'report':
        if (effect.report.type === 'done' && this.member.isWhole) this.#announcer.completed()
        break
      case 'ask':
        break
    }
  }

  #send({ peer, message }: Effect<Token> & { type: 'send' }): void {
    const end = this.#ends.get(peer)
    if (end === undefined) return
    const { disguise } = this.member.options
    if (message.type === 'piece') end.dueWritable()
    if (disguise === undefined) return end.send(message, wireBytes(message))
    const altered = disguise.alter(message)
    if (altered === undefined) return
    const bytes = wireBytes(altered.message)
    if (altered.delayMs === undefined) end.send(altered.message, bytes)
    else if (altered.isOrdered) this.#sendInTurn(end, altered.message, altered.delayMs)
    else this.#world.timeline.after(altered.delayMs, () => end.send(altered.message, bytes))
    for (const also of altered.also ?? []) end.send(also, wireBytes(also))
  }

  /** Later, but never before what was held back earlier. */
  #sendInTurn(end: End, message: WireMessage<Token>, delayMs: number): void {
    const { timeline } = this.#world
    const at = Math.max(this.#heldUntil.get(end) ?? 0, timeline.now + delayMs)
    this.#heldUntil.set(end, at)
    timeline.at(at, () => end.send(message, wireBytes(message)))
  }

  /** Both sides hear of a close, each once. */
  #disconnect(end: End, noticeMs: number): void {
    const { other } = end
    this.lose(end)
    end.close()
    other.close()
    this.#world.timeline.after(noticeMs, () => other.life.lose(other))
  }

  /** The other side is gone. */
  lose(end: End): void {
    if (!end.isOpen) return
    this.input({ type: 'closed', peer: end.handle })
    this.#ends.delete(end.handle)
    end.end()
  }

  /** Nothing passes any more, and both sides notice after a while. */
  cut(end: End, noticeMs: number): void {
    const { other } = end
    end.close()
    other.close()
    this.#world.timeline.after(noticeMs, () => {
      this.lose(end)
      other.life.lose(other)
    })
  }

  #fetch({ id, url, first, end }: Effect<Token> & { type: 'fetch' }): void {
    const origin = this.#world.origins.get(url)
    if (origin === undefined) throw new Error(`No origin at ${url}`)
    const { torrent } = this.#world
    const pieces = Array.from({ length: end - first }, (_, i) => {
      return { piece: first + i, body: torrent.data(first + i) }
    })
    const cancel = origin.fetch(this.access, pieces, {
      piece: (piece, body) => this.input({ type: 'fetched', id, piece, body }),
      ended: failed => {
        this.#fetches.delete(id)
        this.input({ type: 'fetch-ended', id, ...(failed === undefined ? {} : { failed }) })
      },
    })
    this.#fetches.set(id, cancel)
  }

  #open(metainfo: Metainfo): void {
    this.#world.torrent.verify(metainfo)
    for (const want of this.member.wants) this.input({ type: 'want', ...want })
    this.#world.timeline.after(this.member.disk.openMs, () => {
      this.input({ type: 'resumed', have: this.member.disk.bits() })
    })
  }

  #arm(): void {
    const { timeline } = this.#world
    const due = this.swarm.deadline - this.#clockAheadMs
    if (this.#isOver || due >= this.#tickAt) return
    this.#tickAt = due
    const { timersLateMs = 0 } = this.member.options
    const lateMs = timersLateMs === 0 ? 0 : this.#world.random() * timersLateMs
    timeline.at(due + lateMs, () => {
      if (this.#tickAt !== due) return
      this.#tickAt = Number.POSITIVE_INFINITY
      // The deadline may have moved on since.
      if (this.swarm.deadline <= this.now) this.input({ type: 'tick' })
      else this.#arm()
    })
  }
}

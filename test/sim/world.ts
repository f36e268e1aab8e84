/**
 * A simulated world: one torrent, its members, the network between them, and the checkers that watch. The swarms in
 * it are the code that ships; everything around them is deterministic in the seed.
 */
import type { Effect, Input } from '../../src/swarm/events.ts'
import { type Random, seededRandom } from '../../src/swarm/random.ts'
import { standardCheckers } from './checkers/standard.ts'
import { Ledger } from './ledger.ts'
import { Member, type MemberOptions } from './member.ts'
import { Neighbourhoods } from './neighbourhood.ts'
import { Network, type NetworkOptions } from './network.ts'
import { Origin, type OriginOptions } from './origin.ts'
import { Timeline } from './timeline.ts'
import type { Token } from './token.ts'
import type { Torrent } from './torrent.ts'
import { Trace } from './trace.ts'
import { type Objection, Violation, type Watcher } from './watcher.ts'

export interface WorldOptions {
  readonly scenario: string
  readonly seed: number
  readonly torrent: Torrent
  readonly network?: Partial<NetworkOptions>
  /** Bad pieces that a member may take from each polluter before its ban. @default 1 */
  readonly badPiecesMax?: number
  /** Whether checkers watch; without them a run takes half as long. @default true */
  readonly isChecked?: boolean
  /** ms; when faults that end have ended, and nothing may hang any more. @default 0 */
  readonly calmFromMs?: number
}

/** Simulated time after the goal, for what is under way to end. */
const SETTLE_MS = 60_000
const TAIL_LINES = 40
/** How often checkers of what lasts look, in simulated time. */
const SAMPLE_MS = 2_500

export class World {
  readonly scenario: string
  readonly seed: number
  readonly torrent: Torrent
  readonly badPiecesMax: number
  /** ms; when faults that end have ended, and nothing may hang any more. */
  calmFromMs: number
  readonly timeline = new Timeline()
  readonly random: Random
  readonly network: Network
  readonly trace = new Trace()
  readonly ledger: Ledger
  readonly neighbourhoods: Neighbourhoods
  readonly origins = new Map<string, Origin>()
  readonly #members: Member[] = []
  readonly #leeches: Member[] = []
  /** A leech that was not complete when last looked at. */
  #incomplete: Member | undefined
  readonly #isChecked: boolean
  readonly #watchers: Watcher[]

  constructor({ scenario, seed, torrent, network, badPiecesMax = 1, calmFromMs = 0, isChecked = true }: WorldOptions) {
    this.scenario = scenario
    this.seed = seed
    this.torrent = torrent
    this.badPiecesMax = badPiecesMax
    this.calmFromMs = calmFromMs
    this.random = seededRandom(seed)
    this.network = new Network(this.timeline, seededRandom(seed ^ 0x5eed), network)
    this.ledger = new Ledger(this)
    this.neighbourhoods = new Neighbourhoods(torrent)
    this.#isChecked = isChecked
    this.#watchers = isChecked ? [this.ledger, ...standardCheckers(this)] : [this.ledger]
    if (isChecked) this.#sample()
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /** Honest members that have something to download. */
  get leeches(): readonly Member[] {
    return this.#leeches
  }

  /** Every leech has all it wants. Asked at every event: mostly one look at one leech is enough. */
  get isComplete(): boolean {
    if (this.#incomplete === undefined || this.#incomplete.isComplete) {
      this.#incomplete = this.#leeches.find(leech => !leech.isComplete)
    }
    return this.#incomplete === undefined
  }

  /** Lets somebody more see what happens from now on. */
  watch(watcher: Watcher): void {
    this.#watchers.push(watcher)
  }

  addOrigin(url: string, options: OriginOptions): Origin {
    const origin = new Origin(this.timeline, seededRandom(this.seed ^ 0x0419), options)
    this.origins.set(url, origin)
    return origin
  }

  add(options: MemberOptions): Member {
    const member = new Member(this, this.#members.length, options)
    this.#members.push(member)
    if (member.isLeech) this.#leeches.push(member)
    this.timeline.at(options.joinsAt ?? 0, () => member.start())
    return member
  }

  /**
   * Runs until every leech has all it wants, then lets the dust settle and asks the checkers.
   * @throws Violation when that takes longer than `limitMs`, or when any checker objects
   */
  run(limitMs: number): void {
    this.advance(limitMs)
    this.settle()
  }

  /**
   * Runs until every leech has all it wants, or until so many events have happened.
   * @returns whether every leech has all it wants
   * @throws Violation after `limitMs` of simulated time, or when a checker objects
   */
  advance(limitMs: number, eventsMax = Number.POSITIVE_INFINITY): boolean {
    const end = this.timeline.happened + eventsMax
    this.runUntil(() => this.isComplete || this.timeline.happened >= end, limitMs)
    return this.isComplete
  }

  /** Runs until a condition holds. @throws Violation after `limitMs` of simulated time */
  runUntil(isReached: () => boolean, limitMs: number): void {
    while (!isReached()) {
      if (this.timeline.next > limitMs) {
        const missing = this.leeches.filter(leech => !leech.isComplete)
        const states = missing.map(({ name, disk }) => `${name} has ${disk.count}/${this.torrent.pieceCount}`)
        this.object(`the goal was not reached in ${limitMs} ms: ${states.join(', ') || 'see the test'}`, missing[0])
      }
      this.timeline.step()
    }
  }

  /** Lets time pass. */
  runFor(durationMs: number): void {
    this.timeline.advanceTo(this.timeline.now + durationMs)
  }

  /** Lets what is under way end, and asks the checkers for their last word. */
  settle(): void {
    this.runFor(SETTLE_MS)
    for (const watcher of this.#watchers) watcher.end?.()
  }

  sawInput(member: Member, input: Input<Token>): void {
    this.trace.note(this.timeline.now, member, '→', input)
    if (this.#isChecked) this.neighbourhoods.of(member).input(input, this.timeline.now)
    for (const watcher of this.#watchers) watcher.input?.(member, input)
  }

  sawEffect(member: Member, effect: Effect<Token>): void {
    this.trace.note(this.timeline.now, member, '←', effect)
    for (const watcher of this.#watchers) watcher.effect?.(member, effect)
    if (this.#isChecked) this.neighbourhoods.of(member).effect(effect, this.timeline.now)
  }

  stopped(member: Member): void {
    for (const watcher of this.#watchers) watcher.stopped?.(member)
    this.neighbourhoods.forget(member)
  }

  /** How a checker objects, under its name. */
  objectionOf(checker: string): Objection {
    return (rule, member) => {
      const who = member === undefined ? '' : `, ${member.name}`
      throw new Violation(
        checker,
        rule,
        `${this.scenario}, seed ${this.seed}, ${this.timeline.now.toFixed(1)} ms${who}: ${rule} (${checker})\n` +
          `${this.trace.tail(TAIL_LINES, member)}\ntrace ${this.trace.hash} after ${this.trace.length} events`,
      )
    }
  }

  /** The run did not get where it was to get. */
  readonly object: Objection = this.objectionOf('goal')

  #sample(): void {
    this.timeline.after(SAMPLE_MS, () => {
      for (const watcher of this.#watchers) watcher.sample?.()
      this.#sample()
    })
  }
}

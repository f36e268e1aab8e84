/** The swarms of a site that the leading tab has joined, and what they share: network, store, budget. Pieces are known here as the worker knows them, by root and number. */
import type { ShoalError } from '../../errors.ts'
import { BUDGET_DEFAULTS } from '../../options.ts'
import { toHex } from '../../metainfo/bytes.ts'
import type { Network, Origin, Store, TrackerStatus } from '../../ports.ts'
import { divide } from '../../swarm/budget.ts'
import { seededRandom } from '../../swarm/random.ts'
import type { Manifest } from '../manifest.ts'
import type { SiteSwarm } from '../swarms.ts'
import { JoinedSwarm, type Run } from './joined-swarm.ts'
import type { PieceSource } from './leader-port.ts'
import { bytesOfPieces, type Place, Places } from './places.ts'
import type { SiteStats } from './stats.ts'
import { hurry } from './hurry.ts'
import type { Ledger } from './ledger.ts'

export interface SwarmsOptions {
  readonly scope: string
  readonly store: Store
  readonly network: Network
  readonly origin: Origin
  readonly peerId: string
  /** A page is being loaded: what it asks for it needs now. */
  isLoading(): boolean
  readonly ledger: Ledger
  /** How many visitors there must be before peers are looked for. */
  readonly visitorsMin: number
  warning(error: ShoalError): void
}

/** How long a piece is looked for that the origin was asked for in vain: peers are found within seconds, or not at all. */
const NEED_MS = 20_000

/** Of a file that is played from its beginning. */
const STREAM_TYPE = /^(audio|video)\//

export class SiteSwarms implements PieceSource {
  readonly #options: SwarmsOptions
  readonly #joined = new Map<string, JoinedSwarm>()
  readonly #places = new Places()
  readonly #trackers = new Map<string, TrackerStatus>()
  #uploadBytesPerSecond = 0
  #isDividing = false
  #hasLeft = false
  /** Of swarms that were left. */
  #past: Spent = { wasted: 0, duplicates: 0, uploaded: 0 }

  constructor(options: SwarmsOptions) {
    this.#options = options
  }

  /**
   * Joins what is new and leaves what is no more; a bulk file that stays the same stays joined.
   * @param known bulk files' swarms, of which the hashes of the pieces are here
   */
  async follow(manifest: Manifest, known: readonly SiteSwarm[]): Promise<void> {
    this.#places.follow(manifest)
    for (const swarm of known) this.know(swarm)
    const [shared, ...bulk] = this.#places.swarms
    const ids = new Set([shared!, ...bulk].map(({ id }) => id))
    const ended = [...this.#joined.values()].filter(({ swarm }) => !ids.has(swarm.id))
    for (const { swarm } of ended) this.#joined.delete(swarm.id)
    this.#join(shared!)
    for (const joined of ended) this.#handOver(joined)
    await Promise.all(ended.map(joined => this.#leave(joined)))
  }

  /** The hashes of a bulk file's pieces have come. */
  know(swarm: SiteSwarm): void {
    this.#places.know(swarm)
  }

  /** @param bytesPerSecond 0: nothing is sent */
  setUpload(bytesPerSecond: number): void {
    this.#uploadBytesPerSecond = bytesPerSecond
    for (const joined of this.#joined.values()) joined.setUploading(bytesPerSecond > 0)
    this.#divide()
  }

  open(rootHex: string, first: number, end: number, isNeeded: boolean): Run | undefined {
    const place = this.#places.byRoot(rootHex, first)
    if (!place || first >= end || place.first + end > place.end || !this.hasCompany) return undefined
    const { file, swarm } = place
    const isStream = STREAM_TYPE.test(file.type)
    const joined = this.#join(swarm)
    const from = place.first + first
    const to = place.first + end
    if (!isStream && !isNeeded && !joined.hasAll(from, to)) {
      if (this.#options.isLoading()) return undefined
      // Whoever comes next may find them among peers.
      joined.lookForPeers()
      if (!joined.isAmongPeers(from, to)) return undefined
    }
    const { ledger } = this.#options
    const run = joined.want(from, to, isStream ? streamStepMs(place) : undefined)
    const wantedBytes = bytesOfPieces(swarm, from, to)
    const receivedBytes = () => joined.bytesOf(from, to)
    const stopHurrying = isStream || isNeeded ? () => {} : hurry(run, { receivedBytes, wantedBytes, ledger })
    return {
      prefer: run.prefer,
      take(piece) {
        const taking = run.take(place.first + piece)
        return isNeeded ? within(NEED_MS, taking) : taking
      },
      end() {
        stopHurrying()
        run.end()
      },
    }
  }

  kept(rootHex: string, piece: number): void {
    const place = this.#places.byRoot(rootHex, piece)
    if (!place) return
    const { swarm, first, file } = place
    const bytes = bytesOfPieces(swarm, first + piece, first + piece + 1)
    this.#options.ledger.kept(file, bytes)
    this.#join(swarm).keep(first + piece)
  }

  /** A page uses a file: what is stored of it may be given to peers. @returns whether all of it is */
  async use(path: string): Promise<boolean> {
    const place = this.#places.byPath(path)
    if (!place) return true
    const { swarm, first, end } = place
    const joined = this.#join(swarm)
    await joined.ready
    const stored = await joined.findStored(first, end)
    for (const piece of stored) joined.keep(piece)
    return stored.length === end - first
  }

  /** Takes a file's bytes from a page, piece by piece, as far as they are genuine. */
  async ingest(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const { swarm, first, end } = this.#places.byPath(path)!
    const joined = this.#join(swarm)
    const { layout } = swarm.metainfo
    const reader = body.getReader()
    let piece = first
    let buffer = new Uint8Array(layout.pieceBytes(piece))
    let filled = 0
    for (let { value } = await reader.read(); value; { value } = await reader.read()) {
      while (value.length > 0) {
        const part = value.subarray(0, buffer.length - filled)
        buffer.set(part, filled)
        filled += part.length
        value = value.subarray(part.length)
        if (filled < buffer.length) continue
        const isGenuine = await joined.ingest(piece++, buffer)
        if (!isGenuine || piece === end) return void (await reader.cancel())
        buffer = new Uint8Array(layout.pieceBytes(piece))
        filled = 0
      }
    }
  }

  /** Fetches a file into the store, mostly from peers. @returns false where it cannot: nobody says what its pieces are */
  async prefetch(path: string): Promise<boolean> {
    const place = this.#places.byPath(path)
    if (!place) return false
    if (await this.use(path)) return true
    if (!this.hasCompany) return false
    const { swarm, first, end } = place
    const run = this.#join(swarm).want(first, end)
    try {
      for (let piece = first; piece < end; piece++) await run.take(piece)
    } finally {
      run.end()
    }
    return true
  }

  /** How much of a file is here, and in use. */
  verifiedBytes(path: string): number {
    const place = this.#places.byPath(path)
    return (place && this.#joined.get(place.swarm.id)?.bytesOf(place.first, place.end)) ?? 0
  }

  /** Bytes that came for nothing, and that were sent. */
  get totals(): Pick<SiteStats, 'wasted' | 'duplicates' | 'uploaded' | 'connections'> {
    const all = [...this.#joined.values()]
    return {
      ...all.reduce((totals, { counters }) => withCounters(totals, counters), this.#past),
      connections: all.reduce((total, { peerCount }) => total + peerCount, 0),
    }
  }

  /** Others are there, as many as the owner asks for. */
  get hasCompany(): boolean {
    const counts = [...this.#trackers.values()].map(({ seeds = 0, leeches = 0 }) => seeds + leeches)
    return Math.max(0, ...counts) >= this.#options.visitorsMin
  }

  async leave(): Promise<void> {
    this.#hasLeft = true
    const all = [...this.#joined.values()]
    this.#joined.clear()
    // Whoever cannot write yet what it has is gone for others all the same.
    await Promise.all([this.#options.network.close(), ...all.map(joined => this.#leave(joined))])
  }

  /** @throws where all were left: who leads no longer and wakes up late must not be another peer */
  #join(swarm: SiteSwarm): JoinedSwarm {
    if (this.#hasLeft) throw new Error('The swarms were left.')
    const known = this.#joined.get(swarm.id)
    if (known) return known
    const { scope, store, network, origin, peerId, warning, ledger } = this.#options
    const { layout } = swarm.metainfo
    const random = seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!)
    const joined = new JoinedSwarm(
      { swarm, scope, store, network, origin, peerId, random },
      {
        demanded: () => this.#divide(),
        piece: (piece, source) => ledger.came(swarm.files[layout.fileOf(piece)!]!, source, layout.pieceBytes(piece)),
        warning,
        tracker: status => this.#trackers.set(`${swarm.id} ${status.url}`, status),
      },
    )
    this.#joined.set(swarm.id, joined)
    joined.setUploading(this.#uploadBytesPerSecond > 0)
    this.#divide()
    joined.start({ ...BUDGET_DEFAULTS, uploadBytesPerSecond: this.#uploadBytesPerSecond })
    void this.#countStored(joined)
    return joined
  }

  /** What is in use goes on being used where the new deploy has it too: who comes for that finds it here. */
  #handOver(joined: JoinedSwarm): void {
    const { layout } = joined.swarm.metainfo
    for (const [index, file] of joined.swarm.files.entries()) {
      const place = file.contentLength > 0 ? this.#places.byRoot(toHex(file.piecesRoot), 0) : undefined
      if (place?.swarm.metainfo.layout.pieceLength !== layout.pieceLength) continue
      const { first, end } = layout.piecesOf(index)
      const next = this.#join(place.swarm)
      for (let piece = first; piece < end; piece++) if (joined.has(piece)) next.keep(place.first + piece - first)
    }
  }

  async #leave(joined: JoinedSwarm): Promise<void> {
    this.#past = withCounters(this.#past, joined.counters)
    await joined.leave()
  }

  /** Demands that come while shares are handed out are answered by one more round, not one each. */
  #divide(): void {
    if (this.#isDividing) return
    this.#isDividing = true
    queueMicrotask(() => {
      this.#isDividing = false
      if (this.#hasLeft) return
      const all = [...this.#joined.values()]
      const total = { ...BUDGET_DEFAULTS, uploadBytesPerSecond: this.#uploadBytesPerSecond }
      const shares = divide(
        total,
        all.map(({ demand }) => demand),
      )
      for (const [i, joined] of all.entries()) joined.grant(shares[i]!)
    })
  }

  /** What was here before is told from what comes. */
  async #countStored(joined: JoinedSwarm): Promise<void> {
    await joined.ready
    const { swarm } = joined
    const stored = await joined.findStored(0, swarm.metainfo.layout.pieceCount)
    for (const { file, first, end } of this.#places.ofSwarm(swarm.id)) {
      const pieces = stored.filter(piece => piece >= first && piece < end)
      const bytes = pieces.reduce((sum, piece) => sum + bytesOfPieces(swarm, piece, piece + 1), 0)
      this.#options.ledger.stored(file, bytes)
    }
  }
}

function within<Value>(milliseconds: number, working: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('It took too long.')), milliseconds)
    working.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

type Spent = Pick<SiteStats, 'wasted' | 'duplicates' | 'uploaded'>

function withCounters(spent: Spent, { wastedBytes, duplicateBytes, uploadedBytes }: JoinedSwarm['counters']): Spent {
  return {
    wasted: spent.wasted + wastedBytes - duplicateBytes,
    duplicates: spent.duplicates + duplicateBytes,
    uploaded: spent.uploaded + uploadedBytes,
  }
}

/** Films are taken to last two minutes at least, and to need 2 Mbit/s: the origin steps in where peers bring less. */
function streamStepMs({ file, swarm }: Place): number {
  const { pieceLength } = swarm.metainfo.layout
  return Math.min(pieceLength / 256, (120_000 * pieceLength) / file.contentLength)
}

/** The swarms of a site that the leading tab has joined, and what they share: network, store, budget. Pieces are known here as the worker knows them, by root and number. */
import type { ShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { BUDGET_DEFAULTS } from '../../options.ts'
import type { Network, Origin, Store, TrackerStatus } from '../../ports.ts'
import type { SiteTotals } from '../../protocol/tracker-site.ts'
import { divide } from '../../swarm/budget.ts'
import { seededRandom } from '../../swarm/random.ts'
import type { Manifest } from '../manifest.ts'
import type { SiteFile } from '../manifest-fields.ts'
import { type SiteSwarm, swarmOf, swarmsOf } from '../swarms.ts'
import { JoinedSwarm, type Run } from './joined-swarm.ts'
import type { PieceSource } from './leader-port.ts'
import { hurry } from './hurry.ts'

export interface SwarmsOptions {
  readonly scope: string
  readonly store: Store
  readonly network: Network
  readonly origin: Origin
  readonly peerId: string
  /** A page is being loaded: what it asks for it needs now. */
  isLoading(): boolean
  /** How fast the site's own server has been, in bytes a second; undefined: not known yet. */
  originRate(): number | undefined
  /** How many visitors there must be before peers are looked for. */
  readonly visitorsMin: number
  warning(error: ShoalError): void
  /** Bytes of a file have come over the network, and are genuine. */
  came(path: string, source: 'peers' | 'origin', bytes: number): void
}

/** Where the pieces of a root are. */
interface Place {
  readonly file: SiteFile
  readonly swarm: SiteSwarm
  /** The file's first piece within the swarm. */
  readonly first: number
  readonly pieceCount: number
}

/** Of a file that is played from its beginning. */
const STREAM_TYPE = /^(audio|video)\//

export class SiteSwarms implements PieceSource {
  readonly #options: SwarmsOptions
  readonly #joined = new Map<string, JoinedSwarm>()
  /** By root, in hex. */
  readonly #places = new Map<string, Place>()
  readonly #byPath = new Map<string, Place>()
  readonly #trackers = new Map<string, TrackerStatus>()
  #uploadBytesPerSecond = 0
  #isDividing = false
  #hasLeft = false
  /** Of swarms that were left. */
  #past = { peers: 0, origin: 0, wasted: 0, uploaded: 0 }
  #keptBytes = 0

  constructor(options: SwarmsOptions) {
    this.#options = options
  }

  /** Joins what is new and leaves what is no more; a bulk file that stays the same stays joined. */
  async follow(manifest: Manifest): Promise<void> {
    const swarms = swarmsOf(manifest)
    this.#places.clear()
    this.#byPath.clear()
    for (const file of manifest.files.values()) {
      if (file.contentLength === 0) continue
      const swarm = swarmOf(swarms, file)
      const { layout } = swarm.metainfo
      const { first, end } = layout.piecesOf(file.swarm.kind === 'shared' ? file.swarm.file : 0)
      const place: Place = { file, swarm, first, pieceCount: end - first }
      this.#places.set(toHex(file.piecesRoot), place)
      this.#byPath.set(file.path, place)
    }
    const ids = new Set(swarms.map(({ id }) => id))
    const ended = [...this.#joined].filter(([id]) => !ids.has(id))
    for (const [id] of ended) this.#joined.delete(id)
    if (swarms[0]) this.#join(swarms[0])
    await Promise.all(ended.map(([, joined]) => this.#leave(joined)))
  }

  /** The hashes of a bulk file's pieces have come. */
  know(swarm: SiteSwarm): void {
    for (const [rootHex, place] of this.#places) {
      if (place.swarm.id !== swarm.id) continue
      const known = { ...place, swarm }
      this.#places.set(rootHex, known)
      this.#byPath.set(place.file.path, known)
    }
  }

  /** @param bytesPerSecond 0: nothing is sent */
  setUpload(bytesPerSecond: number): void {
    this.#uploadBytesPerSecond = bytesPerSecond
    for (const joined of this.#joined.values()) joined.setUploading(bytesPerSecond > 0)
    this.#divide()
  }

  open(rootHex: string, first: number, end: number): Run | undefined {
    const place = this.#places.get(rootHex)
    if (!place || !(first >= 0 && first < end && end <= place.pieceCount)) return undefined
    const isStream = STREAM_TYPE.test(place.file.type)
    if (!isStream && this.#options.isLoading()) return undefined
    const joined = this.#join(place.swarm)
    if (!this.hasCompany) return undefined
    const from = place.first + first
    const to = place.first + end
    if (!isStream && !joined.isAmongPeers(from, to)) {
      // Whoever comes next may find them among peers.
      joined.lookForPeers()
      return undefined
    }
    const stepMs = isStream ? streamStepMs(place) : undefined
    const run = joined.want(from, to, stepMs)
    const stopHurrying = isStream
      ? () => {}
      : hurry(run, () => joined.bytesOf(from, to), this.#bytesOf(place, from, to), this.#options.originRate)
    return {
      prefer: run.prefer,
      take: piece => run.take(place.first + piece),
      end() {
        stopHurrying()
        run.end()
      },
    }
  }

  kept(rootHex: string, piece: number): void {
    const place = this.#places.get(rootHex)
    if (!place || !(piece >= 0 && piece < place.pieceCount)) return
    const bytes = place.swarm.metainfo.layout.pieceBytes(place.first + piece)
    this.#keptBytes += bytes
    this.#options.came(place.file.path, 'origin', bytes)
    this.#join(place.swarm).keep(place.first + piece)
  }

  /** A listed file by its path relative to the base. */
  find(path: string): SiteFile | undefined {
    return this.#byPath.get(path)?.file
  }

  /** How much of a file is here, in bytes. */
  verifiedBytes(path: string): number {
    const place = this.#byPath.get(path)
    const joined = place && this.#joined.get(place.swarm.id)
    return place && joined ? joined.bytesOf(place.first, place.first + place.pieceCount) : 0
  }

  /** A page uses a file: what is stored of it may be given to peers. @returns whether all of it is */
  async use(path: string): Promise<boolean> {
    const place = this.#byPath.get(path)
    if (!place) return true
    const { first, pieceCount } = place
    const joined = this.#join(place.swarm)
    await joined.ready
    const stored = await joined.findStored(first, first + pieceCount)
    for (const piece of stored) joined.keep(piece)
    return stored.length === pieceCount
  }

  /** Takes a file's bytes from a page, piece by piece, as far as they are genuine. */
  async ingest(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const place = this.#byPath.get(path)!
    const joined = this.#join(place.swarm)
    const { layout } = place.swarm.metainfo
    const reader = body.getReader()
    let piece = place.first
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
        if (!isGenuine || piece === place.first + place.pieceCount) return void (await reader.cancel())
        buffer = new Uint8Array(layout.pieceBytes(piece))
        filled = 0
      }
    }
  }

  /** Fetches a file into the store, mostly from peers. */
  async prefetch(path: string): Promise<void> {
    const place = this.#byPath.get(path)
    if (!place || (await this.use(path))) return
    const { first, pieceCount } = place
    const run = this.#join(place.swarm).want(first, first + pieceCount)
    try {
      for (let piece = first; piece < first + pieceCount; piece++) await run.take(piece)
    } finally {
      run.end()
    }
  }

  /** Bytes by source, and what was sent. */
  get totals(): Omit<SiteTotals, 'cache'> & { readonly uploaded: number; readonly connections: number } {
    const all = [...this.#joined.values()]
    const sum = (bytes: (joined: JoinedSwarm) => number): number =>
      all.reduce((total, joined) => total + bytes(joined), 0)
    const wasted = this.#past.wasted + sum(({ counters }) => counters.wastedBytes)
    return {
      peers: Math.max(0, this.#past.peers + sum(({ counters }) => counters.fromPeersBytes) - wasted),
      origin: this.#past.origin + this.#keptBytes + sum(({ counters }) => counters.fromOriginBytes),
      wasted,
      duplicates: 0,
      uploaded: this.#past.uploaded + sum(({ counters }) => counters.uploadedBytes),
      connections: sum(({ peerCount }) => peerCount),
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
    await Promise.all(all.map(joined => this.#leave(joined)))
    await this.#options.network.close()
  }

  #join(swarm: SiteSwarm): JoinedSwarm {
    const known = this.#joined.get(swarm.id)
    if (known) return known
    const { scope, store, network, origin, peerId, warning, came } = this.#options
    const { layout } = swarm.metainfo
    const random = seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!)
    const joined = new JoinedSwarm(
      { swarm, scope, store, network, origin, peerId, random },
      {
        demanded: () => this.#divide(),
        warning,
        tracker: status => this.#trackers.set(status.url, status),
        piece: (piece, source) => came(swarm.files[layout.fileOf(piece)!]!.path, source, layout.pieceBytes(piece)),
      },
    )
    this.#joined.set(swarm.id, joined)
    joined.setUploading(this.#uploadBytesPerSecond > 0)
    this.#divide()
    joined.start({ ...BUDGET_DEFAULTS, uploadBytesPerSecond: this.#uploadBytesPerSecond })
    return joined
  }

  async #leave(joined: JoinedSwarm): Promise<void> {
    const { fromPeersBytes, fromOriginBytes, wastedBytes, uploadedBytes } = joined.counters
    const { peers, origin, wasted, uploaded } = this.#past
    this.#past = {
      peers: peers + fromPeersBytes,
      origin: origin + fromOriginBytes,
      wasted: wasted + wastedBytes,
      uploaded: uploaded + uploadedBytes,
    }
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

  #bytesOf({ swarm }: Place, from: number, to: number): number {
    let bytes = 0
    for (let piece = from; piece < to; piece++) bytes += swarm.metainfo.layout.pieceBytes(piece)
    return bytes
  }
}

/** Films are taken to last two minutes at least, and to need 2 Mbit/s: the origin steps in where peers bring less. */
function streamStepMs({ file, swarm }: Place): number {
  const { pieceLength } = swarm.metainfo.layout
  return Math.min(pieceLength / 256, (120_000 * pieceLength) / file.contentLength)
}

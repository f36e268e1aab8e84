/** The session: swarms in their shells, on a network that is a pair of queues. Real vaults, real stores, no WebRTC. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent, type CreatedTorrent } from '../../src/create.ts'
import { ShoalError } from '../../src/errors.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { PieceHashes } from '../../src/metainfo/piece-hashes.ts'
import { BUDGET_DEFAULTS } from '../../src/options.ts'
import type { MembershipEvents, Network, Origin, PeerConnection, PeerConnectionEvents } from '../../src/ports.ts'
import { Session } from '../../src/session.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Report } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Vault } from '../../src/vault.ts'

const LENGTH = 300_000
const content = Uint8Array.from({ length: LENGTH }, (_, i) => (i * 31 + (i >> 8)) & 255)
const NO_ORIGIN: Origin = { fetch: () => Promise.reject(new Error('there are no web seeds')) }
const NOTHING = {
  membership: { wanted() {}, completed() {}, dial() {}, accept() {}, refuse() {}, leave: async () => {} },
}

async function torrentOf(): Promise<CreatedTorrent> {
  return createTorrent([{ path: 'a.bin', data: new Blob([content]) }], { pieceLength: 16384 })
}

/** A network whose members can be joined by hand. */
class TestNetwork implements Network {
  events: MembershipEvents | undefined
  hasLeft = false
  readonly dialled: string[] = []

  join(_options: unknown, events: MembershipEvents) {
    this.events = events
    return {
      ...NOTHING.membership,
      dial: (peerId: string) => this.dialled.push(peerId),
      leave: async () => {
        this.hasLeft = true
      },
    }
  }

  async close(): Promise<void> {}
}

/** One end of a connection that is two queues; messages arrive in a turn of their own, in order. */
class TestConnection implements PeerConnection {
  readonly features = { fast: true, extended: true, v2: true }
  readonly bufferedBytes = 0
  readonly peerId: string
  readonly initiator: boolean
  other: TestConnection | undefined
  closedBecause: string | undefined
  #events: PeerConnectionEvents | undefined
  #early: (() => void)[] = []

  constructor(peerId: string, initiator: boolean) {
    this.peerId = peerId
    this.initiator = initiator
  }

  start(events: PeerConnectionEvents): void {
    this.#events = events
    for (const act of this.#early.splice(0)) act()
  }

  setPieceCount(): void {}
  setLowWaterMark(): void {}

  send(message: Parameters<PeerConnection['send']>[0]): void {
    const copy = structuredClone(message)
    queueMicrotask(() => this.other?.receive(() => this.other?.deliver(copy)))
    if (message.type === 'piece') queueMicrotask(() => this.closedBecause ?? this.#events?.writable(0))
  }

  receive(act: () => void): void {
    if (this.#events === undefined) this.#early.push(act)
    else act()
  }

  deliver(message: Parameters<PeerConnection['send']>[0]): void {
    if (this.closedBecause === undefined) this.#events?.message(message)
  }

  close(reason: string): void {
    if (this.closedBecause !== undefined) return
    this.closedBecause = reason
    this.#events?.closed(reason)
    queueMicrotask(() => this.other?.close('the other side closed'))
  }
}

function connect(a: TestMember, b: TestMember): [TestConnection, TestConnection] {
  const [atA, atB] = [new TestConnection(b.peerId, true), new TestConnection(a.peerId, false)]
  atA.other = atB
  atB.other = atA
  a.network.events!.opened(atA)
  b.network.events!.opened(atB)
  return [atA, atB]
}

/** A session with all it needs, and what it told. */
class TestMember {
  readonly peerId: string
  readonly network = new TestNetwork()
  readonly session: Session
  readonly reports: Report[] = []
  readonly warnings: ShoalError[] = []
  /** Stands in for opening the vault, where a test wants that to go wrong. */
  readonly #openedBy: (
    open: () => Promise<{ vault: Vault; have: Uint8Array }>,
  ) => Promise<{ vault: Vault; have: Uint8Array }>
  readonly #watchers = new Set<() => void>()

  constructor(
    name: string,
    torrent: CreatedTorrent,
    options: { isSeed?: boolean; origin?: Origin; webSeeds?: string[]; opening?: TestMember['opening'] } = {},
  ) {
    this.peerId = `-SH0100-${name.padEnd(12, '.')}`
    this.#openedBy = options.opening ?? (open => open())
    const { origin = NO_ORIGIN, webSeeds = [], isSeed = false } = options
    this.session = new Session(
      {
        swarm: { peerId: this.peerId, random: seededRandom(name.length), metainfo: torrent, webSeeds },
        network: this.network,
        origin,
        wireInfoHash: torrent.wireInfoHash,
        trackers: [],
        clock: () => performance.now(),
      },
      {
        open: () => {
          void this.#openedBy(() => openVault(torrent, isSeed)).then(({ vault, have }) => {
            this.session.input({ type: 'want', id: 1, first: 0, end: torrent.layout.pieceCount, priority: 4 })
            this.session.resume(vault, have)
          })
        },
        report: report => {
          this.reports.push(report)
          for (const watcher of [...this.#watchers]) watcher()
        },
        ask: () => {},
        warning: error => this.warnings.push(error),
        tracker: () => {},
      },
    )
    this.session.start(BUDGET_DEFAULTS)
  }

  get opening(): (
    open: () => Promise<{ vault: Vault; have: Uint8Array }>,
  ) => Promise<{ vault: Vault; have: Uint8Array }> {
    return this.#openedBy
  }

  reported(type: Report['type']): Promise<void> {
    return this.until(() => this.reports.some(report => report.type === type))
  }

  until(probe: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!probe()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }
}

async function openVault(torrent: CreatedTorrent, isSeed: boolean): Promise<{ vault: Vault; have: Uint8Array }> {
  const { layout, pieceLayers } = torrent
  const infoHash = toHex(torrent.wireInfoHash)
  const hashes = new PieceHashes(layout, pieceLayers)
  const store = await memoryStore().open({ infoHash, layout })
  const vault = new Vault({ layout, infoHash, store, root: piece => hashes.root(piece), onRefused: () => {} })
  const have = new Uint8Array(Math.ceil(layout.pieceCount / 8))
  if (!isSeed) return { vault, have }
  for (let piece = 0; piece < layout.pieceCount; piece++) {
    await vault.save(piece, bytesOf(torrent, piece), 'sha256')
    have[piece >> 3]! |= 0x80 >> (piece & 7)
  }
  return { vault, have }
}

function bytesOf({ layout }: CreatedTorrent, piece: number): Uint8Array {
  const begin = piece * layout.pieceLength
  return content.slice(begin, begin + layout.pieceBytes(piece))
}

describe('a session', { timeout: 20_000 }, () => {
  it('brings a torrent from one vault to another', async () => {
    const torrent = await torrentOf()
    const [seed, leech] = [new TestMember('seed', torrent, { isSeed: true }), new TestMember('leech', torrent)]
    await seed.reported('done')
    connect(seed, leech)
    await leech.reported('done')
    for (let piece = 0; piece < torrent.layout.pieceCount; piece++) {
      assert.deepEqual(await leech.session.vault!.read(piece), bytesOf(torrent, piece))
    }
    await Promise.all([seed.session.close(), leech.session.close()])
  })

  it('dials who is found, and takes a web seed’s pieces as they come', async () => {
    const torrent = await torrentOf()
    const origin: Origin = {
      async fetch({ first, end }, deliver) {
        for (let piece = first; piece < end; piece++) deliver(piece, bytesOf(torrent, piece))
      },
    }
    const member = new TestMember('leech', torrent, { origin, webSeeds: ['http://seed.example/a.bin'] })
    member.network.events!.found(['-SH0100-somebodyelse'], 2)
    await member.reported('done')
    assert.deepEqual(member.network.dialled, ['-SH0100-somebodyelse'])
    assert.equal(member.session.swarm.counters.fromOriginBytes, LENGTH)
    await member.session.close()
  })

  it('tells of a web seed that fails for good, and asks it no more', async () => {
    let asked = 0
    const origin: Origin = {
      fetch() {
        asked++
        return Promise.reject(new ShoalError('web-seed-failed', 'It has nothing.', { details: { retryable: false } }))
      },
    }
    const member = new TestMember('leech', await torrentOf(), { origin, webSeeds: ['http://seed.example/a.bin'] })
    await member.reported('web-seed-failed')
    assert.deepEqual(
      member.warnings.map(({ message }) => message),
      new Array(asked).fill('It has nothing.'),
    )
    assert.ok(asked <= 2)
    await member.session.close()
  })

  it('closed, hangs up on everybody, leaves the network, and takes nothing in', async () => {
    const torrent = await torrentOf()
    const [a, b] = [new TestMember('a', torrent), new TestMember('b', torrent)]
    const [atA] = connect(a, b)
    await a.session.close()
    await a.session.close()
    assert.match(atA.closedBecause ?? '', /closed/)
    assert.equal(a.network.hasLeft, true)
    const late = new TestConnection('-SH0100-latecomer...', true)
    a.network.events!.opened(late)
    assert.match(late.closedBecause ?? '', /closed/)
    const { length } = a.reports
    a.network.events!.found(['-SH0100-latecomer...'], 2)
    a.session.input({ type: 'tick' })
    assert.equal(a.reports.length, length)
    assert.deepEqual(a.network.dialled, [])
    await b.session.close()
  })

  it('looks through the whole store when one piece of it is lost', async () => {
    const torrent = await torrentOf()
    const seed = new TestMember('seed', torrent, { isSeed: true })
    const { pieceCount } = torrent.layout
    const deluded = new TestMember('deluded', torrent, {
      async opening(open) {
        const { vault } = await open()
        const have = new Uint8Array(Math.ceil(pieceCount / 8))
        for (let piece = 0; piece < pieceCount; piece++) have[piece >> 3]! |= 0x80 >> (piece & 7)
        return { vault, have }
      },
    })
    // It believes in a store that holds nothing, until one piece is found missing.
    await deluded.reported('done')
    await seed.reported('done')
    deluded.session.lost(3)
    connect(seed, deluded)
    await deluded.until(() => deluded.reports.filter(({ type }) => type === 'piece').length === pieceCount)
    for (let piece = 0; piece < pieceCount; piece++) {
      assert.deepEqual(await deluded.session.vault!.read(piece), bytesOf(torrent, piece))
    }
    await Promise.all([seed, deluded].map(({ session }) => session.close()))
  })
})

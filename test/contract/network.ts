/** What every `Network` must do, given a tracker of any kind. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { ShoalError } from '../../src/errors.ts'
import type {
  Membership,
  MembershipEvents,
  Network,
  PeerConnection,
  PeerConnectionEvents,
  TrackerStatus,
} from '../../src/ports.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'

export interface NetworkAdapter {
  network(peerId: string): Network
  /** Fresh trackers, one URL each. */
  trackers(count: number): Promise<{ urls: string[]; stop(): Promise<void> }>
}

/** Longest wait for anything that must happen. */
const PATIENCE_MS = 15_000

export function networkContract(name: string, adapter: NetworkAdapter): void {
  describe(`A network: ${name}`, () => {
    let trackers: { urls: string[]; stop(): Promise<void> }
    let peers: TestMember[] = []

    beforeEach(async () => {
      trackers = await adapter.trackers(2)
    })
    afterEach(async () => {
      await Promise.all(peers.map(peer => peer.network.close()))
      peers = []
      await trackers.stop()
    })

    const join = (name: string, options: Partial<TestMemberOptions> = {}): TestMember => {
      const peer = new TestMember(adapter, { name, trackers: trackers.urls.slice(0, 1), ...options })
      peers.push(peer)
      return peer
    }

    test('two peers of one torrent meet, once, and exchange messages', async () => {
      const a = join('a')
      const b = join('b')
      const [atA, atB] = await Promise.all([a.connected(b), b.connected(a)])
      assert.notEqual(atA.initiator, atB.initiator)
      atA.send({ type: 'have', piece: 7 })
      assert.deepEqual(await b.message(a), { type: 'have', piece: 7 })
      atB.send({ type: 'piece', piece: 1, begin: 0, body: new Uint8Array(131072).fill(3) })
      const message = await a.message(b)
      assert(message.type === 'piece' && message.body.length === 131072)
    })

    test('v2 is offered by the torrent and agreed by both', async () => {
      const a = join('a', { v2: true })
      const b = join('b', { v2: true })
      const c = join('c', { v2: false })
      assert.equal((await a.connected(b)).features.v2, true)
      assert.equal((await a.connected(c)).features.v2, false)
    })

    test('four peers on two trackers end with one connection for each pair', async () => {
      const all = ['a', 'b', 'c', 'd'].map(name => join(name, { trackers: trackers.urls }))
      for (const peer of all) for (const other of all) if (peer !== other) await peer.connected(other)
      for (const peer of all) {
        for (const other of all) {
          if (peer === other) continue
          const here = await peer.connected(other)
          const there = await other.connected(peer)
          assert.notEqual(here.initiator, there.initiator, `${peer.peerId} and ${other.peerId} agree`)
        }
        assert.equal(peer.open.size, 3)
      }
    })

    test('peers of other torrents do not meet', async () => {
      const a = join('a')
      const other = join('x', { torrent: 2 })
      const b = join('b')
      await a.connected(b)
      assert.equal(other.open.size, 0)
      assert(!a.open.has(other.peerId))
    })

    test('one network holds two torrents apart', async () => {
      const a = join('a')
      const b = join('b')
      const [a2, b2] = [a, b].map(first => {
        const second = new TestMember(adapter, { name: first.name, trackers: trackers.urls, torrent: 2, beside: first })
        peers.push(second)
        return second
      }) as [TestMember, TestMember]
      await Promise.all([a.connected(b), a2.connected(b2)])
      assert.notEqual(a.open.get(b.peerId), a2.open.get(b2.peerId))
      await a.membership.leave()
      await b.gone(a)
      a2.open.get(b2.peerId)?.send({ type: 'unchoke' })
      assert.deepEqual(await b2.message(a2), { type: 'unchoke' })
    })

    test('leaving closes the connections, and the others hear of it', async () => {
      const a = join('a')
      const b = join('b')
      await Promise.all([a.connected(b), b.connected(a)])
      await a.membership.leave()
      assert.equal(a.open.size, 0)
      await b.gone(a)
    })

    test('a refused offer comes to nothing, and an accepted one later does', async () => {
      const shy = join('a', { isShy: true })
      // It is there first, or its own offer is what connects the two.
      await shy.event(() => shy.statuses.some(({ state }) => state === 'connected'), 'a place in the swarm')
      const b = join('b')
      await shy.event(() => shy.offers > 0, 'an offer')
      assert.equal(shy.open.size, 0)
      const c = join('c')
      await b.connected(c)
    })

    test('a peer that no tracker names cannot be dialled', async () => {
      const a = join('a')
      a.membership.dial('-XX0000-nobody-there')
      await a.event(() => a.failures.has('-XX0000-nobody-there'), 'a failure')
    })

    test('an unreachable tracker is told of, and does not disturb the others', async () => {
      const dead = 'ws://127.0.0.1:1/'
      const a = join('a', { trackers: [dead, ...trackers.urls] })
      const b = join('b', { trackers: [dead, ...trackers.urls] })
      await a.connected(b)
      await a.event(() => a.warnings.some(({ code }) => code === 'tracker-unreachable'), 'a warning')
      assert(a.statuses.some(({ url, state }) => url === dead && state === 'reconnecting'))
    })

    test('a tracker written in two ways is one tracker', async () => {
      const [url] = trackers.urls as [string]
      const a = join('a', { trackers: [url, url.toUpperCase().replace('WS://', 'WS://'), url] })
      const b = join('b')
      await a.connected(b)
    })

    test('a torrent without trackers is quiet', async () => {
      const a = join('a', { trackers: [] })
      await a.membership.leave()
      assert.deepEqual(a.warnings, [])
    })
  })
}

interface TestMemberOptions {
  readonly name: string
  readonly trackers: readonly string[]
  readonly torrent: number
  readonly v2: boolean
  /** Dials nobody and accepts nothing. */
  readonly isShy: boolean
  /** Shares its network. */
  readonly beside: TestMember
}

/** A swarm's part in the play: dials whom it finds and accepts every offer, and keeps a record. */
class TestMember {
  readonly name: string
  readonly peerId: string
  readonly network: Network
  readonly membership: Membership
  readonly open = new Map<string, PeerConnection>()
  readonly failures = new Set<string>()
  readonly warnings: ShoalError[] = []
  readonly statuses: TrackerStatus[] = []
  offers = 0
  readonly #messages = new Map<string, WireMessage<Uint8Array>[]>()
  readonly #watchers = new Set<() => void>()
  /** What happened, for those who wait in vain. */
  readonly #story: string[] = []

  constructor(
    adapter: NetworkAdapter,
    options: Partial<TestMemberOptions> & Pick<TestMemberOptions, 'name' | 'trackers'>,
  ) {
    const { name, trackers, torrent = 1, v2 = false, isShy = false, beside } = options
    this.name = name
    this.peerId = beside?.peerId ?? `-SH0100-${name.repeat(12)}`
    this.network = beside?.network ?? adapter.network(this.peerId)
    this.membership = this.network.join(
      {
        infoHash: new Uint8Array(20).fill(torrent),
        trackers,
        totals: () => ({ uploaded: 0, downloaded: 0, left: 1000 }),
        v2: () => v2,
      },
      this.#events(isShy),
    )
    this.membership.wanted(4)
  }

  connected(other: TestMember): Promise<PeerConnection> {
    return this.event(() => this.open.get(other.peerId), `a connection to ${other.name}`)
  }

  gone(other: TestMember): Promise<true> {
    return this.event(() => !this.open.has(other.peerId) || undefined, `the end of ${other.name}`)
  }

  message(from: TestMember): Promise<WireMessage<Uint8Array>> {
    return this.event(() => this.#messages.get(from.peerId)?.shift(), `a message from ${from.name}`)
  }

  /** The first truthy value of `probe`, now or after an event. */
  event<T>(probe: () => T | undefined | false, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check)
        reject(new Error(`${this.name} waited for ${what}; ${this.#story.join(', ')}`))
      }, PATIENCE_MS)
      const check = () => {
        const value = probe()
        if (value === undefined || value === false) return
        clearTimeout(timer)
        this.#watchers.delete(check)
        resolve(value)
      }
      this.#watchers.add(check)
      check()
    })
  }

  #events(isShy: boolean): MembershipEvents {
    return {
      found: peerIds => {
        this.#story.push(`found ${peerIds.join(' ')}`)
        for (const peerId of peerIds) if (!isShy && !this.open.has(peerId)) this.membership.dial(peerId)
      },
      offered: (offer, peerId) => {
        this.#story.push(`offered ${peerId}`)
        this.offers++
        if (isShy) this.membership.refuse(offer)
        else this.membership.accept(offer)
        this.#tell()
      },
      opened: connection => {
        this.#story.push(`opened ${connection.peerId}`)
        this.open.set(connection.peerId, connection)
        connection.start(this.#connectionEvents(connection))
        this.#tell()
      },
      failed: peerId => {
        this.#story.push(`failed ${peerId}`)
        this.failures.add(peerId)
        this.#tell()
      },
      warning: error => {
        this.warnings.push(error)
        this.#tell()
      },
      tracker: status => {
        this.statuses.push(status)
        this.#tell()
      },
    }
  }

  #connectionEvents(connection: PeerConnection): PeerConnectionEvents {
    const { peerId } = connection
    return {
      message: message => {
        const messages = this.#messages.get(peerId) ?? []
        messages.push(message)
        this.#messages.set(peerId, messages)
        this.#tell()
      },
      writable: () => {},
      closed: reason => {
        this.#story.push(`closed ${peerId}: ${reason}`)
        if (this.open.get(peerId) === connection) this.open.delete(peerId)
        this.#tell()
      },
    }
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

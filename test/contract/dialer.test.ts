/** Glare and duplicates, which trackers and time bring about seldom: two dialers and a relay that does as it is told. */
import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { Connection } from '../../src/net/connection.ts'
import { createDialer, type Dialer } from '../../src/net/dialer.ts'
import { Slots } from '../../src/net/slots.ts'
import type { OutgoingSignal, TrackerSession } from '../../src/net/tracker-types.ts'
import { fromLatin1 } from '../../src/metainfo/bytes.ts'
import type { PeerConnection } from '../../src/ports.ts'
import { TRACKER_LIMITS } from '../../src/options.ts'

const INFO_HASH = new Uint8Array(20).fill(1)

let players: Player[] = []
afterEach(() => {
  for (const player of players) player.dialer.close()
  players = []
})

describe('Two dialers', () => {
  test('that dial each other at once end with the connection of the smaller id', async () => {
    const [a, b] = pair()
    const relay = new Relay(a, b)
    relay.introduce({ trickling: true })
    a.dialer.dial(b.peerId)
    b.dialer.dial(a.peerId)
    await relay.untilConnected()
    assert.equal(a.only().initiator, true)
    assert.equal(b.only().initiator, false)
    assert.deepEqual([a.failures, b.failures], [[], []])
  })

  test('that dial each other at once through two trackers end with one connection', async () => {
    const [a, b] = pair()
    const first = new Relay(a, b)
    const second = new Relay(a, b)
    first.introduce({ trickling: true })
    second.introduce({ trickling: true })
    a.dialer.dial(b.peerId)
    b.dialer.dial(a.peerId)
    await second.untilConnected()
    assert.notEqual(a.only().initiator, b.only().initiator)
  })

  test('that take each other’s offers in advance end with the connection of the smaller id', async () => {
    const [a, b] = pair()
    const relay = new Relay(a, b)
    await relay.exchangeOffers(1)
    await relay.untilConnected()
    assert.equal(a.only().initiator, true)
    assert.equal(b.only().initiator, false)
  })

  test('that take several offers of each other end with one connection', async () => {
    const [a, b] = pair()
    const relay = new Relay(a, b)
    await relay.exchangeOffers(3)
    await relay.untilConnected()
    a.only()
    b.only()
  })

  test('give up a dial at once when the tracker says that the peer has gone', async () => {
    const [a, b] = pair()
    const relay = new Relay(a, b)
    relay.introduce({ trickling: true })
    relay.isDeaf = true
    a.dialer.dial(b.peerId)
    a.dialer.gone(b.peerId, relay.sessionOf(a))
    assert.deepEqual(a.failures, [b.peerId])
  })

  test('connect anew when the peer that was to answer starts over', async () => {
    const [a, b] = pair()
    const relay = new Relay(a, b)
    relay.introduce({ trickling: true })
    relay.isMute = true
    a.dialer.dial(b.peerId)
    await relay.passed('offer')
    a.dialer.gone(b.peerId, relay.sessionOf(a))
    relay.isMute = false
    relay.introduce({ trickling: true })
    a.dialer.dial(b.peerId)
    await relay.untilConnected()
    a.only()
  })
})

test('ten thousand offers make ten connections at most, and the rest is refused or waits in bounds', () => {
  const [a] = pair()
  const session = silentSession()
  for (let count = 0; count < 10_000; count++) {
    const peerId = `-XX0000-${String(count).padStart(12, '0')}`
    a.dialer.offer({ offerId: peerId, peerId, sdp: 'v=0\r\n', trickle: true }, session)
  }
  assert.equal(a.slots.taken, TRACKER_LIMITS.pendingConnectionsMax)
  assert(a.failures.length >= 10_000 - TRACKER_LIMITS.attemptsMax)
})

// ------------------------------------------------------------------------------------------------ helpers

/** A dialer with a swarm that accepts every offer, and a record. */
class Player {
  readonly peerId: string
  readonly dialer: Dialer
  readonly slots = new Slots()
  readonly open: PeerConnection[] = []
  readonly failures: string[] = []
  onOpen = () => {}

  constructor(letter: string) {
    this.peerId = `-SH0100-${letter.repeat(12)}`
    const peerId = fromLatin1(this.peerId) as Uint8Array
    this.dialer = createDialer(
      {
        peerId: this.peerId,
        slots: this.slots,
        greeting: () => ({ infoHash: INFO_HASH, peerId, v2: false }),
        iceServers: () => [],
      },
      {
        found: () => {},
        offered: offer => this.dialer.accept(offer),
        opened: connection => this.#opened(connection),
        failed: peerId => this.failures.push(peerId),
      },
    )
    players.push(this)
  }

  only(): PeerConnection {
    assert.equal(this.open.length, 1)
    return this.open[0] as PeerConnection
  }

  #opened(connection: PeerConnection | Connection): void {
    this.open.push(connection)
    connection.start({
      message: () => {},
      writable: () => {},
      closed: () => this.open.splice(this.open.indexOf(connection), 1),
    })
    this.onOpen()
  }
}

function pair(): [Player, Player] {
  return [new Player('a'), new Player('b')]
}

/** A tracker between two: signals go round the event loop once, as they would over a socket. */
class Relay {
  /** Signals get lost. */
  isDeaf = false
  /** Answers get lost. */
  isMute = false
  readonly #a: Player
  readonly #b: Player
  readonly #sessions = new Map<Player, TrackerSession>()
  readonly #watchers = new Set<(kind: string) => void>()

  constructor(a: Player, b: Player) {
    this.#a = a
    this.#b = b
    for (const player of [a, b]) this.#sessions.set(player, this.#session(player))
  }

  sessionOf(player: Player): TrackerSession {
    return this.#sessions.get(player) as TrackerSession
  }

  introduce({ trickling }: { trickling: boolean }): void {
    for (const player of [this.#a, this.#b]) {
      const { peerId } = this.#other(player)
      player.dialer.found([peerId], new Set(trickling ? [peerId] : []), 2, this.sessionOf(player))
    }
  }

  /** As a tracker without `dial`: both make offers, and each gets the other's. */
  async exchangeOffers(count: number): Promise<void> {
    const players = [this.#a, this.#b]
    const offers = await Promise.all(players.map(player => player.dialer.makeOffers(count, this.sessionOf(player))))
    for (const [index, player] of players.entries()) {
      for (const { offerId, sdp } of offers[index] ?? []) {
        const signal = { offerId, sdp, peerId: player.peerId, trickle: false }
        const other = this.#other(player)
        other.dialer.offer(signal, this.sessionOf(other))
      }
    }
  }

  passed(kind: 'offer' | 'answer'): Promise<void> {
    return new Promise(resolve => {
      const watcher = (passed: string) => {
        if (passed !== kind) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
    })
  }

  /** Both have a connection, and nothing is under way that could make another. */
  async untilConnected(): Promise<void> {
    const players = [this.#a, this.#b]
    await new Promise<void>(resolve => {
      const check = () => {
        const isDone = players.every(({ open, slots }) => open.length === 1 && slots.asked === 0)
        if (isDone) setImmediate(resolve)
      }
      for (const player of players) player.onOpen = check
      check()
    })
  }

  #session(player: Player): TrackerSession {
    const other = () => this.#other(player)
    const from = { peerId: player.peerId }
    const signal = (sent: OutgoingSignal) => {
      if (this.isDeaf || (this.isMute && sent.type === 'answer')) return
      setImmediate(() => {
        if (sent.type === 'candidate') return other().dialer.candidate({ ...sent, ...from })
        if (sent.type === 'offer') other().dialer.offer({ ...sent, ...from }, this.sessionOf(other()))
        else other().dialer.answer({ ...sent, ...from })
        for (const watcher of [...this.#watchers]) watcher(sent.type)
      })
    }
    return { ...silentSession(), signal }
  }

  #other(player: Player): Player {
    return player === this.#a ? this.#b : this.#a
  }
}

function silentSession(): TrackerSession {
  return {
    wanted: () => {},
    completed: () => {},
    signal: () => {},
    leave: async () => {},
  }
}

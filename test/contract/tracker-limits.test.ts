/** Every limit of the tracker, tried from outside by a client that does not keep to it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { encodePointer } from '../../src/protocol/tracker-site.ts'
import { TRACKER_LIMITS, TRACKER_MESSAGE_LIMITS } from '../../src/protocol/tracker.ts'
import { signPointer } from '../../src/site/pointer.ts'
import { SERVER_DEFAULTS, startTracker, SWARMS_DEFAULTS } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { testKey } from '../support/site.ts'
import { bareAnnounce, peerIdOf, TestSocket, WIRE_HASH } from './tracker-support.ts'

type Limits = NonNullable<TrackerOptions['limits']>

const clientAddress = ({ headers }: { headers: Record<string, unknown> }) => headers['x-real-ip']?.toString()

/** A tracker with these limits, and a way to connect to it. */
async function scene(
  t: TestContext,
  limits: Limits,
): Promise<{ tracker: RunningTracker; client(from?: string): Promise<TestSocket> }> {
  const onError = (error: unknown) => assert.fail(`the tracker failed: ${error}`)
  const tracker = await startTracker({ port: 0, host: '127.0.0.1', onError, clientAddress, limits })
  t.after(() => tracker.close())
  const client = async (from = '203.0.113.1') => {
    const socket = await new TestSocket(tracker.url, { headers: { 'x-real-ip': from } }).open()
    t.after(() => socket.close())
    return socket
  }
  return { tracker, client }
}

const hash = (n: number) => `${n}`.padStart(20, 'h')
const offerId = (n: number) => `${n}`.padStart(20, 'o')
const offers = (count: number, sdp = 'x') =>
  Array.from({ length: count }, (_, n) => ({ offer: { type: 'offer', sdp }, offer_id: offerId(n) }))
const dialling = { extensions: ['dial', 'trickle'], numwant: 20 }
const signalTo = (from: string, to: string, n = 0) => ({
  action: 'announce',
  info_hash: WIRE_HASH,
  peer_id: peerIdOf(from),
  to_peer_id: peerIdOf(to),
  offer_id: offerId(n),
})
const offerTo = (from: string, to: string, n = 0) => ({
  ...signalTo(from, to, n),
  offer: { type: 'offer', sdp: 'x' },
  trickle: true,
})
const answerTo = (from: string, to: string, n = 0) => ({
  ...signalTo(from, to, n),
  answer: { type: 'answer', sdp: 'x' },
  trickle: true,
})

describe('a message', () => {
  const longSdp = 'x'.repeat(TRACKER_LIMITS.sdpBytesMax + 1)
  for (const [what, message] of [
    ['with a long SDP', bareAnnounce('a', { offers: offers(1, longSdp) })],
    ['with a long SDP in an answer', { ...answerTo('a', 'b'), answer: { type: 'answer', sdp: longSdp } }],
    ['with many offers', bareAnnounce('a', { offers: offers(TRACKER_MESSAGE_LIMITS.offersMax + 1) })],
    [
      'that scrapes much',
      { action: 'scrape', info_hash: Array.from({ length: TRACKER_MESSAGE_LIMITS.scrapeMax + 1 }, (_, n) => hash(n)) },
    ],
    [
      'with a long candidate',
      {
        ...signalTo('a', 'b'),
        action: 'candidate',
        candidate: { candidate: 'x'.repeat(TRACKER_MESSAGE_LIMITS.candidateCharsMax + 1) },
      },
    ],
    ['nested deeply', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['with an id that is too long', bareAnnounce('a', { info_hash: 'x'.repeat(21) })],
  ] as const) {
    it(`${what} is told of once, then ends the connection`, async t => {
      const { client } = await scene(t, {})
      const socket = await client()
      const reply = await socket.ask(message)
      assert.equal(reply.code, 'bad-message')
      assert.equal(typeof reply['failure reason'], 'string')
      socket.send(message)
      assert.equal(await socket.closed, 1008)
    })
  }
})

describe('connections and addresses', () => {
  it('violationsPerConnectionMax: the last malformed message that is borne ends the connection', async t => {
    const { client } = await scene(t, { violationsPerConnectionMax: 3 })
    const socket = await client()
    for (let n = 0; n < 2; n++) assert.equal((await socket.ask('{')).code, 'bad-message')
    socket.send('{')
    assert.equal(await socket.closed, 1008)
  })

  it('requestsMax, connectionsMax: sockets that say nothing are bounded too', async t => {
    const { tracker } = await scene(t, { connectionsMax: 1, requestsMax: 2, handshakeSeconds: 60 })
    const sockets = Array.from({ length: 4 }, () => createConnection(tracker.port, '127.0.0.1').on('error', () => {}))
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    await Promise.any(sockets.map(socket => once(socket.resume(), 'close')))
  })

  it('messagesPerSecondPerAddress, messagesBurstPerAddress: many connections of one address are read slower together', async t => {
    const { client } = await scene(t, { messagesPerSecondPerAddress: 100, messagesBurstPerAddress: 10 })
    const sockets = await Promise.all(Array.from({ length: 5 }, () => client()))
    const startedAt = performance.now()
    for (const socket of sockets) for (let n = 0; n < 6; n++) socket.send({ action: 'scrape', info_hash: WIRE_HASH })
    await Promise.all(sockets.map(socket => socket.received(6)))
    // What had arrived already was answered; the debt shows in what comes next.
    for (const socket of sockets) await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.ok(performance.now() - startedAt > 150, 'twenty above the burst take 200 ms at 100 a second')
  })

  it('banSeconds: a ban ends', async t => {
    const { tracker, client } = await scene(t, { violationsPerAddressMax: 1, banSeconds: 0.2 })
    const socket = await client()
    await socket.ask('{')
    assert.equal(tracker.stats().addressesBanned, 1)
    const refused = new TestSocket(tracker.url, { headers: { 'x-real-ip': '203.0.113.1' } })
    assert.equal(await refused.closed, 1006)
    while (tracker.stats().addressesBanned > 0) await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })
    await client()
  })

  it('addressesMax: addresses that come and go are forgotten, those that are connected are not', async t => {
    const { tracker, client } = await scene(t, { addressesMax: 2, connectionsPerAddressMax: 1 })
    await client('203.0.113.1')
    for (let n = 2; n < 6; n++) {
      const passing = await client(`203.0.113.${n}`)
      passing.close()
      await passing.closed
    }
    const second = new TestSocket(tracker.url, { headers: { 'x-real-ip': '203.0.113.1' } })
    assert.equal(await second.closed, 1006)
  })
})

describe('swarms and members', () => {
  for (const [name, limits, second] of [
    ['swarmsMax', { swarmsMax: 1 }, bareAnnounce('a', { info_hash: hash(2) })],
    ['membersPerSwarmMax', { membersPerSwarmMax: 1 }, bareAnnounce('b')],
    ['membersMax', { membersMax: 1 }, bareAnnounce('b')],
    ['membersPerConnectionMax', { membersPerConnectionMax: 1 }, bareAnnounce('a', { info_hash: hash(2) })],
    ['peersPerConnectionMax', { peersPerConnectionMax: 1 }, bareAnnounce('b')],
  ] as const) {
    it(`${name}: one more is refused, and whoever is there stays`, async t => {
      const { tracker, client } = await scene(t, limits)
      const socket = await client()
      await socket.ask(bareAnnounce('a'))
      const { code, action } = await socket.ask(second)
      assert.deepEqual([code, action], ['limit', 'announce'])
      assert.equal((await socket.ask(bareAnnounce('a'))).incomplete, 1)
      assert.equal(tracker.stats().leeches, 1)
    })
  }

  it('silentIntervalsMax, intervalSeconds: who announces no more is forgotten, though its socket lives', async t => {
    const { tracker, client } = await scene(t, { intervalSeconds: 0.05, silentIntervalsMax: 2 })
    const [silent, talker] = [await client(), await client()]
    assert.equal((await silent.ask(bareAnnounce('a'))).interval, 0.05)
    while (tracker.stats().peers > 0) await talker.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(tracker.stats().connections, 2)
  })
})

describe('offers, answers and candidates', () => {
  /** `count` peers that are named to the caller: a, which announces last. */
  async function company(t: TestContext, limits: Limits, count: number) {
    const { tracker, client } = await scene(t, limits)
    const others: TestSocket[] = []
    for (let n = 0; n < count; n++) {
      const socket = await client()
      await socket.ask(bareAnnounce(`p${n}`, dialling))
      others.push(socket)
    }
    const caller = await client()
    await caller.ask(bareAnnounce('a', dialling))
    return { tracker, caller, others }
  }

  it('dialsPerIntervalMax: no more distinct peers are dialled in an interval', async t => {
    const { caller, others } = await company(t, { dialsPerIntervalMax: 2 }, 3)
    for (const n of [0, 1]) caller.send(offerTo('a', `p${n}`, n))
    assert.equal((await caller.ask(offerTo('a', 'p2', 2))).code, 'limit')
    caller.send(offerTo('a', 'p0', 3))
    await others[0]!.received(3)
  })

  it('offersPerIntervalMax: no more offers, dialled or not, in an interval', async t => {
    const { caller, others } = await company(t, { offersPerIntervalMax: 2 }, 1)
    for (const n of [0, 1]) caller.send(offerTo('a', 'p0', n))
    assert.equal((await caller.ask(offerTo('a', 'p0', 2))).code, 'limit')
    await caller.ask(bareAnnounce('a', { offers: offers(5) }))
    await others[0]!.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(others[0]!.messages.filter(({ offer }) => offer).length, 2)
  })

  it('signalSeconds: an offer is answered in time or not at all, and a name is good as long', async t => {
    const { tracker, caller, others } = await company(t, { signalSeconds: 0.1 }, 1)
    caller.send(offerTo('a', 'p0'))
    await others[0]!.received(2)
    while (tracker.stats().offersUnderWay > 0) await caller.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal((await others[0]!.ask(answerTo('p0', 'a'))).code, 'unknown-offer')
    assert.equal((await caller.ask(offerTo('a', 'p0', 1))).code, 'unknown-peer')
  })

  it('offersMax: the oldest offer makes room', async t => {
    const { tracker, caller, others } = await company(t, { offersMax: 2 }, 1)
    for (const n of [0, 1, 2]) caller.send(offerTo('a', 'p0', n))
    await others[0]!.received(4)
    assert.equal(tracker.stats().offersUnderWay, 2)
    assert.equal((await others[0]!.ask(answerTo('p0', 'a', 0))).code, 'unknown-offer')
  })

  it('candidatesMax: surplus candidates are dropped', async t => {
    const { caller, others } = await company(t, { candidatesMax: 3 }, 1)
    caller.send(offerTo('a', 'p0'))
    for (let n = 0; n < 6; n++)
      caller.send({ ...signalTo('a', 'p0'), action: 'candidate', candidate: { candidate: `${n}` } })
    await caller.ask({ action: 'scrape', info_hash: WIRE_HASH })
    await others[0]!.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(others[0]!.messages.filter(({ action }) => action === 'candidate').length, 3)
  })

  it('takeoversMax, heldRequestsMax: no more newcomers wait than there is room for', async t => {
    for (const limits of [{ takeoversMax: 1 }, { heldRequestsMax: 1 }] satisfies Limits[]) {
      const { client } = await scene(t, { takeoverSeconds: 60, ...limits })
      const [silent, newcomer] = [await client(), await client()]
      silent.webSocket.pause()
      silent.send(bareAnnounce('a'))
      silent.send(bareAnnounce('b'))
      while (
        (await newcomer.ask({ action: 'scrape', info_hash: WIRE_HASH })).files?.[WIRE_HASH as never] === undefined
      );
      newcomer.send(bareAnnounce('a'))
      assert.equal((await newcomer.ask(bareAnnounce('b'))).code, 'peer-id-in-use')
    }
  })

  it('heldBytesMax: offers that wait too long are let go, the announce is not', async t => {
    const { client, tracker } = await scene(t, { takeoverSeconds: 0.2, heldBytesMax: 10 })
    const other = await client()
    await other.ask(bareAnnounce('z'))
    const silent = await client()
    await silent.ask(bareAnnounce('a'))
    silent.webSocket.pause()
    const newcomer = await client()
    const reply = await newcomer.ask(bareAnnounce('a', { offers: offers(2, 'an SDP of more than ten bytes') }))
    assert.equal(reply.incomplete, 2)
    await other.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(other.messages.filter(({ offer }) => offer).length, 0)
    assert.equal(tracker.stats().relayed.offer, 0)
  })
})

describe('pointers and figures of sites', () => {
  const statement = {
    expires: 2 ** 33,
    infoHash: new Uint8Array(32),
    manifestHash: new Uint8Array(32),
    isKilled: false,
    rotated: [],
  }
  async function pointerOf(version = 1, owner?: Awaited<ReturnType<typeof testKey>>): Promise<string> {
    const key = owner ?? (await testKey())
    return encodePointer(await signPointer({ ...statement, version, key: key.key }, key.sign))
  }

  for (const [name, limits] of [
    ['pointerChecksPerSecond, pointerChecksBurst', { pointerChecksPerSecond: 0, pointerChecksBurst: 1 }],
    [
      'pointerChecksPerSecondPerAddress, pointerChecksBurstPerAddress',
      { pointerChecksPerSecondPerAddress: 0, pointerChecksBurstPerAddress: 1 },
    ],
    ['sitesMax', { sitesMax: 1 }],
  ] as const) {
    it(`${name}: no more are taken`, async t => {
      const { tracker, client } = await scene(t, limits)
      const [one, other] = [await client(), await client()]
      one.send(await pointerOf())
      await one.ask({ action: 'scrape', info_hash: WIRE_HASH })
      assert.equal((await other.ask(await pointerOf())).code, 'limit')
      assert.equal(tracker.stats().sites.length, 1)
    })
  }

  it('pointersRememberedMax: a genuine pointer is checked once, while it is remembered', async t => {
    const { client } = await scene(t, { pointersRememberedMax: 1, pointerChecksPerSecond: 0, pointerChecksBurst: 2 })
    const socket = await client()
    const [first, second] = [await pointerOf(), await pointerOf()]
    for (const pointer of [first, first, first, second, second]) socket.send(pointer)
    assert.equal((await socket.ask(await pointerOf())).code, 'limit')
  })

  it('pointerSeconds: visitors are told of a pointer, and of the next after a while', async t => {
    const { client } = await scene(t, { pointerSeconds: 60 })
    const owner = await testKey()
    const [publisher, visitor] = [await client(), await client()]
    visitor.send(await pointerOf(1, owner))
    await visitor.ask({ action: 'scrape', info_hash: WIRE_HASH })
    for (const version of [2, 3, 4]) publisher.send(await pointerOf(version, owner))
    await publisher.ask({ action: 'scrape', info_hash: WIRE_HASH })
    await visitor.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(visitor.messages.filter(({ action }) => action === 'pointer').length, 1)
  })

  it('reportedBytesPerSecondMax, reportersMin, sitesListedMax: figures are held to what is possible, and to sums', async t => {
    const { tracker, client } = await scene(t, { reportedBytesPerSecondMax: 0, reportersMin: 2, sitesListedMax: 1 })
    const owner = await testKey()
    const totals = { peers: 1e12, origin: 1e12, cache: 0, wasted: 0, duplicates: 0 }
    for (const name of ['a', 'b']) {
      const socket = await client()
      socket.send(await pointerOf(1, owner))
      await socket.ask(bareAnnounce(name, { extensions: ['stats'], stats: totals }))
      assert.equal(tracker.stats().sites[0]?.bytes === undefined, name === 'a')
    }
    assert.equal(tracker.stats().sites[0]?.bytes?.peers, 0)
    const other = await client()
    other.send(await pointerOf())
    await other.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(tracker.stats().sites.length, 1)
  })
})

describe('the limits', () => {
  it('are each tried by one of these tests', () => {
    const tests = ['limits', 'server']
      .map(name => readFileSync(`test/contract/tracker-${name}.test.ts`, 'utf8'))
      .join('')
    const untried = Object.keys({ ...SERVER_DEFAULTS, ...SWARMS_DEFAULTS }).filter(
      name => !new RegExp(`\\b${name}:`).test(tests),
    )
    assert.deepEqual(untried, [])
  })
})

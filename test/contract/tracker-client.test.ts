import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { Server } from 'bittorrent-tracker'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { Backoff } from '../../src/net/backoff.ts'
import { startTracker } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { trackerClientContract } from './tracker-client.ts'
import { bareAnnounce, INFO_HASH, met, peerIdOf, QUICK, TestPeer, TestSocket, WIRE_HASH } from './tracker-support.ts'

trackerClientContract('our tracker', async port => {
  const tracker = await startTracker({ port, host: 'localhost' })
  return { url: tracker.url, stop: () => tracker.close() }
})

trackerClientContract("bittorrent-tracker's server", async port => {
  const server = new Server({ http: false, udp: false, ws: true, stats: false })
  const sockets = new Set<WebSocket>()
  const webSockets: EventEmitter = server.ws
  webSockets.on('connection', (socket: WebSocket) => sockets.add(socket))
  server.listen(port, 'localhost')
  await once(server, 'listening')
  const stop = async () => {
    if (server.destroyed) return
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of sockets) socket.terminate()
    await closed
  }
  return { url: `ws://localhost:${(server.ws.address() as AddressInfo).port}`, stop }
})

/** Everything that a test opened. */
let opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.reverse()) await close()
  opened = []
})

async function ours(options: TrackerOptions = {}): Promise<RunningTracker> {
  const tracker = await startTracker({ port: 0, host: 'localhost', ...options })
  opened.push(() => tracker.close())
  return tracker
}

function peer(name: string, url: string, options: Partial<ConstructorParameters<typeof TestPeer>[0]> = {}): TestPeer {
  const created = new TestPeer({ name, url, ...options })
  opened.push(() => created.session.leave())
  return created
}

/** A tracker that behaves as the test says: `onMessage` gets each message of each client. */
async function scripted(onMessage: (socket: WebSocket, message: Record<string, unknown>) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: 'localhost' })
  await once(server, 'listening')
  server.on('connection', socket => {
    socket.on('error', () => {})
    socket.on('message', data => onMessage(socket, JSON.parse(data.toString())))
  })
  opened.push(() => {
    for (const socket of server.clients) socket.terminate()
    return new Promise(resolve => server.close(resolve))
  })
  return `ws://localhost:${(server.address() as AddressInfo).port}`
}

const ANNOUNCED = JSON.stringify({
  action: 'announce',
  info_hash: WIRE_HASH,
  interval: 120,
  complete: 0,
  incomplete: 1,
})
const SLOW = { ...QUICK, intervalMinMs: 60_000, askAgainMs: 60_000 }

describe('the tracker client on our tracker', () => {
  it('makes no offers in advance: the newcomer dials those who are there', async () => {
    const { url } = await ours()
    const one = peer('a', url, { timing: SLOW })
    one.session.wanted(5)
    await one.reported('status', status => status.state === 'connected')
    const other = peer('b', url, { timing: SLOW })
    other.session.wanted(5)
    await met(one, other)
    assert.deepEqual(other.all('found').flat(), [one.peerId])
    assert.deepEqual([...one.all('makeOffers'), ...other.all('makeOffers'), ...other.all('offer')], [])
  })

  it('trickles candidates between two that can', async () => {
    const { url } = await ours()
    const one = peer('a', url, { timing: SLOW })
    await one.reported('status', status => status.state === 'connected')
    const other = peer('b', url, { timing: SLOW })
    other.session.wanted(1)
    const { offerId, trickle } = await other.reported('answer')
    assert.equal(trickle, true)
    const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }
    one.session.signal({ type: 'candidate', toPeerId: other.peerId, offerId, candidate })
    other.session.signal({ type: 'candidate', toPeerId: one.peerId, offerId, candidate })
    assert.deepEqual(await one.reported('candidate'), { offerId, peerId: other.peerId, candidate })
    assert.deepEqual(await other.reported('candidate'), { offerId, peerId: one.peerId, candidate })
  })

  it('dials a WebTorrent peer with a whole offer', async () => {
    const { url } = await ours()
    const plain = await new TestSocket(url).open()
    opened.push(() => plain.close())
    await plain.ask(bareAnnounce('plain'))
    const one = peer('a', url, { timing: SLOW })
    one.session.wanted(1)
    await plain.received(2)
    const offer = plain.messages[1]!
    assert.deepEqual(Object.keys(offer).sort(), ['action', 'info_hash', 'offer', 'offer_id', 'peer_id'])
    const answer = { answer: { type: 'answer', sdp: 'x' }, offer_id: offer.offer_id, to_peer_id: offer.peer_id }
    plain.send({ action: 'announce', info_hash: WIRE_HASH, peer_id: peerIdOf('plain'), ...answer })
    assert.equal((await one.reported('answer')).trickle, false)
  })

  it('learns at once that a peer which it dials has gone', async () => {
    const { url } = await ours()
    const one = peer('a', url, { timing: SLOW })
    await one.reported('status', status => status.state === 'connected')
    one.session.signal({ type: 'offer', toPeerId: peerIdOf('nobody'), ...one.nextOffer(), trickle: false })
    assert.equal(await one.reported('gone'), peerIdOf('nobody'))
    assert.deepEqual(one.all('warning'), [])
  })

  it("is lent the operator's ICE servers", async () => {
    const { url } = await ours({ iceServers: [{ urls: ['stun:stun.example.org'] }] })
    assert.deepEqual(await peer('a', url).reported('iceServers'), [{ urls: ['stun:stun.example.org'] }])
  })

  it('announces again at the interval', async () => {
    const tracker = await ours({ intervalSeconds: 0.1 })
    const one = peer('a', tracker.url)
    while (tracker.stats().messages < 3) {
      one.forget()
      await one.reported('status', status => status.state === 'connected')
    }
  })

  it('shares one socket among all torrents, and closes it after the last', async () => {
    const tracker = await ours()
    const first = peer('a', tracker.url)
    const second = peer('a', tracker.url, { socket: first.socket, infoHash: INFO_HASH.map(byte => byte ^ 1) })
    for (const each of [first, second]) await each.reported('status', status => status.state === 'connected')
    assert.equal(tracker.stats().connections, 1)
    const watch = await new TestSocket(tracker.url).open()
    opened.push(() => watch.close())
    const settles = async (connections: number, leeches: number) => {
      // Every scrape is a round trip, so the tracker gets to do what is due; a test that never settles runs out of time.
      while (tracker.stats().connections - 1 !== connections || tracker.stats().leeches !== leeches) {
        await watch.ask({ action: 'scrape', info_hash: WIRE_HASH })
      }
    }
    await first.session.leave()
    await settles(1, 1)
    await second.session.leave()
    await settles(0, 0)
  })

  it('joins a torrent once, though it may be told twice', async () => {
    const tracker = await ours()
    const first = peer('a', tracker.url)
    const again = peer('a', tracker.url, { socket: first.socket })
    await first.reported('status', status => status.state === 'connected')
    await again.session.leave()
    assert.deepEqual([again.all('status'), tracker.stats().messages, tracker.stats().leeches], [[], 1, 1])
  })

  it('stays away for as long as a tracker that goes away asks', async () => {
    const tracker = await ours()
    const one = peer('a', tracker.url, { timing: { ...QUICK, reconnectMaxMs: 60_000 } })
    await one.reported('status', status => status.state === 'connected')
    void tracker.drain(30)
    await tracker.close()
    const { retryMs = 0 } = await one.reported('status', status => status.state === 'reconnecting')
    assert.ok(retryMs > 25_000 && retryMs <= 45_000, `${retryMs} ms`)
  })

  it('says when another holds its peer id, and gets it back when that one has gone', async () => {
    const { url } = await ours()
    const first = peer('a', url)
    await first.reported('status', status => status.state === 'connected')
    const second = peer('a', url)
    const warning = await second.reported('warning')
    assert.deepEqual([warning.code, warning.details.code], ['tracker-refused', 'peer-id-in-use'])
    await first.session.leave()
    await second.reported('status', status => status.state === 'connected')
  })
})

describe('the tracker client on a tracker without dial', () => {
  it('offers no more than are wanted, and five at most', async () => {
    const counts: unknown[] = []
    let done = () => {}
    const both = new Promise<void>(resolve => {
      done = resolve
    })
    const url = await scripted((socket, { offers, numwant }) => {
      if (Array.isArray(offers)) counts.push([numwant, offers.length])
      if (counts.length === 2) done()
      socket.send(ANNOUNCED)
    })
    peer('a', url, { timing: SLOW }).session.wanted(2)
    peer('b', url, { timing: SLOW }).session.wanted(50)
    await both
    assert.deepEqual(counts.sort(), [
      [2, 2],
      [20, 5],
    ])
  })
})

describe('the tracker client and trackers that misbehave', () => {
  it('ignores what it cannot use, with one warning', async () => {
    const url = await scripted(socket => {
      for (const bad of ['{', '[]', '{"action":"?"}', Buffer.from([1]), '{"action":"announce","info_hash":5}'])
        socket.send(bad)
      socket.send(ANNOUNCED)
    })
    const one = peer('a', url)
    await one.reported('status', status => status.state === 'connected')
    assert.deepEqual(
      one.all('warning').map(({ code }) => code),
      ['protocol'],
    )
  })

  it('hears nothing of torrents that it does not have, nor of itself', async () => {
    const offer = { offer: { type: 'offer', sdp: 'x' }, offer_id: 'o'.repeat(20) }
    const url = await scripted((socket, { peer_id }) => {
      socket.send(JSON.stringify({ action: 'announce', info_hash: 'z'.repeat(20), peer_id: peerIdOf('x'), ...offer }))
      socket.send(JSON.stringify({ action: 'announce', info_hash: WIRE_HASH, peer_id, ...offer }))
      socket.send(ANNOUNCED)
    })
    const one = peer('a', url)
    await one.reported('status', status => status.state === 'connected')
    assert.deepEqual([...one.all('offer'), ...one.all('warning')], [])
  })

  it('hangs up on an oversized message', async () => {
    const url = await scripted(socket => socket.send('x'.repeat(65_537)))
    const { code, message } = await peer('a', url).reported('warning')
    assert.equal(code, 'protocol')
    assert.match(message, /65537 bytes/)
  })

  it('understands a reply without action', async () => {
    const url = await scripted(socket => socket.send(JSON.stringify({ info_hash: WIRE_HASH, complete: 3 })))
    assert.equal((await peer('a', url).reported('status', status => status.state === 'connected')).seeds, 3)
  })

  it('reports a refusal once, and goes on asking', async () => {
    let asked = 0
    const refusal = JSON.stringify({ action: 'announce', info_hash: WIRE_HASH, 'failure reason': 'not tracked here' })
    const url = await scripted(socket => socket.send(++asked < 3 ? refusal : ANNOUNCED))
    const one = peer('a', url, { timing: { ...QUICK, intervalMs: 50 } })
    const { error } = await one.reported('status', status => status.state === 'refused')
    assert.match(error?.message ?? '', /not tracked here/)
    await one.reported('status', status => status.state === 'connected')
    assert.deepEqual(
      one.all('warning').map(({ code }) => code),
      ['tracker-refused'],
    )
  })

  it('gives up a tracker that says nothing', async () => {
    const url = await scripted(() => {})
    const one = peer('a', url, { timing: { ...QUICK, replyTimeoutMs: 50 } })
    assert.equal((await one.reported('warning')).code, 'tracker-unreachable')
  })

  it('is not made to hurry by an interval of nothing', async () => {
    const events: unknown[] = []
    const url = await scripted((socket, { event }) => {
      events.push(event)
      socket.send(ANNOUNCED.replace('120', '0').replace('"complete":0', `"complete":${events.length}`))
    })
    const one = peer('a', url, { timing: SLOW })
    await one.reported('status', status => status.seeds === 1)
    one.session.completed()
    await one.reported('status', status => status.seeds === 2)
    assert.deepEqual(events, ['started', 'completed'])
  })

  for (const [name, url, pattern] of [
    ['a closed port', 'ws://localhost:1', /localhost:1 /],
    ['a host that is none', 'ws://tracker.invalid', /tracker\.invalid /],
  ] as const) {
    it(`warns of ${name} once, names it, and keeps trying`, async () => {
      const one = peer('a', url)
      const { code, message } = await one.reported('warning')
      assert.equal(code, 'tracker-unreachable')
      assert.match(message, pattern)
      one.forget()
      await one.reported('status', status => status.state === 'reconnecting')
      assert.deepEqual(one.all('warning'), [])
    })
  }

  for (const url of ['udp://tracker.example:80', 'http://tracker.example/announce', 'nonsense', 'ws://']) {
    it(`leaves out ${url} with one warning`, async () => {
      const one = peer('a', url)
      assert.deepEqual([...one.all('warning'), ...one.all('status')], [], 'nothing is called before join has returned')
      const { code } = await one.reported('warning')
      assert.equal(code, 'invalid-argument')
      one.session.wanted(1)
      await one.session.leave()
      assert.equal(one.all('warning').length, 1)
    })
  }
})

describe('a closed tracker client', () => {
  it('leaves no timer and no socket behind', async () => {
    const { url } = await ours()
    const script = `
      import { WebSocket } from 'ws'
      import { TrackerSocket } from './src/net/tracker-client.ts'
      const nothing = () => {}
      for (const url of ['${url}', 'ws://localhost:1']) {
        const socket = new TrackerSocket({ url, peerId: 'x'.repeat(20), WebSocket, random: Math.random })
        const session = await new Promise(resolve => {
          const status = ({ state }) => ['connected', 'reconnecting'].includes(state) && resolve(session)
          const events = { found: nothing, offer: nothing, answer: nothing, candidate: nothing, iceServers: nothing,
            makeOffers: async () => [], warning: nothing, status }
          const totals = () => ({ uploaded: 0, downloaded: 0, left: 1 })
          const session = socket.join({ infoHash: new Uint8Array(20), totals }, events)
        })
        session.wanted(5)
        await session.leave()
      }
      console.log('closed')`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    opened.push(() => child.kill())
    let output = ''
    child.stdout.on('data', data => {
      output += data
    })
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })
    assert.deepEqual([code, output.trim()], [0, 'closed'])
  })
})

describe('back-off', () => {
  it('doubles from the first wait to the last, jittered by a half', () => {
    for (const [random, factor] of [
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      const backoff = new Backoff({ minMs: 1000, maxMs: 300_000, random: () => random })
      const waits = Array.from({ length: 12 }, () => backoff.nextMs())
      const doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
      assert.deepEqual(
        waits,
        doubled.map(seconds => seconds * 1000 * factor),
      )
      backoff.reset()
      assert.equal(backoff.nextMs(), 1000 * factor)
    }
  })
})

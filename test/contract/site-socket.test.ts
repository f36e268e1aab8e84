/** What a site's page says to a tracker, and hears from it, through the socket that it gives its client. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { equalBytes, toHex } from '../../src/metainfo/bytes.ts'
import type { SiteTotals } from '../../src/protocol/tracker-site.ts'
import { signPointer } from '../../src/site/pointer.ts'
import type { CandidatePolicy } from '../../src/site/page/candidates.ts'
import { type SiteSocketHooks, type SiteSockets, siteSockets } from '../../src/site/page/tracker-socket.ts'
import { startTracker } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { testKey } from '../support/site.ts'
import { trackerClientContract } from './tracker-client.ts'
import { QUICK, TestPeer } from './tracker-support.ts'

const SRFLX = 'candidate:5 1 udp 1677729535 81.2.69.160 50003 typ srflx raddr 0.0.0.0 rport 0'
const HOST = 'candidate:1 1 udp 2113937151 192.168.1.5 50000 typ host'
const MDNS = 'candidate:3 1 udp 2113937151 4f8a1c1e-0b5e-4a0e-9b1c-2d3e4f5a6b7c.local 50002 typ host'
const RELAY = 'candidate:6 1 udp 33562623 81.2.69.200 50004 typ relay raddr 0.0.0.0 rport 0'

const SITE: CandidatePolicy = { lan: false, relayOnly: false }

const NOTHING: SiteTotals = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }

const owner = await testKey()
const expires = Math.floor(Date.now() / 1000) + 3600

async function pointer(version: number): Promise<Uint8Array> {
  const hash = new Uint8Array(32).fill(version)
  const { key, rotated, sign } = owner
  return signPointer({ key, rotated, version, expires, infoHash: hash, manifestHash: hash, isKilled: false }, sign)
}

const first = await pointer(1)
const second = await pointer(2)
const third = await pointer(3)

const SHY: SiteSocketHooks = {
  candidates: () => SITE,
  pointer: () => undefined,
  onPointer: () => {},
  totals: () => undefined,
}

let opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.reverse()) await close()
  opened = []
})

async function tracker(options: TrackerOptions = {}): Promise<RunningTracker> {
  const started = await startTracker({ port: 0, host: 'localhost', ...options })
  opened.push(() => started.close())
  return started
}

interface Visitor {
  readonly peer: TestPeer
  readonly sockets: SiteSockets
}

/** A page with the hooks that the test gives it; it hides nothing unless asked to. */
function visitor(name: string, url: string, hooks: Partial<SiteSocketHooks> = {}): Visitor {
  const open = { candidates: () => ({ lan: true, relayOnly: false }) }
  const sockets = siteSockets(WebSocket, { ...SHY, ...open, ...hooks })
  const peer = new TestPeer({ name, url, WebSocket: sockets.WebSocket, timing: { ...QUICK, intervalMaxMs: 50 } })
  opened.push(() => peer.session.leave())
  return { peer, sockets }
}

function description(...candidates: string[]): string {
  return ['v=0', 'c=IN IP4 0.0.0.0', ...candidates.map(candidate => `a=${candidate}`), ''].join('\r\n')
}

/** What `to` is sent when `from` says this, through the tracker, after both have met. */
async function said(from: Visitor, to: Visitor, sdp: string, candidates: string[]): Promise<[string, string[]]> {
  const offerId = 'o'.repeat(20)
  const toPeerId = to.peer.peerId
  for (const { peer } of [to, from]) await peer.reported('status', status => status.state === 'connected')
  from.peer.session.wanted(1)
  await from.peer.reported('found', peers => peers.includes(toPeerId))
  from.peer.session.signal({ type: 'offer', toPeerId, offerId, sdp, trickle: true })
  for (const candidate of [...candidates, 'candidate:9 1 udp 1 81.2.69.9 9 typ relay'])
    from.peer.session.signal({ type: 'candidate', toPeerId, offerId, candidate: { candidate } })
  const offer = await to.peer.reported('offer', offer => offer.offerId === offerId)
  // The last one passes all filters.
  await to.peer.reported('candidate', ({ candidate }) => candidate.candidate.startsWith('candidate:9 '))
  return [
    offer.sdp,
    to.peer
      .all('candidate')
      .map(({ candidate }) => candidate.candidate)
      .slice(0, -1),
  ]
}

trackerClientContract(
  'our tracker, through the socket of a site',
  async port => {
    const started = await startTracker({ port, host: 'localhost' })
    return { url: started.url, stop: () => started.close() }
  },
  siteSockets(WebSocket, SHY).WebSocket,
)

describe('candidates through the socket of a site', () => {
  const all = [HOST, MDNS, SRFLX, RELAY]

  it('leave, and are taken, as they are where peers on the local network are wanted', async () => {
    const { url } = await tracker()
    const [sdp, candidates] = await said(visitor('a', url), visitor('b', url), description(...all), all)
    assert.deepEqual([sdp, candidates], [description(...all), all])
  })

  it('do not leave where they are of the local network', async () => {
    const { url } = await tracker()
    const from = visitor('a', url, { candidates: () => SITE })
    const [sdp, candidates] = await said(from, visitor('b', url), description(...all), all)
    assert.deepEqual([sdp, candidates], [description(SRFLX, RELAY), [SRFLX, RELAY]])
  })

  it('do not leave but through a relay where that is asked for', async () => {
    const { url } = await tracker()
    const from = visitor('a', url, { candidates: () => ({ lan: true, relayOnly: true }) })
    const [sdp, candidates] = await said(from, visitor('b', url), description(...all), all)
    assert.deepEqual([sdp, candidates], [description(RELAY), [RELAY]])
  })

  it('are not taken from a peer that names the local network', async () => {
    const { url } = await tracker()
    const to = visitor('b', url, { candidates: () => SITE })
    const [sdp, candidates] = await said(visitor('a', url), to, description(...all), all)
    assert.deepEqual([sdp, candidates], [description(SRFLX, RELAY), [SRFLX, RELAY]])
  })
})

/** A page of the site, which believes each pointer that it hears of and keeps what it heard. */
class Page {
  totals = NOTHING
  believed: Uint8Array
  readonly heard: Uint8Array[] = []
  readonly peer: TestPeer
  readonly sockets: SiteSockets
  #wake = () => {}

  constructor(name: string, url: string, pointer: Uint8Array) {
    this.believed = pointer
    const { peer, sockets } = visitor(name, url, {
      pointer: () => this.believed,
      onPointer: bytes => {
        this.heard.push(bytes)
        this.believed = bytes
        this.#wake()
      },
      totals: () => this.totals,
    })
    this.peer = peer
    this.sockets = sockets
  }

  /** Announces once more, and has had the answer. */
  async announced(): Promise<void> {
    this.peer.forget()
    await this.peer.reported('status', status => status.state === 'connected')
  }

  async hears(pointer: Uint8Array): Promise<void> {
    const signal = AbortSignal.timeout(10_000)
    while (!equalBytes(this.believed, pointer)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => reject(new Error(`${this.peer.peerId} never heard of the pointer`)))
      })
    }
  }
}

describe('the pointer of a site', () => {
  it('comes from the page that has the newest to all others, with nobody looking at the origin', async () => {
    const { url } = await tracker({ limits: { pointerSeconds: 0.1 } })
    const pages = ['a', 'b', 'c'].map(name => new Page(name, url, first))
    for (const page of pages) await page.announced()
    const latest = new Page('d', url, second)
    for (const page of pages) await page.hears(second)
    latest.believed = third
    latest.sockets.tellPointer()
    for (const page of pages) await page.hears(third)
    assert.deepEqual(latest.heard, [], 'it hears nothing new')
    for (const page of pages) assert.equal(page.heard.length, 2, 'each hears of each once')
  })

  it('that the tracker had no time to check is told again', async () => {
    const { url } = await tracker({ limits: { pointerChecksBurstPerAddress: 1, pointerChecksPerSecondPerAddress: 5 } })
    const one = new Page('a', url, first)
    await one.announced()
    const latest = new Page('b', url, second)
    await one.hears(second)
    assert.equal(latest.believed, second)
  })

  it('which the page does not believe is heard again only after the tracker hears of it anew', async () => {
    const { url } = await tracker()
    await new Page('a', url, second).announced()
    let heard = 0
    const doubter = visitor('b', url, { pointer: () => first, onPointer: () => heard++ })
    for (let round = 0; round < 4; round++) {
      doubter.peer.forget()
      await doubter.peer.reported('status', status => status.state === 'connected')
    }
    assert.equal(heard, 1)
  })

  it('is told to no tracker that does not say that it takes pointers, nor is anything else of sites', async () => {
    const server = new WebSocketServer({ port: 0, host: 'localhost' })
    await once(server, 'listening')
    opened.push(() => server.close())
    const messages: Record<string, unknown>[] = []
    server.on('connection', socket => {
      opened.push(() => socket.terminate())
      socket.on('message', data => {
        const message = JSON.parse(String(data))
        messages.push(message)
        socket.send(JSON.stringify({ action: 'announce', info_hash: message.info_hash, interval: 120, complete: 1 }))
      })
    })
    const page = new Page('a', `ws://localhost:${(server.address() as AddressInfo).port}`, first)
    page.totals = { ...NOTHING, peers: 5 }
    for (let round = 0; round < 3; round++) await page.announced()
    assert.ok(messages.length >= 3)
    assert.ok(messages.every(message => message.action === 'announce' && message.stats === undefined))
  })
})

describe('the figures of a site', () => {
  /** What the tracker shows over HTTP. */
  async function shown({ port }: RunningTracker): Promise<Record<string, unknown>> {
    const response = await fetch(`http://localhost:${port}/stats.json`)
    const { sites } = (await response.json()) as { sites: Record<string, unknown>[] }
    assert.equal(sites.length, 1)
    return sites[0]!
  }

  it('are the sum of what its visitors took, by source', async () => {
    const running = await tracker({ limits: { reportersMin: 2 } })
    const [one, other] = [new Page('a', running.url, first), new Page('b', running.url, first)]
    one.totals = { peers: 3000, origin: 500, cache: 70, wasted: 20, duplicates: 10 }
    other.totals = { ...NOTHING, origin: 500 }
    for (const page of [one, other]) for (let round = 0; round < 2; round++) await page.announced()
    const { key, offload, bytes, visitors } = await shown(running)
    assert.deepEqual({ key, offload, visitors }, { key: toHex(owner.key), offload: 0.75, visitors: 2 })
    assert.deepEqual(bytes, { peers: 3000, origin: 1000, cache: 70, wasted: 20, duplicates: 10 })
  })

  it('are counted once, though the connection was lost in between', async () => {
    const limits = { reportersMin: 1 }
    const before = await tracker({ limits })
    const page = new Page('a', before.url, first)
    page.totals = { ...NOTHING, peers: 1000, wasted: 10 }
    for (let round = 0; round < 2; round++) await page.announced()
    assert.deepEqual((await shown(before)).bytes, page.totals)
    const { port } = before
    await before.close()
    const after = await tracker({ limits, port })
    page.totals = { ...NOTHING, peers: 1500 }
    for (let round = 0; round < 3; round++) await page.announced()
    assert.deepEqual((await shown(after)).bytes, { ...NOTHING, peers: 500 })
  })
})

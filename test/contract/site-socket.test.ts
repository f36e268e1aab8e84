/** What a site's page says to a tracker, and hears from it, through the socket that it gives its client. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import type { CandidatePolicy } from '../../src/site/page/candidates.ts'
import { type SiteSocketHooks, type SiteSockets, siteSockets } from '../../src/site/page/tracker-socket.ts'
import { startTracker } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { trackerClientContract } from './tracker-client.ts'
import { QUICK, TestPeer } from './tracker-support.ts'

const SRFLX = 'candidate:5 1 udp 1677729535 81.2.69.160 50003 typ srflx raddr 0.0.0.0 rport 0'
const HOST = 'candidate:1 1 udp 2113937151 192.168.1.5 50000 typ host'
const MDNS = 'candidate:3 1 udp 2113937151 4f8a1c1e-0b5e-4a0e-9b1c-2d3e4f5a6b7c.local 50002 typ host'
const RELAY = 'candidate:6 1 udp 33562623 81.2.69.200 50004 typ relay raddr 0.0.0.0 rport 0'

const SITE: CandidatePolicy = { lan: false, relayOnly: false }

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

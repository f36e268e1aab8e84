/** What our client does on any WebTorrent tracker, whether it knows our extensions or not. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { TrackerClientOptions } from '../../src/net/tracker-client.ts'
import { INFO_HASH, met, QUICK, TestPeer } from './tracker-support.ts'

export interface TrackerUnderTest {
  readonly url: string
  stop(): Promise<void>
}

/** `start`: a fresh tracker at this port, or at any (0). `WebSocket`: what the client reaches it through. */
export function trackerClientContract(
  name: string,
  start: (port: number) => Promise<TrackerUnderTest>,
  WebSocket?: TrackerClientOptions['WebSocket'],
): void {
  describe(`the tracker client on ${name}`, () => {
    let tracker: TrackerUnderTest
    let peers: TestPeer[] = []

    beforeEach(async () => {
      tracker = await start(0)
    })

    afterEach(async () => {
      await Promise.all(peers.map(peer => peer.session.leave()))
      peers = []
      await tracker.stop()
    })

    function peer(name: string, options: Partial<ConstructorParameters<typeof TestPeer>[0]> = {}): TestPeer {
      const created = new TestPeer({ name, url: tracker.url, ...(WebSocket && { WebSocket }), ...options })
      peers.push(created)
      return created
    }

    it('says that it is connected, and how many are there', async () => {
      const seed = peer('a', { left: 0 })
      await seed.reported('status', status => status.state === 'connected')
      assert.equal(seed.all('status')[0]?.state, 'connecting')
      const { seeds, leeches } = await peer('b').reported('status', status => status.state === 'connected')
      assert.deepEqual([seeds, leeches], [1, 1])
    })

    it('brings a newcomer together with one who was alone', async () => {
      const alone = peer('a')
      alone.session.wanted(5)
      await alone.reported('status', status => status.state === 'connected')
      const newcomer = peer('b')
      newcomer.session.wanted(5)
      const answer = await met(alone, newcomer)
      assert.match(answer.sdp, /^answer of/)
      assert.deepEqual([...alone.all('warning'), ...newcomer.all('warning')], [])
    })

    it('says how many there are, so that whoever is alone knows', async () => {
      const alone = peer('a')
      alone.session.wanted(5)
      await alone.reported('members', members => members === 1)
      const newcomer = peer('b')
      newcomer.session.wanted(5)
      await newcomer.reported('members', members => members === 2)
    })

    it('connects nobody who wants nobody', async () => {
      const one = peer('a')
      await one.reported('status', status => status.state === 'connected')
      const other = peer('b')
      await other.reported('status', status => status.state === 'connected')
      assert.deepEqual([...one.all('offer'), ...other.all('found').flat(), ...other.all('makeOffers')], [])
    })

    it('asks again as soon as peers are wanted', async () => {
      const one = peer('a')
      const other = peer('b', { timing: { ...QUICK, intervalMinMs: 60_000 } })
      for (const each of [one, other]) await each.reported('status', status => status.state === 'connected')
      other.session.wanted(1)
      await met(one, other)
    })

    it('tells that it completed', async () => {
      const one = peer('a')
      await one.reported('status', status => status.state === 'connected')
      one.left = 0
      one.session.completed()
      await one.reported('status', status => status.seeds === 1 && status.leeches === 0)
    })

    it('tells that it leaves', async () => {
      const one = peer('a')
      await one.reported('status', status => status.state === 'connected')
      await one.session.leave()
      assert.equal(one.all('status').at(-1)?.state, 'closed')
      const { leeches } = await peer('b').reported('status', status => status.state === 'connected')
      assert.equal(leeches, 1)
    })

    it('serves several torrents through one socket', async () => {
      const first = peer('a')
      const infoHash = INFO_HASH.map(byte => byte ^ 0xff)
      const second = peer('a', { infoHash, socket: first.socket })
      const other = peer('b', { infoHash })
      for (const each of [first, second]) await each.reported('status', status => status.state === 'connected')
      other.session.wanted(1)
      await met(second, other)
      assert.deepEqual(first.all('offer'), [])
      await first.session.leave()
      second.forget()
      second.session.wanted(1)
      await second.reported('status', status => status.state === 'connected')
    })

    it('comes back when the tracker does, and joins again', async () => {
      const one = peer('a')
      await one.reported('status', status => status.state === 'connected')
      const port = Number(new URL(tracker.url).port)
      await tracker.stop()
      const lost = await one.reported('status', status => status.state === 'reconnecting')
      assert.ok(lost.retryMs !== undefined && lost.error?.code === 'tracker-unreachable')
      assert.match(lost.error.message, new RegExp(`localhost:${port}`))
      one.forget()
      tracker = await start(port)
      await one.reported('status', status => status.state === 'connected')
      const other = peer('b')
      other.session.wanted(1)
      await met(one, other)
      assert.equal(one.all('warning').length, 0, 'one warning an outage')
    })

    it('can leave and join again', async () => {
      const one = peer('a')
      await one.reported('status', status => status.state === 'connected')
      await one.session.leave()
      const again = peer('a', { socket: one.socket })
      const { leeches } = await again.reported('status', status => status.state === 'connected')
      assert.equal(leeches, 1)
    })
  })
}

/** bittorrent-tracker's own client, as WebTorrent has it, over our tracker: with real WebRTC, and beside our client. Each offer waits 5 s for candidates. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, it, type TestContext } from 'node:test'
import { Client, type FoundPeer } from 'bittorrent-tracker'
import * as wrtc from 'webrtc-polyfill'
import { startTracker } from '../../tracker/index.ts'
import { INFO_HASH, TestPeer } from '../contract/tracker-support.ts'
import { fileScope } from './support/scope.ts'

// Offers that nobody answered would keep the process alive: their connections stay open in the library underneath.
after(async () => (await import('node-datachannel')).cleanup())

type Reply = { action: string; complete: number; incomplete: number; downloaded?: number; infoHash: string }

/** A tracker ends after the clients of its test, which complain otherwise. */
const scope = fileScope()

async function trackerUrl(): Promise<string> {
  // Their client would announce again only after an interval of its own.
  const tracker = await startTracker({ port: 0, host: 'localhost' })
  scope.after(() => tracker.close())
  return tracker.url
}

function client(t: TestContext, url: string, name: string, left: number | null): Client {
  const peerId = new TextEncoder().encode(`-WW0300-${name}`.padEnd(20, '-'))
  const getAnnounceOpts = () => ({ uploaded: 0, downloaded: 0, left, numwant: 1 })
  const made = new Client({
    infoHash: INFO_HASH,
    peerId,
    announce: [url],
    port: 6881,
    wrtc,
    rtcConfig: { iceServers: [] },
    getAnnounceOpts,
  })
  made.on('error', error => assert.fail(String(error)))
  made.on('warning', error => assert.fail(String(error)))
  t.after(() => made.destroy())
  return made
}

async function update(of: Client, act: () => void): Promise<Reply> {
  const replied = once(of, 'update')
  act()
  const [reply] = await replied
  return reply
}

describe("bittorrent-tracker's client on our tracker", () => {
  it('is counted through its life, and scrapes', async t => {
    const url = await trackerUrl()
    const [leech, seed] = [client(t, url, 'leech', 1000), client(t, url, 'seed', 0)]
    const first = await update(leech, () => leech.start())
    assert.deepEqual([first.action, first.complete, first.incomplete], ['announce', 0, 1])
    const second = await update(seed, () => seed.start())
    assert.deepEqual([second.complete, second.incomplete], [1, 1])
    const third = await update(leech, () => leech.complete())
    assert.deepEqual([third.complete, third.incomplete], [2, 0])
    const scraped = once(seed, 'scrape')
    seed.scrape()
    const [counts] = await scraped
    assert.deepEqual([counts.complete, counts.incomplete, counts.downloaded], [2, 0, 1])
    const last = await update(seed, () => seed.stop())
    assert.deepEqual([last.complete, last.incomplete], [1, 0])
  })

  it('connects to another of its kind', async t => {
    const url = await trackerUrl()
    const [one, other] = [client(t, url, 'one', 1000), client(t, url, 'other', null)]
    const found = [one, other].map(each => once(each, 'peer') as Promise<[FoundPeer]>)
    await update(one, () => one.start())
    await update(other, () => other.start())
    const [[at], [bt]] = (await Promise.all(found)) as [[FoundPeer], [FoundPeer]]
    const opened = Promise.all([once(at, 'connect'), once(bt, 'connect')])
    await opened
    const heard = once(bt, 'data')
    at.send('hello')
    assert.equal(new TextDecoder().decode((await heard)[0]), 'hello')
    for (const peer of [at, bt]) peer.destroy()
  })

  it('gets an answer from ours, and gives one', async t => {
    const url = await trackerUrl()
    const ours = new TestPeer({ name: 'ours', url })
    t.after(() => ours.session.leave())
    await ours.reported('status', ({ state }) => state === 'connected')
    const theirs = client(t, url, 'theirs', 1000)
    const offered = ours.reported('offer')
    await update(theirs, () => theirs.start())
    const offer = await offered
    assert.match(offer.sdp, /^v=0/)
    assert.match(offer.peerId, /^-WW0300-theirs/)
  })
})

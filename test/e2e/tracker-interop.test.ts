/** bittorrent-tracker's own client, as WebTorrent has it, over our tracker: with real WebRTC, and beside our client. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startTracker } from '../../tracker/index.ts'
import { INFO_HASH, peerIdOf, TestPeer } from '../contract/tracker-support.ts'
import { launchBrowser } from './support/browser.ts'
import type { Act, Counts } from './support/page/their-client.ts'
import { fileScope } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startTheirClient, THEIR_MODULES, type TheirClient } from './support/their-client.ts'

/** A tracker ends after the clients of its test, which complain otherwise. */
const scope = fileScope()
const site = startSite(scope, { modules: THEIR_MODULES })
const browser = launchBrowser(scope, 'chromium')

async function trackerUrl(): Promise<string> {
  // Their client would announce again only after an interval of its own.
  const tracker = await startTracker({ port: 0, host: 'localhost' })
  scope.after(() => tracker.close())
  return tracker.url
}

async function client(t: TestContext, url: string, name: string, left: number | null): Promise<TheirClient> {
  const options = { url, peerId: peerIdOf(name), infoHash: [...INFO_HASH], left }
  return startTheirClient(t, { browser: await browser, site: await site, ...options })
}

async function update(of: TheirClient, what: Act): Promise<Counts> {
  await of.act(what)
  return of.next('update')
}

describe("bittorrent-tracker's client on our tracker", () => {
  it('is counted through its life, and scrapes', async t => {
    const url = await trackerUrl()
    const [leech, seed] = [await client(t, url, 'leech', 1000), await client(t, url, 'seed', 0)]
    const first = await update(leech, 'start')
    assert.deepEqual([first.action, first.complete, first.incomplete], ['announce', 0, 1])
    const second = await update(seed, 'start')
    assert.deepEqual([second.complete, second.incomplete], [1, 1])
    const third = await update(leech, 'complete')
    assert.deepEqual([third.complete, third.incomplete], [2, 0])
    await seed.act('scrape')
    const counts = await seed.next('scrape')
    assert.deepEqual([counts.complete, counts.incomplete, counts.downloaded], [2, 0, 1])
    const last = await update(seed, 'stop')
    assert.deepEqual([last.complete, last.incomplete], [1, 0])
    for (const each of [leech, seed]) {
      // An offer goes with each announce: the answer to one may come when its maker has stopped.
      const others = (await each.complaints()).filter(words => !words.includes('its maker has gone'))
      assert.deepEqual(others, [])
    }
  })

  it('connects to another of its kind', async t => {
    const url = await trackerUrl()
    const [one, other] = [await client(t, url, 'one', 1000), await client(t, url, 'other', null)]
    await update(one, 'start')
    await update(other, 'start')
    await Promise.all([one.next('connect'), other.next('connect')])
    await one.send('hello')
    assert.equal(await other.next('data'), 'hello')
    for (const each of [one, other]) assert.deepEqual(await each.complaints(), [])
  })

  it('gets an answer from ours, and gives one', async t => {
    const url = await trackerUrl()
    const ours = new TestPeer({ name: 'ours', url })
    t.after(() => ours.session.leave())
    await ours.reported('status', ({ state }) => state === 'connected')
    const theirs = await client(t, url, 'theirs', 1000)
    await update(theirs, 'start')
    const offer = await ours.reported('offer')
    assert.match(offer.sdp, /^v=0/)
    assert.match(offer.peerId, /^-WW0300-theirs/)
    // Ours comes as it was given: it is no description of a connection.
    assert.match(await theirs.next('warning'), /answer of -SH0100-ours|SessionDescription/)
  })
})

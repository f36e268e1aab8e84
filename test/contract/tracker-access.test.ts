/** Whom a tracker lets in, and into which swarms: tried over real sockets. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { toHex } from '../../src/metainfo/bytes.ts'
import { clientAddressBehind, readTokenKey, signToken, startTracker } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { bareAnnounce, INFO_HASH, met, refusal, TestPeer, TestSocket, WIRE_HASH } from './tracker-support.ts'

const tokenKey = readTokenKey('a secret that nobody can guess, of 32 bytes or more')
const OTHER_HASH = 'x'.repeat(20)

async function start(t: TestContext, options: TrackerOptions): Promise<RunningTracker> {
  const tracker = await startTracker({ port: 0, host: '127.0.0.1', ...options })
  t.after(() => tracker.close())
  return tracker
}

async function connect(t: TestContext, url: string, options = {}): Promise<TestSocket> {
  const socket = await new TestSocket(url, options).open()
  t.after(() => socket.close())
  return socket
}

const announceOf = (infoHash: string) => bareAnnounce('a', { info_hash: infoHash })

describe('a private tracker', () => {
  it('lets nobody in without a token, or with a bad one', async t => {
    const tracker = await start(t, { tokenKey })
    const foreign = await signToken(readTokenKey('B'.repeat(32)), { ih: toHex(INFO_HASH) }, 60)
    assert.equal(await refusal(tracker.url), 401)
    assert.equal(await refusal(`${tracker.url}/?token=${foreign}`), 401)
    assert.equal(await refusal(`${tracker.url}/?token=`), 401)
    assert.deepEqual([tracker.stats().connections, tracker.stats().rejects.token], [0, 3])
  })

  it('lets who has a token for a torrent into its swarm, and no other', async t => {
    const tracker = await start(t, { tokenKey })
    const token = await signToken(tokenKey, { ih: toHex(INFO_HASH) }, 60)
    const socket = await connect(t, `${tracker.url}/?token=${token}`)
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
    const refused = await socket.ask(announceOf(OTHER_HASH))
    assert.deepEqual([refused.code, refused.action, refused.info_hash], ['not-allowed', 'announce', OTHER_HASH])
    assert.deepEqual(Object.keys((await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })).files as object), [
      WIRE_HASH,
    ])
    for (const info_hash of [undefined, OTHER_HASH]) {
      const { code, action } = await socket.ask({ action: 'scrape', info_hash })
      assert.deepEqual([code, action], ['not-allowed', 'scrape'])
    }
    assert.equal(tracker.stats().swarms, 1)
  })

  it('lets who has a token for a site into any, and keeps it there when the token has ended', async t => {
    const tracker = await start(t, { tokenKey })
    const token = await signToken(tokenKey, { site: 'ab'.repeat(32) }, 2)
    const socket = await connect(t, `${tracker.url}/?token=${token}`)
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
    assert.equal((await socket.ask(announceOf(OTHER_HASH))).incomplete, 1)
    const endsAt = Date.now() + 2_000
    while (Date.now() <= endsAt) await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal((await socket.ask(announceOf('y'.repeat(20)))).code, 'not-allowed')
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
  })

  it('is one that our client needs nothing new for', async t => {
    const tracker = await start(t, { tokenKey })
    const url = `${tracker.url}/?token=${await signToken(tokenKey, { ih: toHex(INFO_HASH) }, 60)}`
    const [one, other] = ['one', 'other'].map(name => new TestPeer({ name, url })) as [TestPeer, TestPeer]
    t.after(() => [one.session.leave(), other.session.leave()])
    for (const { session } of [one, other]) session.wanted(1)
    await met(one, other)
  })
})

describe('a tracker with lists of infohashes', () => {
  it('serves those that are allowed, and not those that are blocked', async t => {
    const allowing = await start(t, { allowedInfoHashes: new Set([WIRE_HASH]) })
    const blocking = await start(t, { blockedInfoHashes: new Set([OTHER_HASH]) })
    for (const { url } of [allowing, blocking]) {
      const socket = await connect(t, url)
      assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
      assert.equal((await socket.ask(announceOf(OTHER_HASH))).code, 'not-allowed')
    }
  })

  it('takes other lists while it runs', async t => {
    const tracker = await start(t, {})
    const socket = await connect(t, tracker.url)
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
    tracker.update({ blockedInfoHashes: new Set([WIRE_HASH]) })
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).code, 'not-allowed')
    tracker.update({})
    assert.equal((await socket.ask(announceOf(WIRE_HASH))).incomplete, 1)
  })
})

describe('a tracker behind a proxy', () => {
  it('counts by the address that a trusted one names, and believes nobody else', async t => {
    const limits = { connectionsPerAddressMax: 1 }
    const from = (address: string) => ({ headers: { 'x-forwarded-for': `198.51.100.1, ${address}` } })
    const trusting = await start(t, { limits, clientAddress: clientAddressBehind(['127.0.0.1']) })
    await connect(t, trusting.url, from('203.0.113.1'))
    assert.equal(await refusal(trusting.url, from('203.0.113.1')), 429)
    await connect(t, trusting.url, from('203.0.113.2'))
    const plain = await start(t, { limits, clientAddress: clientAddressBehind(['10.0.0.0/8']) })
    await connect(t, plain.url, from('203.0.113.1'))
    assert.equal(await refusal(plain.url, from('203.0.113.2')), 429)
  })
})

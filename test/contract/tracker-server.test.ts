import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { after, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { encodePointer } from '../../src/protocol/tracker-site.ts'
import { signPointer } from '../../src/site/pointer.ts'
import { startTracker } from '../../tracker/index.ts'
import type { RunningTracker, TrackerOptions } from '../../tracker/index.ts'
import { testKey } from '../support/site.ts'
import { bareAnnounce, peerIdOf, refusal, TestSocket, WIRE_HASH } from './tracker-support.ts'

const running: { close(): unknown }[] = []
after(() => Promise.all(running.map(each => each.close())))

async function start(options: TrackerOptions = {}): Promise<RunningTracker> {
  const onError = (error: unknown) => assert.fail(`the tracker failed: ${error}`)
  const tracker = await startTracker({ port: 0, host: '127.0.0.1', onError, ...options })
  running.push(tracker)
  return tracker
}

async function connect(url: string, options = {}): Promise<TestSocket> {
  const socket = await new TestSocket(url, options).open()
  running.push(socket)
  return socket
}

function httpUrl({ port }: RunningTracker, path: string): string {
  return `http://127.0.0.1:${port}${path}`
}

describe('a tracker and strangers', () => {
  it('tells a malformed sender once, then drops it', async () => {
    const tracker = await start()
    const socket = await connect(tracker.url)
    const reply = await socket.ask('{')
    assert.equal(reply.code, 'bad-message')
    assert.equal(reply.action, 'announce')
    socket.send('[]')
    assert.equal(await socket.closed, 1008)
    assert.equal(tracker.stats().violations, 2)
  })

  it('bans an address after too many malformed messages, and only then', async () => {
    const tracker = await start({ limits: { violationsPerAddressMax: 4 } })
    const honest = await connect(tracker.url)
    for (let round = 0; round < 2; round++) {
      const socket = await connect(tracker.url)
      socket.send('{')
      socket.send('{')
      await socket.closed
    }
    assert.equal(await refusal(tracker.url), 403)
    assert.equal(tracker.stats().addressesBanned, 1)
    assert.equal((await honest.ask(bareAnnounce('a'))).incomplete, 1)
  })

  it('tells who forges the pointer of a site once, then drops it', async () => {
    const tracker = await start()
    const owner = await testKey()
    const hash = new Uint8Array(32)
    const statement = { version: 1, expires: 2 ** 33, infoHash: hash, manifestHash: hash, isKilled: false }
    const forged = await signPointer({ ...statement, key: owner.key, rotated: [] }, (await testKey()).sign)
    const socket = await connect(tracker.url)
    const { action, code } = await socket.ask(encodePointer(forged))
    assert.deepEqual([action, code], ['pointer', 'bad-pointer'])
    socket.send(encodePointer(forged))
    assert.equal(await socket.closed, 1008)
    assert.deepEqual([tracker.stats().violations, tracker.stats().sites], [2, []])
  })

  it('bans nobody for requests that cannot be met', async () => {
    const tracker = await start({ limits: { violationsPerAddressMax: 1 } })
    const socket = await connect(tracker.url)
    const answer = {
      ...bareAnnounce('a'),
      to_peer_id: peerIdOf('b'),
      offer_id: 'o'.repeat(20),
      answer: { type: 'answer', sdp: 'x' },
    }
    assert.equal((await socket.ask(answer)).code, 'not-your-peer')
    await socket.ask(bareAnnounce('a'))
    assert.equal((await socket.ask(answer)).code, 'unknown-offer')
    assert.equal(tracker.stats().violations, 0)
  })

  it('survives the offers that kill bittorrent-tracker', async () => {
    const tracker = await start()
    const [one, other] = [await connect(tracker.url), await connect(tracker.url)]
    await one.ask(bareAnnounce('a'))
    const good = { offer: { type: 'offer', sdp: 'good' }, offer_id: 'o'.repeat(20) }
    const reply = await other.ask(bareAnnounce('b', { numwant: 5, offers: [null, { offer: null }, {}, good] }))
    assert.equal(reply.incomplete, 2)
    await one.received(2)
    assert.deepEqual(one.messages[1], {
      action: 'announce',
      offer: { type: 'offer', sdp: 'good' },
      offer_id: good.offer_id,
      peer_id: peerIdOf('b'),
      info_hash: WIRE_HASH,
    })
  })

  it('cuts off a message of 5 MiB', async () => {
    const tracker = await start()
    const socket = await connect(tracker.url)
    socket.send('x'.repeat(5 * 1024 * 1024))
    assert.ok([1006, 1009].includes(await socket.closed))
    const other = await connect(tracker.url)
    assert.equal((await other.ask(bareAnnounce('a'))).incomplete, 1)
    assert.ok(tracker.stats().violations >= 1)
  })

  it('drops a reader that is too slow', async () => {
    const tracker = await start({ limits: { sendQueueBytesMax: 256 * 1024, messagesBurst: 10_000 } })
    const socket = await connect(tracker.url)
    for (let n = 0; n < 300; n++) socket.send(bareAnnounce('a', { info_hash: `${n}`.padStart(20) }))
    await socket.received(300)
    socket.webSocket.pause()
    // 300 swarms are some 20 KiB: far more than the kernel's buffers and the queue hold.
    for (let n = 0; n < 4000; n++) socket.send({ action: 'scrape' })
    const watch = await connect(tracker.url)
    while (tracker.stats().connections > 1) await watch.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(tracker.stats().swarms, 0)
    socket.close()
  })

  it('reads a fast sender slower, and loses nothing', async () => {
    const tracker = await start({ limits: { messagesPerSecond: 100, messagesBurst: 5 } })
    const socket = await connect(tracker.url)
    const startedAt = performance.now()
    for (let n = 0; n < 25; n++) socket.send({ action: 'scrape', info_hash: WIRE_HASH })
    await socket.received(25)
    // What had arrived already is still answered, so the debt shows in what comes next.
    await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.ok(performance.now() - startedAt > 150, 'twenty messages above the burst take 200 ms at 100 a second')
  })

  it('reads who announces, or offers, faster than others slower, and loses nothing', async () => {
    const limits = { announcesPerSecond: 100, announcesBurst: 5, relaysPerSecond: 100, relaysBurst: 5 }
    const tracker = await start({ limits })
    const offers = Array.from({ length: 10 }, (_, n) => ({
      offer: { type: 'offer', sdp: 'x' },
      offer_id: `${n}`.padStart(20),
    }))
    for (const [count, fields] of [
      [25, {}],
      [3, { offers }],
    ] as const) {
      const socket = await connect(tracker.url)
      const startedAt = performance.now()
      for (let n = 0; n < count; n++) socket.send(bareAnnounce('a', fields))
      await socket.received(count)
      await socket.ask({ action: 'scrape', info_hash: WIRE_HASH })
      assert.ok(performance.now() - startedAt > 150, 'twenty above the burst take 200 ms at 100 a second')
      socket.close()
    }
  })

  it('closes who says nothing, though it answers pings, and not who talks', async () => {
    const tracker = await start({ intervalSeconds: 0.01, limits: { pingSeconds: 0.1, idleSeconds: 0.3 } })
    const [idle, talker] = [await connect(tracker.url), await connect(tracker.url)]
    let code: number | undefined
    void idle.closed.then(closed => {
      code = closed
    })
    while (code === undefined) await talker.ask({ action: 'scrape', info_hash: WIRE_HASH })
    assert.equal(code, 1000)
    assert.equal(talker.webSocket.readyState, WebSocket.OPEN)
  })

  it('waits only so long for a connection to say what it wants', async () => {
    const tracker = await start({ limits: { handshakeSeconds: 0.2 } })
    for (const beginning of ['', 'GET / HTTP/1.1\r\nHost: x\r\n']) {
      const socket = createConnection(tracker.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.resume().write(beginning)
      await once(socket, 'close', { signal: AbortSignal.timeout(10_000) })
    }
  })

  it('drops a connection that answers no pings', async () => {
    const tracker = await start({ limits: { pingSeconds: 0.25 } })
    const dead = await connect(tracker.url, { autoPong: false })
    const alive = await connect(tracker.url)
    await dead.closed
    assert.equal(alive.webSocket.readyState, WebSocket.OPEN)
  })

  it('lets a newcomer have the peer id of a dead connection, not of a living one', async () => {
    const tracker = await start({ limits: { takeoverSeconds: 0.5 } })
    const living = await connect(tracker.url)
    await living.ask(bareAnnounce('a'))
    const thief = await connect(tracker.url)
    assert.equal((await thief.ask(bareAnnounce('a'))).code, 'peer-id-in-use')
    const dead = await connect(tracker.url, { autoPong: false })
    await dead.ask(bareAnnounce('b'))
    const heir = await connect(tracker.url)
    assert.equal((await heir.ask(bareAnnounce('b'))).incomplete, 2)
    await dead.closed
  })

  it('bounds connections, in all and of one address', async () => {
    const perAddress = await start({ limits: { connectionsPerAddressMax: 1 } })
    await connect(perAddress.url)
    assert.equal(await refusal(perAddress.url), 429)
    const inAll = await start({ limits: { connectionsMax: 1 } })
    await connect(inAll.url)
    assert.equal(await refusal(inAll.url), 503)
  })

  const clientAddress = ({ headers }: { headers: Record<string, unknown> }) => String(headers['x-real-ip'])
  const from = (address: string) => ({ headers: { 'x-real-ip': address } })

  it('bounds connections of one network, and lets others in when one goes', async () => {
    const tracker = await start({ clientAddress, limits: { connectionsPerNetworkMax: 2 } })
    const first = await connect(tracker.url, from('203.0.113.1'))
    for (const address of ['::ffff:203.0.113.2', '203.0.114.1', '203.0.114.2'])
      await connect(tracker.url, from(address))
    assert.equal(await refusal(tracker.url, from('203.0.113.3')), 429)
    for (const address of ['2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:2::1'])
      await connect(tracker.url, from(address))
    assert.equal(await refusal(tracker.url, from('2001:db8:1:3::1')), 429)
    first.close()
    while (tracker.stats().connections > 6) await new Promise(resolve => setImmediate(resolve))
    await connect(tracker.url, from('203.0.113.3'))
  })

  it('counts by the address that a proxy tells', async () => {
    const tracker = await start({ clientAddress, limits: { connectionsPerAddressMax: 1 } })
    await connect(tracker.url, from('2001:db8::1'))
    assert.equal(await refusal(tracker.url, from('2001:db8:0:0:5::2')), 429)
    await connect(tracker.url, from('2001:db8:0:1::1'))
  })

  it('takes pages of the allowed origins only', async () => {
    const tracker = await start({ allowedOrigins: ['https://site.example'] })
    await connect(tracker.url, { origin: 'https://site.example' })
    assert.equal(await refusal(tracker.url, { origin: 'https://site.example.evil' }), 403)
    assert.equal(await refusal(tracker.url), 403)
  })

  it('stands at its path only', async () => {
    const tracker = await start({ path: '/announce' })
    assert.match(tracker.url, /\/announce$/)
    await connect(`${tracker.url}?x=1`)
    assert.equal(await refusal(tracker.url.replace('announce', 'other')), 404)
  })

  it('survives random bytes', async () => {
    const tracker = await start({ limits: { violationsPerAddressMax: 0 } })
    const seed = Date.now() % 100_000
    for (let round = 0; round < 30; round++) {
      const socket = await connect(tracker.url)
      const text = JSON.stringify(
        bareAnnounce('a', { offers: [{ offer: { type: 'offer', sdp: 'x' }, offer_id: 'o'.repeat(20) }] }),
      )
      const at = (seed * 7 + round * 31) % text.length
      socket.send(text.slice(0, at) + String.fromCharCode((seed + round * 17) % 256) + text.slice(at + 1))
      socket.webSocket.send(Buffer.from([seed & 255, round, 255, 254]))
      await socket.received(1)
    }
    const last = await connect(tracker.url)
    assert.ok((await last.ask({ action: 'scrape', info_hash: WIRE_HASH })).files, `seed ${seed}`)
  })
})

describe('a tracker and its operator', () => {
  it('tells its health and its figures', async () => {
    const tracker = await start()
    const socket = await connect(tracker.url)
    await socket.ask(bareAnnounce('a', { left: 0 }))
    const health = await fetch(httpUrl(tracker, '/health'))
    assert.deepEqual([health.status, await health.json()], [200, { status: 'ok' }])
    const stats = (await (await fetch(httpUrl(tracker, '/stats.json'))).json()) as Record<string, number>
    assert.deepEqual([stats.connections, stats.swarms, stats.seeds, stats.leeches, stats.messages], [1, 1, 1, 0, 1])
    assert.equal((await fetch(httpUrl(tracker, '/other'))).status, 404)
    assert.equal((await fetch(httpUrl(tracker, '/health'), { method: 'POST' })).status, 404)
  })

  it('leaves other paths to whoever serves them, and outlives their mistakes', async () => {
    const errors: unknown[] = []
    const tracker = await start({
      onError: error => errors.push(error),
      onRequest: ({ url }, response) => {
        if (url === '/bad') throw new Error('bad')
        response.end('page')
      },
    })
    assert.equal(await (await fetch(httpUrl(tracker, '/'))).text(), 'page')
    assert.equal((await fetch(httpUrl(tracker, '/bad'))).status, 500)
    assert.equal(errors.length, 1)
    assert.equal((await fetch(httpUrl(tracker, '/health'))).status, 200)
  })

  it('attaches to a server and leaves it running', async () => {
    const server = createServer((request, response) => {
      if (!tracker.handle(request, response)) response.end('mine')
    })
    const tracker = await start({ server, path: '/tracker' })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = await connect(`ws://127.0.0.1:${tracker.port}/tracker`)
    assert.equal((await socket.ask(bareAnnounce('a'))).incomplete, 1)
    await tracker.close()
    assert.equal(await socket.closed, 1001)
    assert.equal(await (await fetch(httpUrl(tracker, '/'))).text(), 'mine')
    server.close()
    server.closeAllConnections()
  })

  it('drains: tells those who want to know, takes nobody new, and is done when all have gone', async () => {
    const tracker = await start()
    const [ours, plain] = [await connect(tracker.url), await connect(tracker.url)]
    await ours.ask(bareAnnounce('a', { extensions: ['shutdown'] }))
    await plain.ask(bareAnnounce('b'))
    const drained = tracker.drain(60)
    await ours.received(2)
    assert.deepEqual(ours.messages[1], { action: 'shutdown', seconds: 60 })
    assert.equal(await refusal(tracker.url), 503)
    assert.equal((await fetch(httpUrl(tracker, '/health'))).status, 503)
    assert.equal(plain.messages.length, 1)
    for (const socket of [ours, plain]) socket.close()
    await drained
  })

  it('says why it cannot start', async () => {
    const tracker = await start()
    await assert.rejects(startTracker({ port: tracker.port, host: '127.0.0.1' }), {
      code: 'EADDRINUSE',
      syscall: 'listen',
    })
    await assert.rejects(startTracker({ port: 70_000 }), RangeError)
  })

  it('closes though a client does not answer the close', async () => {
    const tracker = await start({ limits: { closeSeconds: 0.1 } })
    const socket = await connect(tracker.url)
    socket.webSocket.pause()
    await tracker.close()
    socket.close()
  })
})

/** The tracker lends the operator's STUN and TURN servers: to whom, and with which credentials. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import type { IceServer, TrackerOptions } from '../../tracker/index.ts'
import { startTracker } from '../../tracker/index.ts'

const SECRET = 'known to the TURN server too'
const STUN = { urls: ['stun:stun.example:3478'] }
const TURN = { urls: ['turn:turn.example:3478'] }
const SITE = 'https://example.org'

/** What a page of this origin is lent. */
async function lentTo(
  t: TestContext,
  options: TrackerOptions,
  origin?: string,
  extensions = ['dial', 'ice_servers'],
): Promise<IceServer[] | undefined> {
  const tracker = await startTracker({ port: 0, host: 'localhost', ...options })
  t.after(() => tracker.close())
  const socket = new WebSocket(tracker.url, origin === undefined ? {} : { origin })
  t.after(() => socket.terminate())
  await once(socket, 'open')
  socket.send(
    JSON.stringify({ action: 'announce', info_hash: 'i'.repeat(20), peer_id: 'p'.repeat(20), numwant: 0, extensions }),
  )
  const [data] = await once(socket, 'message')
  return JSON.parse(String(data)).ice_servers
}

describe('a tracker that has STUN and TURN servers', () => {
  it('lends a TURN server that shares a secret with it by credentials that end within the hour', async t => {
    const [stun, turn] = (await lentTo(t, { iceServers: [STUN, TURN], turnSecret: SECRET }))!
    assert.deepEqual(stun, STUN)
    const { urls, username = '', credential } = turn!
    assert.deepEqual(urls, TURN.urls)
    const leftSeconds = Number(/^(\d+):\w+$/.exec(username)?.[1]) - Date.now() / 1000
    assert.ok(leftSeconds > 3500 && leftSeconds <= 3600, username)
    assert.equal(credential, createHmac('sha1', SECRET).update(username).digest('base64'))
  })

  it('leaves a credential that was given alone', async t => {
    const given = { ...TURN, username: 'me', credential: 'secret' }
    assert.deepEqual(await lentTo(t, { iceServers: [given], turnSecret: SECRET }), [given])
  })

  it('lends nothing to who did not announce that it takes them', async t => {
    assert.equal(await lentTo(t, { iceServers: [STUN] }, undefined, ['dial']), undefined)
  })

  it('lends them to pages of the origins that it is told, and to nobody else', async t => {
    const options = { iceServers: [STUN, TURN], turnSecret: SECRET, iceOrigins: [SITE] }
    assert.equal((await lentTo(t, options, SITE))?.length, 2)
    assert.equal(await lentTo(t, options, 'https://example.com'), undefined)
    assert.equal(await lentTo(t, options), undefined)
  })
})

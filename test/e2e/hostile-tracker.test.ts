/** Trackers that break their protocol: the client says so, is not disturbed, and meets its peers through the others. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { encodeTorrent } from '../../src/node/index.ts'
import { assertReceived, keepDiary, makeSample, startClient } from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const honest = startShoalTracker(scope)

interface Announce {
  readonly info_hash: string
  readonly peer_id: string
}

type Say = (message: unknown) => void

/** A tracker that answers each announce with whatever `answer` says; text and bytes go out as they are. */
async function startTracker(lifetime: Lifetime, answer: (say: Say, announce: Announce) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: 'localhost' })
  lifetime.after(() => {
    for (const socket of server.clients) socket.terminate()
    return new Promise(resolve => server.close(resolve))
  })
  server.on('connection', (socket: WebSocket) => {
    socket.on('error', () => {})
    socket.on('message', data => {
      answer(
        message => {
          socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message))
        },
        JSON.parse(String(data)),
      )
    })
  })
  await once(server, 'listening')
  return `ws://localhost:${(server.address() as AddressInfo).port}`
}

/** A reply as it should be. */
const good = ({ info_hash }: Announce): object => ({
  action: 'announce',
  info_hash,
  interval: 120,
  complete: 0,
  incomplete: 1,
})

const stranger = '-XX0000-xxxxxxxxxxxx'
const offerId = 'o'.repeat(20)

/** What a tracker says, and the warning that it makes. */
const BREACHES: readonly [what: string, answer: (say: Say, announce: Announce) => void, code?: string][] = [
  ['says something else than JSON', say => say('<html>Bad gateway</html>'), 'protocol'],
  ['says null', say => say('null'), 'protocol'],
  ['says a list', say => say('[1,2]'), 'protocol'],
  ['says numbers', say => say('5'), 'protocol'],
  ['says an empty object', say => say({}), 'protocol'],
  ['nests lists 30,000 deep', say => say('['.repeat(30_000) + ']'.repeat(30_000)), 'protocol'],
  ['speaks in bytes', say => say(new Uint8Array(100).fill(123)), 'protocol'],
  ['says too much', say => say({ action: 'announce', x: 'x'.repeat(200_000) }), 'protocol'],
  [
    'refuses the torrent',
    (say, { info_hash }) => say({ action: 'announce', info_hash, 'failure reason': 'not on my list' }),
    'tracker-refused',
  ],
  ['names no torrent', say => say({ action: 'announce', interval: 120 }), 'protocol'],
  ['gives an interval of words', (say, announce) => say({ ...good(announce), interval: 'soon' })],
  [
    'gives an interval of -1, and then a flood of replies',
    (say, announce) => {
      for (let i = 0; i < 2_000; i++) say({ ...good(announce), interval: -1 })
    },
  ],
  ['gives an interval of 1e308', (say, announce) => say({ ...good(announce), interval: 1e308 })],
  ['sends offers: [null]', (say, announce) => say({ ...good(announce), offers: [null], offer: null })],
  [
    'names peers that are none',
    (say, announce) => {
      say({
        ...good(announce),
        extensions: ['dial', null, 5, {}],
        peers: [null, 5, '', 'short', {}, [], stranger],
        trickle: [null, -1, 99, 'x'],
      })
    },
  ],
  [
    'names 2,500 peers',
    (say, announce) => say({ ...good(announce), extensions: ['dial'], peers: new Array(2_500).fill(stranger) }),
  ],
  [
    'names ourselves',
    (say, announce) => {
      say({ ...good(announce), extensions: ['dial', 'trickle'], peers: [announce.peer_id], trickle: [0] })
      say({
        action: 'announce',
        info_hash: announce.info_hash,
        peer_id: announce.peer_id,
        offer_id: offerId,
        offer: { type: 'offer', sdp: 'v=0' },
      })
    },
  ],
  [
    'gives ICE servers that are none',
    (say, announce) =>
      say({
        ...good(announce),
        ice_servers: [null, 5, { urls: 7 }, { urls: ['javascript:alert(1)', 'stun:'] }, { urls: 'turn:turn.example' }],
      }),
  ],
  [
    'relays offers that are none',
    (say, announce) => {
      const offer = { ...good(announce), peer_id: stranger, offer_id: offerId }
      for (const value of [
        null,
        5,
        'v=0',
        [],
        {},
        { type: 'offer' },
        { type: 'offer', sdp: 5 },
        { type: 'answer', sdp: 'v=0' },
      ])
        say({ ...offer, offer: value })
      for (const offer_id of [null, 5, '', 'short']) say({ ...offer, offer_id, offer: { type: 'offer', sdp: 'v=0' } })
      for (const peer_id of [null, 5, '', 'short']) say({ ...offer, peer_id, offer: { type: 'offer', sdp: 'v=0' } })
    },
  ],
  [
    'relays offers of nonsense',
    (say, announce) => {
      for (const [i, sdp] of ['', 'v=0', 'nonsense', '\0'.repeat(500), 'a=candidate:'.repeat(1_000)].entries()) {
        say({
          ...good(announce),
          peer_id: `-XX0000-${i}`.padEnd(20, 'x'),
          offer_id: `${i}`.padStart(20, 'o'),
          offer: { type: 'offer', sdp },
        })
      }
    },
  ],
  [
    'relays 3,000 offers',
    (say, announce) => {
      for (let i = 0; i < 3_000; i++) {
        say({
          ...good(announce),
          peer_id: `-XX0000-${i}`.padEnd(20, 'x'),
          offer_id: `${i}`.padStart(20, 'o'),
          offer: { type: 'offer', sdp: `v=0\r\no=- ${i} 2 IN IP4 127.0.0.1\r\n` },
        })
      }
    },
  ],
  [
    'relays answers and candidates to nothing',
    (say, announce) => {
      const common = { info_hash: announce.info_hash, peer_id: stranger, offer_id: offerId }
      for (let i = 0; i < 100; i++) {
        say({ ...common, action: 'announce', answer: { type: 'answer', sdp: 'v=0' } })
        say({ ...common, action: 'candidate', candidate: { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host' } })
        say({ ...common, action: 'candidate', candidate: null })
      }
    },
  ],
  [
    'takes a peer id for another’s',
    (say, { info_hash }) => say({ action: 'announce', info_hash, 'failure reason': 'in use', code: 'peer-id-in-use' }),
    'tracker-refused',
  ],
  ['shuts down for ever', say => say({ action: 'shutdown', seconds: 1e300 })],
  ['shuts down for less than nothing', say => say({ action: 'shutdown', seconds: -5 })],
  [
    'says actions that do not exist',
    say => {
      for (const action of ['', 'connect', '__proto__', 'constructor', 5, null]) say({ action })
    },
  ],
]

describe('a tracker that', { concurrency: 4 }, () => {
  for (const [seed, [what, answer, code]] of BREACHES.entries()) {
    it(what, { timeout: 90_000 }, async t => {
      let announces = 0
      const hostile = await startTracker(t, (say, announce) => {
        announces++
        answer(say, announce)
      })
      const trackers = [[hostile], [(await honest).url]]
      const sample = await makeSample({ seed: 300 + seed, files: { 'a.bin': 200_000 }, trackers })
      const torrents = [
        startClient(t).seed(sample.files, { trackers }),
        startClient(t).add(encodeTorrent(sample.metainfo)),
      ] as const
      const [, leech] = torrents
      const diary = keepDiary(leech)
      await diary.within('done', leech.done)
      await assertReceived(leech, sample)
      if (code !== undefined) {
        const { text } = await diary.warning(code)
        assert.match(text, /^[a-z-]+: The tracker at localhost:\d+ .{10,}/)
      }
      for (const torrent of torrents) await torrent.close()
      // A few for each client: none of these may make a client hammer its tracker.
      assert.ok(announces <= 12, `${announces} announces: ${diary.describe()}`)
    })
  }
})

it('a tracker that never answers holds up nothing, closing included', { timeout: 120_000 }, async t => {
  const silent = await startTracker(t, () => {})
  const trackers = [[silent], [(await honest).url]]
  const sample = await makeSample({ seed: 399, files: { 'a.bin': 200_000 }, trackers })
  const [one, other] = [startClient(t), startClient(t)]
  one.seed(sample.files, { trackers })
  const leech = other.add(encodeTorrent(sample.metainfo))
  await keepDiary(leech).within('done', leech.done)
  const startedAt = performance.now()
  await Promise.all([one.close(), other.close()])
  assert.ok(performance.now() - startedAt < 10_000)
})

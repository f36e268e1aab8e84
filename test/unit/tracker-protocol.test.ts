import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeTrackerReply, parseScrapeReply, parseTrackerReply } from '../../src/protocol/tracker-reply.ts'
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'
import { encodeTrackerRequest, parseTrackerRequest } from '../../src/protocol/tracker-request.ts'
import type { TrackerRequest } from '../../src/protocol/tracker-request.ts'
import { encodePointer } from '../../src/protocol/tracker-site.ts'

const infoHash = '\x00\x01\x7f\x80\xff-info-hash-----'
const peerId = '-WW0300-aaaaaaaaaaaa'
const toPeerId = '-SH0100-bbbbbbbbbbbb'
const offerId = 'o'.repeat(20)
const sdp = 'v=0\r\n'
/** As it stands in a message. */
const sdpText = String.raw`"v=0\r\n"`
const candidate = {
  candidate: 'candidate:1 1 udp 1 1.2.3.4 5 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: null,
}

function request(fields: object): ReturnType<typeof parseTrackerRequest> {
  return parseTrackerRequest(JSON.stringify(fields))
}

describe('requests to a tracker', () => {
  it('reads the announce that WebTorrent sends', () => {
    const parsed = request({
      numwant: 1,
      uploaded: 0,
      downloaded: 0,
      left: null,
      event: 'started',
      action: 'announce',
      info_hash: infoHash,
      peer_id: peerId,
      offers: [{ offer: { type: 'offer', sdp }, offer_id: offerId }],
    })
    assert.deepEqual(parsed, {
      type: 'announce',
      infoHash,
      peerId,
      peersWanted: 1,
      uploaded: 0,
      downloaded: 0,
      left: null,
      event: 'started',
      offers: [{ offerId, sdp, sdpText }],
    })
  })

  const requests: TrackerRequest[] = [
    {
      type: 'announce',
      infoHash,
      peerId,
      peersWanted: 7,
      uploaded: 1,
      downloaded: 2,
      left: 0,
      event: 'completed',
      offers: [{ offerId, sdp, sdpText }],
      extensions: ['dial', 'trickle'],
    },
    { type: 'offer', infoHash, peerId, toPeerId, offerId, sdp, sdpText, trickle: true },
    { type: 'answer', infoHash, peerId, toPeerId, offerId, sdp, sdpText, trickle: false },
    { type: 'candidate', infoHash, peerId, toPeerId, offerId, candidate },
    { type: 'scrape' },
    { type: 'scrape', infoHashes: [infoHash] },
  ]
  for (const message of requests) {
    it(`reads what it writes: ${message.type}`, () => {
      assert.deepEqual(parseTrackerRequest(encodeTrackerRequest(message)), message)
    })
  }

  it('skips offers that are none, and keeps the rest', () => {
    const good = { offer: { type: 'offer', sdp }, offer_id: offerId }
    const offers = [null, 5, 'x', [], {}, { offer: null }, { offer: { type: 'offer' } }, { offer: good.offer }, good]
    const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, offers })
    assert.deepEqual(parsed.type === 'announce' && parsed.offers, [{ offerId, sdp, sdpText }])
  })

  it('takes an unknown length for unknown, never for a seed', () => {
    for (const left of [null, undefined, 'x', -1, {}, '0']) {
      const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, left })
      assert.equal(parsed.type === 'announce' && parsed.left, null)
    }
  })

  it('takes events that it does not know for a sign of life', () => {
    for (const event of [undefined, null, '', 'update', 'paused', 'toString', 7]) {
      const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, event })
      assert.equal(parsed.type === 'announce' && parsed.event, 'update')
    }
  })

  it('keeps only the extensions that it knows', () => {
    const extensions = ['dial', 'constructor', 7, 'trickle', '__proto__']
    const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, extensions })
    assert.deepEqual(parsed.type === 'announce' && parsed.extensions, ['dial', 'trickle'])
  })

  it('reads what visitors of a site say', () => {
    const pointer = Uint8Array.from({ length: 512 }, (_, i) => i)
    assert.deepEqual(parseTrackerRequest(encodePointer(pointer)), { type: 'pointer', pointer })
    const extensions = ['stats', 'dial', 'pointer']
    const stats = { peers: 1, origin: 2.5, cache: 3, wasted: 4, duplicates: 5, other: 6 }
    const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, extensions, stats })
    assert.ok(parsed.type === 'announce')
    assert.deepEqual(parsed.extensions, ['dial', 'pointer', 'stats'])
    assert.deepEqual(parsed.siteTotals, { peers: 1, origin: 2, cache: 3, wasted: 4, duplicates: 5 })
  })

  it('takes figures that are none for none', () => {
    const good = { peers: 1, origin: 2, cache: 3, wasted: 4, duplicates: 5 }
    for (const stats of [
      null,
      5,
      [],
      {},
      { ...good, cache: -1 },
      { ...good, peers: '1' },
      { ...good, wasted: 1e300 },
    ]) {
      const parsed = request({ action: 'announce', info_hash: infoHash, peer_id: peerId, stats })
      assert.equal(parsed.type === 'announce' && parsed.siteTotals, undefined)
    }
  })

  const announce = { action: 'announce', info_hash: infoHash, peer_id: peerId }
  const answer = { ...announce, to_peer_id: toPeerId, offer_id: offerId, answer: { type: 'answer', sdp } }
  const trickled = { ...answer, action: 'candidate', answer: undefined, candidate }
  const hostile: [name: string, text: string][] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['a number', '5'],
    ['null', 'null'],
    ['a list', '[]'],
    ['deep nesting', '['.repeat(60_000)],
    ['no action', '{}'],
    ['an inherited action', '{"action":"toString"}'],
    ['an action that is no text', '{"action":{"toString":1}}'],
    ['a short infohash', JSON.stringify({ ...announce, info_hash: 'x' })],
    ['an infohash beyond latin-1', JSON.stringify({ ...announce, info_hash: 'ā'.repeat(20) })],
    ['an infohash that is a list', JSON.stringify({ ...announce, info_hash: Array(20).fill('a') })],
    ['no peer id', JSON.stringify({ ...announce, peer_id: undefined })],
    ['eleven offers', JSON.stringify({ ...announce, offers: Array(11).fill(null) })],
    ['offers that are no list', JSON.stringify({ ...announce, offers: { length: 5 } })],
    [
      'a long SDP',
      JSON.stringify({
        ...announce,
        offers: [{ offer_id: offerId, offer: { type: 'offer', sdp: 'v'.repeat(16_385) } }],
      }),
    ],
    ['a long message', JSON.stringify({ ...announce, padding: 'x'.repeat(65_536) })],
    ['an answer to nobody', JSON.stringify({ ...answer, to_peer_id: undefined })],
    ['an answer that is an offer', JSON.stringify({ ...answer, answer: { type: 'offer', sdp } })],
    ['an answer without SDP', JSON.stringify({ ...answer, answer: { type: 'answer' } })],
    ['an answer with a long SDP', JSON.stringify({ ...answer, answer: { type: 'answer', sdp: 'v'.repeat(16_385) } })],
    ['a long candidate', JSON.stringify({ ...trickled, candidate: { candidate: 'c'.repeat(513) } })],
    ['a candidate that is text', JSON.stringify({ ...trickled, candidate: 'candidate' })],
    [
      'a candidate with a negative line',
      JSON.stringify({ ...trickled, candidate: { ...candidate, sdpMLineIndex: -1 } }),
    ],
    ['a pointer of 513 bytes', JSON.stringify({ action: 'pointer', pointer: 'x'.repeat(513) })],
    ['a pointer beyond latin-1', JSON.stringify({ action: 'pointer', pointer: 'ā' })],
    ['a pointer that is a list', JSON.stringify({ action: 'pointer', pointer: [1] })],
    ['a scrape of 301', JSON.stringify({ action: 'scrape', info_hash: Array(301).fill(infoHash) })],
    ['a scrape of something else', JSON.stringify({ action: 'scrape', info_hash: [infoHash, null] })],
  ]
  for (const [name, text] of hostile) {
    it(`refuses ${name}, with a reason`, () => {
      const parsed = parseTrackerRequest(text)
      assert.ok(parsed.type === 'refused' && parsed.reason.endsWith('.'))
    })
  }
})

describe('replies of a tracker', () => {
  const replies: TrackerReply[] = [
    { type: 'announced', infoHash, intervalSeconds: 120, seeds: 1, leeches: 2, peers: [], trickling: [] },
    {
      type: 'announced',
      infoHash,
      intervalSeconds: 120,
      seeds: 1,
      leeches: 2,
      extensions: ['dial', 'trickle', 'ice_servers'],
      peers: [peerId, toPeerId],
      trickling: [toPeerId],
      iceServers: [
        { urls: ['stun:stun.example.org'] },
        { urls: ['turn:t.example.org'], username: 'u', credential: 'c' },
      ],
    },
    { type: 'offer', infoHash, peerId, offerId, sdp, trickle: false },
    { type: 'answer', infoHash, peerId, offerId, sdp, trickle: true },
    { type: 'candidate', infoHash, peerId, offerId, candidate },
    { type: 'scraped', swarms: [{ infoHash, seeds: 1, leeches: 2, downloads: 3 }] },
    { type: 'failed', action: 'announce', infoHash, code: 'unknown-peer', reason: 'Gone.', toPeerId },
    { type: 'failed', action: 'scrape', reason: 'No.' },
    { type: 'shutdown', seconds: 5 },
  ]
  for (const message of replies) {
    it(`reads what it writes: ${message.type}`, () => {
      const parse = message.type === 'scraped' ? parseScrapeReply : parseTrackerReply
      const stated = Object.entries(parse(encodeTrackerReply(message))).filter(([, value]) => value !== undefined)
      assert.deepEqual(Object.fromEntries(stated), message)
    })
  }

  it('carries an action always: WebTorrent tears its socket down without', () => {
    for (const message of replies) assert.ok(JSON.parse(encodeTrackerReply(message)).action)
  })

  it('shows nothing of our extensions to a client that has none', () => {
    const plain = encodeTrackerReply(replies[0]!)
    assert.deepEqual(Object.keys(JSON.parse(plain)), ['action', 'interval', 'info_hash', 'complete', 'incomplete'])
  })

  it('reads replies without an action, as old trackers send them', () => {
    const reply = parseTrackerReply(JSON.stringify({ info_hash: infoHash, interval: 60, complete: 1, incomplete: 1 }))
    assert.ok(reply.type === 'announced' && reply.intervalSeconds === 60)
    assert.equal(parseTrackerReply('{"failure reason":"no"}').type, 'failed')
    assert.equal(parseScrapeReply('{"files":{}}').type, 'scraped')
  })

  it('makes any failure reason fit to be shown', () => {
    for (const reason of [{ toString: 1 }, null, 5, [], 'a\u202eb\u0000c'.padEnd(9_999, 'x')]) {
      const reply = parseTrackerReply(JSON.stringify({ action: 'announce', 'failure reason': reason }))
      assert.ok(reply.type === 'failed' && reply.reason.length <= 200)
      assert.ok(!reply.reason.includes('\u202e') && !reply.reason.includes('\0'))
    }
  })

  it('takes from a list of ICE servers only what is one', () => {
    const ice_servers = [null, 'x', { urls: 'http://x' }, { urls: ['stun:a', 5, 'javascript:x'], username: 7 }]
    const reply = parseTrackerReply(JSON.stringify({ action: 'announce', info_hash: infoHash, ice_servers }))
    assert.deepEqual(reply.type === 'announced' && reply.iceServers, [{ urls: ['stun:a'] }])
  })

  it('bounds the peers that a tracker names, and takes each once', () => {
    const peers = [
      peerId,
      peerId,
      null,
      'short',
      ...Array.from({ length: 50 }, (_, i) => `-SH0100-${String(i).padEnd(12)}`),
    ]
    const reply = parseTrackerReply(
      JSON.stringify({ action: 'announce', info_hash: infoHash, peers, trickle: [0, 'x', -1, 99] }),
    )
    assert.ok(reply.type === 'announced' && reply.peers.length === 17)
    assert.deepEqual(reply.trickling, [peerId])
  })

  for (const text of [
    '',
    '[]',
    '{}',
    '{"action":"x"}',
    '{"action":"announce"}',
    '{"action":"shutdown"}',
    '{"action":"candidate"}',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseTrackerReply(text).type, 'refused'))
  }

  it('refuses an offer that is broken or too long', () => {
    const offer = { action: 'announce', info_hash: infoHash, peer_id: peerId, offer_id: offerId }
    for (const description of [
      {},
      { type: 'answer', sdp },
      { type: 'offer', sdp: 5 },
      { type: 'offer', sdp: 'v'.repeat(16_385) },
    ]) {
      assert.equal(parseTrackerReply(JSON.stringify({ ...offer, offer: description })).type, 'refused')
    }
  })
})

/** A relayed SDP goes on as it came, and whatever a sender writes, what goes on is one whole JSON string. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sdpTexts, textOf } from '../../src/protocol/sdp-text.ts'
import { encodeTrackerReply } from '../../src/protocol/tracker-reply.ts'
import { parseTrackerRequest } from '../../src/protocol/tracker-request.ts'
import { seededRandom } from '../../src/swarm/random.ts'

const info_hash = 'i'.repeat(20)
const peer_id = 'p'.repeat(20)
const to_peer_id = 't'.repeat(20)
const offerId = (n: number) => `${n}`.padStart(20, '\u0001"')

/** What an addressee is told of the message's first offer or answer; undefined: nothing. */
function relayed(message: string): { text: string; told: Record<string, unknown> } | undefined {
  const request = parseTrackerRequest(message)
  const ids = { infoHash: info_hash, peerId: peer_id }
  const signal =
    request.type === 'announce'
      ? request.offers[0] && ({ ...ids, ...request.offers[0], type: 'offer', trickle: false } as const)
      : request.type === 'offer' || request.type === 'answer'
        ? request
        : undefined
  if (!signal) return undefined
  const text = encodeTrackerReply(signal)
  return { text, told: JSON.parse(text) }
}

const announce = (offers: string) =>
  `{"action":"announce","info_hash":"${info_hash}","peer_id":"${peer_id}","offers":${offers}}`

describe('the text of an SDP', () => {
  it('goes on with the escapes that its sender chose', () => {
    const id = JSON.stringify(offerId(1))
    for (const sdp of [String.raw`"v=0\r\n"`, String.raw`"v=0 \u0041\/ \"\\"`, '"ü 名 🐟"', String.raw`"v=0 \ud800"`]) {
      const { text, told } = relayed(announce(`[{"offer":{"type":"offer", "sdp" :\n${sdp}},"offer_id":${id}}]`))!
      assert.ok(text.includes(`"sdp":${sdp}}`), text)
      assert.deepEqual(told.offer, { type: 'offer', sdp: JSON.parse(sdp) })
      assert.equal(told.offer_id, offerId(1))
    }
  })

  it('goes on for each of several offers, and for answers', () => {
    const offers = [1, 2, 3].map(n => ({ offer: { type: 'offer', sdp: `sdp ${n}\r\n` }, offer_id: offerId(n) }))
    const request = parseTrackerRequest(announce(JSON.stringify(offers)))
    assert.ok(request.type === 'announce')
    for (const [index, { sdp, sdpText }] of request.offers.entries()) {
      assert.equal(sdp, `sdp ${index + 1}\r\n`)
      assert.equal(sdpText, JSON.stringify(sdp))
    }
    const answer = { action: 'announce', info_hash, peer_id, to_peer_id, offer_id: offerId(1) }
    const { told } = relayed(JSON.stringify({ ...answer, answer: { sdp: 'x', type: 'answer' } }))!
    assert.deepEqual(told.answer, { type: 'answer', sdp: 'x' })
  })

  it('is written anew when it is blown up by escapes', () => {
    assert.equal(textOf('a'.repeat(100), `"${String.raw`\u0061`.repeat(100)}"`), JSON.stringify('a'.repeat(100)))
  })

  const TRICKS = [
    String.raw`[{"offer":{"type":"offer","sdp":"a\",\"peer_id\":\"x"},"offer_id":"${'o'.repeat(20)}"}]`,
    String.raw`[{"x\"sdp":"b","offer":{"type":"offer","sdp":"a"},"offer_id":"${'o'.repeat(20)}"}]`,
    String.raw`[{"offer":{"type":"offer","sdp":"a","sdp":"b\\"},"offer_id":"${'o'.repeat(20)}"}]`,
    String.raw`[{"offer":{"type":"offer","s\u0064p":"a"},"offer_id":"${'o'.repeat(20)}","sdp":"b\\\""}]`,
    String.raw`["sdp",{"offer":{"type":"offer","sdp":"\\\\"},"offer_id":"${'o'.repeat(20)}"}]`,
  ]
  for (const offers of TRICKS) {
    it(`cannot change what stands around it: ${offers.slice(0, 50)}`, () => {
      const { told } = relayed(announce(offers))!
      assert.deepEqual(Object.keys(told), ['action', 'offer', 'offer_id', 'peer_id', 'info_hash'])
      assert.deepEqual(Object.keys(told.offer as object), ['type', 'sdp'])
      assert.equal(told.peer_id, peer_id)
    })
  }

  it('is one whole JSON string in any JSON', () => {
    const seed = Date.now() % 1_000_000
    const random = seededRandom(seed)
    const parts = ['"sdp"', ':', '"', '\\', '\\"', 'sdp', '{', '}', '[', ']', ',', ' ', 'a', '"a"', '"sdp":"x"', '\\\\']
    let valid = 0
    for (let round = 0; round < 200_000; round++) {
      let json = '{"sdp":"'
      for (let n = random() * 12; n > 0; n--) json += parts[Math.floor(random() * parts.length)]
      json += '"}'
      try {
        JSON.parse(json)
      } catch {
        continue
      }
      valid++
      for (const text of sdpTexts(json)) assert.equal(typeof JSON.parse(text), 'string', `${json}, seed ${seed}`)
    }
    assert.ok(valid > 1000, `${valid} valid, seed ${seed}`)
  })
})

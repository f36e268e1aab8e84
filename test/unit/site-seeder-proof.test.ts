/** The proof of a site's own seeder in its session descriptions: what it holds for, and for nothing else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WebSocketLike } from '../../src/net/tracker-types.ts'
import type { Fields } from '../../src/protocol/tracker.ts'
import { isProven, proofSockets, withProof } from '../../src/site/page/seeder-proof.ts'
import { testKey } from '../support/site.ts'

const OFFER = { infoHash: 's'.repeat(20), offerId: 'o'.repeat(20), visitorId: 'v'.repeat(20) }
const FINGERPRINT = 'a=fingerprint:sha-256 AB:CD:EF'
const SDP = `v=0\r\n${FINGERPRINT}\r\na=setup:actpass\r\n`

const seeder = await testKey()
const stranger = await testKey()
const proven = await withProof(SDP, OFFER, seeder.sign)

describe('a seeder’s proof', () => {
  it('is a line more, and holds for its key among others', async () => {
    assert.match(proven, /^v=0\r\na=fingerprint:.*\r\na=setup:actpass\r\na=shoal-seeder:[\w+/=]{88}\r\n$/)
    assert.ok(await isProven(proven, OFFER, [seeder.key]))
    assert.ok(await isProven(proven, OFFER, [stranger.key, seeder.key]))
    assert.ok(!(await isProven(proven, OFFER, [stranger.key])))
    assert.ok(!(await isProven(proven, OFFER, [])))
  })

  it('is not there in what visitors say, nor in what a stranger signs', async () => {
    assert.ok(!(await isProven(SDP, OFFER, [seeder.key])))
    assert.ok(!(await isProven(await withProof(SDP, OFFER, stranger.sign), OFFER, [seeder.key])))
    for (const value of ['', '%%%', 'AAAA'])
      assert.ok(!(await isProven(`${SDP}a=shoal-seeder:${value}\r\n`, OFFER, [seeder.key])), value)
  })

  it('does not hold in another swarm, of another offer or visitor, for another certificate, or beside one', async () => {
    assert.ok(!(await isProven(proven, { ...OFFER, offerId: 'p'.repeat(20) }, [seeder.key])))
    assert.ok(!(await isProven(proven, { ...OFFER, visitorId: 'w'.repeat(20) }, [seeder.key])))
    assert.ok(!(await isProven(proven, { ...OFFER, infoHash: 't'.repeat(20) }, [seeder.key])))
    assert.ok(!(await isProven(proven.replace('AB:CD', 'AB:CE'), OFFER, [seeder.key])))
    for (const line of ['a=fingerprint:sha-256 11:22:33', 'A=FINGERPRINT:sha-256 11:22:33', 'a=fingerprint:sha-1 11'])
      assert.ok(!(await isProven(`${proven}${line}\r\n`, OFFER, [seeder.key])), line)
    assert.ok(!(await isProven(proven.replace(`${FINGERPRINT}\r\n`, ''), OFFER, [seeder.key])))
  })

  it('may be repeated for several media with one certificate', async () => {
    const twice = await withProof(`${SDP}m=application\r\n${FINGERPRINT}\r\n`, OFFER, seeder.sign)
    assert.ok(await isProven(twice, OFFER, [seeder.key]))
  })
})

class Wire implements WebSocketLike {
  static last: Wire
  onopen = null
  onmessage: ((event: never) => void) | null = null
  onerror = null
  onclose = null
  readyState = 1
  readonly sent: Fields[] = []

  constructor() {
    Wire.last = this
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Fields)
  }

  close(): void {}

  /** A tracker sends this, and it has been dealt with. */
  async bring(fields: Fields): Promise<void> {
    const pass = this.onmessage!
    pass({ data: JSON.stringify(fields) } as never)
    // Messages keep their order.
    await new Promise<void>(resolve => {
      this.dealtWith = resolve
      pass({ data: JSON.stringify(MARK) } as never)
    })
  }

  dealtWith = (): void => {}
}

const MARK = { action: 'mark' }

describe('a visitor who trusts a seeder alone', () => {
  const { infoHash: info_hash, offerId: offer_id, visitorId: peer_id } = OFFER
  const ids = { action: 'announce', info_hash, peer_id, to_peer_id: 'x'.repeat(20), offer_id }
  const withCandidate = `${SDP}a=candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n`
  const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.7 9 typ host', sdpMid: '0' }
  const answer = (sdp: string) => ({ ...ids, peer_id: ids.to_peer_id, answer: { type: 'answer', sdp } })

  function visitor(keys: readonly Uint8Array[] = [seeder.key]): {
    socket: WebSocketLike
    wire: Wire
    heard: unknown[]
  } {
    const socket = new (proofSockets(Wire, { keys: () => keys }))('')
    const heard: unknown[] = []
    const wire = Wire.last
    socket.onmessage = (event: { data: unknown }) => {
      const fields = JSON.parse(String(event.data)) as Fields
      if (fields.action === MARK.action) wire.dealtWith()
      else heard.push(fields)
    }
    socket.send(JSON.stringify({ ...ids, offer: { type: 'offer', sdp: withCandidate }, trickle: true }))
    socket.send(JSON.stringify({ ...ids, candidate }))
    return { socket, wire, heard }
  }

  it('tells its addresses once a proven answer has come, and then at once', async () => {
    const { socket, wire, heard } = visitor()
    assert.doesNotMatch(JSON.stringify(wire.sent), /192\.0\.2\.7/)
    assert.equal(wire.sent.length, 1)
    await wire.bring(answer(proven))
    assert.equal(heard.length, 1)
    assert.deepEqual(wire.sent[1], { ...ids, candidate })
    socket.send(JSON.stringify({ ...ids, candidate }))
    assert.equal(wire.sent.length, 3)
  })

  it('is known to be meant though it told a pointer meanwhile', async () => {
    const { socket, wire, heard } = visitor()
    socket.send(JSON.stringify({ action: 'pointer', pointer: '' }))
    await wire.bring(answer(proven))
    assert.equal(heard.length, 1)
  })

  it('tells nobody who answers without a proof, with a stranger’s, or with one of another day', async () => {
    const { wire, heard } = visitor()
    const old = await withProof(SDP, { ...OFFER, offerId: 'p'.repeat(20) }, seeder.sign)
    for (const sdp of [SDP, await withProof(SDP, OFFER, stranger.sign), old]) await wire.bring(answer(sdp))
    assert.deepEqual([heard, wire.sent.length], [[], 1])
  })

  it('lets nobody call, and offers nothing to whom the tracker chooses', async () => {
    const { socket, wire, heard } = visitor()
    await wire.bring({ ...ids, offer: { type: 'offer', sdp: proven } })
    assert.deepEqual(heard, [])
    socket.send(JSON.stringify({ ...ids, offers: [{ offer: { type: 'offer', sdp: withCandidate }, offer_id }] }))
    assert.deepEqual(wire.sent[1]!.offers, [])
  })

  it('forgets the oldest of what is never answered', async () => {
    const { socket, wire } = visitor()
    for (let n = 0; n < 1_000; n++) {
      socket.send(JSON.stringify({ ...ids, offer_id: `${n}`.padStart(20, 'o'), candidate }))
    }
    await wire.bring(answer(proven))
    assert.equal(wire.sent.length, 1)
  })

  it('says everything where the policy names no seeder', () => {
    assert.match(JSON.stringify(visitor([]).wire.sent), /192\.0\.2\.7/)
  })
})

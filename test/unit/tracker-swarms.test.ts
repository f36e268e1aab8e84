import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnnounceRequest, SignalRequest, TrackerRequest } from '../../src/protocol/tracker-request.ts'
import type { AnnounceReply, TrackerReply } from '../../src/protocol/tracker-reply.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import type { SwarmsLimits } from '../../tracker/options.ts'
import { Swarms } from '../../tracker/swarms.ts'
import type { TrackerEffect, TrackerInput } from '../../tracker/swarms.ts'

const infoHash = 'i'.repeat(20)
const offerId = 'o'.repeat(20)
const OURS = ['dial', 'trickle', 'shutdown', 'ice_servers'] as const
const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }

/** Peer n lives on connection n unless said otherwise. */
function id(n: number): string {
  return `-SH0100-${String(n).padStart(12, '0')}`
}

function announce(n: number, fields: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    type: 'announce',
    infoHash,
    peerId: id(n),
    peersWanted: 10,
    uploaded: 0,
    downloaded: 0,
    left: 1000,
    event: 'started',
    offers: [],
    extensions: OURS,
    ...fields,
  }
}

/** As WebTorrent does: no extensions, and offers in advance. */
function plainAnnounce(n: number, offers: number, fields: Partial<AnnounceRequest> = {}): AnnounceRequest {
  const { extensions: _, ...plain } = announce(n, fields)
  return {
    ...plain,
    offers: Array.from({ length: offers }, (_, i) => ({ offerId: `${i}`.padStart(20, `${n}`), sdp: `${n}.${i}` })),
  }
}

function signal(
  type: 'offer' | 'answer',
  from: number,
  to: number,
  fields: Partial<SignalRequest> = {},
): SignalRequest {
  return { type, infoHash, peerId: id(from), toPeerId: id(to), offerId, sdp: 'sdp', trickle: true, ...fields }
}

function trickled(from: number, to: number): TrackerRequest {
  return { type: 'candidate', infoHash, peerId: id(from), toPeerId: id(to), offerId, candidate }
}

/** A tracker at a time that the test sets. */
class Bench {
  readonly swarms: Swarms
  now = 0

  constructor(limits: Partial<SwarmsLimits> = {}, seed = 1) {
    this.swarms = new Swarms({ random: seededRandom(seed), limits, lendsIceServers: true })
  }

  step(input: TrackerInput): TrackerEffect[] {
    return this.swarms.step(input, this.now)
  }

  send(connection: number, request: TrackerRequest): TrackerEffect[] {
    return this.step({ type: 'message', connection, request })
  }

  /** What one connection is told in answer to its own message. */
  ask(connection: number, request: TrackerRequest): TrackerReply | undefined {
    return repliesTo(connection, this.send(connection, request))[0]
  }

  announce(n: number, fields: Partial<AnnounceRequest> = {}): AnnounceReply {
    const reply = this.ask(n, announce(n, fields))
    assert.ok(reply?.type === 'announced', JSON.stringify(reply))
    return reply
  }

  counts(): [seeds: number, leeches: number] {
    const { seeds, leeches } = this.swarms.stats
    return [seeds, leeches]
  }
}

function repliesTo(connection: number, effects: readonly TrackerEffect[]): TrackerReply[] {
  return effects.flatMap(effect => (effect.type === 'send' && effect.to === connection ? [effect.reply] : []))
}

function codeOf(reply: TrackerReply | undefined): string | undefined {
  return reply?.type === 'failed' ? reply.code : undefined
}

describe('the tracker names peers to those who dial', () => {
  it('names those who are there, never the asker', () => {
    const bench = new Bench()
    assert.deepEqual(bench.announce(1).peers, [])
    assert.deepEqual(bench.announce(2).peers, [id(1)])
    assert.deepEqual([...bench.announce(3).peers].sort(), [id(1), id(2)])
  })

  it('says which of them take candidates late', () => {
    const bench = new Bench()
    bench.send(1, plainAnnounce(1, 0))
    bench.announce(2)
    const { peers, trickling } = bench.announce(3)
    assert.deepEqual([[...peers].sort(), trickling], [[id(1), id(2)], [id(2)]])
  })

  it('names no seeds to seeds', () => {
    const bench = new Bench()
    bench.announce(1, { left: 0 })
    assert.deepEqual(bench.announce(2, { left: 0 }).peers, [])
    assert.deepEqual(bench.announce(3).peers.length, 2)
    assert.deepEqual(bench.announce(1, { left: 0 }).peers, [id(3)])
  })

  it('names no more than are wanted, each at most once', () => {
    const bench = new Bench()
    for (let n = 1; n <= 100; n++) bench.announce(n)
    const { peers } = bench.announce(101, { peersWanted: 20 })
    assert.equal(new Set(peers).size, 20)
    assert.deepEqual(bench.announce(102, { peersWanted: 0 }).peers, [])
  })

  it('chooses every other member equally often, whatever its own place', () => {
    const bench = new Bench({}, 7)
    for (let n = 1; n <= 10; n++) bench.announce(n, { left: n <= 4 ? 0 : 1 })
    const drawn = new Map<string, number>()
    for (let round = 0; round < 3000; round++) {
      for (const peer of bench.announce(6, { peersWanted: 3 }).peers) drawn.set(peer, (drawn.get(peer) ?? 0) + 1)
    }
    assert.equal(drawn.size, 9)
    for (const count of drawn.values()) assert.ok(count > 850 && count < 1150, `1000 expected, ${count} drawn, seed 7`)
  })

  it('lists what it can do, to clients that have extensions', () => {
    const bench = new Bench()
    assert.deepEqual(bench.announce(1).extensions, OURS)
    const reply = bench.ask(2, plainAnnounce(2, 0))
    assert.ok(reply?.type === 'announced' && reply.extensions === undefined)
  })
})

describe('the tracker counts', () => {
  it('seeds and leeches, an unknown length being a leech', () => {
    const bench = new Bench()
    bench.announce(1, { left: 0 })
    bench.announce(2, { left: null })
    const { seeds, leeches } = bench.announce(3)
    assert.deepEqual([seeds, leeches], [1, 2])
  })

  it('those who complete, once', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.announce(1, { left: 0, event: 'completed' })
    bench.announce(1, { left: 0, event: 'completed' })
    bench.announce(2, { left: 0 })
    assert.deepEqual(bench.ask(9, { type: 'scrape', infoHashes: [infoHash] }), {
      type: 'scraped',
      swarms: [{ infoHash, seeds: 2, leeches: 0, downloads: 1 }],
    })
  })

  it('one swarm, many, or all', () => {
    const bench = new Bench()
    const other = 'j'.repeat(20)
    const absent = 'k'.repeat(20)
    bench.announce(1)
    bench.announce(1, { infoHash: other })
    const hashesOf = (infoHashes?: string[]) => {
      const reply = bench.ask(9, { type: 'scrape', ...(infoHashes && { infoHashes }) })
      return reply?.type === 'scraped' && reply.swarms.map(swarm => [swarm.infoHash, swarm.leeches])
    }
    assert.deepEqual(hashesOf([infoHash]), [[infoHash, 1]])
    assert.deepEqual(hashesOf([other, absent]), [
      [other, 1],
      [absent, 0],
    ])
    assert.deepEqual(hashesOf(), [
      [infoHash, 1],
      [other, 1],
    ])
  })

  it('and forgets: who stops, who closes, who falls silent, and the empty swarm', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.announce(2, { left: 0 })
    bench.announce(3)
    bench.send(1, announce(1, { event: 'stopped' }))
    assert.deepEqual(bench.counts(), [1, 1])
    bench.step({ type: 'closed', connection: 2 })
    assert.deepEqual(bench.counts(), [0, 1])
    bench.now += 4 * 120_000
    bench.step({ type: 'tick' })
    const { offersUnderWay: _, ...nothing } = bench.swarms.stats
    assert.deepEqual(nothing, { swarms: 0, seeds: 0, leeches: 0, peers: 0, sites: [] })
  })

  it('the same after any order of coming, changing and going', () => {
    const seed = 12
    const random = seededRandom(seed)
    const bench = new Bench()
    const present = new Map<number, boolean>()
    for (let round = 0; round < 4000; round++) {
      const n = 1 + Math.floor(random() * 40)
      const isSeed = random() < 0.4
      if (random() < 0.3) {
        bench.step(
          random() < 0.5
            ? { type: 'closed', connection: n }
            : { type: 'message', connection: n, request: announce(n, { event: 'stopped' }) },
        )
        present.delete(n)
      } else {
        const { peers, seeds, leeches } = bench.announce(n, { left: isSeed ? 0 : 1, peersWanted: 20 })
        present.set(n, isSeed)
        const all = [...present]
        assert.deepEqual(
          [seeds, leeches],
          [all.filter(([, s]) => s).length, all.filter(([, s]) => !s).length],
          `seed ${seed}`,
        )
        const usable = all.filter(([other, s]) => other !== n && !(isSeed && s)).map(([other]) => id(other))
        assert.equal(peers.length, Math.min(20, usable.length), `seed ${seed}`)
        assert.ok(
          peers.every(peer => usable.includes(peer)),
          `seed ${seed}`,
        )
      }
    }
  })
})

describe('offers made in advance', () => {
  it('go to one member each, as WebTorrent knows them', () => {
    const bench = new Bench()
    for (const n of [1, 2, 3]) bench.send(n, plainAnnounce(n, 0))
    const effects = bench.send(4, plainAnnounce(4, 5))
    const relayed = [1, 2, 3].flatMap(n => repliesTo(n, effects))
    assert.equal(relayed.length, 3)
    assert.equal(new Set(relayed.map(reply => reply.type === 'offer' && reply.offerId)).size, 3)
    assert.ok(relayed.every(reply => reply.type === 'offer' && reply.peerId === id(4) && !reply.trickle))
  })

  it('are answered by their addressee, once, and by nobody else', () => {
    const bench = new Bench()
    for (const n of [1, 2]) bench.send(n, plainAnnounce(n, 0))
    const effects = bench.send(3, plainAnnounce(3, 1))
    const addressee = repliesTo(1, effects).length > 0 ? 1 : 2
    const offer = repliesTo(addressee, effects)[0]
    assert.ok(offer?.type === 'offer')
    const answer = (from: number) => signal('answer', from, 3, { offerId: offer.offerId })
    assert.equal(codeOf(bench.ask(3 - addressee, answer(3 - addressee))), 'unknown-offer')
    assert.equal(codeOf(bench.ask(3 - addressee, answer(addressee))), 'not-your-peer')
    const answered = repliesTo(3, bench.send(addressee, answer(addressee)))
    assert.deepEqual(answered, [
      {
        type: 'answer',
        infoHash,
        peerId: id(addressee),
        offerId: offer.offerId,
        sdp: 'sdp',
        sdpText: undefined,
        trickle: false,
      },
    ])
    assert.equal(codeOf(bench.ask(addressee, answer(addressee))), 'unknown-offer')
  })

  it('are no more than a hundred in one interval', () => {
    const bench = new Bench()
    for (let n = 1; n <= 20; n++) bench.announce(n)
    let relayed = 0
    for (let round = 0; round < 30; round++) {
      const request = plainAnnounce(99, 10)
      const offers = request.offers.map(({ sdp }, i) => ({ sdp, offerId: `${round}-${i}`.padStart(20) }))
      relayed += bench.send(99, { ...request, offers }).length - 1
    }
    assert.equal(relayed, 100)
  })
})

describe('targeted offers', () => {
  function dialled(): Bench {
    const bench = new Bench()
    bench.announce(1)
    bench.announce(2)
    return bench
  }

  it('reach the peer that was named', () => {
    const relayed = repliesTo(1, dialled().send(2, signal('offer', 2, 1)))
    assert.deepEqual(relayed, [
      { type: 'offer', infoHash, peerId: id(2), offerId, sdp: 'sdp', sdpText: undefined, trickle: true },
    ])
  })

  it('trickle only when both sides can', () => {
    const bench = new Bench()
    bench.send(1, plainAnnounce(1, 0))
    bench.announce(2)
    const [offer] = repliesTo(1, bench.send(2, signal('offer', 2, 1)))
    assert.ok(offer?.type === 'offer' && !offer.trickle)
    bench.send(1, signal('answer', 1, 2))
    assert.deepEqual(bench.send(2, trickled(2, 1)), [])
  })

  it('do not reach a peer that was not named, nor one that has gone, and both look the same', () => {
    const bench = dialled()
    const unnamed = bench.ask(1, signal('offer', 1, 2))
    bench.step({ type: 'closed', connection: 1 })
    const gone = bench.ask(2, signal('offer', 2, 1))
    assert.ok(unnamed?.type === 'failed' && gone?.type === 'failed')
    assert.deepEqual([unnamed.code, unnamed.reason], ['unknown-peer', gone.reason])
    assert.equal(gone.toPeerId, id(1))
  })

  it('do not reach a peer that was named more than 120 s ago', () => {
    const bench = dialled()
    bench.now = 119_999
    assert.equal(repliesTo(1, bench.send(2, signal('offer', 2, 1))).length, 1)
    bench.now = 120_000
    assert.equal(codeOf(bench.ask(2, signal('offer', 2, 1, { offerId: 'p'.repeat(20) }))), 'unknown-peer')
  })

  it('do not cross from one swarm into another', () => {
    const bench = dialled()
    const other = 'j'.repeat(20)
    bench.announce(2, { infoHash: other })
    assert.equal(codeOf(bench.ask(2, signal('offer', 2, 1, { infoHash: other }))), 'unknown-peer')
  })

  it('reach twenty distinct peers in one interval, and more in the next', () => {
    const bench = new Bench()
    for (let n = 1; n <= 30; n++) bench.announce(n)
    const named = new Set<string>()
    while (named.size < 21) for (const peer of bench.announce(99, { peersWanted: 20 }).peers) named.add(peer)
    const dial = (toPeerId: string) => codeOf(bench.ask(99, { ...signal('offer', 99, 0), toPeerId }))
    const outcomes = [...named].slice(0, 21).map(dial)
    assert.deepEqual(outcomes, [...Array(20).fill(undefined), 'limit'])
    bench.now = 119_000
    const [again] = bench.announce(99, { peersWanted: 1 }).peers
    bench.now = 121_000
    assert.equal(dial(again!), undefined)
  })

  it('can be answered for 120 s', () => {
    const bench = dialled()
    bench.send(2, signal('offer', 2, 1))
    bench.now = 120_000
    assert.equal(codeOf(bench.ask(1, signal('answer', 1, 2))), 'unknown-offer')
  })

  it('are not relayed twice under one id', () => {
    const bench = dialled()
    bench.send(2, signal('offer', 2, 1))
    assert.deepEqual(bench.send(2, signal('offer', 2, 1)), [])
  })

  it('are not answered to a newcomer under the name of one who has gone', () => {
    const bench = dialled()
    bench.send(2, signal('offer', 2, 1))
    bench.step({ type: 'closed', connection: 2 })
    bench.send(7, announce(2))
    assert.equal(codeOf(bench.ask(1, signal('answer', 1, 2))), 'unknown-offer')
  })

  it('need an announce over the same connection first', () => {
    const bench = dialled()
    assert.equal(codeOf(bench.ask(5, signal('offer', 5, 1))), 'not-your-peer')
    assert.equal(codeOf(bench.ask(5, signal('offer', 2, 1))), 'not-your-peer')
  })
})

describe('candidates', () => {
  function offered(): Bench {
    const bench = new Bench()
    for (const n of [1, 2, 3]) bench.announce(n)
    bench.send(3, signal('offer', 3, 1))
    return bench
  }

  it('pass between the two parties of an offer, both ways, also after the answer', () => {
    const bench = offered()
    const relayed = { type: 'candidate', infoHash, offerId, candidate }
    assert.deepEqual(repliesTo(1, bench.send(3, trickled(3, 1))), [{ ...relayed, peerId: id(3) }])
    bench.send(1, signal('answer', 1, 3))
    assert.deepEqual(repliesTo(3, bench.send(1, trickled(1, 3))), [{ ...relayed, peerId: id(1) }])
  })

  it('of anybody else go nowhere', () => {
    const bench = offered()
    assert.deepEqual(bench.send(2, trickled(2, 1)), [])
    assert.deepEqual(bench.send(2, trickled(2, 3)), [])
    assert.equal(codeOf(bench.ask(2, trickled(3, 1))), 'not-your-peer')
  })

  it('are twenty each way at most', () => {
    const bench = offered()
    const relayed = (from: number, to: number) =>
      Array.from({ length: 30 }, () => bench.send(from, trickled(from, to)).length).filter(count => count > 0).length
    assert.deepEqual([relayed(3, 1), relayed(1, 3)], [20, 20])
  })
})

describe('a peer id belongs to its connection', () => {
  it('a newcomer waits for the ping of the holder', () => {
    const bench = new Bench()
    bench.announce(1)
    assert.deepEqual(bench.send(2, announce(1)), [{ type: 'ping', to: 1 }])
    assert.equal(bench.swarms.deadline, 3000)
  })

  it('is refused when the holder lives', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.send(2, announce(1))
    bench.now = 2999
    const effects = bench.step({ type: 'pong', connection: 1 })
    assert.equal(codeOf(repliesTo(2, effects)[0]), 'peer-id-in-use')
    bench.now = 9000
    assert.deepEqual(bench.step({ type: 'tick' }), [])
    assert.equal(bench.announce(1).type, 'announced')
  })

  it('takes over after 3 s of silence, with everything it announced meanwhile', () => {
    const bench = new Bench()
    const other = 'j'.repeat(20)
    bench.announce(1)
    bench.announce(1, { infoHash: other })
    bench.announce(9)
    for (const hash of [infoHash, other]) bench.send(2, announce(1, { infoHash: hash }))
    bench.now = 3000
    const effects = bench.step({ type: 'tick' })
    assert.deepEqual(effects[0], { type: 'close', to: 1 })
    assert.deepEqual(
      repliesTo(2, effects).map(reply => reply.type === 'announced' && [reply.infoHash, reply.leeches]),
      [
        [infoHash, 2],
        [other, 1],
      ],
    )
    bench.step({ type: 'closed', connection: 1 })
    assert.deepEqual(bench.counts(), [0, 3])
  })

  it('takes over at once when the old socket closes', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.send(2, announce(1))
    assert.equal(repliesTo(2, bench.step({ type: 'closed', connection: 1 }))[0]?.type, 'announced')
    assert.equal(bench.swarms.deadline, Number.POSITIVE_INFINITY)
  })

  it('takes over at once when the holder stops', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.send(2, announce(1))
    const effects = bench.send(1, announce(1, { event: 'stopped' }))
    assert.equal(repliesTo(2, effects)[0]?.type, 'announced')
    assert.deepEqual(bench.counts(), [0, 1])
  })

  it('gives nothing to a newcomer that leaves', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.send(2, announce(1))
    bench.step({ type: 'closed', connection: 2 })
    bench.now = 5000
    assert.deepEqual(bench.step({ type: 'tick' }), [])
    assert.deepEqual(bench.counts(), [0, 1])
  })

  it('refuses a second newcomer while the first waits', () => {
    const bench = new Bench()
    bench.announce(1)
    bench.send(2, announce(1))
    assert.equal(codeOf(bench.ask(3, announce(1))), 'peer-id-in-use')
  })

  it("nobody stops somebody else's peer", () => {
    const bench = new Bench()
    bench.announce(1)
    assert.equal(codeOf(bench.ask(2, announce(1, { event: 'stopped' }))), 'not-your-peer')
    assert.deepEqual(bench.counts(), [0, 1])
  })

  it('does not take over from a third holder who has come meanwhile: that one is pinged in turn', () => {
    const bench = new Bench({ silentIntervalsMax: 1, intervalSeconds: 1 })
    bench.announce(1)
    bench.send(2, announce(1))
    bench.now = 2500
    bench.send(3, announce(1))
    bench.now = 3000
    assert.deepEqual(bench.step({ type: 'tick' }), [
      { type: 'close', to: 1 },
      { type: 'ping', to: 3 },
    ])
  })
})

describe('everything is bounded', () => {
  it('swarms, members and peer ids of one connection', () => {
    const hash = (n: number) => String(n).padStart(20)
    const bench = new Bench({ membersPerConnectionMax: 3, peersPerConnectionMax: 2 })
    for (let n = 0; n < 3; n++) assert.equal(codeOf(bench.ask(1, announce(1, { infoHash: hash(n) }))), undefined)
    assert.equal(codeOf(bench.ask(1, announce(1, { infoHash: hash(3) }))), 'limit')
    for (const n of [4, 5]) assert.equal(codeOf(bench.ask(2, announce(n))), undefined)
    assert.equal(codeOf(bench.ask(2, announce(6))), 'limit')
    assert.equal(codeOf(bench.ask(2, announce(5))), undefined)
  })

  it('members of one swarm, while others grow', () => {
    const bench = new Bench({ membersPerSwarmMax: 2 })
    for (const n of [1, 2]) bench.announce(n)
    assert.equal(codeOf(bench.ask(3, announce(3))), 'limit')
    bench.announce(3, { infoHash: 'j'.repeat(20) })
    bench.announce(2, { left: 0 })
    bench.send(1, announce(1, { event: 'stopped' }))
    bench.announce(4)
  })

  it('swarms and members in all', () => {
    const bench = new Bench({ swarmsMax: 1, membersMax: 2 })
    bench.announce(1)
    assert.equal(codeOf(bench.ask(2, announce(2, { infoHash: 'j'.repeat(20) }))), 'limit')
    bench.announce(2)
    assert.equal(codeOf(bench.ask(3, announce(3))), 'limit')
    assert.deepEqual(bench.counts(), [0, 2])
  })

  it('offers under way: the oldest make room', () => {
    const bench = new Bench({ offersMax: 2 })
    for (const n of [1, 2, 3, 4]) bench.announce(n)
    for (const n of [1, 2, 3]) bench.send(4, signal('offer', 4, n))
    assert.equal(bench.swarms.stats.offersUnderWay, 2)
    assert.equal(codeOf(bench.ask(1, signal('answer', 1, 4))), 'unknown-offer')
    assert.equal(codeOf(bench.ask(3, signal('answer', 3, 4))), undefined)
  })

  it('takeovers, and what is held for them', () => {
    const bench = new Bench({ takeoversMax: 1, heldRequestsMax: 2, heldBytesMax: 3 })
    for (const n of [1, 2]) bench.announce(n)
    bench.send(7, plainAnnounce(1, 1))
    assert.equal(codeOf(bench.ask(8, announce(2))), 'peer-id-in-use')
    const second = { ...plainAnnounce(1, 1), infoHash: 'j'.repeat(20) }
    assert.deepEqual(bench.send(7, second), [])
    assert.equal(codeOf(bench.ask(7, announce(1, { infoHash: 'k'.repeat(20) }))), 'peer-id-in-use')
    bench.now = 3000
    const replies = repliesTo(7, bench.step({ type: 'tick' }))
    assert.equal(replies.filter(reply => reply.type === 'announced').length, 2)
  })
})

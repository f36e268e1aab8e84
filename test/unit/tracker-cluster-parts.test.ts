/** The parts that a node of a cluster is made of: who owns what, what is said how, what is bounded. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHex } from '../../src/metainfo/bytes.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { encodeBatch, encodeItem, parseBatch } from '../../tracker/cluster/routing/codec.ts'
import type { Item } from '../../tracker/cluster/routing/items.ts'
import { Ledger, type Membership } from '../../tracker/cluster/routing/ledger.ts'
import { Link } from '../../tracker/cluster/routing/links.ts'
import { Numbers } from '../../tracker/cluster/routing/numbers.ts'
import { ownerOf } from '../../tracker/cluster/routing/rendezvous.ts'
import { Scrapes } from '../../tracker/cluster/routing/scrapes.ts'
import { sumFigures } from '../../tracker/cluster/routing/figures.ts'
import { CLUSTER_DEFAULTS } from '../../tracker/options.ts'

const [NODE, OTHER] = ['0123456789abcdef', 'fedcba9876543210'] as const
const infoHash = 'i'.repeat(20)
const peerId = 'p'.repeat(20)
const offerId = 'o'.repeat(20)
const bounds = { charsMax: 100_000, itemsMax: 100 }

function announce(n = 0, sdp = 'sdp') {
  const ids = { infoHash: `${n}`.padStart(20, 'i'), peerId }
  const counts = { peersWanted: 5, uploaded: 1, downloaded: 2, left: 3 }
  return { type: 'announce', ...ids, ...counts, event: 'update', offers: [{ offerId, sdp }] } as const
}

function nodesOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => toHex(new Uint8Array(8).fill(n * 7 + 1)))
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${n * 7919}`.padStart(20, '0'))
}

describe('the owner of a swarm', () => {
  it('is the same, in whatever order nodes are listed', () => {
    const nodes = nodesOf(5)
    for (const name of names(100)) assert.equal(ownerOf(name, nodes), ownerOf(name, nodes.toReversed()))
  })

  it('has its fair share of swarms', () => {
    const nodes = nodesOf(5)
    const owned = names(10_000).map(name => ownerOf(name, nodes))
    for (const node of nodes) {
      const share = owned.filter(owner => owner === node).length / owned.length
      assert.ok(share > 0.17 && share < 0.23, `${node} owns ${share}`)
    }
  })

  it('changes only for the swarms of a node that goes', () => {
    const nodes = nodesOf(5)
    for (const name of names(1_000)) {
      const owner = ownerOf(name, nodes)!
      const gone = nodes.find(node => node !== owner)!
      assert.equal(
        ownerOf(
          name,
          nodes.filter(node => node !== gone),
        ),
        owner,
      )
    }
    assert.equal(ownerOf('name', []), undefined)
  })
})

describe('a batch', () => {
  const relayed = {
    infoHash,
    peerId,
    offerId,
    sdp: 'v=0 v=0 v=0\r\n"',
    sdpText: '"v=0 v=0 v=0\\r\\n\\u0022"',
    trickle: true,
  }
  const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }
  const hash = 'ab'.repeat(32)
  const pointer = {
    bytes: new Uint8Array([0, 200, 10]),
    version: 1,
    expires: 2,
    isKilled: true,
    infoHash: hash,
    key: hash,
  }
  const told = { pointer: { ...pointer, retired: [hash] }, verdict: 'genuine' } as const
  const totals = { peers: 1, origin: 2, cache: 3, wasted: 4, duplicates: 5 }
  const counts = { infoHash, seeds: 1, leeches: 2, downloads: 3 }
  const reply = { type: 'announced', infoHash, intervalSeconds: 120, seeds: 1, leeches: 2 } as const
  const extensions = ['dial', 'trickle', 'pointer', 'stats'] as const
  const site = { key: hash, version: 1, visitors: 2, reporters: 5, bytes: { ...totals }, offload: 1 / 3 }
  const offers = [
    { offerId, sdp: 'xxxxxx', sdpText: '"\\u0078xxxxx"' },
    { offerId: infoHash, sdp: 'y', sdpText: '"y"' },
  ]
  const items: readonly Item[] = [
    { type: 'message', connection: 1, request: { ...announce(), offers, extensions } },
    { type: 'message', connection: 2, request: { type: 'answer', toPeerId: infoHash, ...relayed } },
    {
      type: 'message',
      connection: 3,
      request: { type: 'candidate', infoHash, peerId, toPeerId: peerId, offerId, candidate },
    },
    { type: 'restore', connection: 4, request: { ...announce(), offers: [], left: null } },
    { type: 'leave', connection: 5, infoHash, peerId },
    { type: 'pointer', connection: 6, told },
    { type: 'report', connection: 7, totals, isCounted: true },
    { type: 'pong', connection: 8 },
    { type: 'closed', connection: 9 },
    { type: 'unvisit', connection: 10 },
    { type: 'scrape', scrape: 11, infoHashes: [infoHash] },
    { type: 'scrape', scrape: 12 },
    { type: 'retire', told },
    { type: 'send', to: 13, reply: { ...reply, peers: [peerId], trickling: [], extensions } },
    { type: 'send', to: 14, reply: { type: 'offer', ...relayed } },
    { type: 'send', to: 15, reply: { type: 'candidate', infoHash, peerId, offerId, candidate } },
    {
      type: 'send',
      to: 16,
      reply: { type: 'failed', action: 'announce', infoHash, toPeerId: peerId, code: 'limit', reason: 'No.' },
    },
    { type: 'send', to: 17, reply: { type: 'pointer', pointer: pointer.bytes } },
    { type: 'refuse', to: 18, reply: { type: 'failed', action: 'pointer', code: 'bad-pointer', reason: 'No.' } },
    { type: 'ping', to: 19 },
    { type: 'close', to: 20 },
    { type: 'scraped', scrape: 21, swarms: [counts] },
    { type: 'again', stream: 22 },
    { type: 'look' },
    { type: 'figures', figures: { counts: { peers: 1 }, sites: [site] } },
  ]
  const head = { from: NODE, stream: 3, sequence: 4 }
  const text = encodeBatch(head, items.map(encodeItem))

  it('says everything that nodes say, and SDPs as the text that they came as', () => {
    assert.deepEqual(parseBatch(text, bounds), { ...head, items })
  })

  it('is refused when it is none, or beyond bounds', () => {
    assert.equal(parseBatch(text, { ...bounds, charsMax: text.length - 1 }), undefined)
    assert.equal(parseBatch(text, { ...bounds, itemsMax: items.length - 1 }), undefined)
    for (const other of [
      '',
      '[]',
      '{}',
      text.slice(1),
      text.replace(NODE, 'me'),
      text.replace('"stream":3', '"stream":0'),
    ])
      assert.equal(parseBatch(other, bounds), undefined)
  })

  it('loses what is malformed in it, and nothing else', () => {
    const bad = [
      '1',
      '{"type":"nothing"}',
      '{"type":"closed","connection":-1}',
      '{"type":"leave","connection":1,"infoHash":"short","peerId":""}',
      `{"type":"send","to":1,"reply":{"type":"offer","infoHash":"${infoHash}","sdp":""}}`,
      encodeItem({ type: 'message', connection: 1, request: announce(0, 'x'.repeat(20_000)) }),
      encodeItem(items[5]!).replace('genuine', 'fine'),
    ]
    const good = { type: 'message', connection: 2, request: announce(1, 'good') } as const
    const read = parseBatch(encodeBatch(head, [...bad, encodeItem(good)]), bounds)!
    const offer = { offerId, sdp: 'good', sdpText: '"good"' }
    assert.deepEqual(read.items, [{ ...good, request: { ...good.request, offers: [offer] } }])
  })

  it('never gives an SDP the text of another', () => {
    const stray = '{"type":"look","sdp":"stray"}'
    const offer = encodeItem({ type: 'send', to: 1, reply: { type: 'offer', ...relayed } })
    const [, item] = parseBatch(encodeBatch(head, [stray, offer]), bounds)!.items
    assert.ok(item?.type === 'send' && item.reply.type === 'offer')
    assert.equal(item.reply.sdpText, JSON.stringify(relayed.sdp))
  })

  it('may be anything at all', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 20_000; round++) {
      const at = Math.floor(random() * text.length)
      const patch = ['', '"', '{', '}', '[', 'null', '-1', '1e99', 'x'.repeat(30)][Math.floor(random() * 9)]!
      parseBatch(text.slice(0, at) + patch + text.slice(at + Math.floor(random() * 20)), bounds)
    }
  })
})

describe('a link to a node', () => {
  const limits = { ...CLUSTER_DEFAULTS, batchCharsMax: 1_000, queueCharsMax: 10_000 }
  const read = (text: string | undefined) => parseBatch(text!, bounds)!
  const opened = () => {
    const link = new Link(OTHER, limits)
    link.open(1, 0)
    return link
  }
  const entry = (n: number): Membership => ({
    type: 'membership',
    connection: n,
    infoHash,
    peerId,
    left: 1,
    extensions: undefined,
    owner: OTHER,
    heardAt: 0,
    pending: undefined,
  })

  it('never holds more than its bound: signals give way at half of it, and then nothing more is taken', () => {
    const link = opened()
    let [signals, vital] = [0, 0]
    while (link.request({ type: 'message', connection: 1, request: announce() }, false)) signals++
    assert.ok(link.queuedChars > 5_000 && link.queuedChars < 5_500)
    while (link.request({ type: 'closed', connection: 1 }, true)) vital++
    assert.ok(signals > 10 && vital > 50 && link.queuedChars < 10_500)
  })

  it('sends batches of a bounded size, in order, and what is untold without queueing it', () => {
    const link = opened()
    for (let n = 0; n < 100; n++) link.untold.add(entry(n))
    assert.equal(link.queuedChars, 0)
    for (let n = 100; n < 150; n++) link.request({ type: 'closed', connection: n }, true)
    const connections: number[] = []
    let sequence = 0
    while (link.isWaiting) {
      const text = link.take(NODE)!
      assert.ok(text.length < 1_500)
      const batch = read(text)
      assert.equal(batch.sequence, ++sequence)
      for (const item of batch.items) if ('connection' in item) connections.push(item.connection)
    }
    assert.deepEqual(
      connections,
      Array.from({ length: 150 }, (_, n) => n),
    )
  })

  it('tells of an entry after what was said about it before', () => {
    const link = opened()
    link.request({ type: 'leave', connection: 1, infoHash, peerId }, true)
    link.tell(entry(1))
    assert.deepEqual(
      read(link.take(NODE)).items.map(({ type }) => type),
      ['leave', 'restore'],
    )
  })

  it('notices whatever is missing, and asks for a new stream once a second', () => {
    const link = opened()
    const batch = (stream: number, sequence: number) => ({ from: OTHER, stream, sequence, items: [] })
    const arrivals = [batch(4, 2), batch(4, 1), batch(4, 2), batch(4, 2), batch(4, 4), batch(3, 1), batch(5, 1)]
    assert.deepEqual(
      arrivals.map(each => link.arrive(each)),
      ['gap', 'first', 'next', 'old', 'gap', 'old', 'first'],
    )
    link.ask(4, 0)
    assert.deepEqual(read(link.take(NODE)).items, [{ type: 'again', stream: 4 }])
    link.ask(4, 999)
    assert.equal(link.isWaiting, false)
    link.ask(4, 1_000)
    assert.equal(link.isWaiting, true)
  })
})

describe('what a node remembers', () => {
  const limits = { membersPerConnectionMax: 3, membersMax: 5, pendingCharsMax: 100, silentMs: 1_000 }

  it('is bounded by connection and in all', () => {
    const ledger = new Ledger(limits)
    const isNoted = (connection: number, n: number) => ledger.announced(connection, announce(n), NODE, 0) !== undefined
    assert.deepEqual(
      [0, 1, 2, 3].map(n => isNoted(1, n)),
      [true, true, true, false],
    )
    assert.deepEqual(
      [0, 1, 2].map(n => isNoted(2, n)),
      [true, true, false],
    )
    ledger.closed(1)
    assert.equal(isNoted(2, 2), true)
  })

  it('keeps the offers of announces that were not answered, up to a bound', () => {
    const ledger = new Ledger(limits)
    const kept = [0, 1, 2].map(n => ledger.announced(1, announce(n, 'x'.repeat(40)), NODE, 0)!)
    assert.deepEqual(
      kept.map(({ pending }) => pending?.offers.length),
      [1, 1, 0],
    )
    for (const { infoHash: hash } of kept) ledger.answered(1, hash)
    assert.equal(ledger.announced(1, announce(2, 'x'.repeat(90)), NODE, 0)!.pending?.offers.length, 1)
  })

  it('forgets who is silent', () => {
    const ledger = new Ledger(limits)
    for (const n of [0, 1]) ledger.announced(1, announce(n), NODE, 0)
    ledger.announced(1, announce(0), NODE, 500)
    assert.deepEqual(
      ledger.forgetSilent(1_000).map(entry => entry.infoHash),
      [announce(1).infoHash],
    )
    assert.equal([...ledger.entries()].length, 1)
  })

  it('numbers the connections of a node, as many as it may have', () => {
    const numbers = new Numbers(2)
    const [one, two, three] = [1, 2, 3].map(connection => numbers.of(NODE, connection))
    assert.deepEqual([three, numbers.of(NODE, 2), numbers.party(one!)], [undefined, two, { node: NODE, connection: 1 }])
    assert.notEqual(numbers.of(OTHER, 1), one)
    assert.deepEqual(numbers.forgetNode(NODE), [one, two])
    assert.deepEqual([numbers.party(one!), numbers.known(NODE, 1)], [undefined, undefined])
  })
})

describe('a scrape of several owners', () => {
  const swarm = { infoHash, seeds: 1, leeches: 0, downloads: 0 }
  const none = { infoHash: peerId, seeds: 0, leeches: 0, downloads: 0 }

  it('is answered once, when the last has answered', () => {
    const scrapes = new Scrapes({ scrapesMax: 1, scrapeSeconds: 2 })
    const scrape = scrapes.open(7, [infoHash, peerId], 2, 0)!
    assert.equal(scrapes.open(7, [infoHash], 1, 0), undefined)
    assert.equal(scrapes.add(scrape, [swarm]), undefined)
    assert.deepEqual(scrapes.add(scrape, []), { to: 7, reply: { type: 'scraped', swarms: [swarm, none] } })
    assert.equal(scrapes.add(scrape, [swarm]), undefined)
  })

  it('is answered with what there is when one says nothing', () => {
    const scrapes = new Scrapes({ scrapesMax: 1, scrapeSeconds: 2 })
    scrapes.open(7, [infoHash], 1, 0)
    assert.deepEqual([scrapes.deadline, scrapes.endDue(1_999)], [2_000, []])
    assert.deepEqual(scrapes.endDue(2_000), [{ to: 7, reply: { type: 'scraped', swarms: [{ ...swarm, seeds: 0 }] } }])
  })
})

describe('the figures of a cluster', () => {
  it('are the sums of its nodes, site by site', () => {
    const bytes = { peers: 3, origin: 1, cache: 0, wasted: 0, duplicates: 0 }
    const site = { key: 'k', version: 1, visitors: 5, reporters: 5, bytes, offload: 0.75 }
    const one = { counts: { peers: 1 }, sites: [site] }
    const other = { counts: { peers: 2, unknown: 5 }, sites: [{ ...site, version: 2, bytes: { ...bytes, peers: 5 } }] }
    const sum = {
      ...site,
      version: 2,
      visitors: 10,
      reporters: 10,
      bytes: { ...bytes, peers: 8, origin: 2 },
      offload: 0.8,
    }
    assert.deepEqual(sumFigures(one, [other]), { counts: { peers: 3 }, sites: [sum] })
  })
})

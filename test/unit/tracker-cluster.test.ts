/** Nodes of a cluster, each with swarms of its own, on a bus that loses nothing: what clients of different nodes notice of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnnounceRequest } from '../../src/protocol/tracker-request.ts'
import type { TrackerReply } from '../../src/protocol/tracker-reply.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Router, type RouterInput } from '../../tracker/cluster/router.ts'
import { parseBatch } from '../../tracker/cluster/routing/codec.ts'
import { ownerOf } from '../../tracker/cluster/routing/rendezvous.ts'
import { CLUSTER_DEFAULTS, SWARMS_DEFAULTS } from '../../tracker/options.ts'
import type { PointerVerdict, SitePointer } from '../../tracker/swarms/sites.ts'
import { type ConnectionInput, Swarms, type TrackerEffect } from '../../tracker/swarms.ts'

const limits = { ...SWARMS_DEFAULTS, ...CLUSTER_DEFAULTS, silentMs: 1e9, reportersMin: 1 }
const NODES = ['00000000000000aa', '00000000000000bb', '00000000000000cc'] as const
const NOTHING = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }

/** A name that this node owns. */
function ownedBy(node: string, length: number, nodes: readonly string[] = NODES): string {
  for (let n = 0; ; n++) {
    const name = n.toString(16).padStart(length, '0')
    if (ownerOf(name, nodes) === node) return name
  }
}

function announce(infoHash: string, peerId: string, fields: Partial<AnnounceRequest> = {}): AnnounceRequest {
  const counts = { peersWanted: 5, uploaded: 0, downloaded: 0, left: 1 }
  return { type: 'announce', infoHash, peerId: peerId.padEnd(20), ...counts, event: 'update', offers: [], ...fields }
}

function pointerOf(key: string, version: number, retired: readonly string[] = []): SitePointer {
  return {
    bytes: new Uint8Array([version]),
    version,
    expires: 1e9,
    isKilled: false,
    infoHash: 'aa'.repeat(32),
    key,
    retired,
  }
}

class Bench {
  now = 0
  /** What each connection was told, `node.connection`. */
  readonly told = new Map<string, TrackerEffect[]>()
  readonly swarms = new Map<string, Swarms>()
  readonly #routers = new Map<string, Router>()

  constructor() {
    for (const node of NODES) {
      this.#routers.set(node, new Router(node, limits))
      this.swarms.set(node, new Swarms({ random: seededRandom(1), limits, knowsSites: true }))
    }
    this.view(NODES)
  }

  /** All nodes see these from now on. */
  view(nodes: readonly string[]): void {
    for (const node of nodes) this.step(node, { type: 'view', leases: nodes.map(each => ({ node: each, owns: true })) })
    this.settle()
  }

  client(node: string, input: ConnectionInput): void {
    this.step(node, { type: 'client', input })
    this.settle()
  }

  say(node: string, connection: number, request: AnnounceRequest): void {
    this.client(node, { type: 'message', connection, request })
  }

  tell(node: string, connection: number, pointer: SitePointer, verdict: PointerVerdict = 'genuine'): void {
    this.client(node, { type: 'pointer', connection, told: { pointer, verdict } })
  }

  tick(ms: number): void {
    this.now += ms
    for (const [node, swarms] of this.swarms) {
      for (const effect of swarms.step({ type: 'tick' }, this.now)) this.step(node, { type: 'owned', effect })
      this.step(node, { type: 'tick' })
    }
    this.settle()
  }

  /** What a connection was told since this was last asked. */
  take(node: string, connection: number): TrackerEffect[] {
    const name = `${node}.${connection}`
    const effects = this.told.get(name) ?? []
    this.told.delete(name)
    return effects
  }

  replies(node: string, connection: number): TrackerReply[] {
    return this.take(node, connection).flatMap(effect => ('reply' in effect ? effect.reply : []))
  }

  step(node: string, input: RouterInput): void {
    for (const effect of this.#routers.get(node)!.step(input, this.now)) {
      if (effect.type === 'own') {
        for (const owned of this.swarms.get(node)!.step(effect.input, this.now))
          this.step(node, { type: 'owned', effect: owned })
      } else if (effect.type === 'perform') {
        const name = `${node}.${effect.effect.to}`
        this.told.set(name, [...(this.told.get(name) ?? []), effect.effect])
      }
    }
  }

  /** Everything that is under way arrives. */
  settle(): void {
    for (let isQuiet = false; !isQuiet; ) {
      isQuiet = true
      for (const router of this.#routers.values()) {
        for (const to of router.waiting()) {
          isQuiet = false
          const batch = parseBatch(router.take(to)!, { charsMax: 1e7, itemsMax: 1e5 })!
          this.step(to, { type: 'batch', batch })
        }
      }
    }
  }
}

const [A, B, C] = NODES

describe('a peer id that is announced on two nodes', () => {
  const infoHash = ownedBy(C, 20)
  const conflict = () => {
    const bench = new Bench()
    bench.say(A, 1, announce(infoHash, 'same'))
    assert.deepEqual(
      bench.replies(A, 1).map(({ type }) => type),
      ['announced'],
    )
    bench.say(B, 1, announce(infoHash, 'same'))
    assert.deepEqual(bench.take(A, 1), [{ type: 'ping', to: 1 }])
    assert.deepEqual(bench.take(B, 1), [])
    return bench
  }

  it('stays with its holder, who is pinged on its own node and answers', () => {
    const bench = conflict()
    bench.client(A, { type: 'pong', connection: 1 })
    const [reply] = bench.replies(B, 1)
    assert.ok(reply?.type === 'failed' && reply.code === 'peer-id-in-use')
    assert.equal(bench.swarms.get(C)!.stats.peers, 1)
  })

  it('goes to the newcomer when the holder says nothing for three seconds', () => {
    const bench = conflict()
    bench.tick(2_999)
    assert.deepEqual(bench.take(B, 1), [])
    bench.tick(1)
    assert.deepEqual(
      bench.replies(B, 1).map(({ type }) => type),
      ['announced'],
    )
    assert.deepEqual(bench.take(A, 1), [{ type: 'close', to: 1 }])
    bench.client(A, { type: 'closed', connection: 1 })
    assert.equal(bench.swarms.get(C)!.stats.peers, 1)
  })

  it('goes to the newcomer at once when the node of its holder dies', () => {
    const bench = conflict()
    bench.view([B, C])
    assert.deepEqual(
      bench.replies(B, 1).map(({ type }) => type),
      ['announced'],
    )
  })

  it('asks nobody for pongs that no owner waits for', () => {
    const bench = new Bench()
    bench.say(A, 1, announce(infoHash, 'same'))
    bench.client(A, { type: 'pong', connection: 1 })
    assert.equal(bench.swarms.get(C)!.stats.peers, 1)
  })
})

describe('a swarm whose owner changes', () => {
  it('is known to the new owner, and its members notice nothing', () => {
    const bench = new Bench()
    const infoHash = ownedBy(C, 20)
    bench.say(A, 1, announce(infoHash, 'one'))
    bench.say(B, 1, announce(infoHash, 'two', { left: 0, event: 'completed' }))
    bench.told.clear()
    bench.view([A, B])
    assert.equal(bench.told.size, 0)
    const owner = bench.swarms.get(ownerOf(infoHash, [A, B])!)!
    assert.deepEqual([owner.stats.seeds, owner.stats.leeches], [1, 1])
  })

  it('has the last announce answered, with its offers, that the old owner left unanswered', () => {
    const bench = new Bench()
    const infoHash = ownedBy(C, 20)
    bench.say(A, 1, announce(infoHash, 'one'))
    const offers = [{ offerId: 'o'.repeat(20), sdp: 'sdp' }]
    // The owner has died, and nobody knows yet.
    const request = announce(infoHash, 'two', { offers })
    bench.step(B, { type: 'client', input: { type: 'message', connection: 1, request } })
    bench.told.clear()
    bench.view([A, B])
    assert.deepEqual(
      bench.replies(B, 1).map(({ type }) => type),
      ['announced'],
    )
    assert.deepEqual(
      bench.replies(A, 1).map(({ type }) => type),
      ['offer'],
    )
  })
})

describe('a scrape', () => {
  it('sums up what several owners know', () => {
    const bench = new Bench()
    const hashes = NODES.map(node => ownedBy(node, 20))
    for (const [n, infoHash] of hashes.entries()) bench.say(A, n, announce(infoHash, `${n}`))
    for (const infoHashes of [hashes, undefined]) {
      const request = { type: 'scrape', ...(infoHashes && { infoHashes }) } as const
      bench.client(B, { type: 'message', connection: 9, request })
      const [reply] = bench.replies(B, 9)
      assert.ok(reply?.type === 'scraped')
      assert.deepEqual(
        reply.swarms.map(swarm => [swarm.infoHash, swarm.leeches]).sort(),
        hashes.map(hash => [hash, 1]).sort(),
      )
    }
  })
})

describe('a site whose visitors are on several nodes', () => {
  const key = ownedBy(C, 64)
  const pointers = (bench: Bench, node: string, connection: number) =>
    bench.replies(node, connection).map(reply => reply.type === 'pointer' && reply.pointer[0])

  it('has all of them told of a new pointer', () => {
    const bench = new Bench()
    bench.tell(A, 1, pointerOf(key, 1))
    bench.tell(B, 1, pointerOf(key, 2))
    assert.deepEqual(pointers(bench, A, 1), [2])
  })

  it('has those told who trust the key that was replaced', () => {
    const bench = new Bench()
    bench.tell(A, 1, pointerOf(key, 1))
    bench.tell(B, 1, pointerOf(ownedBy(A, 64), 2, [key]))
    assert.deepEqual(pointers(bench, A, 1), [2])
  })

  it('keeps its visitors, and what they took, when its owner dies', () => {
    const bench = new Bench()
    bench.tell(A, 1, pointerOf(key, 1))
    bench.tell(B, 1, pointerOf(key, 1))
    bench.now = 10_000
    const infoHash = ownedBy(B, 20)
    const reported = (peers: number) => announce(infoHash, 'one', { siteTotals: { ...NOTHING, peers } })
    bench.say(A, 1, reported(1_000))
    const bytes = (node: string) => bench.swarms.get(node)!.stats.sites[0]?.bytes?.peers
    assert.equal(bytes(C), 1_000)
    bench.view([A, B])
    const owner = ownerOf(key, [A, B])!
    assert.equal(bench.swarms.get(owner)!.stats.sites[0]?.visitors, 2)
    bench.now = 20_000
    bench.say(A, 1, reported(1_500))
    assert.equal(bytes(owner), 500)
    bench.tell(B, 2, pointerOf(key, 3))
    assert.deepEqual([pointers(bench, A, 1), pointers(bench, B, 1)], [[false, false, 3], [3]])
  })

  it('loses a visitor that goes to another site, or goes', () => {
    const bench = new Bench()
    const visitors = () => NODES.flatMap(node => bench.swarms.get(node)!.stats.sites.map(site => site.visitors))
    bench.tell(A, 1, pointerOf(key, 1))
    bench.tell(A, 1, pointerOf(ownedBy(B, 64), 1))
    assert.deepEqual(visitors().sort(), [0, 1])
    bench.client(A, { type: 'closed', connection: 1 })
    assert.deepEqual(visitors(), [0, 0])
  })
})

/** What the tracker does for sites: who is told of which pointer, and what is made of the bytes that visitors report. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FailureReply } from '../../src/protocol/tracker-reply.ts'
import type { SiteTotals } from '../../src/protocol/tracker-site.ts'
import { type Pointer, signPointer } from '../../src/site/pointer.ts'
import { Addresses } from '../../tracker/ingress/addresses.ts'
import { Pointers } from '../../tracker/ingress/pointers.ts'
import { SERVER_DEFAULTS } from '../../tracker/options.ts'
import type { ServerLimits, SwarmsLimits } from '../../tracker/options.ts'
import { Swarms } from '../../tracker/swarms.ts'
import type { TrackerEffect, TrackerInput } from '../../tracker/swarms.ts'
import { type TestKey, testKey } from '../support/site.ts'

const NOW_SECONDS = Math.floor(Date.now() / 1000)
const MIB = 1024 * 1024
const NOTHING: SiteTotals = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }

const owner = await testKey()
const stranger = await testKey()
const successor = await testKey(owner)

/** A pointer of version `version`, signed by the key unless it says otherwise. */
async function pointer(key: TestKey, version: number, fields: Partial<Pointer> = {}): Promise<Uint8Array> {
  const infoHash = new Uint8Array(32).fill(version)
  const statement = { infoHash, manifestHash: infoHash, expires: NOW_SECONDS + 3600, isKilled: false }
  return signPointer({ ...statement, key: key.key, rotated: key.rotated, version, ...fields }, key.sign)
}

const [first, second, third] = await Promise.all([1, 2, 3].map(version => pointer(owner, version)))

/** A tracker at a time that the test sets. Connection n comes from address n. */
class Bench {
  readonly swarms: Swarms
  readonly #addresses: Addresses
  readonly #pointers: Pointers
  now = 1000

  constructor(limits: Partial<SwarmsLimits & ServerLimits> = {}) {
    const all = { ...SERVER_DEFAULTS, ...limits }
    this.#addresses = new Addresses(all)
    this.#pointers = new Pointers(all)
    this.swarms = new Swarms({ random: () => 0, limits, knowsSites: true })
  }

  /** A connection tells a pointer. undefined: it is none, for which the ingress refuses it. */
  send(connection: number, bytes: Uint8Array): TrackerEffect[] | undefined {
    const told = this.#pointers.judge(bytes, this.#addresses.of(`10.0.0.${connection}`, performance.now()))
    return told && this.step({ type: 'pointer', connection, told })
  }

  step(input: TrackerInput): TrackerEffect[] {
    return this.swarms.step(input, this.now)
  }

  /** Returns who is told which one of the three in answer. */
  tell(connection: number, bytes: Uint8Array | undefined): [connection: number, pointer: number][] {
    return toldBy(this.send(connection, bytes!)!)
  }

  failure(connection: number, bytes: Uint8Array): [FailureReply['code'], isMalformed: boolean] | undefined {
    const effects = this.send(connection, bytes)
    if (!effects) return ['bad-pointer', true]
    const [effect] = effects
    if (effect?.type !== 'send' && effect?.type !== 'refuse') return undefined
    assert.ok(effect.to === connection && effect.reply.type === 'failed' && effect.reply.action === 'pointer')
    return [effect.reply.code, effect.type === 'refuse']
  }

  /** Where `seconds` have passed since, visitors report these. */
  report(connection: number, totals: Partial<SiteTotals>): void {
    const peerId = `peer ${connection}`.padEnd(20)
    const announce = { infoHash: 'i'.repeat(20), peerId, peersWanted: 0, uploaded: 0, downloaded: 0, left: 1 }
    const siteTotals = { ...NOTHING, ...totals }
    this.step({
      type: 'message',
      connection,
      request: { type: 'announce', ...announce, event: 'update', offers: [], siteTotals },
    })
  }

  get site() {
    return this.swarms.stats.sites[0]
  }
}

function toldBy(effects: readonly TrackerEffect[]): [connection: number, pointer: number][] {
  return effects.map(effect => {
    assert.ok(effect.type === 'send' && effect.reply.type === 'pointer', JSON.stringify(effect))
    return [effect.to, [first, second, third].indexOf(effect.reply.pointer) + 1]
  })
}

describe('the pointer of a site', () => {
  it('reaches all visitors of the site at once, and nobody else', async () => {
    const bench = new Bench()
    for (const visitor of [1, 2, 3]) assert.deepEqual(bench.tell(visitor, first), [])
    assert.deepEqual(bench.tell(4, await pointer(stranger, 9)), [])
    bench.now += 60_000
    assert.deepEqual(bench.tell(1, second), [
      [2, 2],
      [3, 2],
    ])
  })

  it('reaches who comes later with an older one', () => {
    const bench = new Bench()
    bench.tell(1, second)
    assert.deepEqual(bench.tell(2, first), [[2, 2]])
    assert.deepEqual(bench.tell(2, first), [[2, 2]], 'it said that it still has the old one')
    assert.deepEqual(bench.tell(1, second), [])
  })

  it('never goes back', () => {
    const bench = new Bench()
    bench.tell(1, first)
    bench.tell(2, second)
    bench.now += 60_000
    assert.deepEqual(bench.tell(3, first), [[3, 2]])
    assert.equal(bench.site?.version, 2)
  })

  it('kills, and is renewed, under one version; neither is taken back', async () => {
    const expires = NOW_SECONDS + 7200
    const renewed = await pointer(owner, 1, { expires })
    const killed = await pointer(owner, 1, { expires, isKilled: true })
    const bench = new Bench({ pointerSeconds: 0 })
    const told = (bytes: Uint8Array | undefined) => bench.tell(2, bytes).length
    bench.tell(1, first)
    assert.equal(told(renewed), 1, 'visitor 1 hears of it')
    assert.equal(told(killed), 1)
    assert.equal(told(renewed), 1, 'visitor 2 is told what holds')
    assert.equal(told(await pointer(owner, 1, { expires, manifestHash: new Uint8Array(32) })), 1)
    assert.equal(told(killed), 0)
  })

  it('may not come faster than visitors can be told, and the last one counts', () => {
    const bench = new Bench({ pointerSeconds: 10 })
    bench.tell(1, first)
    bench.tell(2, first)
    bench.now += 10_000
    assert.deepEqual(bench.tell(1, second), [[2, 2]])
    bench.now += 1000
    assert.deepEqual(bench.tell(1, third), [])
    assert.equal(bench.swarms.deadline, bench.now + 10_000)
    bench.now += 10_000
    assert.deepEqual(toldBy(bench.step({ type: 'tick' })), [[2, 3]])
    assert.equal(bench.swarms.deadline, Number.POSITIVE_INFINITY)
  })

  it('is not told to whom has gone', () => {
    const bench = new Bench()
    bench.tell(1, first)
    bench.tell(2, first)
    bench.step({ type: 'closed', connection: 2 })
    bench.now += 60_000
    assert.deepEqual(bench.tell(1, second), [])
  })

  it('of a new key reaches those who trust the old one, and the old key says nothing any more', async () => {
    const next = await pointer(successor, 2)
    const bench = new Bench({ pointerSeconds: 0 })
    bench.tell(1, first)
    const told = bench.send(2, next)!
    assert.deepEqual(
      told.map(effect => [effect.to, effect.type === 'send' && effect.reply]),
      [[1, { type: 'pointer', pointer: next }]],
    )
    const answer = bench.send(1, third!)!
    assert.deepEqual(answer.length, 1)
    assert.ok(answer[0]?.type === 'send' && answer[0].reply.type === 'pointer' && answer[0].reply.pointer === next)
  })
})

describe('a pointer is refused', () => {
  const malformed = ['bad-pointer', true]

  it('when it is none, or is not signed by its key, and counts as malformed', async () => {
    const bench = new Bench()
    assert.deepEqual(bench.failure(1, new Uint8Array(300)), malformed)
    assert.deepEqual(bench.failure(1, await signPointer(await statementOf(owner), stranger.sign)), malformed)
    const altered = first!.slice()
    altered[altered.length - 20]! ^= 1
    assert.deepEqual(bench.failure(1, altered), malformed)
  })

  it('whichever of its bytes is altered: nobody is ever told of such a one', () => {
    const bench = new Bench({ pointerChecksBurst: 10_000, pointerSeconds: 0 })
    bench.tell(1, first)
    for (let at = 0; at < first!.length; at++) {
      for (const mask of [1, 0x80]) {
        const altered = first!.slice()
        altered[at]! ^= mask
        // From another address each, or that would be what it is refused for.
        const connection = 2 + at * 2 + Number(mask === 1)
        const effects = bench.send(connection, altered) ?? []
        assert.ok(effects.every(({ to }) => to === connection))
        const [effect] = effects
        if (effect?.type === 'send' && effect.reply.type === 'pointer') assert.equal(effect.reply.pointer, first)
      }
    }
    assert.deepEqual(bench.tell(1, first), [])
  })

  it('when the old key does not vouch for the new one', async () => {
    const [link] = successor.rotated
    const rotated = [{ key: owner.key, signature: link!.signature.toReversed() }]
    assert.deepEqual(new Bench().failure(1, await pointer(successor, 2, { rotated })), malformed)
  })

  it('without blame when it has expired or is of the future: clocks differ', async () => {
    const bench = new Bench()
    assert.equal(bench.failure(1, await pointer(owner, 1, { expires: NOW_SECONDS - 1 })), undefined)
    assert.equal(bench.failure(1, await pointer(owner, NOW_SECONDS + 90_000)), undefined)
    assert.deepEqual(bench.swarms.stats.sites, [])
  })

  it('without blame when its address has had too many checked, while others go on', async () => {
    const bench = new Bench({ pointerChecksBurstPerAddress: 2, pointerChecksPerSecondPerAddress: 0 })
    bench.tell(1, first)
    bench.tell(1, second)
    assert.deepEqual(bench.failure(1, third!), ['limit', false])
    assert.deepEqual(bench.tell(2, third), [])
    assert.equal(bench.site?.version, 3)
  })

  it('when there are too many sites, all of them visited; else the one that nobody visits makes room', async () => {
    const bench = new Bench({ sitesMax: 1 })
    bench.tell(1, first)
    const other = await pointer(stranger, 1)
    assert.deepEqual(bench.failure(2, other), ['limit', false])
    bench.step({ type: 'closed', connection: 1 })
    assert.deepEqual(bench.tell(2, other), [])
    assert.equal(bench.swarms.stats.sites.length, 1)
  })

  it('by a tracker without sites', () => {
    const swarms = new Swarms({ random: () => 0 })
    const address = new Addresses(SERVER_DEFAULTS).of(undefined, 0)
    const told = new Pointers(SERVER_DEFAULTS).judge(first!, address)!
    const [effect] = swarms.step({ type: 'pointer', connection: 1, told }, 0)
    assert.ok(effect?.type === 'refuse' && effect.reply.code === 'unknown-action')
  })
})

describe('what visitors report', () => {
  it('is summed for the site that they visit', () => {
    const bench = new Bench({ reportersMin: 2 })
    for (const visitor of [1, 2]) bench.tell(visitor, first)
    bench.now += 60_000
    bench.report(1, { peers: 300, origin: 50, cache: 7, wasted: 3, duplicates: 1 })
    bench.report(1, { peers: 600, origin: 100, cache: 7, wasted: 3, duplicates: 1 })
    bench.report(2, { origin: 100 })
    assert.deepEqual(bench.site?.bytes, { peers: 600, origin: 200, cache: 7, wasted: 3, duplicates: 1 })
    assert.equal(bench.site.offload, 0.75)
  })

  it('is shown only when it is of several', () => {
    const bench = new Bench({ reportersMin: 2 })
    for (const visitor of [1, 2]) bench.tell(visitor, first)
    bench.now += 60_000
    for (let n = 1; n < 9; n++) bench.report(1, { peers: n * 100 })
    assert.deepEqual([bench.site?.reporters, bench.site?.bytes, bench.site?.offload], [1, undefined, undefined])
    bench.report(2, { peers: 100 })
    assert.deepEqual([bench.site?.reporters, bench.site?.bytes?.peers], [2, 900])
  })

  it('is believed up to what a line can bring, and later the rest', () => {
    const bench = new Bench({ reportersMin: 1, reportedBytesPerSecondMax: MIB })
    bench.tell(1, first)
    bench.now += 2000
    bench.report(1, { peers: 1e15, origin: 5 * MIB })
    assert.deepEqual([bench.site?.bytes?.peers, bench.site?.bytes?.origin], [2 * MIB, 2 * MIB])
    bench.now += 10_000
    bench.report(1, { peers: 4 * MIB, origin: 5 * MIB })
    assert.deepEqual([bench.site?.bytes?.peers, bench.site?.bytes?.origin], [4 * MIB, 5 * MIB])
  })

  it('never takes back what was counted, and outlives the visitor', () => {
    const bench = new Bench({ reportersMin: 1 })
    bench.tell(1, first)
    bench.now += 60_000
    bench.report(1, { peers: 500 })
    bench.report(1, { peers: 100 })
    bench.step({ type: 'closed', connection: 1 })
    assert.deepEqual([bench.site?.bytes?.peers, bench.site?.visitors], [500, 0])
  })

  it('counts for nothing from those who visit no site', () => {
    const bench = new Bench({ reportersMin: 1 })
    bench.tell(1, first)
    bench.now += 60_000
    bench.report(2, { peers: 500 })
    assert.equal(bench.site?.reporters, 0)
  })
})

async function statementOf(key: TestKey): Promise<Pointer> {
  const hash = new Uint8Array(32)
  const { rotated } = key
  return {
    key: key.key,
    rotated,
    version: 1,
    expires: NOW_SECONDS + 60,
    infoHash: hash,
    manifestHash: hash,
    isKilled: false,
  }
}

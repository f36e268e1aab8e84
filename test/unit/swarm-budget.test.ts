/** How what a client has is divided over its swarms, and what a swarm makes of its share. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import { bytesOps } from '../../src/session.ts'
import { divide } from '../../src/swarm/budget.ts'
import type { Demand, Input, Share } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Swarm } from '../../src/swarm/swarm.ts'

const TOTAL: Share = { connectionsMax: 10, unchokesMax: 4, uploadBytesPerSecond: 1_000, bufferBytesMax: 100 }
/** ms; longer than a round of choking. */
const LONG_MS = 60_000

const demand = (unchokes: number): Demand => ({ connections: 5, unchokes, isDownloading: true })

describe('a client’s budget', () => {
  it('holds nobody to what it asks for now while there are slots for all', () => {
    const shares = divide(TOTAL, [demand(0), demand(3)])
    assert.deepEqual(
      shares.map(({ unchokesMax }) => unchokesMax),
      [4, 4],
    )
  })

  it('divides slots that are not enough in equal parts, and what some leave among the rest', () => {
    const shares = divide(TOTAL, [demand(0), demand(1), demand(9)])
    assert.deepEqual(
      shares.map(({ unchokesMax }) => unchokesMax),
      [0, 1, 3],
    )
  })

  it('gives rates to those who send, and all of it to whoever begins', () => {
    const shares = divide(TOTAL, [demand(0), demand(1), demand(1)])
    assert.deepEqual(
      shares.map(({ uploadBytesPerSecond }) => uploadBytesPerSecond),
      [1_000, 500, 500],
    )
  })
})

describe('a peer that has had all it wanted', () => {
  it('is not choked while there are slots for all, and asks for more without a round trip', async () => {
    const seed = await Seed.start()
    assert.deepEqual(seed.take({ type: 'message', peer: 1, message: { type: 'interested' } }), ['unchoke'])
    assert.deepEqual(seed.take({ type: 'message', peer: 1, message: { type: 'not-interested' } }), [])
    seed.now += LONG_MS
    assert.deepEqual(seed.take({ type: 'message', peer: 1, message: { type: 'interested' } }), [])
    const request = { type: 'request', piece: 0, begin: 0, length: 4 } as const
    assert.deepEqual(seed.take({ type: 'message', peer: 1, message: request }), [])
    assert.equal(seed.loads, 1)
  })

  it('is choked when others need its slot', async () => {
    const seed = await Seed.start()
    seed.take({ type: 'message', peer: 1, message: { type: 'interested' } })
    seed.take({ type: 'message', peer: 1, message: { type: 'not-interested' } })
    seed.others = [demand(9), demand(9), demand(9), demand(9)]
    assert.deepEqual(seed.divide(), ['choke'])
  })
})

/** Has everything, beside other swarms of its client, and one peer that has nothing. */
class Seed {
  readonly #swarm: Swarm<Uint8Array>
  others: readonly Demand[] = [demand(2)]
  now = 0
  /** Blocks that it read in order to send them. */
  loads = 0
  #demand = demand(0)

  static async start(): Promise<Seed> {
    const metainfo = await createTorrent([{ path: 'a.bin', data: new Blob(['seed']) }])
    return new Seed(new Swarm({ peerId: '-SH0100-seed00000000', random: seededRandom(1), body: bytesOps, metainfo }))
  }

  constructor(swarm: Swarm<Uint8Array>) {
    this.#swarm = swarm
    this.divide()
    this.take({ type: 'resumed', have: Uint8Array.of(0x80) })
    const features = { extended: true, fast: true, v2: true }
    this.take({ type: 'opened', peer: 1, peerId: '-SH0100-stranger0000', initiator: true, features })
    this.take({ type: 'message', peer: 1, message: { type: 'have-none' } })
  }

  /** @returns what it does about the peer's choking */
  take(input: Input<Uint8Array>): string[] {
    const words: string[] = []
    for (const effect of this.#swarm.step(input, this.now)) {
      if (effect.type === 'load') this.loads++
      if (effect.type === 'send' && /choke/.test(effect.message.type)) words.push(effect.message.type)
      if (effect.type !== 'ask') continue
      this.#demand = effect.demand
      words.push(...this.divide())
    }
    return words
  }

  divide(): string[] {
    return this.take({ type: 'granted', share: divide(TOTAL, [this.#demand, ...this.others])[0]! })
  }
}

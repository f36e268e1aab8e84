/** What is asked of whom. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import { bytesOps } from '../../src/session.ts'
import type { Input } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Swarm } from '../../src/swarm/swarm.ts'

const PIECE_BYTES = 64 * 1024
const PIECES = 6

describe('little that is missing', () => {
  it('is divided among all who could send it', async () => {
    const leech = await Leech.among(3)
    leech.take({ type: 'want', id: 1, first: 0, end: 3, priority: 1 })
    assert.deepEqual(leech.asked, [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES])
  })

  it('is asked of one where others have nothing to give', async () => {
    const leech = await Leech.among(1)
    leech.meet('have-none')
    leech.take({ type: 'want', id: 1, first: 0, end: 3, priority: 1 })
    assert.deepEqual(leech.asked, [3 * PIECE_BYTES, 0])
  })
})

describe('what a second peer is asked for at the end', () => {
  it('begins with what the first one will send last', async () => {
    const leech = await Leech.among(1)
    leech.take({ type: 'want', id: 1, first: 0, end: 2, priority: 1 })
    leech.meet('have-all')
    const [first, second] = leech.requests.map(requests => requests.map(({ piece }) => piece)) as [number[], number[]]
    assert.equal(new Set(first).size, 2)
    assert.deepEqual([...new Set(second)], [first.at(-1)])
  })
})

describe('much that is missing', () => {
  it('is asked for in requests as large as may be, the last of which may reach beyond the window', async () => {
    const pieceBytes = 1024 * 1024
    const leech = await Leech.among(2, { pieceBytes })
    leech.take({ type: 'want', id: 1, first: 0, end: PIECES, priority: 1 })
    const first = leech.requests[0]!.length
    for (let block = 1; leech.asked[0]! < 2.5 * pieceBytes; block++) leech.receive(1, block * 20)
    const lengths = leech.requests[0]!.slice(first).map(({ length }) => length)
    assert.deepEqual([...new Set(lengths)], [128 * 1024])
  })
})

/** Has nothing, and peers who have everything. */
class Leech {
  readonly #swarm: Swarm<Uint8Array>
  /** What was asked of each peer, in order. */
  readonly requests: { readonly piece: number; readonly begin: number; readonly length: number }[][] = []
  /** How many requests were answered. */
  #received = 0

  static async among(count: number, { pieceBytes = PIECE_BYTES } = {}): Promise<Leech> {
    const content = new Uint8Array(PIECES * pieceBytes)
    const pieces = { version: 'v2', pieceLength: pieceBytes } as const
    const metainfo = await createTorrent([{ path: 'a.bin', data: new Blob([content]) }], pieces)
    const leech = new Leech(
      new Swarm({ peerId: '-SH0100-leech0000000', random: seededRandom(1), body: bytesOps, metainfo }),
    )
    for (let i = 0; i < count; i++) leech.meet('have-all')
    return leech
  }

  constructor(swarm: Swarm<Uint8Array>) {
    this.#swarm = swarm
    const share = { connectionsMax: 9, unchokesMax: 9, uploadBytesPerSecond: 0, bufferBytesMax: Infinity }
    this.take({ type: 'granted', share })
    this.take({ type: 'resumed', have: new Uint8Array(1) })
  }

  /** Connects a peer that unchokes. */
  meet(type: 'have-all' | 'have-none'): void {
    const peer = this.requests.push([])
    const features = { extended: true, fast: true, v2: true }
    this.take({
      type: 'opened',
      peer,
      peerId: `-SH0100-peer${String(peer).padStart(8, '0')}`,
      initiator: true,
      features,
    })
    this.take({ type: 'message', peer, message: { type } })
    this.take({ type: 'message', peer, message: { type: 'unchoke' } })
  }

  /** Bytes that were asked of each peer. */
  get asked(): number[] {
    return this.requests.map(requests => requests.reduce((sum, { length }) => sum + length, 0))
  }

  /** Has a peer send the next block that it was asked for. */
  receive(peer: number, nowMs: number): void {
    const { piece, begin, length } = this.requests[peer - 1]![this.#received++]!
    const message = { type: 'piece', piece, begin, body: new Uint8Array(length) } as const
    this.take({ type: 'message', peer, message }, nowMs)
  }

  take(input: Input<Uint8Array>, nowMs = 0): void {
    for (const effect of this.#swarm.step(input, nowMs)) {
      if (effect.type !== 'send' || effect.message.type !== 'request') continue
      this.requests[effect.peer - 1]!.push(effect.message)
    }
  }
}

/** When a swarm leaves what can wait to peers, and when it takes it from a web seed at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import type { Metainfo } from '../../src/metainfo/metainfo.ts'
import { bytesOps } from '../../src/session.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Effect, Input } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Swarm } from '../../src/swarm/swarm.ts'

const PIECES = 4
const STRANGER = '-SH0100-stranger0000'
/** ms; longer than anybody looks for peers, or waits for what they have. */
const LONG_MS = 10_000
/** ms; until then it is learnt who has what. */
const ACQUAINTANCE_MS = 2_000
/** ms; whoever is named has fetched by then. */
const TURNS_MS = 22_000

/** Wants everything, which can wait, of a torrent that a web seed has. */
class Patient {
  readonly swarm: Swarm<Uint8Array>
  readonly #fetches: Effect<Uint8Array>[] = []

  constructor(metainfo: Metainfo) {
    const webSeeds = ['http://seed.example/a.bin']
    this.swarm = new Swarm({
      peerId: '-SH0100-patient00000',
      random: seededRandom(1),
      body: bytesOps,
      metainfo,
      webSeeds,
      limits: { originFetchesMax: PIECES, originRunBytes: 1 },
    })
    const share = { connectionsMax: 9, unchokesMax: 9, uploadBytesPerSecond: Infinity, bufferBytesMax: Infinity }
    this.take({ type: 'granted', share })
    this.take({ type: 'want', id: 1, first: 0, end: PIECES, priority: 1 })
    this.take({ type: 'resumed', have: new Uint8Array(1) })
  }

  take(input: Input<Uint8Array>, now = 0): void {
    this.#fetches.push(...this.swarm.step(input, now).filter(({ type }) => type === 'fetch'))
  }

  /** Connects a peer that says what it has. */
  meet(message: WireMessage<Uint8Array>, members = Number.NaN): void {
    this.take({ type: 'found', peerIds: [STRANGER], members })
    const features = { extended: true, fast: true, v2: true }
    this.take({ type: 'opened', peer: 1, peerId: STRANGER, initiator: true, features })
    this.take({ type: 'message', peer: 1, message })
  }

  get isFetching(): boolean {
    return this.#fetches.length > 0
  }

  get pieces(): number {
    return this.#fetches.reduce((sum, effect) => sum + (effect.type === 'fetch' ? effect.end - effect.first : 0), 0)
  }
}

describe('what can wait', async () => {
  const content = new Blob([new Uint8Array(PIECES * 16 * 1024)])
  const metainfo = await createTorrent([{ path: 'a.bin', data: content }], { version: 'v2', pieceLength: 16 * 1024 })

  it('waits while trackers have not answered, for a while', () => {
    const patient = new Patient(metainfo)
    assert.equal(patient.isFetching, false)
    patient.take({ type: 'tick' }, LONG_MS)
    assert.equal(patient.isFetching, true)
  })

  it('waits for whoever they name', () => {
    const patient = new Patient(metainfo)
    patient.take({ type: 'found', peerIds: [STRANGER], members: Number.NaN })
    assert.equal(patient.isFetching, false)
  })

  it('comes at once where they know of nobody', () => {
    const patient = new Patient(metainfo)
    patient.take({ type: 'found', peerIds: [], members: 1 })
    assert.equal(patient.isFetching, true)
  })

  it('waits for whoever one of them named, or who called, though another knows of nobody', () => {
    const patient = new Patient(metainfo)
    patient.take({ type: 'found', peerIds: [STRANGER], members: Number.NaN })
    patient.take({ type: 'found', peerIds: [], members: 1 })
    assert.equal(patient.isFetching, false)
    const called = new Patient(metainfo)
    called.take({ type: 'offered', offer: 1, peerId: STRANGER })
    called.take({ type: 'found', peerIds: [], members: 1 })
    assert.equal(called.isFetching, false)
  })

  it('leaves what nobody has to whoever is named for it, until all have had their turn', () => {
    const patient = new Patient(metainfo)
    patient.meet({ type: 'have-none' })
    for (let now = 0; now <= TURNS_MS; now += 500) patient.take({ type: 'tick' }, now)
    assert.ok(patient.pieces > 0 && patient.pieces < PIECES, `${patient.pieces} of ${PIECES}`)
    patient.take({ type: 'tick' }, TURNS_MS + LONG_MS)
    assert.equal(patient.pieces, PIECES)
  })

  it('is fetched soon by whoever is named for it where all are connected', () => {
    const patient = new Patient(metainfo)
    patient.meet({ type: 'have-none' }, 2)
    patient.take({ type: 'tick' }, ACQUAINTANCE_MS)
    const { pieces } = patient
    assert.ok(pieces > 0 && pieces < PIECES, `${pieces} of ${PIECES}`)
    for (let now = ACQUAINTANCE_MS; now <= TURNS_MS; now += 500) patient.take({ type: 'tick' }, now)
    assert.equal(patient.pieces, pieces)
  })

  it('comes soon where those who have it do not deliver', () => {
    const patient = new Patient(metainfo)
    patient.meet({ type: 'have-all' })
    patient.take({ type: 'tick' }, LONG_MS - 1)
    assert.equal(patient.isFetching, false)
    patient.take({ type: 'tick' }, LONG_MS)
    assert.equal(patient.isFetching, true)
  })
})

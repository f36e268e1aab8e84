/** A hybrid's piece that SHA-1 refuses, from a peer that may be serving the other half: judged when the v2 hashes are known. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/create.ts'
import { type Metainfo, metainfoFromInfo } from '../../src/metainfo/metainfo.ts'
import { SWARM_DEFAULTS } from '../../src/options.ts'
import { bytesOps } from '../../src/session.ts'
import type { Effect, Input, Report } from '../../src/swarm/events.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { Swarm } from '../../src/swarm/swarm.ts'

const PIECE_LENGTH = 16 * 1024
const PIECES = 4
const PEER = 1

type Sent = Extract<Effect<Uint8Array>, { type: 'send' }>['message']

/** A leech of a hybrid without piece hashes, and one v2 peer that has everything and serves it. */
class Rig {
  readonly swarm: Swarm<Uint8Array>
  readonly reports: Report[] = []
  readonly sent: Sent[] = []
  readonly checks: Extract<Effect<Uint8Array>, { type: 'check' }>[] = []
  now = 0

  constructor(complete: Metainfo) {
    const metainfo = metainfoFromInfo(complete.infoBytes)
    this.swarm = new Swarm({ peerId: '-SH0100-reprieve0000', random: seededRandom(1), body: bytesOps, metainfo })
    const share = { connectionsMax: 9, unchokesMax: 9, uploadBytesPerSecond: Infinity, bufferBytesMax: Infinity }
    this.take({ type: 'granted', share })
    this.take({ type: 'want', id: 1, first: 0, end: PIECES, priority: 4 })
    this.take({ type: 'resumed', have: new Uint8Array(1) })
    const features = { fast: true, extended: true, v2: true }
    this.take({ type: 'opened', peer: PEER, peerId: '-SH0100-other0000000', initiator: true, features })
    this.take({ type: 'message', peer: PEER, message: { type: 'have-all' } })
    this.take({ type: 'message', peer: PEER, message: { type: 'unchoke' } })
  }

  take(input: Input<Uint8Array>): void {
    for (const effect of this.swarm.step(input, this.now)) {
      if (effect.type === 'report') this.reports.push(effect.report)
      if (effect.type === 'send') this.sent.push(effect.message)
      if (effect.type === 'check') this.checks.push(effect)
    }
  }

  /** Answers requests until a piece is whole, and fails its check, during which something may happen. */
  sendBadPiece(rootOf: (piece: number) => Uint8Array, meanwhile = () => {}): void {
    while (this.checks.length === 0) {
      const request = this.sent.find(message => message.type === 'request')
      assert.ok(request?.type === 'request')
      this.sent.splice(this.sent.indexOf(request), 1)
      const { piece, begin, length } = request
      const message = { type: 'piece', piece, begin, body: new Uint8Array(length) } as const
      this.take({ type: 'message', peer: PEER, message })
    }
    const { id, piece, root } = this.checks.shift()!
    assert.equal(root, undefined)
    this.sent.length = 0
    meanwhile()
    this.take({ type: 'checked', id, result: 'bad', root: rootOf(piece) })
  }

  /** Answers the one hash request with a layer. */
  sendHashes(request: Sent | undefined, layer: Uint8Array): void {
    assert.ok(request?.type === 'hash-request')
    this.take({ type: 'message', peer: PEER, message: { ...request, type: 'hashes', hashes: layer } })
  }

  get hashRequest(): Sent | undefined {
    return this.sent.find(({ type }) => type === 'hash-request')
  }

  has(type: Report['type']): boolean {
    return this.reports.some(report => report.type === type)
  }
}

describe('a hybrid piece refused by SHA-1 before the v2 hashes are known', async () => {
  const content = Uint8Array.from({ length: PIECES * PIECE_LENGTH }, (_, i) => i % 251)
  const metainfo = await createTorrent([{ path: 'f', data: new Blob([content]) }], {
    version: 'hybrid',
    pieceLength: PIECE_LENGTH,
  })
  const [layer] = [...metainfo.pieceLayers.values()]
  const rootOf = (piece: number): Uint8Array => layer!.slice(piece * 32, piece * 32 + 32)

  it('stops the torrent and bans nobody, when the v2 half says that it is right', () => {
    const rig = new Rig(metainfo)
    const request = rig.hashRequest
    rig.sendBadPiece(rootOf)
    assert.equal(rig.has('banned'), false)
    rig.sendHashes(request, layer!)
    assert.ok(rig.has('inconsistent'))
    assert.equal(rig.has('banned'), false)
  })

  it('stops the torrent and bans nobody, when the hashes come while it is checked', () => {
    const rig = new Rig(metainfo)
    const request = rig.hashRequest
    rig.sendBadPiece(rootOf, () => rig.sendHashes(request, layer!))
    assert.ok(rig.has('inconsistent'))
    assert.equal(rig.has('banned'), false)
  })

  it('bans its sender, when the v2 half refuses it too; until then it is asked for no data', () => {
    const rig = new Rig(metainfo)
    const request = rig.hashRequest
    rig.sendBadPiece(() => new Uint8Array(32))
    rig.take({ type: 'tick' })
    assert.equal(rig.has('banned'), false)
    assert.equal(
      rig.sent.some(({ type }) => type === 'request'),
      false,
    )
    rig.sendHashes(request, layer!)
    assert.ok(rig.has('banned'))
    assert.equal(rig.has('inconsistent'), false)
  })

  it('bans its sender, when the hashes do not come', () => {
    const rig = new Rig(metainfo)
    rig.sendBadPiece(rootOf)
    assert.ok(rig.swarm.deadline <= SWARM_DEFAULTS.answerMs)
    rig.now = SWARM_DEFAULTS.answerMs
    rig.take({ type: 'tick' })
    assert.ok(rig.has('banned'))
  })
})

/** What every `PeerConnection` must do. Runs in Node and in browsers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConnection } from '../../src/ports.ts'
import type { PeerFeatures, WireMessage } from '../../src/protocol/wire.ts'

type Message = WireMessage<Uint8Array>

export interface ConnectionAdapter {
  /** Two ends that have shaken hands: the side that made the offer, and the other. */
  connect(options: { v2: readonly [boolean, boolean] }): Promise<readonly [PeerConnection, PeerConnection]>
}

const ROOT = new Uint8Array(32).fill(5)
const RANGE = { piecesRoot: ROOT, baseLayer: 0, index: 4, length: 4, proofLayers: 3 }

/** One of each kind. The extended handshake goes first: it says under which ids the extensions are wanted. */
const ALL_KINDS: readonly Message[] = [
  {
    type: 'extended-handshake',
    extensions: { lt_donthave: 3, ut_metadata: 1 },
    metadataBytes: 20_000,
    requestsMax: 256,
    client: 'Shoal',
  },
  { type: 'bitfield', bits: Uint8Array.of(0xf0, 0x01) },
  { type: 'have-all' },
  { type: 'have-none' },
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'not-interested' },
  { type: 'have', piece: 9 },
  { type: 'request', piece: 1, begin: 16384, length: 131072 },
  { type: 'cancel', piece: 1, begin: 16384, length: 131072 },
  { type: 'piece', piece: 1, begin: 16384, body: pattern(131072) },
  { type: 'reject', piece: 1, begin: 0, length: 16384 },
  { type: 'suggest', piece: 2 },
  { type: 'allowed-fast', piece: 3 },
  { type: 'metadata-request', piece: 1 },
  { type: 'metadata-data', piece: 1, totalBytes: 20_000, bytes: pattern(3616) },
  { type: 'metadata-reject', piece: 1 },
  { type: 'dont-have', piece: 9 },
  { type: 'hash-request', ...RANGE },
  { type: 'hashes', ...RANGE, hashes: pattern(32 * 6) },
  { type: 'hash-reject', ...RANGE },
]

export function connectionContract(name: string, adapter: ConnectionAdapter): void {
  const both = () => adapter.connect({ v2: [true, true] })

  describe(`A connection: ${name}`, () => {
    test('each side knows the other, and who made the offer', async () => {
      const [a, b] = await both()
      assert.equal(a.initiator, true)
      assert.equal(b.initiator, false)
      assert.equal(a.peerId.length, 20)
      assert.notEqual(a.peerId, b.peerId)
      assert.deepEqual(a.features, b.features)
      a.close('done')
      b.close('done')
    })

    for (const v2 of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      test(`v2 is spoken when both say so: ${v2.join(', ')}`, async () => {
        const [a, b] = await adapter.connect({ v2 })
        const expected: PeerFeatures = { fast: true, extended: true, v2: v2[0] && v2[1] }
        assert.deepEqual(a.features, expected)
        assert.deepEqual(b.features, expected)
        a.close('done')
        b.close('done')
      })
    }

    test('messages of every kind arrive whole and in order, both ways', async () => {
      const [a, b] = await both()
      const atA = collect(a, ALL_KINDS.length)
      const atB = collect(b, ALL_KINDS.length)
      // Extension messages need the other's ids, so each side waits for the first message.
      const [hello, ...rest] = ALL_KINDS as [Message, ...Message[]]
      for (const end of [a, b]) end.send(hello)
      await Promise.all([atA.first, atB.first])
      for (const message of rest) for (const end of [a, b]) end.send(message)
      assert.deepEqual(await atA.all, ALL_KINDS)
      assert.deepEqual(await atB.all, ALL_KINDS)
      a.close('done')
      b.close('done')
    })

    test('messages that come before the start are kept', async () => {
      const [a, b] = await both()
      const later = collect(a, 1)
      for (let piece = 0; piece < 100; piece++) b.send({ type: 'have', piece })
      b.send({ type: 'unchoke' })
      // Once ours is echoed, theirs has arrived too; it was not started before.
      a.send({ type: 'interested' })
      await collect(b, 1).all
      await later.all
      const [c, d] = await both()
      for (let piece = 0; piece < 100; piece++) d.send({ type: 'have', piece })
      const pieces = (await collect(c, 100).all).map(message => message.type === 'have' && message.piece)
      assert.deepEqual(pieces, [...Array(100).keys()])
      for (const end of [a, b, c, d]) end.close('done')
    })

    test('a message larger than a data-channel message arrives whole', async () => {
      const [a, b] = await both()
      const bits = pattern(400_000)
      const received = collect(b, 1)
      collect(a, 0)
      a.send({ type: 'bitfield', bits })
      assert.deepEqual(await received.all, [{ type: 'bitfield', bits }])
      a.close('done')
      b.close('done')
    })

    test('16 MiB flow under a low-water mark, and the buffer stays near it', { timeout: 60_000 }, async () => {
      const [a, b] = await both()
      const markBytes = 256 * 1024
      const body = pattern(131072)
      const blocks = 128
      const received = collect(b, blocks)
      let sent = 0
      let highest = 0
      const fill = () => {
        for (; sent < blocks && a.bufferedBytes <= markBytes; sent++) {
          a.send({ type: 'piece', piece: sent, begin: 0, body })
          highest = Math.max(highest, a.bufferedBytes)
        }
      }
      a.start({ message: () => {}, writable: fill, closed: () => {} })
      a.setLowWaterMark(markBytes)
      fill()
      const messages = await received.all
      const order = messages.map(message => message.type === 'piece' && message.piece)
      assert.deepEqual(order, [...Array(blocks).keys()])
      const [first] = messages
      assert(first?.type === 'piece')
      assert.deepEqual(first.body, body)
      assert(highest <= markBytes + body.length + 64, `${highest} bytes were buffered`)
      a.close('done')
      b.close('done')
    })

    test('a sender that never fills the buffer to its mark is told that it may go on', async () => {
      const [a, b] = await both()
      collect(b, 0)
      const told = new Promise<number>(resolve => {
        a.start({ message: () => {}, writable: resolve, closed: () => {} })
      })
      a.setLowWaterMark(1024 * 1024)
      a.send({ type: 'piece', piece: 0, begin: 0, body: pattern(16384) })
      assert((await told) <= 1024 * 1024)
      a.close('done')
      b.close('done')
    })

    test('until it sets a mark, a sender is told of nothing but an empty buffer', async () => {
      const [a, b] = await both()
      const received = collect(b, 4)
      const told: number[] = []
      const emptied = new Promise<void>(resolve => {
        const writable = (bufferedBytes: number): void => {
          told.push(bufferedBytes)
          resolve()
        }
        a.start({ message: () => {}, writable, closed: () => {} })
      })
      for (let piece = 0; piece < 4; piece++) a.send({ type: 'piece', piece, begin: 0, body: pattern(131072) })
      await received.all
      await emptied
      assert.deepEqual([...new Set(told)], [0])
      a.close('done')
      b.close('done')
    })

    test('closing is told to both sides, once, and nothing comes after it', async () => {
      const [a, b] = await both()
      const ends: string[] = []
      const closedAtB = new Promise<void>(resolve => {
        b.start({
          message: () => {},
          writable: () => {},
          closed: () => {
            ends.push('b')
            resolve()
          },
        })
      })
      a.start({ message: () => ends.push('message'), writable: () => {}, closed: reason => ends.push(`a: ${reason}`) })
      a.close('enough')
      a.close('twice')
      b.send({ type: 'unchoke' })
      await closedAtB
      assert.deepEqual(ends, ['a: enough', 'b'])
      assert.equal(a.bufferedBytes, 0)
      a.send({ type: 'unchoke' })
    })

    test('a connection that ended before its start says so at the start', async () => {
      const [a, b] = await both()
      a.close('enough')
      await new Promise<void>(resolve => b.start({ message: () => {}, writable: () => {}, closed: () => resolve() }))
      const reason = await new Promise<string>(resolve => {
        a.start({ message: () => {}, writable: () => {}, closed: resolve })
      })
      assert.equal(reason, 'enough')
    })

    test('a piece beyond the count ends the connection, whichever is known first', async () => {
      for (const order of ['count first', 'have first'] as const) {
        const [a, b] = await both()
        const closed = new Promise<string>(resolve => {
          b.start({
            message: message => {
              if (message.type === 'interested') b.setPieceCount(10)
            },
            writable: () => {},
            closed: resolve,
          })
        })
        collect(a, 0)
        if (order === 'count first') b.setPieceCount(10)
        a.send({ type: 'have', piece: 10 })
        a.send({ type: 'interested' })
        assert.match(await closed, /piece 10/)
      }
    })
  })
}

/** Starts a connection and collects `count` messages; a body is a copy, for views end with their event. */
function collect(connection: PeerConnection, count: number): { first: Promise<void>; all: Promise<Message[]> } {
  const messages: Message[] = []
  let began = () => {}
  const first = new Promise<void>(resolve => {
    began = resolve
  })
  const all = new Promise<Message[]>((resolve, reject) => {
    connection.start({
      message(message) {
        messages.push(message)
        began()
        if (messages.length === count) resolve(messages)
      },
      writable: () => {},
      closed: reason => reject(new Error(reason)),
    })
  })
  all.catch(() => {})
  return { first, all }
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff)
}

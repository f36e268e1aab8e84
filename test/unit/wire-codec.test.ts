/** Every message of the peer wire as the bytes it is, both ways (BEP 3, 6, 9, 10, 52, 54). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, toHex } from '../../src/metainfo/bytes.ts'
import { type PeerHandshake, PeerWire } from '../../src/net/peer-wire.ts'
import type { PeerFeatures, WireMessage } from '../../src/protocol/wire.ts'

const ROOT = 'ab'.repeat(32)
const RANGE = { piecesRoot: hex(ROOT), baseLayer: 0, index: 512, length: 512, proofLayers: 9 }
const RANGE_HEX = `${ROOT} 00000000 00000200 00000200 00000009`

/** Messages whose bytes say everything. */
const VECTORS: [WireMessage<Uint8Array>, string][] = [
  [{ type: 'choke' }, '00000001 00'],
  [{ type: 'unchoke' }, '00000001 01'],
  [{ type: 'interested' }, '00000001 02'],
  [{ type: 'not-interested' }, '00000001 03'],
  [{ type: 'have', piece: 0x12345 }, '00000005 04 00012345'],
  [{ type: 'bitfield', bits: hex('ffe0') }, '00000003 05 ffe0'],
  [{ type: 'request', piece: 1, begin: 0x4000, length: 0x20000 }, '0000000d 06 00000001 00004000 00020000'],
  [{ type: 'piece', piece: 2, begin: 0x8000, body: hex('c0ffee') }, '0000000c 07 00000002 00008000 c0ffee'],
  [{ type: 'cancel', piece: 1, begin: 0x4000, length: 0x4000 }, '0000000d 08 00000001 00004000 00004000'],
  [{ type: 'suggest', piece: 3 }, '00000005 0d 00000003'],
  [{ type: 'have-all' }, '00000001 0e'],
  [{ type: 'have-none' }, '00000001 0f'],
  [{ type: 'reject', piece: 1, begin: 0, length: 0x4000 }, '0000000d 10 00000001 00000000 00004000'],
  [{ type: 'allowed-fast', piece: 4 }, '00000005 11 00000004'],
  [{ type: 'hash-request', ...RANGE }, `00000031 15 ${RANGE_HEX}`],
  [{ type: 'hash-reject', ...RANGE }, `00000031 17 ${RANGE_HEX}`],
  [
    { type: 'hashes', ...RANGE, index: 2, length: 2, hashes: hex('01'.repeat(96)) },
    `00000091 16 ${ROOT} 00000000 00000002 00000002 00000009 ${'01'.repeat(96)}`,
  ],
  [
    {
      type: 'extended-handshake',
      extensions: { lt_donthave: 3, ut_metadata: 1 },
      metadataBytes: 31235,
      requestsMax: 256,
      client: 'Shoal 0.1',
    },
    extended(0, 'd1:md11:lt_donthavei3e11:ut_metadatai1ee13:metadata_sizei31235e4:reqqi256e1:v9:Shoal 0.1e'),
  ],
  [{ type: 'metadata-request', piece: 5 }, extended(1, 'd8:msg_typei0e5:piecei5ee')],
  [{ type: 'metadata-reject', piece: 5 }, extended(1, 'd8:msg_typei2e5:piecei5ee')],
  [
    { type: 'metadata-data', piece: 1, totalBytes: 16388, bytes: new TextEncoder().encode('wxyz') },
    extended(1, 'd8:msg_typei1e5:piecei1e10:total_sizei16388eewxyz'),
  ],
  [{ type: 'dont-have', piece: 7 }, '00000006 14 03 00000007'],
]

/** The handshakes of two peers that both have everything. */
const INFO_HASH = '11'.repeat(20)
const PEER_ID = '22'.repeat(20)
const HANDSHAKE = `13 ${ascii('BitTorrent protocol')} 0000000000100014 ${INFO_HASH} ${PEER_ID}`

for (const [message, bytes] of VECTORS) {
  test(`${message.type} is written as one chunk of the right bytes`, () => {
    const { wire, written } = acquainted()
    wire.send(message)
    assert.deepEqual(written.map(toHex), [squeeze(bytes)])
  })

  test(`${message.type} is read from those bytes`, () => {
    const { wire, messages } = acquainted()
    assert.equal(wire.receive(hex(bytes)), undefined)
    assert.deepEqual(messages, [message])
  })
}

test('the handshake is one chunk, with the extension, fast and v2 bits', () => {
  const { wire, written } = stranger()
  wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2: true })
  assert.deepEqual(written.map(toHex), [squeeze(HANDSHAKE)])
})

test('without v2 its bit is not set', () => {
  const { wire, written } = stranger()
  wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2: false })
  assert.equal(toHex(written[0] as Uint8Array), squeeze(HANDSHAKE.replace('100014', '100004')))
})

const FEATURES: [string, boolean, PeerFeatures][] = [
  ['0000000000100014', true, { fast: true, extended: true, v2: true }],
  ['0000000000100014', false, { fast: true, extended: true, v2: false }],
  ['0000000000100004', true, { fast: true, extended: true, v2: false }],
  ['0000000000000000', true, { fast: false, extended: false, v2: false }],
]
for (const [reserved, v2, features] of FEATURES) {
  test(`reserved bytes ${reserved} mean ${JSON.stringify(features)} where we ${v2 ? 'speak' : 'do not speak'} v2`, () => {
    const { wire, handshakes } = stranger()
    wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2 })
    wire.receive(hex(HANDSHAKE.replace('0000000000100014', reserved)))
    assert.deepEqual(handshakes, [{ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), features }])
  })
}

test('a block is a view of the chunk that it came in, not a copy', () => {
  const { wire, messages } = acquainted()
  const chunk = hex('0000000c 07 00000002 00008000 c0ffee')
  wire.receive(chunk)
  const [message] = messages
  assert(message?.type === 'piece')
  assert.equal(message.body.buffer, chunk.buffer)
})

test('extension messages go out under the ids that the peer chose, or not at all', () => {
  const { wire, written } = stranger()
  wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2: true })
  wire.receive(hex(HANDSHAKE))
  written.length = 0
  wire.send({ type: 'metadata-request', piece: 0 })
  assert.deepEqual(written, [])
  wire.receive(hex(extended(0, 'd1:md11:ut_metadatai42eee')))
  wire.send({ type: 'metadata-request', piece: 0 })
  wire.send({ type: 'dont-have', piece: 0 })
  assert.deepEqual(written.map(toHex), [squeeze(extended(42, 'd8:msg_typei0e5:piecei0ee'))])
})

test('an extended handshake is reduced to what is used, and its name to what can be shown', () => {
  const { wire, messages } = acquainted()
  const dict = 'd1:md6:ut_pexi2ee13:metadata_sizei99999999e4:reqqi-5e1:v6:\u202ea\u0007b1:y2:hie'
  wire.receive(hex(extended(0, dict)))
  const nothing = { metadataBytes: undefined, requestsMax: undefined }
  assert.deepEqual(messages, [{ type: 'extended-handshake', extensions: {}, client: 'ab', ...nothing }])
})

const IGNORED: [string, string][] = [
  ['a keep-alive', '00000000'],
  ['a port', '00000003 09 1ae1'],
  ['an unknown message', '00000004 63 010203'],
  ['an extension that we never named', extended(9, 'd1:a1:be')],
  ['an extended handshake that is not bencode', extended(0, 'hello')],
  ['metadata of the wrong length', extended(1, 'd8:msg_typei1e5:piecei0e10:total_sizei8eewxyz')],
  ['a metadata message of an unknown type', extended(1, 'd8:msg_typei7e5:piecei0ee')],
]
for (const [what, bytes] of IGNORED) {
  test(`${what} is ignored`, () => {
    const { wire, messages } = acquainted()
    assert.equal(wire.receive(hex(bytes)), undefined)
    assert.equal(wire.receive(hex('00000001 01')), undefined)
    assert.deepEqual(messages, [{ type: 'unchoke' }])
  })
}

const OFFENCES: [string, string][] = [
  ['a have of 2^32 - 1', '00000005 04 ffffffff'],
  ['a request of no bytes', '0000000d 06 00000001 00004000 00000000'],
  ['a request of 131,073 bytes', '0000000d 06 00000001 00004000 00020001'],
  ['a request beyond any piece', '0000000d 06 00000001 ffffc000 00004000'],
  ['a hash request of three hashes', `00000031 15 ${ROOT} 00000000 00000000 00000003 00000009`],
  ['a hash request that is not aligned', `00000031 15 ${ROOT} 00000000 00000001 00000002 00000009`],
]
for (const [what, bytes] of OFFENCES) {
  test(`${what} ends the connection and reaches nobody`, () => {
    const { wire, messages } = acquainted()
    assert.equal(typeof wire.receive(hex(`${bytes} 00000001 01`)), 'string')
    assert.deepEqual(messages, [])
  })
}

test('messages of the fast extension from a peer without it end the connection (BEP 6)', () => {
  for (const bytes of ['00000001 0e', '00000001 0f', '00000005 0d 00000000', '00000005 11 00000000']) {
    const { wire } = stranger()
    wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2: false })
    wire.receive(hex(HANDSHAKE.replace('100014', '100000')))
    assert.match(String(wire.receive(hex(bytes))), /without the fast extension/)
  }
})

test('what came before the piece count was known is judged when it is', () => {
  const tooHigh = acquainted().wire
  assert.equal(tooHigh.receive(hex('00000005 04 0000000b')), undefined)
  assert.match(String(tooHigh.setPieceCount(11)), /piece 11 of 11/)

  const tooLong = acquainted().wire
  assert.equal(tooLong.receive(hex('00000004 05 ffe000')), undefined)
  assert.match(String(tooLong.setPieceCount(11)), /bitfield/)

  const right = acquainted().wire
  right.receive(hex('00000003 05 ffe0 00000005 04 0000000a'))
  assert.equal(right.setPieceCount(11), undefined)
})

test('once the piece count is known, bitfields and indices are exact', () => {
  const offences = [
    '00000003 05 fff0',
    '00000002 05 ff',
    '00000005 04 0000000b',
    '0000000d 06 0000000b 00000000 00004000',
  ]
  for (const bytes of offences) {
    const { wire } = acquainted()
    wire.setPieceCount(11)
    assert.equal(typeof wire.receive(hex(bytes)), 'string', bytes)
  }
})

test('requests that pile up unanswered end the connection; answered ones do not', () => {
  const request = hex('0000000d 06 00000001 00004000 00004000')
  const flooded = acquainted()
  const flood = new Uint8Array(request.length * 5000)
  for (let at = 0; at < flood.length; at += request.length) flood.set(request, at)
  assert.match(String(flooded.wire.receive(flood)), /without waiting/)
  assert.equal(flooded.messages.length, 4096)

  const { wire } = acquainted()
  for (let count = 0; count < 5000; count++) {
    assert.equal(wire.receive(request), undefined)
    wire.send({ type: 'reject', piece: 1, begin: 0x4000, length: 0x4000 })
  }
})

// ------------------------------------------------------------------------------------------------ helpers

interface Recorded {
  readonly wire: PeerWire
  readonly written: Uint8Array[]
  readonly handshakes: PeerHandshake[]
  readonly messages: WireMessage<Uint8Array>[]
}

function stranger(): Recorded {
  const written: Uint8Array[] = []
  const handshakes: PeerHandshake[] = []
  const messages: WireMessage<Uint8Array>[] = []
  const wire = new PeerWire({
    write: bytes => written.push(bytes),
    handshake: handshake => handshakes.push(handshake),
    message: message => messages.push(message),
  })
  return { wire, written, handshakes, messages }
}

/** A wire past the handshakes, toward a peer with every extension under the usual ids. */
function acquainted(): Recorded {
  const recorded = stranger()
  recorded.wire.greet({ infoHash: hex(INFO_HASH), peerId: hex(PEER_ID), v2: true })
  recorded.wire.receive(hex(HANDSHAKE))
  recorded.wire.receive(hex(extended(0, 'd1:md11:lt_donthavei3e11:ut_metadatai1eee')))
  recorded.written.length = 0
  recorded.messages.length = 0
  return recorded
}

function hex(spaced: string): Uint8Array {
  return fromHex(squeeze(spaced)) as Uint8Array
}

function squeeze(spaced: string): string {
  return spaced.replaceAll(' ', '')
}

function ascii(text: string): string {
  return toHex(new TextEncoder().encode(text))
}

/** A message 20 with its length. */
function extended(id: number, payload: string): string {
  const bytes = ascii(payload)
  const length = 2 + bytes.length / 2
  return `${length.toString(16).padStart(8, '0')} 14 ${id.toString(16).padStart(2, '0')} ${bytes}`
}

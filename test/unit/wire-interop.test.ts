/** Our peer wire against bittorrent-protocol's, the one that WebTorrent speaks: each reads what the other writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Wire from 'bittorrent-protocol'
import { PeerWire, type PeerHandshake } from '../../src/net/peer-wire.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'

type Message = WireMessage<Uint8Array>

const INFO_HASH = new Uint8Array(20).fill(0x11)
const BODY = Uint8Array.from({ length: 16384 }, (_, index) => index % 251)

test('the handshakes are understood on both sides', async () => {
  const { handshake, theirs } = await acquainted()
  assert.deepEqual(handshake, {
    infoHash: INFO_HASH,
    peerId: new Uint8Array(20).fill(0x33),
    features: { fast: true, extended: true, v2: false },
  })
  assert.equal(theirs.peerId, '22'.repeat(20))
  assert.equal(theirs.peerExtensions.extended, true)
  assert.equal(theirs.hasFast, true)
})

/** What we send, the event that it raises there, and what that brings. */
const TO_THEM: [Message, string, unknown[]][] = [
  [{ type: 'unchoke' }, 'unchoke', []],
  [{ type: 'choke' }, 'choke', []],
  [{ type: 'interested' }, 'interested', []],
  [{ type: 'have', piece: 7 }, 'have', [7]],
  [{ type: 'have-all' }, 'have-all', []],
  [{ type: 'have-none' }, 'have-none', []],
  [{ type: 'suggest', piece: 7 }, 'suggest', [7]],
  [{ type: 'allowed-fast', piece: 7 }, 'allowed-fast', [7]],
  [{ type: 'piece', piece: 7, begin: 16384, body: BODY }, 'piece', [7, 16384, BODY]],
]
for (const [message, event, details] of TO_THEM) {
  test(`they read our ${message.type}`, async () => {
    const { ours, theirs } = await acquainted()
    // A wire tells only of what changes.
    if (message.type === 'choke') ours.send({ type: 'unchoke' })
    const told = new Promise<unknown[]>(resolve => theirs.once(event, (...found) => resolve(found)))
    ours.send(message)
    assert.deepEqual((await told).map(bytesOf), details)
  })
}

test('they read our bitfield', async () => {
  const { ours, theirs } = await acquainted()
  const told = new Promise<unknown[]>(resolve => theirs.once('bitfield', (...found) => resolve(found)))
  ours.send({ type: 'bitfield', bits: Uint8Array.of(0b1010_0000) })
  await told
  assert.deepEqual(
    [0, 1, 2, 3].map(piece => theirs.peerPieces.get(piece)),
    [true, false, true, false],
  )
})

test('they read our extended handshake', async () => {
  const { ours, theirs } = await acquainted()
  const told = new Promise<unknown[]>(resolve => theirs.once('extended', (...found) => resolve(found)))
  ours.send({ type: 'extended-handshake', extensions: { ut_metadata: 1 }, metadataBytes: 4321, requestsMax: 256 })
  assert.equal((await told)[0], 'handshake')
  assert.equal(theirs.peerExtendedMapping.ut_metadata, 1)
  assert.equal(theirs.peerExtendedHandshake.metadata_size, 4321)
})

/** What they do, and what we read. */
const TO_US: [string, (theirs: Wire) => void, Message][] = [
  ['unchoke', theirs => theirs.unchoke(), { type: 'unchoke' }],
  ['interested', theirs => theirs.interested(), { type: 'interested' }],
  ['have', theirs => theirs.have(300), { type: 'have', piece: 300 }],
  ['bitfield', theirs => theirs.bitfield(Uint8Array.of(0xf0)), { type: 'bitfield', bits: Uint8Array.of(0xf0) }],
  ['have-all', theirs => theirs.haveAll(), { type: 'have-all' }],
  ['have-none', theirs => theirs.haveNone(), { type: 'have-none' }],
  ['suggest', theirs => theirs.suggest(3), { type: 'suggest', piece: 3 }],
  ['allowed-fast', theirs => theirs.allowedFast(3), { type: 'allowed-fast', piece: 3 }],
  ['cancel', theirs => theirs.cancel(3, 16384, 99), { type: 'cancel', piece: 3, begin: 16384, length: 99 }],
  ['reject', theirs => theirs.reject(3, 16384, 99), { type: 'reject', piece: 3, begin: 16384, length: 99 }],
  ['piece', theirs => theirs.piece(3, 16384, BODY), { type: 'piece', piece: 3, begin: 16384, body: BODY }],
  [
    'extended handshake',
    theirs => theirs.extended(0, { m: { ut_metadata: 2, ut_pex: 1 }, metadata_size: 4321 }),
    {
      type: 'extended-handshake',
      extensions: { ut_metadata: 2 },
      metadataBytes: 4321,
      requestsMax: undefined,
      client: undefined,
    },
  ],
]
for (const [what, act, message] of TO_US) {
  test(`we read their ${what}`, async () => {
    const { theirs, next } = await acquainted()
    const read = next()
    act(theirs)
    assert.deepEqual(await read, message)
  })
}

test('a block that we ask for comes', async () => {
  const { ours, theirs, next } = await acquainted()
  theirs.unchoke()
  theirs.on('request', (_piece, _begin, _length, respond) =>
    (respond as (error: null, body: Uint8Array) => void)(null, BODY),
  )
  assert.equal((await next()).type, 'unchoke')
  ours.send({ type: 'request', piece: 1, begin: 0, length: BODY.length })
  assert.deepEqual(await next(), { type: 'piece', piece: 1, begin: 0, body: BODY })
})

test('a block that they ask for comes', async () => {
  const { ours, theirs, next } = await acquainted()
  ours.send({ type: 'unchoke' })
  await new Promise(resolve => theirs.once('unchoke', resolve))
  const got = new Promise((resolve, reject) => {
    theirs.request(1, 0, BODY.length, (error, body) => (error ? reject(error) : resolve(bytesOf(body))))
  })
  assert.deepEqual(await next(), { type: 'request', piece: 1, begin: 0, length: BODY.length })
  ours.send({ type: 'piece', piece: 1, begin: 0, body: BODY })
  assert.deepEqual(await got, BODY)
})

// ------------------------------------------------------------------------------------------------ helpers

/** Both ends past the handshakes, theirs of the extension protocol included. */
async function acquainted() {
  const messages: Message[] = []
  let handshake: PeerHandshake | undefined
  let told = () => {}
  const theirs = new Wire()
  const ours = new PeerWire({
    write: bytes => theirs.write(bytes),
    handshake: found => {
      handshake = found
    },
    message: message => {
      messages.push(message)
      told()
    },
  })
  theirs.on('data', chunk => assert.equal(ours.receive(chunk as Uint8Array), undefined))
  const next = async (): Promise<Message> => {
    while (messages.length === 0) {
      await new Promise<void>(resolve => {
        told = resolve
      })
    }
    return messages.shift()!
  }
  const theirsShook = new Promise(resolve => theirs.once('handshake', resolve))
  ours.greet({ infoHash: INFO_HASH, peerId: new Uint8Array(20).fill(0x22), v2: true })
  theirs.handshake(INFO_HASH, new Uint8Array(20).fill(0x33), { fast: true })
  await theirsShook
  assert.equal((await next()).type, 'extended-handshake')
  return { ours, theirs, next, handshake }
}

/** Buffers as what they are, so that they compare. */
function bytesOf(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value
}

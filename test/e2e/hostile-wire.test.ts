/** Peers that break the peer wire: they are hung up on, cost nothing, and the client goes on serving others. */
import { describe, it } from 'node:test'
import { encodeTorrent } from '../../src/node/index.ts'
import { assertReceived, keepDiary, makeSample, startClient } from './support/node-peers.ts'
import { frame, RawPeer } from './support/raw-peer.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

/** Ids on the wire (BEP 3, 6, 10, 52). */
const ID = {
  interested: 2,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  haveAll: 14,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
}
/** A block of the sample's only file that it has. */
const PIECE_LENGTH = 32 * 1024
const LENGTH = 20 * PIECE_LENGTH + 5
const PIECES = 21

interface Breach {
  readonly name: string
  readonly act: (peer: RawPeer) => void
  /** Whether the other side hangs up, or takes it and goes on. */
  readonly isBorne?: boolean
}

const handshakeThen =
  (...parts: readonly (Uint8Array | readonly number[])[]) =>
  (peer: RawPeer) =>
    peer.send(peer.handshake(), ...parts)

const BREACHES: readonly Breach[] = [
  { name: 'speaks HTTP', act: peer => peer.send(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')) },
  { name: 'wants another torrent', act: peer => peer.send(peer.handshake(new Uint8Array(20).fill(7))) },
  { name: 'announces a message of 2 GiB', act: handshakeThen([0x80, 0, 0, 0, 7]) },
  { name: 'announces a message of 4 GiB less one', act: handshakeThen([0xff, 0xff, 0xff, 0xff, 20]) },
  { name: 'sends noise', act: peer => peer.send(peer.handshake(), noise(1, 60_000)) },
  { name: 'sends a bitfield that is too short', act: handshakeThen(frame(ID.bitfield, [], new Uint8Array(2))) },
  { name: 'sends a bitfield that is too long', act: handshakeThen(frame(ID.bitfield, [], new Uint8Array(400))) },
  { name: 'sets spare bits of its bitfield', act: handshakeThen(frame(ID.bitfield, [], Uint8Array.of(0, 0, 1))) },
  { name: 'has a piece that does not exist', act: handshakeThen(frame(ID.have, [PIECES])) },
  { name: 'has piece 2^32 - 1', act: handshakeThen(frame(ID.have, [0xffffffff])) },
  { name: 'asks for a piece that does not exist', act: handshakeThen(frame(ID.request, [PIECES, 0, 16384])) },
  {
    name: 'asks beyond the end of a piece, again and again',
    act: peer => peer.send(peer.handshake(), ...repeated(20, frame(ID.request, [20, 32768, 16384]))),
  },
  { name: 'asks for nothing', act: handshakeThen(frame(ID.request, [0, 0, 0])) },
  { name: 'asks for 4 GiB', act: handshakeThen(frame(ID.request, [0, 0, 0xffffffff])) },
  {
    name: 'asks 100,000 times at once',
    // Each is refused, at no more cost than its asking; one who does not read the refusals is hung up on.
    isBorne: true,
    act: peer => {
      const requests = repeated(1000, frame(ID.request, [0, 0, 16384]))
      const batch = Buffer.concat(requests)
      peer.send(peer.handshake(), frame(ID.interested))
      for (let i = 0; i < 100; i++) peer.send(batch)
    },
  },
  {
    name: 'asks for hashes 5,000 times',
    isBorne: true,
    act: peer =>
      peer.send(peer.handshake(), Buffer.concat(repeated(5000, frame(ID.hashRequest, [], new Uint8Array(48).fill(3))))),
  },
  {
    name: 'sends hashes that nobody asked for',
    isBorne: true,
    act: handshakeThen(frame(ID.hashes, [], hashesPayload())),
  },
  { name: 'sends hashes of half a hash', act: handshakeThen(frame(ID.hashes, [], new Uint8Array(60))) },
  {
    name: 'sends blocks that nobody asked for',
    act: peer => peer.send(peer.handshake(), ...repeated(20, frame(ID.piece, [0, 0], new Uint8Array(16384)))),
  },
  {
    name: 'sends a block larger than anybody asks for',
    act: handshakeThen(frame(ID.piece, [0, 0], new Uint8Array(131_073))),
  },
  {
    name: 'sends broken bencode',
    isBorne: true,
    act: handshakeThen(frame(ID.extended, [], new TextEncoder().encode('\0d1:md4:'))),
  },
  {
    name: 'nests bencode 10,000 deep',
    isBorne: true,
    act: handshakeThen(frame(ID.extended, [], new TextEncoder().encode(`\0${'l'.repeat(10_000)}`))),
  },
  {
    name: 'has metadata of -1 bytes',
    isBorne: true,
    act: handshakeThen(frame(ID.extended, [], new TextEncoder().encode('\0d13:metadata_sizei-1ee'))),
  },
  {
    name: 'sends metadata that nobody asked for',
    isBorne: true,
    act: handshakeThen(
      frame(ID.extended, [], new TextEncoder().encode('\x01d8:msg_typei1e5:piecei0e10:total_sizei999999999eexxx')),
    ),
  },
  {
    name: 'sends messages that do not exist',
    isBorne: true,
    act: peer => peer.send(peer.handshake(), ...[10, 11, 12, 99, 255].map(id => frame(id, [1, 2]))),
  },
  {
    name: 'says everything byte by byte',
    isBorne: true,
    act: peer => {
      for (const bytes of [peer.handshake(), frame(ID.haveAll), frame(ID.interested)])
        for (const byte of bytes) peer.send([byte])
    },
  },
]

describe('a peer that', { concurrency: 4 }, () => {
  for (const [seed, { name, act, isBorne = false }] of BREACHES.entries()) {
    it(`${name} is ${isBorne ? 'borne' : 'hung up on'}, and the others are served`, { timeout: 90_000 }, async t => {
      const { url } = await tracker
      const sample = await makeSample({
        seed: 100 + seed,
        files: { 'a.bin': LENGTH },
        pieceLength: PIECE_LENGTH,
        trackers: [url],
      })
      const { metainfo } = sample
      const victim = startClient(t).add(encodeTorrent(metainfo))
      const diary = keepDiary(victim)
      await diary.until('the tracker', () => victim.trackers.some(({ state }) => state === 'connected'))
      const stranger = await RawPeer.meet(t, { tracker: url, infoHash: metainfo.wireInfoHash })
      if (isBorne) await stranger.greeted()
      act(stranger)
      if (isBorne) {
        await diary.until('the stranger among the peers', () => victim.peers.length === 1)
      } else {
        await stranger.hungUp()
        await diary.until('no peers', () => victim.peers.length === 0)
      }

      startClient(t).seed(sample.files, { pieceLength: PIECE_LENGTH, trackers: [url] })
      await diary.within('done', victim.done)
      await assertReceived(victim, sample)
    })
  }
})

function repeated(count: number, bytes: Uint8Array): Uint8Array[] {
  return new Array<Uint8Array>(count).fill(bytes)
}

/** Bytes of a linear congruential generator, from a seed. */
function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Root, layer 0, index 0, two hashes, no proof. */
function hashesPayload(): Uint8Array {
  const payload = new Uint8Array(32 + 16 + 64)
  new DataView(payload.buffer).setUint32(32 + 8, 2)
  return payload
}

/** The guard before the codec: whole messages from any cut of the stream, and an early end for hostile lengths. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameGuard } from '../../src/net/framing.ts'
import { HANDSHAKE_BYTES } from '../../src/protocol/wire-codec.ts'
import { processorMs } from '../support/processor-time.ts'

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

test(`however the stream is cut, the same messages come out (SEED=${SEED})`, () => {
  const random = generator(SEED)
  for (let round = 0; round < 200; round++) {
    const frames = Array.from({ length: 1 + random(20) }, () => randomFrame(random))
    const stream = join([handshake(), ...frames.flatMap(frame => [withLength(frame), keepAlives(random(2))])])
    const { guard, received } = guarded()
    for (const chunk of cut(stream, random)) assert.equal(guard.push(chunk), undefined)
    assert.equal(received.handshakes, 1)
    assert.deepEqual(received.frames, frames)
  }
})

test('a chunk that is one message is passed on as it is', () => {
  const { guard, received } = guarded()
  guard.push(handshake())
  const chunk = withLength(join([Uint8Array.of(7), new Uint8Array(8 + 16384)]))
  guard.push(chunk)
  assert.equal(received.frames[0]?.buffer, chunk.buffer)
})

test('a stream cut into single bytes costs time linear in its length', () => {
  const { guard, received } = guarded()
  guard.push(handshake())
  const stream = withLength(join([Uint8Array.of(7), new Uint8Array(8 + 131072)]))
  const tookMs = processorMs(() => {
    for (let at = 0; at < stream.length; at++) guard.push(stream.subarray(at, at + 1))
  })
  assert.equal(received.frames.length, 1)
  assert(tookMs < 1_000, 'a 128 KiB block in single bytes takes milliseconds, not seconds')
})

test('a header of 2 GiB closes at once, and what follows is not looked at', () => {
  const { guard, received } = guarded()
  guard.push(handshake())
  assert.match(String(guard.push(Uint8Array.of(0x80, 0, 0, 0))), /2147483648 bytes/)
  const more = new Uint8Array(1024 * 1024)
  const tookMs = processorMs(() => {
    for (let count = 0; count < 1_024; count++) guard.push(more)
  })
  assert(tookMs < 50, `${tookMs} ms for a GiB`)
  assert.deepEqual(received.frames, [])
})

const HOSTILE: [string, readonly number[]][] = [
  ['a length of 2^31 - 1', [0x7f, 0xff, 0xff, 0xff]],
  ['a length of 2^32 - 1', [0xff, 0xff, 0xff, 0xff]],
  ['a have without a piece', [0, 0, 0, 1, 4]],
  ['a choke with a payload', [0, 0, 0, 2, 0]],
  ['a request of 12 bytes', [0, 0, 0, 12, 6]],
  ['a block of 131,073 bytes', [0, 2, 0, 10, 7]],
  ['a block without bytes', [0, 0, 0, 9, 7]],
  ['a bitfield of 512 KiB and one byte', [0, 8, 0, 2, 5]],
  ['an extended message of 64 KiB', [0, 1, 0, 0, 20]],
  ['hashes that are no multiple of 32 bytes', [0, 0, 0, 0x92, 22]],
  ['an unknown message of 64 KiB', [0, 1, 0, 0, 99]],
]
for (const [what, header] of HOSTILE) {
  test(`${what} ends the stream at its header, whole or byte by byte`, () => {
    const whole = guarded()
    whole.guard.push(handshake())
    assert.equal(typeof whole.guard.push(Uint8Array.from(header)), 'string')
    assert.deepEqual(whole.received.frames, [])

    const slow = guarded()
    slow.guard.push(handshake())
    const offences = header.map(byte => slow.guard.push(Uint8Array.of(byte)))
    assert.equal(offences.filter(offence => offence !== undefined).length, 1)
  })
}

test('a bitfield must have the exact length once the piece count is known', () => {
  const { guard, received } = guarded()
  guard.push(handshake())
  guard.pieceCount = 17
  guard.push(withLength(Uint8Array.of(5, 0xff, 0xff, 0x80)))
  assert.equal(received.frames.length, 1)
  assert.equal(typeof guard.push(withLength(Uint8Array.of(5, 0xff, 0xff))), 'string')
})

test('a stream that does not begin with the handshake ends at the first wrong byte', () => {
  assert.match(String(guarded().guard.push(new TextEncoder().encode('GET / HTTP/1.1'))), /BitTorrent/)
  const { guard } = guarded()
  assert.equal(guard.push(handshake().subarray(0, 10)), undefined)
  assert.match(String(guard.push(Uint8Array.of(0))), /BitTorrent/)
})

test(`random bytes after the handshake never throw, and never yield more than was sent (SEED=${SEED})`, () => {
  const random = generator(SEED)
  for (let round = 0; round < 500; round++) {
    const { guard, received } = guarded()
    const noise = Uint8Array.from({ length: random(2000) }, () => (random(3) === 0 ? random(256) : 0))
    for (const chunk of cut(join([handshake(), noise]), random)) guard.push(chunk)
    const bytes = received.frames.reduce((sum, frame) => sum + frame.length, 0)
    assert(bytes <= noise.length)
  }
})

test('a sink that closes the guard in the middle of a chunk gets nothing more', () => {
  const frames: Uint8Array[] = []
  const guard = new FrameGuard({
    handshake: () => {},
    frame: frame => {
      frames.push(frame)
      guard.close()
    },
  })
  guard.push(join([handshake(), withLength(Uint8Array.of(0)), withLength(Uint8Array.of(1))]))
  assert.deepEqual(frames, [Uint8Array.of(0)])
})

// ------------------------------------------------------------------------------------------------ helpers

function guarded() {
  const received = { handshakes: 0, frames: [] as Uint8Array[] }
  const guard = new FrameGuard({
    handshake: () => {
      received.handshakes++
    },
    frame: frame => received.frames.push(frame),
  })
  return { guard, received }
}

function handshake(): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(new TextEncoder().encode('\x13BitTorrent protocol'))
  return bytes
}

function withLength(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length)
  new DataView(bytes.buffer).setUint32(0, frame.length)
  bytes.set(frame, 4)
  return bytes
}

function keepAlives(count: number): Uint8Array {
  return new Uint8Array(4 * count)
}

/** A frame of an allowed length, of any kind. */
function randomFrame(random: (below: number) => number): Uint8Array {
  const kinds: [number, number][] = [
    [0, 1],
    [4, 5],
    [6, 13],
    [5, 2 + random(500)],
    [7, 10 + random(20_000)],
    [20, 2 + random(300)],
    [21, 49],
    [22, 49 + 32 * (2 + random(20))],
    [77, 1 + random(100)],
  ]
  const [id, length] = kinds[random(kinds.length)] as [number, number]
  const frame = Uint8Array.from({ length }, () => random(256))
  frame[0] = id
  return frame
}

function cut(stream: Uint8Array, random: (below: number) => number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  const most = 1 + random(random(2) === 0 ? 8 : 30_000)
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + random(most)
    chunks.push(stream.slice(at, end))
    at = end
  }
  return chunks
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Whole numbers below a bound, from a seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** How bytes are let into a channel: at once on a short path, in bursts on a long one. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { CHANNEL_LIMITS } from '../../src/options.ts'
import { Pacer } from '../../src/net/pacer.ts'

const { burstBytes, burstMs, kickBytes, pacedMessageBytes } = CHANNEL_LIMITS

/** Of a channel that has something to do. */
const BUFFERED_BYTES = burstBytes

function pacerOf(t: TestContext, isPathLong: boolean) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const written: Uint8Array[] = []
  let emptied = 0
  const pacer = new Pacer(
    message => written.push(message),
    () => emptied++,
  )
  pacer.isPathLong = isPathLong
  return {
    pacer,
    written,
    bytes: () => written.reduce((sum, { length }) => sum + length, 0),
    emptied: () => emptied,
    nextBurst: () => t.mock.timers.tick(burstMs),
  }
}

/** Bytes that tell where they were: 0, 1, … 255, 0, … */
const stream = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i)

describe('a pacer', () => {
  it('lets everything through at once on a short path, in messages that the other side takes', t => {
    const { pacer, written } = pacerOf(t, false)
    pacer.messageBytesMax = 60_000
    pacer.send(stream(150_000), BUFFERED_BYTES)
    assert.deepEqual(
      written.map(({ length }) => length),
      [60_000, 60_000, 30_000],
    )
    assert.equal(pacer.waitingBytes, 0)
  })

  it('lets a burst through at a time on a long path, and loses and swaps nothing', t => {
    const { pacer, written, bytes, nextBurst } = pacerOf(t, true)
    pacer.send(stream(131_085), BUFFERED_BYTES)
    pacer.send(stream(5), BUFFERED_BYTES)
    for (let burst = 1; pacer.waitingBytes > 0; burst++) {
      assert.ok(bytes() <= burst * burstBytes, `${bytes()} bytes in ${burst} bursts`)
      assert.equal(bytes() + pacer.waitingBytes, 131_090)
      nextBurst()
    }
    assert.ok(written.every(({ length }) => length <= pacedMessageBytes))
    assert.deepEqual(Buffer.concat(written), Buffer.concat([stream(131_085), stream(5)]))
  })

  it('counts what was sent a moment ago into the burst', t => {
    const { pacer, bytes, nextBurst } = pacerOf(t, true)
    for (let i = 0; i < 8; i++) pacer.send(stream(pacedMessageBytes), BUFFERED_BYTES)
    assert.equal(bytes(), burstBytes)
    nextBurst()
    assert.equal(bytes(), 2 * burstBytes)
  })

  it('tells when what had to wait has gone, and only then', t => {
    const { pacer, emptied, nextBurst } = pacerOf(t, true)
    pacer.send(stream(burstBytes), BUFFERED_BYTES)
    nextBurst()
    assert.equal(emptied(), 0, 'nothing waited')
    pacer.send(stream(2 * burstBytes), BUFFERED_BYTES)
    assert.equal(emptied(), 0)
    nextBurst()
    assert.equal(emptied(), 1)
    nextBurst()
    assert.equal(emptied(), 1)
  })

  it('finds out that a path is long while it sends', t => {
    const { pacer, bytes } = pacerOf(t, false)
    pacer.send(stream(1_000), BUFFERED_BYTES)
    pacer.isPathLong = true
    pacer.send(stream(2 * burstBytes), BUFFERED_BYTES)
    assert.ok(bytes() <= 1_000 + burstBytes)
  })

  it('paces nothing in a hidden page, whose timers are slow', t => {
    const { pacer, bytes } = pacerOf(t, true)
    Object.assign(globalThis, { document: { hidden: true } })
    t.after(() => Reflect.deleteProperty(globalThis, 'document'))
    pacer.send(stream(4 * burstBytes), BUFFERED_BYTES)
    assert.equal(bytes(), 4 * burstBytes)
  })

  it('begins on a long path with messages that dcSCTP lets out at once', t => {
    const { pacer, written } = pacerOf(t, true)
    pacer.send(stream(3 * kickBytes + 5), 0)
    assert.deepEqual(
      written.map(({ length }) => length),
      [kickBytes, kickBytes, kickBytes, 5],
    )
  })

  it('begins so in a hidden page too, and never with more than the other side takes', t => {
    const { pacer, written } = pacerOf(t, true)
    Object.assign(globalThis, { document: { hidden: true } })
    t.after(() => Reflect.deleteProperty(globalThis, 'document'))
    pacer.send(stream(2 * kickBytes), 0)
    assert.deepEqual(
      written.splice(0).map(({ length }) => length),
      [kickBytes, kickBytes],
    )
    pacer.messageBytesMax = 1_024
    pacer.send(stream(2_048), 0)
    assert.deepEqual(
      written.map(({ length }) => length),
      [1_024, 1_024],
    )
  })

  it('says nothing after it was closed', t => {
    const { pacer, bytes, emptied, nextBurst } = pacerOf(t, true)
    pacer.send(stream(4 * burstBytes), BUFFERED_BYTES)
    const before = bytes()
    pacer.close()
    nextBurst()
    assert.deepEqual([bytes(), emptied(), pacer.waitingBytes], [before, 0, 0])
  })
})

/** The simulator's own physics: rate, latency, fair sharing, order, backpressure, and the arithmetic of tokens. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomIndex, seededRandom } from '../../src/swarm/random.ts'
import { Access, line } from './link.ts'
import { CallbackPipe } from './pipe.ts'
import { Timeline } from './timeline.ts'
import { forge, genuine, isForged, tokenOps } from './token.ts'

describe('the timeline', () => {
  it('orders by time, then by when an event was planned', () => {
    const timeline = new Timeline()
    const order: string[] = []
    timeline.at(2, () => order.push('c'))
    timeline.at(1, () => {
      order.push('a')
      timeline.at(1, () => order.push('b'))
    })
    timeline.at(2, () => order.push('d'))
    while (timeline.step());
    assert.deepEqual(order, ['a', 'b', 'c', 'd'])
  })
})

describe('the timeline under load', () => {
  it('lets thousands happen in order, planned while others happen', () => {
    const timeline = new Timeline()
    const random = seededRandom(11)
    const happened: { at: number; number: number }[] = []
    let planned = 0
    const plan = (delayMs: number) => {
      const number = planned++
      const at = timeline.now + delayMs
      timeline.after(delayMs, () => {
        assert.equal(timeline.now, at)
        happened.push({ at, number })
        // Few different times, so that many are the same.
        if (planned < 20_000) for (let i = randomIndex(random, 3); i > 0; i--) plan(randomIndex(random, 50))
      })
    }
    for (let i = 0; i < 3_000; i++) plan(randomIndex(random, 200))
    while (timeline.step());
    assert.equal(happened.length, planned)
    assert.equal(timeline.happened, planned)
    for (const [i, { at, number }] of happened.slice(1).entries()) {
      const before = happened[i]!
      assert.ok(before.at < at || (before.at === at && before.number < number), `${number} came after ${before.number}`)
    }
  })
})

describe('a link', () => {
  it('delivers at the slower of both rates, after one latency', () => {
    for (const [up, down] of [
      [1e6, 5e6],
      [5e6, 1e6],
    ] as const) {
      const timeline = new Timeline()
      let lastAt = 0
      const ends = { from: new Access(timeline, line(up, up, 20)), to: new Access(timeline, line(down, down, 30)) }
      const deliver = () => {
        lastAt = timeline.now
      }
      const pipe = new CallbackPipe<number>({ timeline, ...ends }, { deliver })
      for (let i = 0; i < 100; i++) pipe.send(i, 10_000)
      while (timeline.step());
      assert.ok(lastAt >= 1050 && lastAt < 1070, `${up} → ${down}: ${lastAt} ms`)
    }
  })

  it('shares an uplink evenly, and keeps the order of each pipe', () => {
    const timeline = new Timeline()
    const from = new Access(timeline, line(1e6, 1e6))
    const received: number[][] = [[], [], []]
    const pipes = received.map(list => {
      const to = new Access(timeline, line(1e6, 1e6))
      return new CallbackPipe<number>({ timeline, from, to }, { deliver: message => list.push(message) })
    })
    for (let i = 0; i < 30; i++) for (const pipe of pipes) pipe.send(i, i % 3 === 0 ? 20 : 50_000)
    while (timeline.now < 700) timeline.step()
    const counts = received.map(list => list.length)
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, counts.join())
    while (timeline.step());
    for (const list of received) assert.deepEqual(list, [...list.keys()])
    assert.deepEqual(
      received.map(list => list.length),
      [30, 30, 30],
    )
  })

  it('says once that it is writable, when the buffered bytes fall to the mark', () => {
    const timeline = new Timeline()
    const marks: number[] = []
    const ends = { from: new Access(timeline, line(1e6, 1e6)), to: new Access(timeline, line(1e6, 1e6)) }
    const writable = (bufferedBytes: number) => marks.push(bufferedBytes)
    const pipe = new CallbackPipe<number>({ timeline, ...ends }, { deliver: () => {}, writable })
    pipe.setLowWaterMark(65_000)
    for (let i = 0; i < 10; i++) pipe.send(i, 20_000)
    assert.equal(pipe.bufferedBytes, 200_000)
    while (timeline.step());
    assert.deepEqual(marks, [60_000])
    assert.equal(pipe.bufferedBytes, 0)
  })

  it('takes in what its queue holds, and small messages wait in it behind large ones', () => {
    const timeline = new Timeline()
    const arrivals: Record<number, number> = {}
    const to = new Access(timeline, line(1e9, 1e9, 0))
    const from = new Access(timeline, { ...line(1e6, 1e6, 0), queueBytes: 500_000 })
    const [large, small] = [1, 2].map(() => {
      const deliver = (message: number) => {
        arrivals[message] = timeline.now
      }
      return new CallbackPipe<number>({ timeline, from, to }, { deliver })
    })
    large!.send(1, 1_000_000)
    timeline.advanceTo(10)
    assert.ok(Math.abs(large!.bufferedBytes - 490_000) <= 32_768, `${large!.bufferedBytes} bytes are buffered`)
    small!.send(2, 20)
    while (timeline.step());
    assert.ok(Math.abs(arrivals[1]! - 1_000) < 2, `the large one arrived after ${arrivals[1]} ms`)
    assert.ok(arrivals[2]! > 450 && arrivals[2]! < 550, `the small one arrived after ${arrivals[2]} ms`)
  })

  it('delivers what had left when it was closed, and nothing else', () => {
    const timeline = new Timeline()
    const delivered: number[] = []
    const access = new Access(timeline, line(1e6, 1e6))
    const deliver = (message: number) => delivered.push(message)
    const pipe = new CallbackPipe<number>({ timeline, from: access, to: access }, { deliver })
    pipe.send(1, 20)
    pipe.send(2, 1e6)
    pipe.send(3, 20)
    timeline.at(1, () => pipe.close())
    while (timeline.step());
    assert.deepEqual(delivered, [1])
  })
})

describe('a token', () => {
  it('is put together again from its slices, and only in the right order', () => {
    const whole = genuine(3, 0, 100)
    const [a, b] = [tokenOps.slice(whole, 0, 40), tokenOps.slice(whole, 40, 100)]
    assert.ok(tokenOps.equal(tokenOps.concat([a, b]), whole))
    assert.ok(!tokenOps.equal(tokenOps.concat([b, a]), whole))
    assert.ok(!tokenOps.equal(a, genuine(3, 1, 40)))
    assert.ok(!tokenOps.equal(a, genuine(4, 0, 40)))
  })

  it('carries a forgery through slices and joins', () => {
    const forged = forge(genuine(0, 0, 10), 7)
    assert.ok(isForged(tokenOps.slice(tokenOps.concat([genuine(1, 0, 5), forged]), 3, 8)))
    assert.ok(!tokenOps.equal(forged, forge(forged, 8)))
  })
})

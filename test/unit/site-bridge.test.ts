/** The messages of the bridge: each is read as what it is, and nothing else is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type FromLeader,
  type FromPage,
  readFromLeader,
  readFromPage,
  readToLeader,
  readToPage,
  type ToLeader,
  type ToPage,
} from '../../src/site/bridge.ts'

const ROOT = '0f'.repeat(32)

const toPage: readonly ToPage[] = [['shoal-who', 7]]
const fromPage: readonly FromPage[] = [
  ['shoal-page', 7],
  ['shoal-leader', 1],
]
const toLeader: readonly ToLeader[] = [
  ['get', 1, ROOT, 0, 5, 2],
  ['need', 1, ROOT, 0, 5, 2],
  ['more', 1, 1],
  ['cancel', 1],
  ['kept', ROOT, 3],
  ['ping'],
]
const fromLeader: readonly FromLeader[] = [['piece', 1, 0, new Uint8Array(3)], ['none', 1], ['pong'], ['bye']]

const readers: readonly [string, (data: unknown) => unknown, readonly unknown[]][] = [
  ['readToPage', readToPage, toPage],
  ['readFromPage', readFromPage, fromPage],
  ['readToLeader', readToLeader, toLeader],
  ['readFromLeader', readFromLeader, fromLeader],
]

for (const [name, read, own] of readers) {
  describe(name, () => {
    it('reads its own messages as they are', () => {
      for (const message of own) assert.equal(read(message), message)
    })

    it('reads no other’s', () => {
      const others = readers.filter(([other]) => other !== name).flatMap(([, , messages]) => messages)
      for (const message of others) assert.equal(read(message), undefined, String(message))
    })

    it('refuses what is altered', () => {
      for (const message of own as readonly unknown[][]) {
        const altered = [[...message, 0], message.slice(0, -1), ...message.map((_, i) => message.with(i, 1.5))]
        for (const one of altered) assert.equal(read(one), undefined, String(one))
        for (const wrong of [null, undefined, '0', {}, [], Number.NaN, -0.5]) {
          for (let i = 0; i < message.length; i++)
            assert.equal(read(message.with(i, wrong)), undefined, `${message} ${i}`)
        }
      }
      for (const data of [null, undefined, 'ping', 7, {}, { 0: 'ping', length: 1 }, []])
        assert.equal(read(data), undefined)
    })
  })
}

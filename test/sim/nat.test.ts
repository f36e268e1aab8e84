/** Who can reach whom (RFC 4787): the table, whole. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Nat, pathBetween } from './nat.ts'

const DIRECT: readonly [Nat, Nat][] = [
  ['open', 'open'],
  ['open', 'cone'],
  ['open', 'symmetric'],
  ['cone', 'cone'],
]
const ALL: readonly Nat[] = ['open', 'cone', 'symmetric', 'blocked']

describe('paths', () => {
  for (const a of ALL) {
    for (const b of ALL) {
      const isDirect = DIRECT.some(([x, y]) => (x === a && y === b) || (x === b && y === a))
      it(`${a} and ${b}: ${isDirect ? 'direct' : 'over a relay, if there is one'}`, () => {
        assert.equal(pathBetween(a, b, false), isDirect ? 'direct' : 'none')
        assert.equal(pathBetween(a, b, true), isDirect ? 'direct' : 'relayed')
      })
    }
  }
})

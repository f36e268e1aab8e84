/** The proof of a site's own seeder in its session descriptions: what it holds for, and for nothing else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isProven, withProof } from '../../src/site/page/seeder-proof.ts'
import { testKey } from '../support/site.ts'

const SWARM = new Uint8Array(20).fill(1)
const FINGERPRINT = 'a=fingerprint:sha-256 AB:CD:EF'
const SDP = `v=0\r\n${FINGERPRINT}\r\na=setup:actpass\r\n`

const seeder = await testKey()
const stranger = await testKey()
const proven = await withProof(SDP, SWARM, seeder.sign)

describe('a seeder’s proof', () => {
  it('is a line more, and holds for its key among others', async () => {
    assert.match(proven, /^v=0\r\na=fingerprint:.*\r\na=setup:actpass\r\na=shoal-seeder:[\w+/=]{88}\r\n$/)
    assert.ok(await isProven(proven, SWARM, [seeder.key]))
    assert.ok(await isProven(proven, SWARM, [stranger.key, seeder.key]))
    assert.ok(!(await isProven(proven, SWARM, [stranger.key])))
    assert.ok(!(await isProven(proven, SWARM, [])))
  })

  it('is not there in what visitors say, nor in what a stranger signs', async () => {
    assert.ok(!(await isProven(SDP, SWARM, [seeder.key])))
    assert.ok(!(await isProven(await withProof(SDP, SWARM, stranger.sign), SWARM, [seeder.key])))
    for (const value of ['', '%%%', 'AAAA'])
      assert.ok(!(await isProven(`${SDP}a=shoal-seeder:${value}\r\n`, SWARM, [seeder.key])), value)
  })

  it('does not hold in another swarm, for another certificate, or beside one', async () => {
    assert.ok(!(await isProven(proven, new Uint8Array(20).fill(2), [seeder.key])))
    assert.ok(!(await isProven(proven.replace('AB:CD', 'AB:CE'), SWARM, [seeder.key])))
    for (const line of ['a=fingerprint:sha-256 11:22:33', 'A=FINGERPRINT:sha-256 11:22:33', 'a=fingerprint:sha-1 11'])
      assert.ok(!(await isProven(`${proven}${line}\r\n`, SWARM, [seeder.key])), line)
    assert.ok(!(await isProven(proven.replace(`${FINGERPRINT}\r\n`, ''), SWARM, [seeder.key])))
  })

  it('may be repeated for several media with one certificate', async () => {
    const twice = await withProof(`${SDP}m=application\r\n${FINGERPRINT}\r\n`, SWARM, seeder.sign)
    assert.ok(await isProven(twice, SWARM, [seeder.key]))
  })
})

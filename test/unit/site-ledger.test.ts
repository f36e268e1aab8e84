/** Where each file of a site came from. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ledger } from '../../src/site/page/ledger.ts'

const describeFile = (path: string) => ({ url: `https://site.example/${path}`, bytes: 100, verified: 60 })

describe('the ledger of a site', () => {
  it('counts what came over the network, and as cached what the worker gave beyond that', () => {
    const ledger = new Ledger()
    ledger.add('a.png', 'peers', 70)
    ledger.add('a.png', 'origin', 30)
    ledger.add('a.png', 'worker', 100)
    ledger.add('b.png', 'worker', 100)
    ledger.add('c.png', 'origin', 110)
    ledger.add('c.png', 'cache', 100)
    assert.deepEqual(
      ledger.stats(describeFile).map(({ url, peers, origin, cache }) => [url.slice(-5), peers, origin, cache]),
      [
        ['a.png', 70, 30, 0],
        ['b.png', 0, 0, 100],
        ['c.png', 0, 110, 100],
      ],
    )
  })

  it('forgets the files that were used longest ago, and leaves out what is listed no more', () => {
    const ledger = new Ledger()
    for (let i = 0; i < 70; i++) {
      ledger.add(`${i}`, 'peers', 1)
      ledger.add('often', 'peers', 1)
    }
    const paths: string[] = []
    ledger.stats(path => void paths.push(path))
    assert.equal(paths.length, 64)
    assert.deepEqual([paths[0], paths.at(-1)], ['7', 'often'])
    assert.deepEqual(
      ledger.stats(() => undefined),
      [],
    )
  })
})

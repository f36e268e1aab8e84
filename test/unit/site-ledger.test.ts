/** Where each file of a site came from. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SiteFile } from '../../src/site/manifest-fields.ts'
import { Ledger, type Load } from '../../src/site/page/ledger.ts'

const fileAt = (path: string, contentLength = 100) => ({ path, contentLength }) as SiteFile
const load = (given: Partial<Load>): Load => ({
  transferBytes: 0,
  bodyBytes: 100,
  durationMs: 10,
  isByWorker: false,
  isBrokenOff: false,
  ...given,
})

/** Bytes from peers, origin and caches after what is told. */
function sources(tell: (ledger: Ledger, file: SiteFile) => void): readonly number[] {
  const ledger = new Ledger()
  tell(ledger, fileAt('a.png'))
  const { peers, origin, cache } = ledger.totals
  return [peers, origin, cache]
}

describe('the ledger of a site', () => {
  it('counts nothing of what was broken off, and knows that a page asked for it', () => {
    const ledger = new Ledger()
    ledger.stored(fileAt('film.webm'), 100)
    ledger.stored(fileAt('other.webm'), 100)
    ledger.loaded(fileAt('film.webm'), load({ isByWorker: true, bodyBytes: 0, isBrokenOff: true }))
    const told = ledger.files(file => ({ url: file.path, verified: 100 }))
    assert.deepEqual(told, [{ url: 'film.webm', bytes: 100, verified: 100, peers: 0, origin: 0, cache: 0 }])
  })

  it('believes the browser of what came past the worker', () => {
    assert.deepEqual(
      sources((ledger, file) => ledger.loaded(file, load({ transferBytes: 130 }))),
      [0, 130, 0],
    )
    assert.deepEqual(
      sources((ledger, file) => ledger.loaded(file, load({}))),
      [0, 0, 100],
    )
  })

  it('knows whose the bytes are that the swarms got', () => {
    const told = sources((ledger, file) => {
      ledger.came(file, 'peers', 70)
      ledger.came(file, 'origin', 30)
      ledger.loaded(file, load({ isByWorker: true }))
    })
    assert.deepEqual(told, [70, 30, 0])
  })

  it('takes for the origin’s what the worker gave and nobody else had', () => {
    assert.deepEqual(
      sources((ledger, file) => ledger.loaded(file, load({ isByWorker: true }))),
      [0, 100, 0],
    )
    const partly = sources((ledger, file) => {
      ledger.stored(file, 60)
      ledger.loaded(file, load({ isByWorker: true }))
    })
    assert.deepEqual(partly, [0, 40, 60])
    const kept = sources((ledger, file) => {
      ledger.kept(file, 100)
      ledger.loaded(file, load({ isByWorker: true }))
    })
    assert.deepEqual(kept, [0, 100, 0])
  })

  it('takes for cached what is loaded again', () => {
    const told = sources((ledger, file) => {
      ledger.came(file, 'peers', 100)
      for (let times = 0; times < 3; times++) ledger.loaded(file, load({ isByWorker: true }))
    })
    assert.deepEqual(told, [100, 0, 200])
  })

  it('learns how fast the server is from what is large enough to tell', () => {
    const ledger = new Ledger()
    ledger.loaded(fileAt('small', 1000), load({ transferBytes: 1000, bodyBytes: 1000, durationMs: 1 }))
    assert.equal(ledger.originRate, undefined)
    ledger.loaded(fileAt('large', 1e6), load({ transferBytes: 1e6, bodyBytes: 1e6, durationMs: 500 }))
    assert.equal(ledger.originRate, 2e6)
  })

  it('tells of the files that were used last, and not of those that are only stored', () => {
    const ledger = new Ledger()
    ledger.stored(fileAt('stored'), 100)
    for (let i = 0; i < 70; i++) {
      ledger.came(fileAt(`${i}`), 'peers', 1)
      ledger.came(fileAt('often'), 'peers', 1)
    }
    const urls = ledger.files(({ path }) => ({ url: path, verified: 0 })).map(({ url }) => url)
    assert.equal(urls.length, 64)
    assert.deepEqual([urls[0], urls.at(-1)], ['7', 'often'])
  })
})

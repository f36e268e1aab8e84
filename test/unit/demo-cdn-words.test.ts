/** What the CDN page says, and where it opens another visitor. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { otherVisitor } from '../../demo/cdn/switches.ts'
import { donutWords, formatMs, savedWords, type Situation, sourceWords, statusWords } from '../../demo/cdn/words.ts'

const AT_FIRST: Situation = {
  peers: 0,
  origin: 0,
  cache: 0,
  isOn: true,
  connections: 0,
  isOriginOn: true,
  isWhole: false,
  isWaiting: false,
}

function saying(situation: Partial<Situation>): string {
  return statusWords({ ...AT_FIRST, ...situation })
}

describe('what the CDN page says', () => {
  it('tells a lone visitor so', () => {
    assert.equal(saying({}), 'Looking for other visitors…')
    assert.equal(saying({ origin: 5e5 }), "You're the first. Served by origin…")
    assert.equal(saying({ origin: 3e6, isWhole: true }), "You're the first. Served by origin; now seeding.")
  })

  it('tells who serves while it loads, and what came from whom at the end', () => {
    assert.equal(saying({ connections: 2 }), 'Fetching from 2 visitors…')
    assert.equal(saying({ peers: 7.3e6, origin: 2.7e6, isWhole: true }), '73 % came from other visitors; now seeding.')
    assert.equal(saying({ cache: 1e6, isWhole: true }), 'All of it was in this browser already; now seeding.')
    assert.match(saying({ isOn: false, isWhole: true }), /^Served by origin\./)
  })

  it('tells what it waits for with the origin off', () => {
    const off = { isOriginOn: false, isWaiting: true }
    assert.match(saying(off), /^The origin is off, and nobody else is here\./)
    assert.equal(saying({ ...off, connections: 1 }), 'The origin is off. Fetching from 1 visitor…')
  })

  it('counts peers against the origin, and as saved what the origin did not send', () => {
    const sources = { peers: 36_500_000, origin: 13_500_000, cache: 4_500_000 }
    assert.equal(donutWords(sources), '73 % from peers')
    assert.equal(savedWords(sources), 'Origin saved 41 MB')
    assert.equal(donutWords({ peers: 0, origin: 0, cache: 1 }), 'All from this browser')
    assert.equal(donutWords(AT_FIRST), 'Nothing yet')
  })

  it('tells of a file who delivered most of it', () => {
    assert.equal(sourceWords({ peers: 80, origin: 20, cache: 0 }), 'peers 80 %, origin')
    assert.equal(sourceWords({ peers: 1, origin: 999, cache: 0 }), 'origin')
    assert.equal(sourceWords({ peers: 0, origin: 0, cache: 7 }), 'cache')
    assert.equal(sourceWords(AT_FIRST), '')
    assert.deepEqual([undefined, 0.2, 1234.4].map(formatMs), ['', '1', (1234).toLocaleString()])
  })
})

describe('another visitor', () => {
  const at = (hostname: string) => otherVisitor({ protocol: 'http:', hostname, port: '8000', pathname: '/cdn/' })

  it('is another name of this machine', () => {
    assert.equal(at('localhost')?.(2), 'http://visitor2.localhost:8000/cdn/')
    assert.equal(at('visitor2.localhost')?.(2), 'http://visitor3.localhost:8000/cdn/')
  })

  it('needs another browser where the host has one name', () => {
    assert.equal(at('demo.example'), undefined)
    assert.equal(at('127.0.0.1'), undefined)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { toHex } from '../../src/metainfo/bytes.ts'
import { formatMagnet, parseMagnet } from '../../src/metainfo/magnet.ts'
import { vectors } from '../fixtures/payload.ts'
import { processorMs } from '../support/processor-time.ts'

const V1 = 'c7f22516cb9c1f26bd956e02b8cf4d34c5af9261'
const V2 = '817471070301b37f43f7a1e7485f827991a76ad363db540c8e308ec0af476eab'

function refused(text: string): string {
  try {
    parseMagnet(text)
  } catch (error) {
    assert.ok(error instanceof ShoalError && error.code === 'invalid-magnet', `${error}`)
    return error.message
  }
  throw new Error(`accepted ${text.slice(0, 100)}`)
}

for (const vector of vectors.cases) {
  test(`reads and writes the magnet of ${vector.torrent}`, () => {
    const magnet = parseMagnet(vector.magnet)
    assert.equal(magnet.infoHashV1 === undefined ? null : toHex(magnet.infoHashV1), vector.infoHashV1)
    assert.equal(magnet.infoHashV2 === undefined ? null : toHex(magnet.infoHashV2), vector.infoHashV2)
    assert.equal(magnet.name, Object.keys(vector.files)[0]!.split('/')[0])
    assert.deepEqual(magnet.trackers, ['wss://tracker.example'])
    assert.deepEqual(magnet.webSeeds, ['https://cdn.example/'])
    // libtorrent escapes in lower case; apart from that the links are the same.
    const lower = formatMagnet(magnet).replace(/%[0-9A-F]{2}/g, escaped => escaped.toLowerCase())
    assert.equal(lower, vector.magnet)
  })
}

test('reads hashes in every form', () => {
  assert.equal(toHex(parseMagnet(`magnet:?xt=urn:btih:${V1.toUpperCase()}`).infoHashV1!), V1)
  assert.equal(toHex(parseMagnet('MAGNET:?XT=URN:BTIH:Y7ZCKFWLTQPSNPMVNYBLRT2NGTC27ETB').infoHashV1!), V1)
  assert.equal(toHex(parseMagnet('magnet:?xt=urn:btih:y7zckfwltqpsnpmvnyblrt2ngtc27etb').infoHashV1!), V1)
  assert.equal(toHex(parseMagnet(`magnet:?xt=urn:btmh:1220${V2}`).infoHashV2!), V2)
  const both = parseMagnet(`magnet:?xt.1=urn:btmh:1220${V2}&xt.2=urn:btih:${V1}&xt=urn:sha1:ABC`)
  assert.deepEqual([toHex(both.infoHashV1!), toHex(both.infoHashV2!)], [V1, V2])
  assert.equal(toHex(parseMagnet(` ${V1}\n`).infoHashV1!), V1)
  assert.equal(toHex(parseMagnet(V2).infoHashV2!), V2)
  assert.equal(toHex(parseMagnet(`1220${V2}`).infoHashV2!), V2)
})

test('reads links as people paste them', () => {
  const magnet = parseMagnet(
    `magnet:?xt=urn:btih:${V1}&amp;dn=a+b%20c%2Bd&tr.1=ws://x:8000&tr.2=ws%3A%2F%2Fx%3A8000&x=%zz&=1&&q`,
  )
  assert.equal(magnet.name, 'a b c+d')
  assert.deepEqual(magnet.trackers, ['ws://x:8000'])
})

test('a long link takes no more than linear time, whatever is in it', () => {
  for (const filler of ['+', '&', '&amp;', '%', '&tr=', 'a+', '&dn=+']) {
    const link = `magnet:?xt=urn:btih:${V1}&x=`
    const long = link + filler.repeat((16_000 - link.length) / filler.length)
    const times = Array.from({ length: 5 }, () => processorMs(() => parseMagnet(long)))
    assert.ok(Math.min(...times) < 100, `${Math.min(...times)} ms for ${filler}`)
  }
})

test('keeps the addresses that can be used, each once', () => {
  const trackers = [
    'wss://a',
    'ws://b',
    'http://c',
    'https://d',
    'udp://e:1',
    'wss://a',
    'ftp://f',
    'javascript:alert(1)',
    'x',
    'file:///etc',
  ]
  const webSeeds = ['https://a/', 'http://b/', 'ftp://c/', 'data:,x', 'https://a/']
  const query = [
    ...trackers.map(url => `tr=${encodeURIComponent(url)}`),
    ...webSeeds.map(url => `ws=${encodeURIComponent(url)}`),
  ]
  const magnet = parseMagnet(`magnet:?xt=urn:btih:${V1}&${query.join('&')}`)
  assert.deepEqual(magnet.trackers, trackers.slice(0, 5))
  assert.deepEqual(magnet.webSeeds, webSeeds.slice(0, 2))
  const many = Array.from({ length: 500 }, (_, i) => `tr=ws://${i}.x`).join('&')
  assert.equal(parseMagnet(`magnet:?xt=urn:btih:${V1}&${many}`).trackers.length, 64)
})

test('reads which files are wanted (BEP 53)', () => {
  const select = (so: string): readonly number[] | undefined =>
    parseMagnet(`magnet:?xt=urn:btih:${V1}&so=${so}`).selectOnly
  assert.deepEqual(select('0,2,4-6'), [0, 2, 4, 5, 6])
  assert.deepEqual(select('6,4-5,5,0'), [0, 4, 5, 6])
  assert.deepEqual(select('x,-1,1-,3'), [3])
  assert.deepEqual(select('9-5'), undefined)
  assert.equal(select('0-999999999')!.length, 200_000)
  assert.equal(select('10,5-199999,0-199999')!.length, 200_000)
  assert.equal(select(Array(2000).fill('0-99999').join(','))!.length, 100_000)
})

test('a name is made safe', () => {
  const name = (dn: string): string | undefined =>
    parseMagnet(`magnet:?xt=urn:btih:${V1}&dn=${encodeURIComponent(dn)}`).name
  assert.equal(name('../../x'), '.._.._x')
  assert.equal(name('\u202ex'), '_x')
  assert.equal(name(' '), undefined)
})

test('says what is wrong with a link', () => {
  assert.match(refused('magnet:?dn=x'), /no infohash.*Copy the whole link/s)
  assert.match(refused('magnet:?xt=urn:btih:123'), /"123" is damaged/)
  assert.match(refused(`magnet:?xt=urn:btmh:1320${V2}`), /damaged/)
  assert.match(refused(`magnet:?xt=urn:btih:${'z'.repeat(40)}`), /damaged/)
  assert.match(refused(`magnet:?xt=urn:btih:${'1'.repeat(32)}`), /damaged/)
  assert.match(refused(''), /does not begin/)
  assert.match(refused('https://example.com'), /does not begin/)
  assert.match(refused(`magnet:?xt=urn:btih:${V1}&dn=${'x'.repeat(20_000)}`), /longer than/)
})

test('what is written is read back', () => {
  const magnet = {
    infoHashV1: new Uint8Array(20).fill(1),
    infoHashV2: new Uint8Array(32).fill(2),
    name: 'a & b + ü=',
    trackers: ['wss://x/?a=1&b=2', 'ws://y'],
    webSeeds: ['https://z/a%20b/'],
    selectOnly: [0, 1, 2, 7],
  }
  assert.deepEqual(parseMagnet(formatMagnet(magnet)), magnet)
  assert.match(formatMagnet(magnet), /so=0-2,7$/)
  assert.throws(() => formatMagnet({ name: 'x' }), ShoalError)
  formatMagnet({ infoHashV1: magnet.infoHashV1, name: '\ud800' })
})

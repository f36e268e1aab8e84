/** Which requests a site's worker answers, and how: what end-to-end tests cannot make a browser ask. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Asked, answerTo, pathOf } from '../../src/site/http.ts'
import type { Listed } from '../../src/site/table.ts'

const ORIGIN = 'https://site.example'
const ETAG = `"${'ab'.repeat(32)}"`

const file: Listed = {
  lengthBytes: 1000,
  mediaTypeName: 'video/mp4',
  storedBytes: 1000,
  isGzip: false,
  rootHex: 'ab'.repeat(32),
  pieceBytes: 16384,
  isImmutable: true,
}

const asked = (more: Partial<Omit<Asked, 'headers'>> = {}, headers: Record<string, string> = {}): Asked => ({
  url: `${ORIGIN}/a.mp4`,
  method: 'GET',
  mode: 'no-cors',
  destination: 'video',
  cache: 'default',
  referrer: `${ORIGIN}/page`,
  headers: new Headers(headers),
  ...more,
})

describe('a request', () => {
  const answered: readonly [string, Partial<Asked>, string][] = [
    ['for a part of a page', {}, '/a.mp4'],
    ['by HEAD', { method: 'HEAD' }, '/a.mp4'],
    ['with a fragment', { url: `${ORIGIN}/a.mp4#t=3` }, '/a.mp4'],
    ['with a query, which no path has', { url: `${ORIGIN}/a.mp4?b` }, '/a.mp4?b'],
    ['that prefers the cache', { cache: 'force-cache' }, '/a.mp4'],
    ['without a referrer', { referrer: '' }, '/a.mp4'],
    ['with the referrer of a script', { referrer: 'about:client' }, '/a.mp4'],
    ['with the origin alone as its referrer', { referrer: ORIGIN }, '/a.mp4'],
    [
      'by CORS to another host, with a fragment',
      { url: 'https://assets.example/a.mp4#t=3', mode: 'cors' },
      'https://assets.example/a.mp4',
    ],
    [
      'by CORS to another host that names our own',
      { url: `https://other.example/?${ORIGIN}/a.mp4`, mode: 'cors' },
      'https://other.example/?/a.mp4',
    ],
    [
      'by CORS to a host whose name begins alike',
      { url: `${ORIGIN}.other.example/a.mp4`, mode: 'cors' },
      `${ORIGIN}.other.example/a.mp4`,
    ],
    ['for a worklet, which has no policy of its own', { destination: 'audioworklet' }, '/a.mp4'],
  ]
  for (const [what, more, path] of answered) {
    it(`${what} may be answered`, () => assert.equal(pathOf(asked(more), ORIGIN), path))
  }

  const passed: readonly [string, Partial<Asked>][] = [
    ['to another origin', { url: 'https://site.example.org/a.mp4' }],
    ['to another origin, as images ask for it', { url: 'https://assets.example/a.mp4' }],
    ['to another port', { url: `${ORIGIN}:8443/a.mp4` }],
    ['of a style sheet of another origin', { referrer: 'https://other.example/a.css' }],
    ['whose referrer only begins alike', { referrer: `${ORIGIN}.other.example/` }],
    ['that navigates', { mode: 'navigate', destination: 'document' }],
    ...['iframe', 'frame', 'object', 'embed', 'worker', 'sharedworker', 'serviceworker'].map(
      (destination): [string, Partial<Asked>] => [`for ${destination}`, { destination }],
    ),
    ...['reload', 'only-if-cached'].map((cache): [string, Partial<Asked>] => [`of cache ${cache}`, { cache }]),
    ...['POST', 'PUT', 'OPTIONS'].map((method): [string, Partial<Asked>] => [`by ${method}`, { method }]),
  ]
  for (const [what, more] of passed) {
    it(`${what} is passed through`, () => assert.equal(pathOf(asked(more), ORIGIN), undefined))
  }
})

describe('an answer', () => {
  const statusOf = (headers: Record<string, string>, more: Partial<Omit<Asked, 'headers'>> = {}): number | undefined =>
    answerTo(asked(more, headers), file)?.status

  it('is whole, with the type of the table and a strong tag', () => {
    assert.deepEqual(answerTo(asked(), file), {
      status: 200,
      headers: {
        ETag: ETAG,
        'X-Content-Type-Options': 'nosniff',
        'Accept-Ranges': 'bytes',
        'Content-Type': 'video/mp4',
        'Content-Length': '1000',
      },
      startByte: 0,
      endByte: 1000,
    })
  })

  it('is the origin’s where its own bytes are wanted', () => {
    for (const cache of ['no-store', 'no-cache']) {
      assert.equal(statusOf({}, { cache }), undefined)
      assert.equal(statusOf({ 'If-Range': '"other"', Range: 'bytes=1-2' }, { cache }), undefined)
      assert.equal(statusOf({ 'If-Range': ETAG, Range: 'bytes=1-2' }, { cache }), 206)
    }
  })

  const conditions: readonly [Record<string, string>, number | undefined][] = [
    [{ 'If-None-Match': ETAG }, 304],
    [{ 'If-None-Match': `W/${ETAG}` }, 304],
    [{ 'If-None-Match': `"other", ${ETAG}` }, 304],
    [{ 'If-None-Match': ETAG, 'If-Modified-Since': 'Mon, 02 Nov 2026 10:00:00 GMT' }, 304],
    [{ 'If-None-Match': ETAG, Range: 'bytes=1-2' }, 304],
    [{ 'If-None-Match': '"other"' }, undefined],
    [{ 'If-None-Match': '*' }, undefined],
    [{ 'If-None-Match': '"other"', 'If-Range': ETAG, Range: 'bytes=1-2' }, undefined],
    [{ 'If-Modified-Since': 'Mon, 02 Nov 2026 10:00:00 GMT' }, undefined],
    [{ 'If-Match': ETAG }, undefined],
    [{ 'If-Unmodified-Since': 'Mon, 02 Nov 2026 10:00:00 GMT' }, undefined],
    [{ 'If-Range': ETAG, Range: 'bytes=1-2' }, 206],
    [{ 'If-Range': `W/${ETAG}`, Range: 'bytes=1-2' }, 200],
    [{ 'If-Range': '"other"', Range: 'bytes=1-2' }, undefined],
    [{ 'If-Range': 'Mon, 02 Nov 2026 10:00:00 GMT', Range: 'bytes=1-2' }, undefined],
  ]
  for (const [headers, status] of conditions) {
    it(`has status ${status ?? 'of the origin'} for ${JSON.stringify(headers)}`, () =>
      assert.equal(statusOf(headers), status))
  }

  const ranges: readonly [string, string | number | undefined][] = [
    ['bytes=0-0', 'bytes 0-0/1000'],
    ['bytes=10-', 'bytes 10-999/1000'],
    ['bytes=10-5000', 'bytes 10-999/1000'],
    ['bytes=-1', 'bytes 999-999/1000'],
    ['bytes=-5000', 'bytes 0-999/1000'],
    ['Bytes=1-2', 'bytes 1-2/1000'],
    ['bytes=-0', 'bytes */1000'],
    ['bytes=1000-', 'bytes */1000'],
    ['bytes=1000-1001', 'bytes */1000'],
    ['bytes=0-1,5-6', 200],
    ['bytes=0-1, -5', 200],
    ['bytes=2-1', undefined],
    ['bytes=-', undefined],
    ['bytes=', undefined],
    ['bytes=0-1,', undefined],
    ['items=0-1', undefined],
  ]
  for (const [range, expected] of ranges) {
    it(`to ${range} is ${expected ?? 'the origin’s'}`, () => {
      const answer = answerTo(asked({}, { Range: range }), file)
      assert.equal(typeof expected === 'string' ? answer?.headers['Content-Range'] : answer?.status, expected)
      if (answer?.status === 206)
        assert.equal(answer.headers['Content-Length'], String(answer.endByte - answer.startByte))
      if (answer?.status === 416) assert.equal(answer.startByte, answer.endByte)
    })
  }

  it('to HEAD has the length and no body', () => {
    const answer = answerTo(asked({ method: 'HEAD' }), file)
    assert.deepEqual([answer?.headers['Content-Length'], answer?.startByte === answer?.endByte], ['1000', true])
    assert.equal(statusOf({ Range: 'bytes=0-1' }, { method: 'HEAD' }), undefined)
  })
})

/** What the worker behind the addresses of files answers, and what it never lets a browser run. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { type Asked, answerTo, type FileFacts } from '../../src/urls/answer.ts'
import { attachment } from '../../src/urls/disposition.ts'
import { inertKindOf, inertTypeOf } from '../../src/urls/inert-types.ts'
import { newKey, newOwner, ownerOf, partsOf } from '../../src/urls/messages.ts'
import { parseRange } from '../../src/urls/range.ts'
import { VIEWER_STYLE_HASH, viewerDocument } from '../../src/urls/viewer.ts'

const film: FileFacts = { name: 'film.webm', sizeBytes: 1000, type: 'video/webm', isDownload: false }
const asked = (more: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  path: '/files/c/k/film.webm',
  range: null,
  isNavigation: false,
  ...more,
})

describe('a range', () => {
  const ranges: readonly [header: string | null, expected: [number, number] | 'unsatisfiable' | undefined][] = [
    ['bytes=0-0', [0, 1]],
    ['bytes=0-', [0, 1000]],
    ['bytes=10-19', [10, 20]],
    ['bytes=990-5000', [990, 1000]],
    ['bytes=-1', [999, 1000]],
    ['bytes=-5000', [0, 1000]],
    ['BYTES= 5-6 ', [5, 7]],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=6-5', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    ['items=0-1', undefined],
    ['', undefined],
    [null, undefined],
  ]
  for (const [header, expected] of ranges) {
    it(`${header} of 1000 bytes`, () => {
      const [fromByte, toByte] = Array.isArray(expected) ? expected : []
      assert.deepEqual(parseRange(header, 1000), Array.isArray(expected) ? { fromByte, toByte } : expected)
    })
  }

  it('of an empty file is never satisfiable', () => {
    assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable')
    assert.equal(parseRange('bytes=-5', 0), 'unsatisfiable')
  })
})

describe('an answer', () => {
  it('has the exact length, of all and of a part', () => {
    const whole = answerTo(asked(), film)
    assert.deepEqual(
      [whole.status, whole.headers['Content-Length'], whole.fromByte, whole.toByte],
      [200, '1000', 0, 1000],
    )
    const part = answerTo(asked({ range: 'bytes=-300' }), film)
    assert.deepEqual([part.status, part.headers['Content-Length'], part.fromByte, part.toByte], [206, '300', 700, 1000])
    assert.equal(part.headers['Content-Range'], 'bytes 700-999/1000')
  })

  it('outside says how long the file is', () => {
    const answer = answerTo(asked({ range: 'bytes=1000-' }), film)
    assert.deepEqual([answer.status, answer.headers['Content-Range'], answer.toByte], [416, 'bytes */1000', 0])
  })

  it('to HEAD is that to GET without a body, ranges aside', () => {
    const { headers, fromByte, toByte } = answerTo(asked({ method: 'HEAD', range: 'bytes=0-1' }), film)
    assert.deepEqual([headers['Content-Length'], fromByte, toByte], ['1000', 0, 0])
  })

  it('to anything else is a refusal', () => {
    assert.equal(answerTo(asked({ method: 'POST' }), film).status, 405)
  })

  it('for a download is whole, whatever part is asked for: no browser puts it together from two', () => {
    const { status, headers, toByte } = answerTo(asked({ range: 'bytes=500-', isNavigation: true }), {
      ...film,
      isDownload: true,
    })
    assert.deepEqual([status, toByte, headers['Accept-Ranges']], [200, 1000, undefined])
    assert.match(headers['Content-Disposition']!, /^attachment; filename="film.webm"/)
    assert.equal(headers['Content-Type'], 'application/octet-stream')
  })
})

describe('what a stranger made', () => {
  const scripted = [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/javascript',
    'text/css',
    'multipart/x',
    'application/wasm',
  ]

  it('is a document only as plain text or PDF, and an attachment otherwise', () => {
    const documents = [...scripted, 'text/plain', 'application/pdf', undefined].filter(type => {
      const { headers, text } = answerTo(asked({ isNavigation: true }), { ...film, type })
      return text === undefined && headers['Content-Disposition'] === undefined
    })
    assert.deepEqual(documents, ['text/plain', 'application/pdf'])
  })

  it('has no right to run anything, and no type is guessed', () => {
    for (const type of [...scripted, 'text/plain', 'image/png', 'video/mp4', undefined]) {
      for (const isNavigation of [true, false]) {
        const { headers } = answerTo(asked({ isNavigation }), { ...film, type })
        const policy = headers['Content-Security-Policy']!
        assert.equal(headers['X-Content-Type-Options'], 'nosniff')
        assert.match(policy, /default-src 'none'/)
        assert.match(policy, /; sandbox(;|$| allow-same-origin$)/)
        assert.doesNotMatch(policy, /script|unsafe/)
      }
    }
  })

  it('is within the document that shows it by its address alone, and its name is text', () => {
    const name = "</title><script>alert(1)</script>\"onerror='x'.png"
    const page = viewerDocument('image', name, '/files/a/b/%22%3E"><script>')
    assert.equal(page.match(/<(\/?\w+)/g)!.join(' '), '<meta <title </title <style </style <img')
    // Two attributes, each in its quotes.
    assert.match(page, /<img src="[^"<>']*" alt="[^"<>']*">$/)
  })

  it('is shown in the one style that the policy names', () => {
    const style = /<style>(.*)<\/style>/.exec(viewerDocument('video', '', ''))![1]!
    assert.equal(VIEWER_STYLE_HASH, `sha256-${createHash('sha256').update(style).digest('base64')}`)
  })

  it('is known by its extension, and HTML by its source', () => {
    const kinds = [
      'a.PNG',
      'b.svg',
      'c.mp4',
      'd.mp3',
      'e.html',
      'f.pdf',
      'g.exe',
      'png',
      'readme',
      '',
      'i.constructor',
    ].map(name => inertKindOf(inertTypeOf(name)))
    assert.deepEqual(kinds, [
      'image',
      'image',
      'video',
      'audio',
      'text',
      'pdf',
      undefined,
      'image',
      undefined,
      undefined,
      undefined,
    ])
    assert.equal(inertTypeOf('e.html'), 'text/plain')
  })
})

describe('the name of a download', () => {
  const names: readonly [name: string, header: string][] = [
    ['plain.txt', `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
    ['a "b" \\c', `attachment; filename="a _b_ _c"; filename*=UTF-8''a%20%22b%22%20_c`],
    ['50%.txt', `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`],
    ["é'(*)", `attachment; filename="_'(*)"; filename*=UTF-8''%C3%A9%27%28%2A%29`],
    ['../../etc/passwd', `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
    ['a\r\nSet-Cookie: x', `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a__Set-Cookie%3A%20x`],
    ['cod\u202egpj.exe', `attachment; filename="cod_gpj.exe"; filename*=UTF-8''cod_gpj.exe`],
    ['half \ud83d', `attachment; filename="half _"; filename*=UTF-8''half%20%EF%BF%BD`],
    ['', `attachment; filename="file"; filename*=UTF-8''file`],
  ]
  for (const [name, header] of names) {
    it(JSON.stringify(name), () => assert.equal(attachment(name), header))
  }
})

describe('an address', () => {
  const scope = 'https://site.example/files/'
  const client = 'fcc7a4dd-1f6b-4bb5-8e9b-5f2a0f6f6a5e'

  it('names the page and the file, and nothing else in the scope is one', () => {
    const owner = newOwner()
    const key = newKey(owner)
    assert.equal(ownerOf(key), owner)
    assert.deepEqual(partsOf(`${scope}${client}/${key}/a%2Fb?x#t=3`, scope), { client, key })
    const others = [
      `${scope}worker.js`,
      `${scope}${client}/${key}`,
      `${scope}${client}/${key}/a/b`,
      `${scope}${client}/${key.toUpperCase()}x/a`,
      `https://site.example/${client}/${key}/a`,
    ]
    for (const url of others) assert.equal(partsOf(url, scope), undefined, url)
  })
})

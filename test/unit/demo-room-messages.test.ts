/** What of a member's message is believed: its form, its signature, its seal. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROOM_LIMITS } from '../../demo/room/limits.ts'
import { partsOf } from '../../demo/room/links-in-text.ts'
import { type Body, cleanName, cleanText, encodeBody, parseBody } from '../../demo/room/messages.ts'
import { SealedLink } from '../../demo/room/sealed-link.ts'
import { newRoomSecret, roomKeys, secretOf } from '../../demo/room/secret.ts'
import { BODY_OFFSET, createIdentity, openSigned } from '../../demo/room/signing.ts'

const LINE: Body = { type: 'line', n: 1, at: 5, name: 'Ann', text: 'Hello\nthere' }
const LINK = `${'A'.repeat(43)}.${'A'.repeat(43)}`
const FILE: Body = { type: 'file', n: 2, at: 5, name: '', title: 'a.txt', lengthBytes: 0, fileCount: 1, link: LINK }

function parsed(fields: unknown): Body | undefined {
  return parseBody(new TextEncoder().encode(JSON.stringify(fields)))
}

describe('a message', () => {
  it('is read as it was written, and without what does not belong to it', () => {
    for (const body of [LINE, FILE, { type: 'presence', n: 3, name: 'Ann', status: 'left' } as const]) {
      assert.deepEqual(parseBody(encodeBody(body)), body)
      assert.deepEqual(parsed({ ...body, more: 1, __proto__: { n: 7 } }), body)
    }
  })

  const hostile: readonly [what: string, fields: unknown][] = [
    ['nothing', null],
    ['a list', [LINE]],
    ['no kind', { ...LINE, type: undefined }],
    ['another kind', { ...LINE, type: 'constructor' }],
    ['number 0', { ...LINE, n: 0 }],
    ['half a number', { ...LINE, n: 1.5 }],
    ['a number past what is exact', { ...LINE, n: 2 ** 53 }],
    ['a number in words', { ...LINE, n: '1' }],
    ['no time', { ...LINE, at: null }],
    ['an endless time', { ...LINE, at: 1e300 }],
    ['no name', { ...LINE, name: undefined }],
    ['a name of two lines', { ...LINE, name: 'a\nb' }],
    ['a name that turns text round', { ...LINE, name: 'a\u202eb' }],
    ['a name that looks like another', { ...LINE, name: 'An\u200bn' }],
    ['a long name', { ...LINE, name: 'x'.repeat(ROOM_LIMITS.nameLengthMax + 1) }],
    ['no text', { ...LINE, text: '' }],
    ['text of spaces', { ...LINE, text: ' ' }],
    ['a bell', { ...LINE, text: 'a\u0007' }],
    ['half a character', { ...LINE, text: 'a\ud800' }],
    ['a long line', { ...LINE, text: 'ä'.repeat(ROOM_LIMITS.textBytesMax / 2 + 1) }],
    ['an unknown status', { type: 'presence', n: 1, name: 'Ann', status: 'admin' }],
    ['a status from the prototype', { type: 'presence', n: 1, name: 'Ann', status: 'toString' }],
    ['a negative size', { ...FILE, lengthBytes: -1 }],
    ['no files', { ...FILE, fileCount: 0 }],
    ['no title', { ...FILE, title: '' }],
    ['a link elsewhere', { ...FILE, link: 'javascript:alert(1)' }],
    ['an open share', { ...FILE, link: '00'.repeat(32) }],
    ['a share with a password', { ...FILE, link: `${LINK}.p` }],
    ['a link with its mark', { ...FILE, link: `#${LINK}` }],
  ]
  for (const [what, fields] of hostile) {
    it(`is dropped that has ${what}`, () => {
      assert.equal(parsed(fields), undefined)
    })
  }

  it('is dropped that is no JSON, no UTF-8, or too long', () => {
    assert.equal(parseBody(new TextEncoder().encode('{')), undefined)
    assert.equal(parseBody(Uint8Array.of(0x22, 0xff, 0x22)), undefined)
    const padded = `${' '.repeat(ROOM_LIMITS.bodyBytesMax)}${JSON.stringify(LINE)}`
    assert.equal(parseBody(new TextEncoder().encode(padded)), undefined)
  })

  it('of the longest line that is cut to its bound can still be sent', () => {
    for (const character of ['"', '\n"', '€', '😀', '\\', 'é']) {
      const text = cleanText(character.repeat(5_000))
      const name = cleanName('"'.repeat(100))
      assert.ok(new TextEncoder().encode(text).length > ROOM_LIMITS.textBytesMax - 5, character)
      const body: Body = { ...LINE, name, text }
      assert.deepEqual(parseBody(encodeBody(body)), body)
      assert.ok(encodeBody(body).length + BODY_OFFSET + 17 < ROOM_LIMITS.frameBytesMax)
    }
  })
})

describe('a signature', () => {
  it('holds for what was said, by whom and in which room, and for nothing else', async () => {
    const { infoHash } = await roomKeys(newRoomSecret())
    const ann = await createIdentity(infoHash)
    const bob = await createIdentity(infoHash)
    assert.match(ann.id, /^[0-9a-f]{32}$/)
    const said = await ann.sign(LINE)
    assert.deepEqual(await openSigned(said.bytes, infoHash), said)
    assert.equal((await openSigned(said.bytes, infoHash))?.sender, ann.id)
    // Each byte counts: of the signature, the key and the body.
    for (const at of [0, 63, 64, 65, 100, BODY_OFFSET + 12, said.bytes.length - 3]) {
      const altered = said.bytes.slice()
      altered[at]! ^= 1
      assert.equal(await openSigned(altered, infoHash), undefined, `byte ${at}`)
    }
    const { infoHash: elsewhere } = await roomKeys(newRoomSecret())
    assert.equal(await openSigned(said.bytes, elsewhere), undefined)
    // Under another's key it is neither's.
    const stolen = said.bytes.slice()
    stolen.set((await bob.sign(LINE)).bytes.subarray(64, BODY_OFFSET), 64)
    assert.equal(await openSigned(stolen, infoHash), undefined)
    assert.equal(await openSigned(new Uint8Array(10), infoHash), undefined)
  })
})

describe('the secret of a room', () => {
  it('is what is in its link, whole and unaltered', () => {
    const secret = newRoomSecret()
    assert.equal(secretOf(`#${secret}`), secret)
    for (const fragment of ['', '#', `#${secret.slice(1)}`, `#${secret}x`, `#${secret.slice(0, -1)}!`, '#ä']) {
      assert.equal(secretOf(fragment), undefined, fragment)
    }
  })

  it('always leads to the same place, and another one elsewhere', async () => {
    const keys = await roomKeys('A'.repeat(43))
    assert.equal(Buffer.from(keys.infoHash).toString('hex'), '4999fc9828af1d27bf5999a0959fadd5be743a44')
    assert.notDeepEqual((await roomKeys(newRoomSecret())).infoHash, keys.infoHash)
  })
})

interface Side {
  link: SealedLink
  heard: string[]
  isOpen: boolean
  failure: string | undefined
  /** What it has sent, and nobody has been given. */
  sent: Uint8Array<ArrayBuffer>[]
}

function side(material: CryptoKey, isOfferer: boolean): Side {
  const made: Side = { heard: [], isOpen: false, failure: undefined, sent: [], link: undefined! }
  const channel = { bufferedBytes: 0, send: (bytes: Uint8Array) => void made.sent.push(new Uint8Array(bytes)) }
  made.link = new SealedLink(
    { channel, material, isOfferer, lastWord: new TextEncoder().encode('bye') },
    {
      opened: () => (made.isOpen = true),
      frame: async (kind, bytes) => void made.heard.push(`${kind} ${new TextDecoder().decode(bytes)}`),
      failed: reason => (made.failure = reason),
    },
  )
  return made
}

/** Carries what both send until they have nothing more to say. */
async function carry(a: Side, b: Side): Promise<void> {
  for (let isQuiet = false; !isQuiet; ) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const bytes of from.sent.splice(0)) to.link.receive(bytes)
    }
    await Promise.all([a, b].map(({ link }) => link.settled()))
    isQuiet = a.sent.length + b.sent.length === 0
  }
}

describe('a sealed connection', () => {
  const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

  async function pair(t: { after(cleanup: () => void): void }, secrets = [newRoomSecret()]): Promise<[Side, Side]> {
    const [one, other = one] = await Promise.all(secrets.map(roomKeys))
    const a = side(one!.linkMaterial, true)
    const b = side(other!.linkMaterial, false)
    t.after(() => {
      a.link.close()
      b.link.close()
    })
    a.link.start()
    b.link.start()
    return [a, b]
  }

  it('carries what both say, in order', async t => {
    const [a, b] = await pair(t)
    await carry(a, b)
    assert.ok(a.isOpen && b.isOpen)
    for (const n of [1, 2, 3]) a.link.send('live', bytes(`a${n}`))
    b.link.send('past', bytes('b'))
    await Promise.all([a, b].map(({ link }) => link.settled()))
    assert.ok(a.sent.every(sealed => !Buffer.from(sealed).includes('a1')))
    await carry(a, b)
    assert.deepEqual(b.heard, ['live a1', 'live a2', 'live a3'])
    assert.deepEqual(a.heard, ['past b'])
  })

  it('lets nobody in without the secret, and tells them nothing', async t => {
    const [a, b] = await pair(t, [newRoomSecret(), newRoomSecret()])
    await carry(a, b)
    assert.ok(!a.isOpen && !b.isOpen)
    assert.equal(a.failure, 'What the other side sent does not open.')
    assert.equal(b.failure, 'What the other side sent does not open.')
  })

  for (const [what, alter] of [
    ['repeated', (frames: Uint8Array<ArrayBuffer>[]) => [frames[0]!, frames[0]!]],
    ['reordered', (frames: Uint8Array<ArrayBuffer>[]) => [frames[1]!, frames[0]!]],
    ['left out', (frames: Uint8Array<ArrayBuffer>[]) => [frames[1]!]],
    ['altered', ([frame]: Uint8Array<ArrayBuffer>[]) => [frame!.map((byte, at) => (at === 3 ? byte ^ 1 : byte))]],
    ['cut', ([frame]: Uint8Array<ArrayBuffer>[]) => [frame!.slice(0, -1)]],
  ] as const) {
    it(`ends at what is ${what}`, async t => {
      const [a, b] = await pair(t)
      await carry(a, b)
      a.link.send('live', bytes('one'))
      a.link.send('live', bytes('two'))
      await a.link.settled()
      a.sent = alter(a.sent)
      await carry(a, b)
      assert.equal(b.failure, 'What the other side sent does not open.')
      assert.ok(!b.heard.includes('live two'))
    })
  }

  it('does not open what was recorded on another', async t => {
    const secret = newRoomSecret()
    const [a, b] = await pair(t, [secret])
    const recorded: Uint8Array<ArrayBuffer>[] = []
    await carry(a, b)
    a.link.send('live', bytes('old'))
    await a.link.settled()
    recorded.push(...a.sent)
    const [c, d] = await pair(t, [secret])
    await carry(c, d)
    for (const frame of recorded) d.link.receive(frame)
    await d.link.settled()
    assert.equal(d.failure, 'What the other side sent does not open.')
    // Nor what it said itself.
    for (const frame of recorded) a.link.receive(frame)
    await a.link.settled()
    assert.equal(a.failure, 'What the other side sent does not open.')
  })

  it('ends by a last word that was sealed before, and by nothing after it', async t => {
    const [a, b] = await pair(t)
    await carry(a, b)
    a.link.send('live', bytes('one'))
    await a.link.settled()
    a.link.farewell()
    assert.equal(a.sent.length, 2)
    const [, lastWord] = a.sent
    await carry(a, b)
    assert.deepEqual(b.heard, ['live one', 'live bye'])
    b.link.receive(lastWord!)
    await b.link.settled()
    assert.equal(b.failure, 'What the other side sent does not open.')
  })

  it('ends when the other side says too much, or too long, or does not read', async t => {
    const [a, b] = await pair(t)
    await carry(a, b)
    b.link.receive(new Uint8Array(ROOM_LIMITS.frameBytesMax + 1))
    assert.equal(b.failure, 'The other side sends too much.')
    const [c, d] = await pair(t)
    await carry(c, d)
    for (let n = 0; n <= ROOM_LIMITS.frames.burst; n++) d.link.receive(new Uint8Array(20))
    assert.equal(d.failure, 'The other side sends too much.')
    const large = new Uint8Array(ROOM_LIMITS.frameBytesMax - 17)
    for (let n = 0; n * large.length <= ROOM_LIMITS.queueBytesMax; n++) c.link.send('live', large)
    assert.equal(c.failure, 'The other side does not read.')
  })
})

describe('a line', () => {
  it('has links of pages, and of nothing else', () => {
    const hrefs = (text: string): string[] => partsOf(text).flatMap(({ href }) => (href === undefined ? [] : [href]))
    assert.deepEqual(hrefs('See https://example.org/a?b=c#d, and (http://example.net).'), [
      'https://example.org/a?b=c#d',
      'http://example.net/',
    ])
    assert.deepEqual(hrefs('javascript:alert(1) data:text/html,x ftp://a.b xhttps://c.d file:///e'), [])
    assert.deepEqual(hrefs('<a href="https://example.org/x">y</a>'), ['https://example.org/x'])
    for (const text of ['', 'https://', 'a https://example.org. b', 'https://[::1 x', '\u202ehttps://a.b/c']) {
      assert.equal(
        partsOf(text)
          .map(part => part.text)
          .join(''),
        text,
      )
    }
  })
})

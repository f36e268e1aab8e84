/** Links of open and private shares, whole and cut off. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LinkError, linkTo, privateLinkTo, readLink } from '../../demo/link.ts'

const PAGE = { origin: 'https://files.example', pathname: '/' }
const secret = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
const infoHash = '00ff'.repeat(16)

describe('a link', () => {
  it('of an open share has its infohash in hex', () => {
    for (const hash of ['ab'.repeat(20), 'ab'.repeat(32)]) {
      const link = linkTo(hash, PAGE)
      assert.equal(link, `https://files.example/#${hash}`)
      assert.deepEqual(readLink(new URL(link).hash), { infoHash: hash, needsPassword: false })
    }
  })

  it('of a private share has infohash and secret in base64url, and says whether there is a password', () => {
    for (const needsPassword of [false, true]) {
      const link = privateLinkTo({ infoHash, secret, needsPassword }, PAGE)
      assert.match(link, /^https:\/\/files\.example\/#[\w-]{43}\.[\w-]{43}(\.p)?$/)
      assert.equal(link.endsWith('.p'), needsPassword)
      assert.deepEqual(readLink(new URL(link).hash), { infoHash, secret, needsPassword })
    }
  })

  it('says nothing when there is nothing in it', () => {
    for (const fragment of ['', '#', '# ']) assert.equal(readLink(fragment), undefined)
  })

  const { hash } = new URL(privateLinkTo({ infoHash, secret, needsPassword: true }, PAGE))

  it('is said to be cut off, wherever it was', () => {
    const whole = new Set([hash.length, hash.length - 2])
    for (let length = 2; length < hash.length; length++) {
      if (whole.has(length)) continue
      assert.throws(
        () => readLink(hash.slice(0, length)),
        (error: unknown) => {
          return error instanceof LinkError && /cut off/.test(error.message)
        },
        String(length),
      )
    }
    for (const length of [10, 39, 50, 63]) assert.throws(() => readLink('a'.repeat(length)), /cut off/)
  })

  it('is said to be altered when it is no link', () => {
    const [key = '', value = ''] = hash.slice(1).split('.')
    const others = [
      `${key}.${value}.q`,
      `${key}.${value}.p.p`,
      `${key}a.${value}`,
      `${key}.${value}a`,
      `${key.slice(1)}+.${value}`,
      // Not the one form of its 32 bytes: the last two bits stand for nothing.
      `${key}.${value.slice(0, -1)}${value.endsWith('B') ? 'C' : 'B'}`,
    ]
    for (const other of others) assert.throws(() => readLink(other), /altered/, other)
  })
})

/** Who may use a tracker: tokens, lists of infohashes, and who a client is behind proxies. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import { toLatin1 } from '../../src/metainfo/bytes.ts'
import { readInfoHashes } from '../../tracker/access/info-hashes.ts'
import { clientAddressBehind, isCidr } from '../../tracker/access/proxies.ts'
import { readTokenKey, signToken, verifyToken } from '../../tracker/access/tokens.ts'

const SECRET = 'a secret that nobody can guess, of 32 bytes or more'
const secret = readTokenKey(`${SECRET}\n`)
const pair = generateKeyPairSync('ed25519')
const privateKey = readTokenKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)
const publicKey = readTokenKey(pair.publicKey.export({ format: 'pem', type: 'spki' }) as string)
const ih = '0123456789abcdef'.repeat(4)
const site = 'ab'.repeat(32)

describe('a join token', () => {
  for (const [name, signer, checker] of [
    ['HS256', secret, secret],
    ['EdDSA', privateKey, publicKey],
    ['EdDSA, checked with the private key', privateKey, privateKey],
  ] as const) {
    it(`grants what it names: ${name}`, async () => {
      const grant = await verifyToken(checker, await signToken(signer, { ih }, 60))
      assert.ok(typeof grant === 'object')
      assert.equal(grant.infoHash, toLatin1(Buffer.from(ih.slice(0, 40), 'hex')))
      assert.ok(Math.abs(grant.until - Date.now() - 60_000) < 5_000)
      assert.deepEqual(
        { ...((await verifyToken(checker, await signToken(signer, { site }, 60))) as object), until: 0 },
        { site, until: 0 },
      )
    })
  }

  it('grants nothing when it is expired, too long-lived, foreign, altered, unsigned or about nothing', async () => {
    const good = await signToken(secret, { ih }, 60)
    const [head, body, signature] = good.split('.') as [string, string, string]
    const claims = { ...JSON.parse(new TextDecoder().decode(base64url.decode(body))), site }
    const sign = (jwt: SignJWT) => jwt.setProtectedHeader({ alg: 'HS256' }).sign(secret.key)
    const bad: Record<string, string> = {
      expired: await sign(new SignJWT({ ih }).setExpirationTime(Math.floor(Date.now() / 1000) - 60)),
      'too long-lived': await sign(new SignJWT({ ih }).setExpirationTime('11m')),
      'without an end': await sign(new SignJWT({ ih })),
      foreign: await signToken(readTokenKey(SECRET.toUpperCase()), { ih }, 60),
      'signed otherwise': await signToken(privateKey, { ih }, 60),
      altered: [head, base64url.encode(JSON.stringify(claims)), signature].join('.'),
      unsigned: new UnsecuredJWT({ ih }).setExpirationTime('5m').encode(),
      'about nothing': await sign(new SignJWT({}).setExpirationTime('5m')),
      'about what is no infohash': await sign(new SignJWT({ ih: 'x'.repeat(40) }).setExpirationTime('5m')),
      empty: '',
      'no token': 'a.b.c',
    }
    for (const [name, token] of Object.entries(bad))
      assert.equal(typeof (await verifyToken(secret, token)), 'string', name)
    assert.equal(typeof (await verifyToken(secret, good)), 'object')
  })

  it('is not signed by a public key used as a secret', async () => {
    const pem = pair.publicKey.export({ format: 'pem', type: 'spki' }) as string
    const forged = await new SignJWT({ ih })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(pem))
    assert.equal(typeof (await verifyToken(publicKey, forged)), 'string')
  })

  it('needs a key that cannot be guessed', () => {
    assert.throws(() => readTokenKey('too short'), /32 bytes/)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' })
    assert.throws(() => readTokenKey(rsa as string), /Ed25519/)
  })
})

describe('a list of infohashes', () => {
  it('has one on a line, of v1 or v2, and words for people', () => {
    const listed = readInfoHashes(`# ours\n${ih.slice(0, 40)}   a film\r\n\n${'FE'.repeat(32)} # v2\n`)
    assert.deepEqual([...listed], [toLatin1(Buffer.from(ih.slice(0, 40), 'hex')), 'þ'.repeat(20)])
  })

  it('names the line that is none', () => {
    assert.throws(() => readInfoHashes(`${ih.slice(0, 40)}\n${ih.slice(0, 39)}`), /line 2/)
  })
})

describe('a client behind proxies', () => {
  const address = (trusted: readonly string[], remoteAddress: string, forwarded?: string) =>
    clientAddressBehind(trusted)({
      socket: { remoteAddress },
      headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
    } as IncomingMessage)

  it('is the last that no trusted proxy is, from the right', () => {
    const trusted = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']
    assert.equal(address(trusted, '127.0.0.1', '203.0.113.1'), '203.0.113.1')
    assert.equal(address(trusted, '::ffff:127.0.0.1', '198.51.100.7, 203.0.113.1, 10.1.2.3'), '203.0.113.1')
    assert.equal(address(trusted, 'fd00::1', '[2001:db8::1]:4711'), '2001:db8::1')
    assert.equal(address(trusted, '10.0.0.1', '203.0.113.1:8080'), '203.0.113.1')
  })

  it('is who connects, when that is no trusted proxy, or one that names nobody', () => {
    assert.equal(address(['10.0.0.0/8'], '203.0.113.9', '198.51.100.7'), '203.0.113.9')
    assert.equal(address(['10.0.0.0/8'], '10.0.0.1'), '10.0.0.1')
    assert.equal(address(['10.0.0.0/8'], '10.0.0.1', 'unknown'), '10.0.0.1')
    assert.equal(address(['10.0.0.0/8'], '10.0.0.1', '198.51.100.7, nonsense'), '10.0.0.1')
    assert.equal(address([], '10.0.0.1', '198.51.100.7'), '10.0.0.1')
  })

  it('is told by addresses and networks', () => {
    for (const good of ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']) assert.ok(isCidr(good), good)
    for (const bad of ['', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'localhost', '10.0.0.0/8/8', '10.0.0.0/'])
      assert.ok(!isCidr(bad), bad)
  })
})

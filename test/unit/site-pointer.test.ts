/** The pointer: which manifest holds, or that none does; and every reason for which it is refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { decode, encode } from '../../src/metainfo/bencode.ts'
import { concatBytes } from '../../src/metainfo/bytes.ts'
import { SITE_LIMITS } from '../../src/site/limits.ts'
import { readManifest, verifyManifest } from '../../src/site/manifest.ts'
import { signManifest, withHead } from '../../src/site/manifest-encode.ts'
import { checkPair, type Pointer, pointerTo, signPointer, verifyPointer } from '../../src/site/pointer.ts'
import { dictOf, NOW, refusedWith, testFile, testKey, testManifest, testTrust } from '../support/site.ts'

const key = await testKey()
const manifestBytes = await testManifest(key)
const { manifest } = readManifest(manifestBytes)
const bytes = await signPointer(pointerTo(manifest), key.sign)
const trust = testTrust(key)

const pointerWith = (fields: Partial<Pointer>): Promise<Uint8Array> =>
  signPointer({ ...pointerTo(manifest), ...fields }, key.sign)

describe('a pointer', () => {
  it('names a manifest', async () => {
    const { pointer } = await verifyPointer(bytes, trust)
    assert.deepEqual(pointer, pointerTo(manifest))
    checkPair(pointer, (await verifyManifest(manifestBytes, trust)).manifest)
  })

  it('fits into 512 bytes with every key that it remembers, and the largest numbers', async () => {
    let owner = key
    for (let n = 0; n < SITE_LIMITS.rotationsMax; n++) owner = await testKey(owner)
    const version = Number.MAX_SAFE_INTEGER
    const statement = { ...pointerTo(manifest), ...owner, version, expires: version }
    const largest = await signPointer(statement, owner.sign)
    assert.ok(largest.length <= SITE_LIMITS.pointerBytesMax, `${largest.length} bytes`)
    const [, , trusted] = owner.rotated.toReversed()
    const nearest = owner.rotated.at(-SITE_LIMITS.pointerRotationsMax)!
    const usual = await signPointer({ ...statement, version: NOW, expires: NOW + 1 }, owner.sign)
    await verifyPointer(usual, testTrust({ ...owner, key: nearest.key }))
    await assert.rejects(verifyPointer(usual, testTrust({ ...owner, key: trusted!.key })), refusedWith('site-key'))
  })
})

describe('a pointer is refused', () => {
  it('when any of its bytes is altered', async () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [1, 0x80]) {
        const altered = bytes.slice()
        altered[at]! ^= mask
        await assert.rejects(
          verifyPointer(altered, trust),
          (error: unknown) => error instanceof ShoalError && error.code.startsWith('site-'),
          `byte ${at} ^ ${mask}`,
        )
      }
    }
  })

  it('when it is larger than a pointer may be', async () => {
    await assert.rejects(verifyPointer(new Uint8Array(513), trust), refusedWith('site-oversize', /513 bytes/))
  })

  it('when it is cut short, goes on, or is something else', async () => {
    for (const other of [bytes.subarray(0, -1), concatBytes([bytes, bytes.subarray(0, 9)]), encode({}), encode('a')])
      await assert.rejects(verifyPointer(other, trust), refusedWith('site-format'))
  })

  it('when it is of another key, expired, or far ahead', async () => {
    await assert.rejects(verifyPointer(bytes, testTrust(await testKey())), refusedWith('site-key'))
    await assert.rejects(verifyPointer(await pointerWith({ expires: NOW }), trust), refusedWith('site-expired'))
    await assert.rejects(verifyPointer(await pointerWith({ version: NOW + 90_000 }), trust), refusedWith('site-format'))
  })

  it('when its signature was made for a manifest', async () => {
    const asManifest = await signPointer(pointerTo(manifest), (_, message) => key.sign('manifest', message))
    await assert.rejects(verifyPointer(asManifest, trust), refusedWith('site-signature'))
  })

  it('when its fields are missing or of another kind', async () => {
    for (const [name, value] of [
      ['kill', 2],
      ['kill', undefined],
      ['infohash', new Uint8Array(20)],
      ['manifest', undefined],
      ['version', 0],
      ['expires', undefined],
      ['key', new Uint8Array(33)],
      ['signature', new Uint8Array(63)],
      ['shoal pointer', 2],
    ] as const) {
      const fields = dictOf(decode(bytes))
      fields.set(name, value)
      await assert.rejects(verifyPointer(encode(fields), trust), refusedWith('site-format'), name)
    }
  })

  it('when a newer one was seen', async () => {
    const { accepted } = await verifyPointer(await pointerWith({ version: NOW }), trust)
    await assert.rejects(verifyPointer(bytes, testTrust(key, { accepted })), refusedWith('site-older'))
  })
})

describe('pointer and manifest', () => {
  it('do not mix: neither a newer nor an older manifest goes with a pointer', async () => {
    const { pointer } = await verifyPointer(bytes, trust)
    const other = await testManifest(key, { version: NOW - 50, files: [await testFile('b.png', new Uint8Array(9))] })
    const sameVersion = await testManifest(key, { files: [await testFile('b.png', new Uint8Array(9))] })
    for (const mixed of [other, sameVersion])
      assert.throws(() => checkPair(pointer, readManifest(mixed).manifest), refusedWith('site-mismatch'))
  })

  it('do not mix when the torrent is the same and what is said around it is not', async () => {
    const { pointer } = await verifyPointer(bytes, trust)
    const renewed = await signManifest(withHead(manifestBytes, { ...manifest, expires: NOW + 90_000 }), key.sign)
    assert.deepEqual(readManifest(renewed).manifest.infoHash, manifest.infoHash)
    assert.throws(() => checkPair(pointer, readManifest(renewed).manifest), refusedWith('site-mismatch'))
  })

  it('agree on what was seen: a manifest older than the last pointer is refused', async () => {
    const { accepted } = await verifyPointer(await pointerWith({ version: NOW }), trust)
    await assert.rejects(verifyManifest(manifestBytes, testTrust(key, { accepted })), refusedWith('site-older'))
  })
})

describe('a kill', () => {
  it('is a pointer, and not undone by one that came before it or bears its version', async () => {
    const kill = await pointerWith({ version: NOW - 10, isKilled: true })
    const { pointer, accepted } = await verifyPointer(kill, trust)
    assert.equal(pointer.isKilled, true)
    const after = testTrust(key, { accepted })
    await assert.rejects(verifyPointer(bytes, after), refusedWith('site-older'))
    await assert.rejects(verifyPointer(await pointerWith({ version: NOW - 10 }), after), refusedWith('site-older'))
    await assert.rejects(verifyManifest(manifestBytes, after), refusedWith('site-older'))
  })

  it('ends with the next deploy', async () => {
    const { accepted } = await verifyPointer(await pointerWith({ version: NOW - 10, isKilled: true }), trust)
    const next = await testManifest(key, { version: NOW - 9 })
    await verifyManifest(next, testTrust(key, { accepted }))
  })
})

/** Rotation: who trusts an old key follows it to the new one, and to no other. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SITE_LIMITS } from '../../src/site/limits.ts'
import { readManifest, verifyManifest } from '../../src/site/manifest.ts'
import { pointerTo, signPointer, verifyPointer } from '../../src/site/pointer.ts'
import { follows, isChain, siteKeyOf } from '../../src/site/rotation.ts'
import { NOW, refusedWith, type TestKey, testKey, testManifest, testTrust } from '../support/site.ts'

const first = await testKey()
const second = await testKey(first)
const third = await testKey(second)

describe('a rotated key', () => {
  it('is followed from every key before it', async () => {
    const bytes = await testManifest(third)
    for (const pinned of [first, second, third]) await verifyManifest(bytes, testTrust(pinned))
  })

  it("keeps the site's name, and so its swarms", async () => {
    assert.deepEqual(siteKeyOf(third), first.key)
    const [before, after] = await Promise.all([first, third].map(key => testManifest(key)))
    assert.deepEqual(readManifest(before!).manifest.infoHash, readManifest(after!).manifest.infoHash)
  })

  it('is not followed by who trusts a stranger', async () => {
    await assert.rejects(
      verifyManifest(await testManifest(third), testTrust(await testKey())),
      refusedWith('site-key', /another key/),
    )
  })

  it('is refused when the old key did not sign it', async () => {
    const thief = await testKey()
    const claimed: TestKey = {
      ...thief,
      rotated: [{ key: first.key, signature: await thief.sign('rotation', thief.key) }],
    }
    await assert.rejects(
      verifyManifest(await testManifest(claimed), testTrust(first)),
      refusedWith('site-key', /vouched/),
    )
  })

  it('is refused when a link is left out, or links change places', async () => {
    for (const rotated of [third.rotated.slice(0, 1), third.rotated.toReversed()]) {
      assert.equal(await isChain({ ...third, rotated }), false)
      const bytes = await testManifest({ ...third, rotated })
      await assert.rejects(verifyManifest(bytes, testTrust(first)), refusedWith('site-key'))
    }
  })

  it('is refused when the old key signed it as something else', async () => {
    const next = await testKey()
    const rotated = [{ key: first.key, signature: await first.sign('pointer', next.key) }]
    const bytes = await testManifest({ ...next, rotated })
    await assert.rejects(verifyManifest(bytes, testTrust(first)), refusedWith('site-key'))
  })
})

describe('a replaced key', () => {
  it('signs nothing more for who has seen the new one, whichever of them the page names', async () => {
    const { accepted } = await verifyManifest(await testManifest(second), testTrust(first))
    const stolen = await testManifest(first, { version: NOW })
    await assert.rejects(
      verifyManifest(stolen, testTrust(first, { accepted })),
      refusedWith('site-key', /has been replaced/),
    )
    await assert.rejects(verifyManifest(stolen, testTrust(second, { accepted })), refusedWith('site-key'))
    await verifyManifest(await testManifest(third, { version: NOW }), testTrust(first, { accepted }))
  })

  it('does not start another line beside the one that was followed', async () => {
    const { accepted } = await verifyManifest(await testManifest(second), testTrust(first))
    const other = await testKey(first)
    await assert.rejects(
      verifyManifest(await testManifest(other, { version: NOW }), testTrust(first, { accepted })),
      refusedWith('site-key'),
    )
  })

  it('keeps versions monotonic across the rotation', async () => {
    const { accepted } = await verifyManifest(await testManifest(first, { version: NOW - 5 }), testTrust(first))
    await assert.rejects(
      verifyManifest(await testManifest(second, { version: NOW - 6 }), testTrust(first, { accepted })),
      refusedWith('site-older'),
    )
  })
})

describe('a pointer after a rotation', () => {
  it('is followed by who has seen a manifest of its line, although its chain is short', async () => {
    const fourth = await testKey(third)
    const { manifest, accepted } = await verifyManifest(await testManifest(fourth), testTrust(first))
    const bytes = await signPointer(pointerTo(manifest), fourth.sign)
    await assert.rejects(verifyPointer(bytes, testTrust(first)), refusedWith('site-key'))
    const after = await verifyPointer(bytes, testTrust(first, { accepted }))
    // What it does not name stays replaced.
    const stolen = await testManifest(first, { version: NOW })
    for (const pinned of [first, fourth])
      await assert.rejects(
        verifyManifest(stolen, testTrust(pinned, { accepted: after.accepted })),
        refusedWith('site-key'),
      )
  })
})

describe('a lost key', () => {
  it('is replaced by a page that names a new one: its versions begin anew', async () => {
    const { accepted } = await verifyManifest(await testManifest(first), testTrust(first))
    const fresh = await testKey()
    const bytes = await testManifest(fresh, { version: 1 })
    const after = await verifyManifest(bytes, testTrust(fresh, { accepted }))
    assert.deepEqual(after.accepted.key, fresh.key)
    await assert.rejects(verifyManifest(bytes, testTrust(first, { accepted })), refusedWith('site-key'))
  })
})

describe('a chain', () => {
  it(`has at most ${SITE_LIMITS.rotationsMax} links`, async () => {
    let key = first
    for (let n = 0; n < SITE_LIMITS.rotationsMax; n++) key = await testKey(key)
    await verifyManifest(await testManifest(key), testTrust(first))
    const tooLong = await testKey(key)
    await assert.rejects(testManifest(tooLong), refusedWith('site-format', /longer than 8/))
    const shortened = { ...tooLong, rotated: tooLong.rotated.slice(1) }
    assert.equal(follows(shortened, first.key), false)
    await verifyManifest(await testManifest(shortened), testTrust(key))
  })
})

/** Which deploys a seeder believes, from its first look on. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeployTrust, type DeployTrustOptions } from '../../src/node/site/deploy-trust.ts'
import { type Manifest, readManifest } from '../../src/site/manifest.ts'
import type { ManifestDraft } from '../../src/site/manifest-encode.ts'
import { pointerTo, signPointer } from '../../src/site/pointer.ts'
import { BASE, NOW, refusedWith, type TestKey, testKey, testManifest } from '../support/site.ts'

interface Pair {
  readonly manifest: Uint8Array
  readonly pointer: Uint8Array
  readonly read: Manifest
}

async function pair(key: TestKey, draft: Partial<ManifestDraft> = {}, isKilled = false): Promise<Pair> {
  const manifest = await testManifest(key, draft)
  const read = readManifest(manifest).manifest
  const pointer = { ...pointerTo(read), isKilled, version: read.version + Number(isKilled) }
  return { manifest, read, pointer: await signPointer(pointer, key.sign) }
}

function trustOf(options: Partial<DeployTrustOptions> = {}): DeployTrust {
  return new DeployTrust({ key: undefined, base: BASE, now: () => NOW, ...options })
}

/** What a source does with what it reads. */
function see(trust: DeployTrust, { pointer, manifest }: Pair): ReturnType<DeployTrust['check']> {
  return trust.check(pointer, async () => manifest)
}

const neverLoaded = async (): Promise<never> => assert.fail('the manifest was read again')

const key = await testKey()
const first = await pair(key)

describe('a seeder', () => {
  it('believes a deploy once, and reads its manifest no more while the pointer stays', async () => {
    const trust = trustOf({ key: key.key })
    const deploy = await see(trust, first)
    assert.ok(deploy?.kind === 'manifest')
    assert.deepEqual(deploy.manifest.hash, first.read.hash)
    assert.equal(await trust.check(first.pointer, neverLoaded), undefined)
    assert.equal(trust.accepted?.version, first.read.version)
  })

  it('without a key trusts the first that it sees, and no other after it', async () => {
    const trust = trustOf()
    await see(trust, first)
    const other = await pair(await testKey(), { version: NOW - 50 })
    await assert.rejects(see(trust, other), refusedWith('site-key'))
    const next = trustOf({ accepted: trust.accepted })
    await assert.rejects(see(next, other), refusedWith('site-key'))
    assert.equal((await see(next, first))?.kind, 'manifest')
  })

  it('follows a key that replaced the first, and believes the first no more', async () => {
    const trust = trustOf()
    await see(trust, first)
    const rotated = await pair(await testKey(key), { version: NOW - 50 })
    assert.equal((await see(trust, rotated))?.kind, 'manifest')
    await assert.rejects(see(trust, await pair(key, { version: NOW - 10 })), refusedWith('site-key'))
  })

  it('follows a key that was replaced more often than a pointer remembers', async () => {
    const newest = await testKey(await testKey(await testKey(await testKey(key))))
    const deploy = await see(trustOf({ key: key.key }), await pair(newest))
    assert.equal(deploy?.kind, 'manifest')
  })

  it('stops at a kill, without a manifest, and begins again with the next deploy', async () => {
    const trust = trustOf()
    await see(trust, first)
    const killed = await pair(key, {}, true)
    const deploy = await trust.check(killed.pointer, neverLoaded)
    assert.deepEqual(deploy, { kind: 'killed', version: first.read.version + 1 })
    await assert.rejects(see(trust, first), refusedWith('site-older'))
    assert.equal((await see(trust, await pair(key, { version: NOW - 50 })))?.kind, 'manifest')
    const anew = trustOf()
    assert.equal((await anew.check(killed.pointer, neverLoaded))?.kind, 'killed')
  })

  it('refuses what is older, made for elsewhere, or no pair, and keeps what it believed', async () => {
    const trust = trustOf()
    await see(trust, first)
    const before = trust.accepted
    await assert.rejects(see(trust, await pair(key, { version: NOW - 200 })), refusedWith('site-older'))
    const elsewhere = await pair(key, { version: NOW - 50, base: 'https://example.net/app/' })
    await assert.rejects(see(trust, elsewhere), refusedWith('site-base'))
    const { pointer } = await pair(key, { version: NOW - 40 })
    const { manifest } = await pair(key, { version: NOW - 50 })
    await assert.rejects(
      trust.check(pointer, async () => manifest),
      refusedWith('site-mismatch'),
    )
    assert.equal(trust.accepted, before)
    assert.equal(await trust.check(first.pointer, neverLoaded), undefined)
  })

  it('refuses the deploy that it believed once that has expired, until it is renewed', async () => {
    let now = NOW
    const trust = trustOf({ now: () => now })
    await see(trust, first)
    now = first.read.expires
    await assert.rejects(trust.check(first.pointer, neverLoaded), refusedWith('site-expired', /sign --renew/))
    const renewed = await pair(key, { expires: now + 1000 })
    assert.equal((await see(trust, renewed))?.kind, 'manifest')
  })
})

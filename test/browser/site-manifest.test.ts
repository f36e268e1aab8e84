/** What Node signed is verified by the WebCrypto of browsers, rotation included; and what was altered is refused there too. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { fromHex } from '../../src/metainfo/bytes.ts'
import { type ManifestTrust, verifyManifest } from '../../src/site/manifest.ts'
import { checkPair, verifyPointer } from '../../src/site/pointer.ts'
import { signedInNode } from './site-manifest.in-node.ts'

const manifestBytes = fromHex(signedInNode.manifest)!
const pointerBytes = fromHex(signedInNode.pointer)!
/** The clock and the base of `test/support/site.ts`, which needs Node. */
const trust: ManifestTrust = {
  key: fromHex(signedInNode.key)!,
  base: 'https://example.org/app/',
  nowSeconds: 1_800_000_000,
}

const isRefusal = (error: unknown): boolean => error instanceof ShoalError && error.code.startsWith('site-')

describe('in a browser', () => {
  it('a manifest and its pointer are verified', async () => {
    const { manifest } = await verifyManifest(manifestBytes, trust)
    const { pointer } = await verifyPointer(pointerBytes, trust)
    checkPair(pointer, manifest)
    assert.deepEqual([...manifest.files.keys()], ['data.json', 'img/a.png'])
  })

  it('a manifest is refused when any of its bytes is altered', async () => {
    for (let at = 0; at < manifestBytes.length; at++) {
      const altered = manifestBytes.slice()
      altered[at]! ^= 1
      await assert.rejects(verifyManifest(altered, trust), isRefusal, `byte ${at}`)
    }
  })

  it('a pointer is refused when any of its bytes is altered', async () => {
    for (let at = 0; at < pointerBytes.length; at++) {
      const altered = pointerBytes.slice()
      altered[at]! ^= 1
      await assert.rejects(verifyPointer(altered, trust), isRefusal, `byte ${at}`)
    }
  })

  it('another key is refused', async () => {
    for (const key of [new Uint8Array(32), new Uint8Array(32).fill(255)])
      await assert.rejects(verifyManifest(manifestBytes, { ...trust, key }), isRefusal)
  })
})

/** A manifest and its pointer, signed in Node, for browsers to verify. */
import { toHex } from '../../src/metainfo/bytes.ts'
import { readManifest } from '../../src/site/manifest.ts'
import { pointerTo, signPointer } from '../../src/site/pointer.ts'
import { testKey, testManifest } from '../support/site.ts'

const first = await testKey()
const second = await testKey(first)
const manifest = await testManifest(second)

/** Bytes as hex, which can be handed over as data. */
export const signedInNode = {
  /** That a page pins; the manifest is signed by the one that replaced it. */
  key: toHex(first.key),
  manifest: toHex(manifest),
  pointer: toHex(await signPointer(pointerTo(readManifest(manifest).manifest), second.sign)),
}

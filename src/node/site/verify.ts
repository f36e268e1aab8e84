/** Verifies a deploy as a visitor would, and that the folder holds what it lists. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { equalBytes } from '../../metainfo/bytes.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import { type Manifest, readManifest, verifyManifest } from '../../site/manifest.ts'
import { checkPair, verifyPointer } from '../../site/pointer.ts'
import { type CheckOptions, checkContents } from './check-contents.ts'
import { builtScripts, readManifestFile, readPointerFile } from './deploy.ts'
import { nowSeconds } from './head.ts'
import type { SiteFolders } from './hosts.ts'

export interface VerifyOptions extends CheckOptions, SiteFolders {
  /** That pages name; undefined: that of the manifest, which then vouches for itself. */
  readonly key: Uint8Array | undefined
  /** Of the site; undefined: that of the manifest. */
  readonly base: string | undefined
}

export interface Verified {
  readonly manifest: Manifest
  /** The pointer tells visitors that nothing holds. */
  readonly isKilled: boolean
  readonly warnings: readonly string[]
}

/** @throws ShoalError `site-…` with what a visitor would say, `file-changed`, `invalid-argument` when there is no deploy */
export async function verifyDeploy({ folder, hosts, key, base, ...check }: VerifyOptions): Promise<Verified> {
  const bytes = await readManifestFile(folder)
  const pointerBytes = await readPointerFile(folder)
  if (bytes === undefined || pointerBytes === undefined) {
    const what = `There is no ${bytes === undefined ? SITE_NAMES.manifest : SITE_NAMES.pointer} in ${folder}.`
    throw new ShoalError('invalid-argument', `${what} Run shoal build first.`)
  }
  const own = readManifest(bytes).manifest
  const trust = { key: key ?? own.key, base: base ?? own.base, nowSeconds: nowSeconds() }
  const { manifest } = await verifyManifest(bytes, trust)
  // A pointer remembers fewer keys than a manifest; who follows the manifest trusts its key.
  const { pointer } = await verifyPointer(pointerBytes, { ...trust, key: manifest.key })
  if (!pointer.isKilled) checkPair(pointer, manifest)
  await checkContents({ folder, hosts }, manifest, check)
  return { manifest, isKilled: pointer.isKilled, warnings: await scriptWarnings(folder, manifest) }
}

async function scriptWarnings(folder: string, manifest: Manifest): Promise<string[]> {
  const { scripts, missing } = await builtScripts(manifest)
  const warnings = scripts.map(async ({ path, bytes }) => {
    const found = await readFile(join(folder, path)).catch(() => undefined)
    if (found === undefined) return `There is no ${path}: sign --renew writes it anew.`
    return equalBytes(found, bytes)
      ? undefined
      : `${path} is not what this version of Shoal would write: sign --renew writes it anew.`
  })
  const unknown = missing.map(path => `${path} is not checked: this package is not built (npm run build).`)
  return [...(await Promise.all(warnings)), ...unknown].filter(warning => warning !== undefined)
}

/** Signs what a build left unsigned, renews what holds, and says that nothing holds any more. */
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { equalBytes } from '../../metainfo/bytes.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import { type Manifest, readManifest } from '../../site/manifest.ts'
import { withHead } from '../../site/manifest-encode.ts'
import { pointerTo, signPointer } from '../../site/pointer.ts'
import { follows } from '../../site/rotation.ts'
import type { Signer } from '../../site/signature.ts'
import { type DeployFile, readManifestFile, signDeploy } from './deploy.ts'
import { expiryAfter, lastVersion, nextVersion, nowSeconds } from './head.ts'
import type { SiteKey } from './key-file.ts'
import { Staging } from './staging.ts'

export interface SignOptions {
  readonly folder: string
  readonly key: SiteKey & { readonly sign: Signer }
  readonly expiresDays: number
}

/**
 * Signs `shoal.unsigned`, and makes of it the deploy that holds.
 * @throws ShoalError `invalid-argument` when there is none, `site-key` when it was built for another key, `site-expired`, `site-older`
 */
export async function signUnsigned({ folder, key }: SignOptions): Promise<Manifest> {
  const bytes = await readManifestFile(folder, SITE_NAMES.unsigned)
  if (bytes === undefined) {
    const what = `There is no ${SITE_NAMES.unsigned} in ${folder}.`
    throw new ShoalError(
      'invalid-argument',
      `${what} shoal build makes it with a public key; --renew signs a deploy again.`,
    )
  }
  const { manifest } = readManifest(bytes)
  if (!equalBytes(manifest.key, key.key))
    throw new ShoalError('site-key', 'It was built for another key. Build it with the public half of this one.')
  if (manifest.expires <= nowSeconds()) throw new ShoalError('site-expired', 'It has expired unsigned. Build it again.')
  // The version stays as it was built, for pages may name it.
  if ((await lastVersion(folder)) >= manifest.version)
    throw new ShoalError('site-older', 'A later version was signed since it was built. Build it again.')
  const signed = await signDeploy(bytes, key.sign)
  await place(folder, signed.files)
  await rm(join(folder, SITE_NAMES.unsigned), { force: true })
  return signed.manifest
}

/**
 * Signs the deploy that holds again: the same version, for longer, and with a newer key where one is given.
 * @throws ShoalError `invalid-argument`, `site-key`, `site-older`
 */
export async function renew({ folder, key, expiresDays }: SignOptions): Promise<Manifest> {
  const { bytes, manifest } = await readOwn(folder, key)
  const expires = expiryAfter(expiresDays)
  if (expires < manifest.expires) {
    const what = `It holds for longer already, until ${new Date(manifest.expires * 1000).toISOString()}.`
    throw new ShoalError('site-older', `${what} Visitors refuse a shorter term; give more with --expires-days.`)
  }
  const head = { version: manifest.version, expires, key: key.key, rotated: key.rotated }
  const signed = await signDeploy(withHead(bytes, head), key.sign)
  await place(folder, signed.files)
  return signed.manifest
}

/**
 * Tells visitors that no manifest holds: they stop, and the site goes on by plain HTTP. The next build ends it.
 * @returns the version of the pointer
 * @throws ShoalError `invalid-argument`, `site-key`
 */
export async function kill({ folder, key, expiresDays }: SignOptions): Promise<number> {
  const { manifest } = await readOwn(folder, key)
  const version = await nextVersion(folder)
  const pointer = { ...pointerTo(manifest), key: key.key, rotated: key.rotated, version, isKilled: true }
  const bytes = await signPointer({ ...pointer, expires: expiryAfter(expiresDays) }, key.sign)
  await place(folder, [{ path: SITE_NAMES.pointer, bytes }])
  return version
}

/** The manifest in the folder, which the key may speak for. */
async function readOwn(folder: string, key: SiteKey): Promise<{ bytes: Uint8Array; manifest: Manifest }> {
  const bytes = await readManifestFile(folder)
  if (bytes === undefined) {
    const what = `There is no ${SITE_NAMES.manifest} in ${folder}.`
    throw new ShoalError('invalid-argument', `${what} Run shoal build first.`)
  }
  const { manifest } = readManifest(bytes)
  if (follows(key, manifest.key)) return { bytes, manifest }
  throw new ShoalError('site-key', 'The deploy is signed with a key that this one has not replaced. Use its own.')
}

async function place(folder: string, files: readonly DeployFile[]): Promise<void> {
  const staging = await Staging.open(resolve(folder))
  try {
    for (const { path, bytes } of files) await staging.add(join(folder, path), bytes)
    staging.commit()
  } finally {
    await staging.close()
  }
}

/** What a seeder keeps of a site between runs: the deploy that it believed last, so that neither an old one nor another key is believed later. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { fromHex, toHex } from '../../metainfo/bytes.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import type { Accepted } from '../../site/trust.ts'
import { readManifestFile, readPointerFile } from './deploy.ts'
import { Staging } from './staging.ts'

const NAME = 'site.json'

/** A deploy as it lies at the base. */
export interface DeployBytes {
  readonly pointer: Uint8Array
  readonly manifest: Uint8Array
}

interface Saved {
  readonly base: string
  readonly version: number
  readonly expires: number
  readonly isKilled: boolean
  /** Hex, as the next two. */
  readonly infoHash: string
  readonly key: string
  readonly retired: readonly string[]
}

/**
 * What was believed last; undefined: nothing yet.
 * @throws ShoalError `store-failed` when it is damaged: who went on without it could be given an old deploy; `invalid-argument` when the folder is
 * another site's
 */
export async function recallAccepted(folder: string, base: string): Promise<Accepted | undefined> {
  const place = join(folder, NAME)
  const text = await readFile(place, 'utf8').catch(error => {
    if (error.code !== 'ENOENT') throw Object.assign(error, { path: place })
  })
  if (text === undefined) return undefined
  const saved = parse(text, place)
  if (saved.base === base) return saved.accepted
  throw new ShoalError('invalid-argument', `${folder} holds ${saved.base}. Name another folder with --store.`)
}

function parse(text: string, place: string): { readonly base: string; readonly accepted: Accepted } {
  try {
    const { base, version, expires, isKilled, infoHash, key, retired }: Saved = JSON.parse(text)
    const bytesOf = (hex: string): Uint8Array => {
      const bytes = fromHex(hex)
      if (bytes?.length !== 32) throw new Error(`${hex} is no hash`)
      return bytes
    }
    const hashes = { infoHash: bytesOf(infoHash), key: bytesOf(key), retired: retired.map(bytesOf) }
    return {
      base,
      accepted: { version: Number(version), expires: Number(expires), isKilled: isKilled === true, ...hashes },
    }
  } catch (cause) {
    const what = `${place} is damaged. It says which deploy was believed last`
    throw new ShoalError('store-failed', `${what}: remove it to believe the site anew.`, { cause })
  }
}

/** The deploy that was believed last, as it was fetched. */
export async function recallDeploy(folder: string): Promise<DeployBytes | undefined> {
  const [pointer, manifest] = await Promise.all([readPointerFile(folder), readManifestFile(folder)])
  return pointer && manifest && { pointer, manifest }
}

/** All at once. @param deploy its manifest is missing when it was killed before it was fetched */
export async function rememberDeploy(
  folder: string,
  base: string,
  accepted: Accepted,
  deploy: Pick<DeployBytes, 'pointer'> & Partial<DeployBytes>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { infoHash, key, retired, version, expires, isKilled } = accepted
  const saved: Saved = {
    base,
    version,
    expires,
    isKilled,
    infoHash: toHex(infoHash),
    key: toHex(key),
    retired: retired.map(toHex),
  }
  const staging = await Staging.open(folder)
  try {
    if (deploy.manifest) await staging.add(join(folder, SITE_NAMES.manifest), deploy.manifest)
    await staging.add(join(folder, SITE_NAMES.pointer), deploy.pointer)
    await staging.add(join(folder, NAME), Buffer.from(`${JSON.stringify(saved)}\n`))
    staging.commit()
  } finally {
    await staging.close()
  }
}

/**
 * A deploy on disk: manifest, pointer and scripts in the folder of a site. They are read here, signed together and written together.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ShoalError } from '../../errors.ts'
import { toHex } from '../../metainfo/bytes.ts'
import { SITE_LIMITS, SITE_NAMES } from '../../site/limits.ts'
import { type Manifest, readManifest } from '../../site/manifest.ts'
import { contentPieceLength, signManifest } from '../../site/manifest-encode.ts'
import { originOf, siteUrl } from '../../site/paths.ts'
import { pointerTo, signPointer } from '../../site/pointer.ts'
import type { Signer } from '../../site/signature.ts'
import { encodeTable, placeTable, type TableEntry } from '../../site/table.ts'

/** A file of a deploy and where it goes, relative to the site's folder. */
export interface DeployFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Of what visitors' browsers run, in the order in which it takes its places. */
const SCRIPTS = [SITE_NAMES.page, SITE_NAMES.script, SITE_NAMES.worker] as const

export interface Deploy {
  readonly manifest: Manifest
  /** In the order in which they are to take their places: the pointer, which makes the deploy hold, comes last. */
  readonly files: readonly DeployFile[]
  /** Names of scripts that are not written, since this package was not built. */
  readonly missing: readonly string[]
}

/** Signs a manifest, and makes all that goes with it. */
export async function signDeploy(manifestBytes: Uint8Array, sign: Signer): Promise<Deploy> {
  const signed = await signManifest(manifestBytes, sign)
  const { manifest } = readManifest(signed)
  const { scripts, missing } = await builtScripts(manifest)
  const files: DeployFile[] = [
    ...scripts,
    { path: SITE_NAMES.manifest, bytes: signed },
    { path: SITE_NAMES.pointer, bytes: await signPointer(pointerTo(manifest), sign) },
  ]
  return { manifest, files, missing }
}

/** The scripts that `npm run build` made of this package, the worker with the table of this manifest's files. */
export async function builtScripts(
  manifest: Manifest,
): Promise<{ readonly scripts: readonly DeployFile[]; readonly missing: readonly string[] }> {
  const folder = join(packageFolder(), 'dist')
  const missing = SCRIPTS.filter(path => !existsSync(join(folder, path)))
  const present = SCRIPTS.filter(path => !missing.includes(path)).map(async path => {
    const bytes = await readFile(join(folder, path))
    return { path, bytes: path === SITE_NAMES.worker ? withTable(bytes.toString(), manifest) : bytes }
  })
  return { scripts: await Promise.all(present), missing }
}

function withTable(worker: string, manifest: Manifest): Uint8Array {
  const table = encodeTable({
    version: manifest.version,
    scope: toHex(manifest.siteKey),
    entries: tableEntries(manifest),
  })
  return Buffer.from(placeTable(worker, table))
}

/** What the worker needs to know of each file. */
export function tableEntries({ base, files }: Manifest): TableEntry[] {
  return [...files.values()].map(file => ({
    path: originOf(file.path) === undefined ? new URL(siteUrl(base, file.path)).pathname : siteUrl(base, file.path),
    lengthBytes: file.length,
    type: file.type,
    ...(file.encoding === 'gzip' && { gzipBytes: file.contentLength }),
    root: file.piecesRoot,
    pieceLength: contentPieceLength(file.contentLength),
    isImmutable: file.isImmutable,
  }))
}

function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

/** @returns undefined when there is none */
export async function readManifestFile(
  folder: string,
  name: string = SITE_NAMES.manifest,
): Promise<Uint8Array | undefined> {
  return readBounded(join(folder, name), SITE_LIMITS.manifestBytesMax)
}

/** @returns undefined when there is none */
export async function readPointerFile(folder: string): Promise<Uint8Array | undefined> {
  return readBounded(join(folder, SITE_NAMES.pointer), SITE_LIMITS.pointerBytesMax)
}

async function readBounded(place: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const bytes = await readFile(place).catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw Object.assign(error, { path: place })
  })
  if (bytes !== undefined && bytes.length > bytesMax)
    throw new ShoalError(
      'site-oversize',
      `${place} has ${bytes.length} bytes, more than ${bytesMax}; it is none of ours.`,
    )
  return bytes && new Uint8Array(bytes)
}

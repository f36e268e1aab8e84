/** What a manifest says beside its files: its version and expiry, the name of its torrent, and where other clients find its files. */
import { ShoalError } from '../../errors.ts'
import { readManifest } from '../../site/manifest.ts'
import type { ManifestDraft } from '../../site/manifest-encode.ts'
import { readPointer } from '../../site/pointer.ts'
import { readManifestFile, readPointerFile } from './deploy.ts'

/**
 * Days until a manifest must be renewed: a visitor who is kept from seeing a new deploy ("freeze") is kept for no longer, and owners who
 * deploy once a month need not think of it.
 */
export const EXPIRES_DAYS = 30

/** Unix seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

export function expiryAfter(days: number): number {
  return nowSeconds() + days * 86_400
}

/** A version above those of the deploy in this folder, and no lower than the time: it rises on whatever machine the site is built. */
export async function nextVersion(folder: string): Promise<number> {
  return Math.max(nowSeconds(), (await lastVersion(folder)) + 1)
}

/** The highest version that was signed in this folder; 0 for none. */
export async function lastVersion(folder: string): Promise<number> {
  const manifest = await readManifestFile(folder)
  const pointer = await readPointerFile(folder)
  const versions = [
    manifest && known(() => readManifest(manifest).manifest.version),
    pointer && known(() => readPointer(pointer).pointer.version),
  ]
  return Math.max(...versions.map(version => version ?? 0))
}

/** undefined: the file is damaged, and so has no say; the time has. */
function known(read: () => number): number | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShoalError) return undefined
    throw error
  }
}

/**
 * A web seed's address is followed by the torrent's name (BEP 19). So a base that ends in a folder can be expressed, by the folder's name;
 * the root of a host cannot, and names only the web seeds that the owner gave.
 */
export function naming(base: string, webSeeds: readonly string[]): Pick<ManifestDraft, 'name' | 'webSeeds'> {
  const { hostname, pathname } = new URL(base)
  const folder = pathname.split('/').at(-2)
  if (folder === undefined || folder === '') return { name: hostname, webSeeds }
  return { name: decoded(folder), webSeeds: [new URL('..', base).href, ...webSeeds] }
}

/** Without its percent-encoding, where that is valid. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The `.pad/N` files of a hybrid site: N zeros each. The v1 half has them between the files (BEP 47), and v1 clients fetch them from the web seed
 * as they do any other file; aria2 never ends without them.
 */
import { lstat, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { SITE_PIECE_LENGTH } from '../../site/limits.ts'
import type { Manifest } from '../../site/manifest.ts'
import { padLengths } from '../../site/manifest-info.ts'
import { stateOf } from './twins.ts'

/** Relative to the base. */
export function padPath(lengthBytes: number): string {
  return `.pad/${lengthBytes}`
}

/** Lengths of those that a manifest needs; none where it has no v1 half. */
export function padsOf({ metainfo: { layout } }: Manifest): number[] {
  return layout.version === 'hybrid' ? [...padLengths(layout.files.map(({ length }) => length))] : []
}

/** Lengths of those that a folder has not. What is in them is not read: nobody takes anything else for them than zeros. */
export async function missingPads(folder: string, manifest: Manifest): Promise<number[]> {
  const lengths = padsOf(manifest)
  const found = await Promise.all(lengths.map(length => stateOf(join(folder, padPath(length)))))
  return lengths.filter((length, i) => found[i]?.size !== length)
}

/**
 * Removes pad files that a manifest does not need: each build with other lengths would leave some of its own for ever. What is not as a
 * build makes them, zeros of the length that they are named by, is somebody else's and stays.
 * @returns what to tell of those that cannot be removed: the deploy is whole with them
 */
export async function removeOldPads(folder: string, manifest: Manifest): Promise<string[]> {
  const place = join(folder, '.pad')
  const needed = new Set(padsOf(manifest))
  try {
    // A link leads out of the site, to what may be in use elsewhere.
    if (!(await lstat(place).catch(() => undefined))?.isDirectory()) return []
    const found = await readdir(place, { withFileTypes: true })
    const old = found.filter(entry => entry.isFile() && !needed.has(Number(entry.name))).map(({ name }) => name)
    for (const name of old) if (await isPad(join(place, name), name)) await rm(join(place, name))
    if (old.length > 0 && (await readdir(place)).length === 0) await rmdir(place)
    return []
  } catch (error) {
    return [`Old files in ${place} could not be removed (${messageOf(error)}): nothing needs them.`]
  }
}

async function isPad(place: string, name: string): Promise<boolean> {
  const length = Number(name)
  if (!/^[1-9]\d*$/.test(name) || length >= SITE_PIECE_LENGTH || (await lstat(place)).size !== length) return false
  return (await readFile(place)).equals(Buffer.alloc(length))
}

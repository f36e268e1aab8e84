/**
 * The `.pad/N` files of a hybrid site: N zeros each. The v1 half has them between the files (BEP 47), and v1 clients fetch them from the web seed
 * as they do any other file; aria2 never ends without them.
 */
import { join } from 'node:path'
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

/** Checks that what lies in a folder is what a manifest lists: every file hashed anew, every twin inflated. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf, ShoalError } from '../../errors.ts'
import { equalBytes } from '../../metainfo/bytes.ts'
import type { Manifest } from '../../site/manifest.ts'
import { type SiteFile, torrentPath } from '../../site/manifest-fields.ts'
import { filesFromDisk } from '../disk-files.ts'
import { placeOf, type SiteFolders } from './hosts.ts'
import { type HashOptions, hashContent } from './hash-content.ts'
import { missingPads, padPath } from './pads.ts'

export interface CheckOptions {
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
}

/** @throws ShoalError `file-changed` naming the first file that differs, `invalid-argument` when a host's folder is not known */
export async function checkContents(
  folders: SiteFolders,
  manifest: Manifest,
  { signal, onProgress }: CheckOptions,
): Promise<void> {
  const { files } = manifest
  const [pad] = await missingPads(folders.folder, manifest)
  if (pad !== undefined) differs(padPath(pad), 'clients of version 1 fetch it, and it is not there')
  const totalBytes = [...files.values()].reduce((sum, { contentLength }) => sum + contentLength, 0)
  let doneBytes = 0
  const onBytes = (bytes: number): void => {
    doneBytes += bytes
    onProgress(doneBytes, totalBytes)
  }
  for (const file of files.values()) await checkFile(folders, file, { signal, onBytes })
}

async function checkFile(folders: SiteFolders, file: SiteFile, options: HashOptions): Promise<void> {
  const path = torrentPath(file.path, file.encoding)
  const place = placeOf(path, folders)
  const [found] = await filesFromDisk([place]).catch(cause => differs(file.path, 'it is not there', cause))
  if (found?.data.size !== file.contentLength) differs(file.path, `${path} has another length`)
  const { piecesRoot } = await hashContent(found.data, options)
  if (!equalBytes(piecesRoot, file.piecesRoot)) differs(file.path, `${path} has other content`)
  if (file.encoding === 'gzip') await checkTwin(file, placeOf(file.path, folders), place)
}

/** The twin must be that of the plain file, which the origin sends to everybody else. */
async function checkTwin({ path, length }: SiteFile, plainPlace: string, place: string): Promise<void> {
  const plain = await readFile(plainPlace).catch(cause => differs(path, 'it is not there, only its twin', cause))
  const inflated = await promisify(gunzip)(await readFile(place), { maxOutputLength: length + 1 }).catch(cause =>
    differs(path, `its twin cannot be inflated (${messageOf(cause)})`, cause),
  )
  if (!equalBytes(inflated, plain)) differs(path, 'its twin holds something else')
}

function differs(path: string, why: string, cause?: unknown): never {
  const what = `${path} is not what the manifest lists: ${why}.`
  throw new ShoalError('file-changed', `${what} Build the site again.`, { cause, details: { path } })
}

/**
 * Brings files to the person's disk without holding them in memory: straight to where the person chooses, where the browser has pickers; else
 * through its downloads, by a stream that a service worker answers. Capabilities are tested, never guessed from a name.
 */
import type { FileUrls } from '../../src/urls/index.ts'
import { formatBytes } from '../format.ts'
import type { SharedFile } from '../shared-file.ts'
import { downloadBlob, downloadStream, type Saved } from './downloads.ts'
import { exactStream, type StreamWatch } from './exact-stream.ts'
import { canPickFile, canPickFolder, pickFile, pickFolder, writeFile, writeFolder } from './pickers.ts'
import { safePathsOf } from './safe-paths.ts'
import { zipOf } from './zip.ts'

/** What is no larger passes through a Blob: it asks the person nothing. Bytes. */
const BLOB_BYTES_PREFERRED_MAX = 32 * 1024 * 1024
/** Where nothing but a Blob is possible: more would end many a tab. Bytes. */
const BLOB_BYTES_MAX = 512 * 1024 * 1024

/** Where it went; undefined when the person closed the picker. */
export type SavedTo = 'file' | 'folder' | 'downloads' | undefined

export interface SaveOptions extends StreamWatch {
  /** Addresses for streams; undefined where there can be none. */
  readonly urls: () => Promise<FileUrls | undefined>
}

/** Saves one file. In a click's handler, which a picker needs. */
export async function saveFile(file: SharedFile, options: SaveOptions): Promise<SavedTo> {
  const name = safePathsOf([{ path: file.name }])[0]!
  if (file.length > BLOB_BYTES_PREFERRED_MAX && canPickFile()) {
    const handle = await pickFile(name)
    if (handle === undefined) return undefined
    await writeFile(handle, file, options)
    return 'file'
  }
  await download({ name, lengthBytes: file.length, stream: watch => exactStream(file, watch) }, options)
  return 'downloads'
}

/**
 * Saves several files: as a folder, or as a ZIP of that name. In a click's handler, which a picker needs.
 */
export async function saveFolder(
  files: readonly SharedFile[],
  { folderName, ...options }: SaveOptions & { readonly folderName: string },
): Promise<SavedTo> {
  if (canPickFolder()) {
    const root = await pickFolder()
    if (root === undefined) return undefined
    await writeFolder(root, files, options)
    return 'folder'
  }
  await download({ name: safePathsOf([{ path: `${folderName || 'files'}.zip` }])[0]!, ...zipOf(files) }, options)
  return 'downloads'
}

async function download(saved: Saved, options: SaveOptions): Promise<void> {
  const urls = saved.lengthBytes > BLOB_BYTES_PREFERRED_MAX ? await options.urls() : undefined
  if (urls !== undefined) return downloadStream(urls, saved, options)
  if (saved.lengthBytes > BLOB_BYTES_MAX) {
    throw new Error(
      `This browser can save no more than ${formatBytes(BLOB_BYTES_MAX)} at once from a page, and this is ${formatBytes(saved.lengthBytes)}. ` +
        'Open the link in Chrome, Edge or Firefox, in a window that is not private.',
    )
  }
  return downloadBlob(saved, options)
}

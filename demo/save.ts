/**
 * Brings received files to the person's disk: streamed into a folder of their choice where the browser has a
 * folder picker, else through the browser's downloads. Capabilities are tested, never guessed from a name.
 */
import type { Torrent, TorrentFile } from './shoal.min.js'

// The pickers are not in TypeScript's DOM library, for only some browsers have them.
interface PickerWindow {
  showDirectoryPicker?(options: { mode: 'readwrite'; id: string }): Promise<FileSystemDirectoryHandle>
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>
}

/** Above this a file is streamed to the disk where that can be done, instead of passing through a Blob. Bytes. */
const BLOB_BYTES_PREFERRED_MAX = 256 * 1024 * 1024
/** How long a Blob's URL is kept for the browser to start its download, which says nothing back. */
const URL_LIFETIME_MS = 60_000

export interface SaveOptions {
  readonly signal: AbortSignal
  /** Told after each file. */
  readonly onSaved?: (count: number) => void
}

/** Whether a folder can be saved as a folder. */
export function canSaveFolder(): boolean {
  return pickers().showDirectoryPicker !== undefined
}

/**
 * Saves one file. Must be called in a click's handler, which a picker needs.
 * @returns false when the person closed the picker
 */
export async function saveFile(file: TorrentFile, { signal }: SaveOptions): Promise<boolean> {
  const name = baseName(file.path)
  const pick = file.length > BLOB_BYTES_PREFERRED_MAX ? pickers().showSaveFilePicker : undefined
  if (pick === undefined) {
    download(await file.blob({ signal }), name)
    return true
  }
  const handle = await unlessDismissed(pick.call(window, { suggestedName: name }))
  if (handle === undefined) return false
  await writeTo(handle, file, signal)
  return true
}

/**
 * Saves every file, in folders where the browser can. Must be called in a click's handler.
 * @returns false when the person closed the picker
 */
export async function saveAll(torrent: Pick<Torrent, 'files'>, options: SaveOptions): Promise<boolean> {
  const [first] = torrent.files
  if (first !== undefined && torrent.files.length === 1) return saveFile(first, options)
  const pick = pickers().showDirectoryPicker
  let root: FileSystemDirectoryHandle | undefined
  if (pick !== undefined) {
    root = await unlessDismissed(pick.call(window, { mode: 'readwrite', id: 'shoal' }))
    if (root === undefined) return false
  }
  for (const [index, file] of torrent.files.entries()) {
    options.signal.throwIfAborted()
    if (root === undefined) download(await file.blob({ signal: options.signal }), file.path.replaceAll('/', ' - '))
    else await writeTo(await fileIn(root, file.path), file, options.signal)
    options.onSaved?.(index + 1)
  }
  return true
}

function pickers(): PickerWindow {
  return window as PickerWindow
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

async function fileIn(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const folders = path.split('/')
  const name = folders.pop() ?? path
  let directory = root
  for (const folder of folders) directory = await directory.getDirectoryHandle(folder, { create: true })
  return directory.getFileHandle(name, { create: true })
}

/** Written beside the file and moved in its place when whole: an interrupted save leaves no half file. */
async function writeTo(handle: FileSystemFileHandle, file: TorrentFile, signal: AbortSignal): Promise<void> {
  await file.stream({ signal }).pipeTo(await handle.createWritable(), { signal })
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), URL_LIFETIME_MS)
}

/** Closing a picker is no error. */
async function unlessDismissed<Handle>(picked: Promise<Handle>): Promise<Handle | undefined> {
  try {
    return await picked
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

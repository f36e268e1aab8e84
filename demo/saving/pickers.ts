/** Files and folders of the person's choice, where the browser lets a page write to them. */
import type { SharedFile } from '../shared-file.ts'
import { exactStream, type StreamWatch } from './exact-stream.ts'
import { safePathsOf } from './safe-paths.ts'

// The pickers are not in TypeScript's DOM library, for only some browsers have them.
interface PickerWindow {
  showDirectoryPicker?(options: { mode: 'readwrite'; id: string }): Promise<FileSystemDirectoryHandle>
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>
}

/** As browsers with pickers have it. */
interface RemovableHandle extends FileSystemFileHandle {
  remove?(): Promise<void>
}

/** In a folder as long as it is incomplete: a tab may end at any moment, and what is missing would not be noticed. */
export const UNFINISHED_NAME = '_This folder is incomplete.txt'
const UNFINISHED_TEXT =
  'Saving to this folder began and did not end: files are missing, or empty. Open the link again and save once more.\n'

/** Files written at once: each takes the browser some milliseconds, whatever its size. */
const WRITERS = 4

export function canPickFile(): boolean {
  return pickers().showSaveFilePicker !== undefined
}

export function canPickFolder(): boolean {
  return pickers().showDirectoryPicker !== undefined
}

/** In a click's handler. @returns undefined when the person closed the picker */
export function pickFile(suggestedName: string): Promise<FileSystemFileHandle | undefined> {
  return unlessDismissed(pickers().showSaveFilePicker!({ suggestedName }))
}

/** In a click's handler. @returns undefined when the person closed the picker */
export function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  return unlessDismissed(pickers().showDirectoryPicker!({ mode: 'readwrite', id: 'shoal' }))
}

/** Written beside the file and moved in its place when whole: an interrupted save leaves no half file. */
export async function writeFile(handle: FileSystemFileHandle, file: SharedFile, watch: StreamWatch): Promise<void> {
  try {
    await exactStream(file, watch).pipeTo(await handle.createWritable(), { signal: watch.signal })
  } catch (error) {
    // The name was made before its content: what is still empty was not there before, or is no loss.
    const { size } = await handle.getFile().catch(() => ({ size: 1 }))
    if (size === 0) await (handle as RemovableHandle).remove?.().catch(() => undefined)
    throw error
  }
}

/** Every file in its place below the folder, and nowhere else. */
export async function writeFolder(
  root: FileSystemDirectoryHandle,
  files: readonly SharedFile[],
  watch: StreamWatch,
): Promise<void> {
  const unfinished = await (await root.getFileHandle(UNFINISHED_NAME, { create: true })).createWritable()
  await unfinished.write(UNFINISHED_TEXT)
  await unfinished.close()
  const paths = safePathsOf(files, [UNFINISHED_NAME])
  const queue = files.entries()
  const failing = new AbortController()
  const signal = AbortSignal.any([watch.signal, failing.signal])
  const write = async (): Promise<void> => {
    for (const [index, file] of queue) {
      signal.throwIfAborted()
      await writeFile(await fileIn(root, paths[index]!), file, { ...watch, signal })
    }
  }
  // The first failure ends the others, and is the one that is told.
  await Promise.all(
    Array.from({ length: WRITERS }, () =>
      write().catch(error => {
        failing.abort(error)
        throw error
      }),
    ),
  )
  await root.removeEntry(UNFINISHED_NAME)
}

async function fileIn(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const folders = path.split('/')
  const name = folders.pop()!
  let directory = root
  for (const folder of folders) directory = await directory.getDirectoryHandle(folder, { create: true })
  return directory.getFileHandle(name, { create: true })
}

function pickers(): PickerWindow {
  return window as PickerWindow
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

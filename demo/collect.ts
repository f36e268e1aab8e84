/** The files that a person dropped, chose or pasted, with their paths inside what they gave. */

export interface ChosenFile {
  /** '/'-joined; inside a folder it starts with the folder's name. */
  readonly path: string
  readonly data: File
  /** Of a large file, where the browser gives one: it is read again after a reload, and no copy of it is kept. */
  readonly handle?: FileSystemFileHandle
}

/** A copy of a file up to this size is soon made, and is there even when the browser's leave to read the file has ended. */
const COPY_BYTES_MAX = 32 * 1024 * 1024

/** As Chromium has it. */
type HandedItem = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> }

/** Files of an `<input type=file>`, `webkitdirectory` or not. */
export function filesOfInput(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map(data => ({ path: data.webkitRelativePath || data.name, data }))
}

/**
 * Files and folders of a drop or a paste, folders whole.
 * The entries must be taken before the event returns, for the browser empties the list then; so this
 * must be called in the event's handler, and awaited after.
 * @param signal stops the walk through a folder
 * @param onCount told how many files were found so far
 * @throws DOMException when a folder cannot be read, or with the signal's reason
 */
export async function filesOfTransfer(
  transfer: DataTransfer,
  { signal, onCount }: { signal: AbortSignal; onCount: (count: number) => void },
): Promise<ChosenFile[]> {
  const entries: FileSystemEntry[] = []
  const loose: File[] = []
  const handles = new Map<FileSystemEntry, Promise<FileSystemHandle | null>>()
  for (const item of transfer.items as Iterable<HandedItem>) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    const file = entry === null ? item.getAsFile() : null
    if (entry !== null) {
      entries.push(entry)
      const handle = item.getAsFileSystemHandle?.().catch(() => null)
      if (handle) handles.set(entry, handle)
    } else if (file !== null) loose.push(file)
  }
  const found: ChosenFile[] = loose.map(data => ({ path: data.name, data }))
  // A list of what is still to visit, not recursion: the depth of a folder is not ours to trust.
  const pending = entries.reverse()
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    signal.throwIfAborted()
    if (isFile(entry)) {
      const data = await fileOf(entry)
      // A folder is one grant, and each of its files would be a question of its own: those are copied.
      const handle = data.size > COPY_BYTES_MAX ? await handles.get(entry) : undefined
      const path = entry.fullPath.replace(/^\//, '')
      found.push(isFileHandle(handle) ? { path, data, handle } : { path, data })
      onCount(found.length)
    } else if (isDirectory(entry)) {
      // One by one: a folder may hold more children than a call takes arguments.
      for (const child of (await childrenOf(entry)).reverse()) pending.push(child)
    }
  }
  return found
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFileHandle(handle: FileSystemHandle | null | undefined): handle is FileSystemFileHandle {
  return handle?.kind === 'file'
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** `readEntries` hands out at most 100 entries a call; an empty answer is the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader()
  const children: FileSystemEntry[] = []
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (batch.length === 0) return children
    children.push(...batch)
  }
}

/** The files that a person dropped, chose or pasted, with their paths inside what they gave. */

export interface ChosenFile {
  /** '/'-joined; inside a folder it starts with the folder's name. */
  readonly path: string
  readonly data: File
}

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
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    const file = entry === null ? item.getAsFile() : null
    if (entry !== null) entries.push(entry)
    else if (file !== null) loose.push(file)
  }
  const found: ChosenFile[] = loose.map(data => ({ path: data.name, data }))
  // A list of what is still to visit, not recursion: the depth of a folder is not ours to trust.
  const pending = entries.reverse()
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    signal.throwIfAborted()
    if (isFile(entry)) {
      found.push({ path: entry.fullPath.replace(/^\//, ''), data: await fileOf(entry) })
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

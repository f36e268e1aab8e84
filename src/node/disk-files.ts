/** Files and folders of a disk as what can be shared: each file a Blob-like that is read when it is needed. */
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { isInside } from './confined-folder.ts'
import { DiskBlob } from './disk-blob.ts'
import { FileHandles } from './file-handles.ts'

export interface DiskFile {
  /** '/'-joined, beginning with the name of the path that was given. */
  readonly path: string
  readonly data: DiskBlob
}

export interface FilesFromDiskOptions {
  /** Told of what is left out: links that lead outside or nowhere, sockets, devices. */
  readonly onSkip?: (path: string, why: string) => void
}

/**
 * Lists files, and folders with all that is in them, dotfiles included, in an order that depends on names alone (by code
 * unit, folder by folder). Symbolic links are followed within a folder that was given, and not out of it.
 * @throws ShoalError `invalid-argument` for paths that are not there or cannot be read, for two of one name, and for none
 */
export async function filesFromDisk(paths: readonly string[], options: FilesFromDiskOptions = {}): Promise<DiskFile[]> {
  if (paths.length === 0) throw new ShoalError('invalid-argument', 'Name at least one file or folder.')
  const walk = new Walk(options.onSkip ?? (() => {}))
  const names = new Set<string>()
  for (const path of paths) {
    // The name of '.' is that of the folder it stands for.
    const place = resolve(path)
    const name = basename(place)
    if (name === '')
      throw new ShoalError('invalid-argument', `${path} has no name to share it by; name a folder in it.`)
    if (names.has(name))
      throw new ShoalError('invalid-argument', `Two of the paths are called ${name}; rename one of them.`)
    names.add(name)
    await walk.add(place, name)
  }
  return walk.files
}

class Walk {
  readonly files: DiskFile[] = []
  readonly #onSkip: (path: string, why: string) => void
  readonly #handles = new FileHandles({ open: path => open(path, 'r') })
  #folderCount = 0

  constructor(onSkip: (path: string, why: string) => void) {
    this.#onSkip = onSkip
  }

  /** Adds what a person named: a link there is meant. */
  async add(place: string, path: string): Promise<void> {
    try {
      const real = await realpath(place)
      await this.#addReal(real, path, { root: real, above: [] })
    } catch (error) {
      if (error instanceof ShoalError) throw error
      const { code, message } = error as NodeJS.ErrnoException
      const why = code === 'ENOENT' ? `${place} does not exist.` : `${place} cannot be read: ${message}.`
      throw new ShoalError('invalid-argument', why, { cause: error, details: { path: place } })
    }
  }

  async #addReal(real: string, path: string, where: Where): Promise<void> {
    const stats = await stat(real, { bigint: true })
    if (stats.isDirectory()) return this.#addFolder(real, path, where)
    if (!stats.isFile()) return this.#onSkip(real, 'it is neither a file nor a folder')
    if (this.files.length === METAINFO_LIMITS.filesMax) {
      throw new ShoalError(
        'invalid-argument',
        `There are more than ${METAINFO_LIMITS.filesMax} files; share fewer at a time.`,
      )
    }
    this.files.push({ path, data: new DiskBlob({ place: real, stats, handles: this.#handles }) })
  }

  async #addFolder(folder: string, path: string, { root, above }: Where): Promise<void> {
    // Links within a folder can make of a few folders very many.
    if (++this.#folderCount > METAINFO_LIMITS.filesMax) {
      throw new ShoalError(
        'invalid-argument',
        `There are more than ${METAINFO_LIMITS.filesMax} folders; share fewer at a time.`,
      )
    }
    const names = (await readdir(folder)).sort(byCodeUnit)
    for (const name of names) {
      const place = join(folder, name)
      const real = await this.#follow(place, root, [...above, folder])
      if (real !== undefined) await this.#addReal(real, `${path}/${name}`, { root, above: [...above, folder] })
    }
  }

  /** Where a link leads, when it may be followed; any other place is itself. */
  async #follow(place: string, root: string, above: readonly string[]): Promise<string | undefined> {
    if (!(await lstat(place)).isSymbolicLink()) return place
    const real = await realpath(place).catch(() => undefined)
    if (real === undefined) this.#onSkip(place, 'it is a link that leads nowhere')
    else if (above.includes(real)) this.#onSkip(place, 'it is a link to a folder that it lies in')
    else if (!isInside(real, root)) this.#onSkip(place, 'it is a link that leads out of the folder')
    else return real
    return undefined
  }
}

interface Where {
  /** The folder that was given. */
  readonly root: string
  /** The folders on the way from there. */
  readonly above: readonly string[]
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

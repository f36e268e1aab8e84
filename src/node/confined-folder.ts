/**
 * A folder that nothing is read from or written to outside of, whatever a torrent's paths say and whatever symbolic links
 * lie in it.
 *
 * Paths are checked as text first; then every existing parent is resolved and must still be inside; the file itself must not
 * be a link. (Someone who changes the folder at the very moment of use has the rights to write there anyway.)
 */
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { messageOf, ShoalError } from '../errors.ts'
import type { FileMode } from './file-handles.ts'

const { O_CREAT, O_RDONLY, O_RDWR } = constants
/** Windows has no such flag; there `lstat` before opening has to do. */
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0

export class ConfinedFolder {
  readonly root: string
  #realRoot: string | undefined
  /** Parents that were found to be inside. */
  readonly #checked = new Set<string>()

  constructor(root: string) {
    this.root = resolve(root)
  }

  /** Makes the folder. @throws ShoalError `store-failed` */
  async create(): Promise<void> {
    try {
      await mkdir(this.root, { recursive: true })
      this.#realRoot = await realpath(this.root)
    } catch (error) {
      throw folderFailed(this.root, error)
    }
  }

  /** The place of a '/'-joined path. @throws ShoalError `invalid-path` */
  place(path: string): string {
    const names = path.split('/')
    const isSafe = names.every(name => name !== '' && name !== '.' && name !== '..' && !/[\0\\]/.test(name))
    const place = join(this.root, ...names)
    if (isSafe && isInside(place, this.root)) return place
    const message = `"${path}" is not a path that may be written below ${this.root}; the torrent is not to be trusted.`
    throw new ShoalError('invalid-path', message, { details: { path } })
  }

  /** Bytes of a plain file; undefined when there is none, or none inside. */
  async sizeOf(path: string): Promise<number | undefined> {
    const place = this.place(path)
    try {
      await this.#checkParent(dirname(place))
      const stats = await lstat(place)
      return stats.isFile() ? stats.size : undefined
    } catch {
      return undefined
    }
  }

  /** Opens a plain file; for writing it is made when absent, with its parents. @throws ShoalError `store-failed` when it leads outside */
  async open(path: string, mode: FileMode): Promise<FileHandle> {
    const place = this.place(path)
    if (mode === 'write') await this.#makeParent(dirname(place))
    await this.#checkParent(dirname(place))
    const stats = await lstat(place).catch(ignoreAbsent)
    if (stats !== undefined && !stats.isFile()) throw leadsElsewhere(place)
    return open(place, (mode === 'write' ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW)
  }

  /** Makes missing folders one by one, so that none is made through a link that leads outside. */
  async #makeParent(folder: string): Promise<void> {
    if (this.#checked.has(folder) || folder === this.root) return
    await this.#makeParent(dirname(folder))
    if ((await lstat(folder).catch(ignoreAbsent)) === undefined) {
      await mkdir(folder).catch(error => {
        if (error.code !== 'EEXIST') throw error
      })
    }
    await this.#checkParent(folder)
  }

  async #checkParent(folder: string): Promise<void> {
    if (this.#checked.has(folder)) return
    this.#realRoot ??= await realpath(this.root)
    const real = await realpath(folder)
    if (real !== this.#realRoot && !isInside(real, this.#realRoot)) throw leadsElsewhere(folder)
    this.#checked.add(folder)
  }
}

/** Whether a path lies below a folder, as text. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

export function folderFailed(folder: string, cause: unknown): ShoalError {
  return new ShoalError('store-failed', `The folder ${folder} cannot be used: ${messageOf(cause)}. Choose another.`, {
    cause,
    details: { folder },
  })
}

function leadsElsewhere(place: string): ShoalError {
  const message = `${place} is a link or no plain file; it is not followed. Move it away or choose another folder.`
  return new ShoalError('store-failed', message, { details: { place } })
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

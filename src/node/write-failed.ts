/** What a failed write to disk means to people. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ShoalError } from '../errors.ts'

/** `ENOSPC`, `EDQUOT` and `EFBIG` are `quota`, everything else `store-failed`. */
export async function writeFailed(path: string, cause: unknown): Promise<ShoalError> {
  if (cause instanceof ShoalError) return cause
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const freeBytes = await bytesFree(dirname(path))
    return new ShoalError('quota', `There is no space left to write ${path}. Free some, then start again to go on.`, {
      cause,
      details: { path, ...(freeBytes !== undefined && { freeBytes }) },
    })
  }
  if (code === 'EFBIG') {
    const advice = 'Choose a folder on another disk.'
    return new ShoalError('quota', `${path} is larger than its file system allows. ${advice}`, {
      cause,
      details: { path },
    })
  }
  return new ShoalError('store-failed', `${path} could not be written (${message}). ${adviceOn(code)}`, {
    cause,
    details: { path },
  })
}

function adviceOn(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'Give yourself the right to write there, or choose another folder.'
    case 'EROFS':
      return 'The disk is read-only: choose another folder.'
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return 'Something of another kind has that name: move it away, or choose another folder.'
    case 'ELOOP':
      return 'It is a symbolic link, which is not followed: move it away, or choose another folder.'
    case 'ENAMETOOLONG':
      return 'Choose a folder with a shorter path.'
    default:
      return 'Check the disk, or choose another folder.'
  }
}

async function bytesFree(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}

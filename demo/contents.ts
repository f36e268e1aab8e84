/** What a share holds as people see it, whatever its torrent carries; and the contents of an open share, which are the torrent's own. */
import { linkTo } from './link.ts'
import type { SharedFile } from './shared-file.ts'
import type { Torrent } from './shoal.min.js'

export interface Contents {
  /** Only whoever has the link can read it. */
  readonly isPrivate: boolean
  /** Empty until it is known. */
  readonly name: string
  /** Empty until they are known. */
  readonly files: readonly SharedFile[]
  /** The link that opens it; undefined while there is none. */
  readonly link: string | undefined
  /** A reload finds the files again. Until then this browser is still keeping them, which takes time where it copies. */
  readonly isKept: boolean
  /** What stands before the files. */
  readonly gate: Gate | undefined
}

/** Something that only the person can do away with, or nobody. */
export interface Gate {
  readonly reason: 'password' | 'wrong-password' | 'permission' | 'changed' | 'not-ours'
  /** Tries again: with the password, or after the browser has asked. In a click's handler. Absent where nothing helps. */
  readonly pass?: (password: string) => Promise<void>
}

/** @param page whose link opens it */
export function openContents(torrent: Torrent, page: Location): Contents {
  let isKept = false
  torrent.done.then(
    () => (isKept = true),
    () => undefined, // The page shows the torrent's error.
  )
  return {
    isPrivate: false,
    gate: undefined,
    get name() {
      return torrent.name
    },
    get files() {
      return torrent.files
    },
    get link() {
      return torrent.infoHash === '' ? undefined : linkTo(torrent.infoHash, page)
    },
    get isKept() {
      return isKept
    },
  }
}

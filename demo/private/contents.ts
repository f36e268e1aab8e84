/** Private shares as the page holds them: sent, brought back after a reload, or received. Fetched by those who have one. */
import type { ChosenFile } from '../collect.ts'
import type { Contents, Gate } from '../contents.ts'
import { privateLinkTo } from '../link.ts'
import type { Shoal, Torrent } from '../shoal.min.js'
import { PrivateShareError } from './errors.ts'
import { type OwnPrivateShare, ownPrivateShares } from './own-private-shares.ts'
import { openSealed, openShare, type PrivateShare, sealFiles } from './private-share.ts'

const own = ownPrivateShares()

type Opened = { -readonly [K in keyof Contents]: Contents[K] }

/** A torrent with what it holds. */
export interface PrivateContents {
  readonly torrent: Torrent
  readonly contents: Contents
}

export interface SendOptions {
  /** Asked of whoever opens the link; empty: none. */
  readonly password: string
  /** Whose link opens it. */
  readonly page: Location
}

/** Seals files and seeds them. @throws see `sealFiles` */
export async function sendPrivately(
  shoal: Shoal,
  files: readonly ChosenFile[],
  { password, page }: SendOptions,
): Promise<PrivateContents> {
  const sealed = await sealFiles(shoal, files, password === '' ? {} : { password })
  const { torrent, secret, needsPassword, listing } = sealed
  const contents = unopened()
  contents.name = listing.name
  const show = async (): Promise<void> => {
    Object.assign(contents, await openSealed(sealed))
    contents.link = privateLinkTo({ infoHash: torrent.infoHash, secret, needsPassword }, page)
    await own.remember(sealed, files)
    contents.isKept = true
  }
  // The page shows the torrent's error; a browser that remembers nothing has not kept it.
  show().catch(() => undefined)
  return { torrent, contents }
}

/**
 * Brings a share of this browser's own back.
 * @returns undefined when it is not remembered
 * @param onAgain the browser has been asked for leave to read the files
 */
export async function restorePrivately(
  shoal: Shoal,
  infoHash: string,
  page: Location,
  onAgain: () => Promise<void>,
): Promise<PrivateContents | undefined> {
  const share = await own.restore(shoal, infoHash)
  if (share === undefined) return undefined
  const { torrent, secret, needsPassword, name, files } = share
  const link = privateLinkTo({ infoHash, secret, needsPassword }, page)
  const contents: Contents = {
    isPrivate: true,
    isKept: true,
    name,
    files,
    link,
    // What has changed shows when it is read.
    get gate() {
      return gateOf(share, onAgain)
    },
  }
  return { torrent, contents }
}

export function forgetPrivately(infoHash: string): Promise<void> {
  return own.forget(infoHash)
}

/**
 * What a link leads to, opened once the torrent has its file list.
 * @param onOpened the files are known, in `contents`
 */
export function receivePrivately(
  torrent: Torrent,
  secret: Uint8Array<ArrayBuffer>,
  link: string,
  onOpened: () => void,
): Contents {
  const contents = unopened()
  contents.link = link
  contents.isKept = true
  const open = async (password?: string): Promise<void> => {
    try {
      const share: PrivateShare = await openShare(torrent, secret, password === undefined ? {} : { password })
      Object.assign(contents, { name: share.name, files: share.files, gate: undefined })
      onOpened()
    } catch (error) {
      if (error instanceof PrivateShareError)
        contents.gate = { reason: reasonOf(error), ...(asks(error) && { pass: open }) }
    }
  }
  void open()
  return contents
}

function unopened(): Opened {
  return { isPrivate: true, name: '', files: [], link: undefined, isKept: false, gate: undefined }
}

function asks({ code }: PrivateShareError): boolean {
  return code === 'needs-password' || code === 'wrong-password'
}

function reasonOf({ code }: PrivateShareError): Gate['reason'] {
  if (code === 'needs-password') return 'password'
  return code === 'wrong-password' ? code : 'not-ours'
}

/** As Chromium has it. */
type AskingHandle = FileSystemFileHandle & { requestPermission?(mode: { mode: 'read' }): Promise<PermissionState> }

function gateOf({ troubles, askable }: OwnPrivateShare, onAgain: () => Promise<void>): Gate | undefined {
  if (askable.length > 0) {
    const pass = async (): Promise<void> => {
      // Where the first question was answered late the browser refuses the next: the gate stays, for another click.
      for (const handle of askable)
        await (handle as AskingHandle).requestPermission?.({ mode: 'read' }).catch(() => undefined)
      await onAgain()
    }
    return { reason: 'permission', pass }
  }
  return troubles.size > 0 ? { reason: 'changed' } : undefined
}

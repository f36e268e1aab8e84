/** The shares of this tab: what is sent and received through the library. */
import { type BegunShares, begunShares } from './begun-shares.ts'
import type { ChosenFile } from './collect.ts'
import { type Contents, openContents } from './contents.ts'
import { readLink, type ShareLink, trackerOf } from './link.ts'
import { isMetered } from './metered.ts'
import { ownShares } from './own-shares.ts'
import type { SharedFile } from './shared-file.ts'
import { Shoal, ShoalError, type Torrent } from './shoal.min.js'

export interface Share extends Contents {
  readonly torrent: Torrent
  /** The files were chosen in this browser. */
  readonly isOwn: boolean
  /** What arrives is passed on. */
  readonly isSharing: boolean
  /** What was chosen, to list it while it is hashed. */
  readonly chosen: readonly ChosenFile[]
}

/** How files are shared. */
export interface SendOptions {
  /** Other BitTorrent programs can read it, and whoever knows the infohash; else it is sealed under a secret in the link. */
  readonly isOpen: boolean
  /** Of a private share, asked beside the link; empty: none. */
  readonly password: string
}

export interface Shares {
  readonly all: readonly Share[]
  /** Shares files; `ready` of its torrent says when the link works. @throws ShoalError, PrivateShareError */
  send(files: readonly ChosenFile[], options: SendOptions): Promise<Share>
  /** The share that a link names: one of this tab, one that was here before a reload, or a new one. @throws ShoalError */
  open(link: ShareLink): Promise<Share>
  /** Asks for files, beside those asked for before, and remembers that. */
  fetch(share: Share, files: readonly SharedFile[]): void
  /** Asks for nothing any more; what has come stays. */
  unfetch(share: Share): void
  /** The same share, passed on to others or not. */
  setSharing(share: Share, isSharing: boolean): Promise<Share>
  /** The share of this tab that keeps another from being added. */
  duplicateOf(error: unknown): Share | undefined
  /** Ends a share; `forget` also deletes what this browser keeps of it. */
  stop(share: Share, forget: boolean): Promise<void>
}

/** Whether any file of a received share was asked for. */
export function isBegun({ files }: Share): boolean {
  return files.some(file => file.priority > 0)
}

/** What private shares take is fetched by those who have one. */
const sealing = (): Promise<typeof import('./private/contents.ts')> => import('./private/contents.ts')

/**
 * @param onChange the address leads to another share than before
 * @throws ShoalError when this browser cannot share at all
 */
export function openShares(page: Location, onChange: () => void): Shares {
  const options = { trackers: [trackerOf(page)], store: 'indexeddb' } as const
  const shoal = new Shoal(options)
  /** What is received through it is not passed on. */
  let silent: Shoal | undefined
  const own = ownShares()
  const begun = begunShares()
  const shares = new Map<Torrent, Share>()
  let restoring: Promise<void> | undefined

  const keep = (torrent: Torrent, contents: Contents, fields: Pick<Share, 'isOwn' | 'isSharing' | 'chosen'>): Share => {
    // What contents tell changes: a share tells what they do at the moment.
    const share: Share = Object.assign(Object.create(contents), fields, { torrent })
    shares.set(torrent, share)
    return share
  }
  const find = (infoHash: string): Share | undefined => {
    return [...shares.values()].find(({ torrent }) => isOf(torrent, infoHash))
  }

  /** Only joins: files are asked for by the person, or were before. */
  const receive = async ({ infoHash, secret }: ShareLink, link: string, isSharing: boolean): Promise<Share> => {
    const sealed = secret === undefined ? undefined : await sealing()
    if (!isSharing) silent ??= new Shoal({ ...options, unchokesMax: 0, uploadBytesPerSecond: 0 })
    const torrent = ((!isSharing && silent) || shoal).add(infoHash, { select: 'none', keep: true })
    // Before any view listens, so that nobody sees it ask for nothing.
    const goOn = (): void => proceed(share, begun)
    const contents = sealed?.receivePrivately(torrent, secret!, link, goOn) ?? openContents(torrent, page)
    if (sealed === undefined) torrent.addEventListener('ready', goOn)
    const share = keep(torrent, contents, { isOwn: false, isSharing, chosen: [] })
    return share
  }

  /** Brings one share back with its files. Others that are remembered rest until somebody opens their link. */
  const restore = async ({ infoHash, secret }: ShareLink): Promise<void> => {
    const fields = { isOwn: true, isSharing: true, chosen: [] }
    if (secret !== undefined) {
      const { restorePrivately } = await sealing()
      const found = await restorePrivately(shoal, infoHash, page, async () => {
        const share = find(infoHash)
        if (share !== undefined) await stop(share, false)
        onChange()
      })
      if (found !== undefined) keep(found.torrent, found.contents, fields)
      return
    }
    if (!own.has(infoHash)) return
    for (const torrent of await shoal.restore()) {
      await torrent.ready.catch(() => undefined)
      if (isOf(torrent, infoHash)) keep(torrent, openContents(torrent, page), fields)
      else await torrent.close()
    }
  }

  const stop = async ({ torrent, isOwn, isPrivate }: Share, forget: boolean): Promise<void> => {
    if (forget) own.remove(torrent.infoHash)
    if (forget) begun.remove(torrent.infoHash)
    shares.delete(torrent)
    await torrent.close({ forget })
    // Last, as it may have to be fetched: what was stopped has stopped by then.
    if (forget && isOwn && isPrivate) await (await sealing()).forgetPrivately(torrent.infoHash)
  }

  return {
    stop,
    get all() {
      return [...shares.values()].filter(({ torrent }) => torrent.state !== 'closed')
    },
    async send(files, { isOpen, password }) {
      const fields = { isOwn: true, isSharing: true, chosen: files }
      if (!isOpen) {
        const { torrent, contents } = await (await sealing()).sendPrivately(shoal, files, { password, page })
        return keep(torrent, contents, fields)
      }
      const torrent = shoal.seed(files, { keep: true })
      torrent.ready.then(
        () => own.add(torrent.infoHash),
        () => undefined, // The page shows the torrent's error.
      )
      return keep(torrent, openContents(torrent, page), fields)
    },
    async open(link) {
      await restoring
      if (find(link.infoHash) === undefined) {
        // Without a usable store there is nothing to bring back, and the link is opened as anybody's.
        restoring = restore(link).catch(() => undefined)
        await restoring
      }
      return find(link.infoHash) ?? receive(link, page.href, !isMetered())
    },
    fetch({ torrent, files }, wanted) {
      const asked = new Set(wanted)
      const indices = files.flatMap((file, index) => (asked.has(file) || file.priority > 0 ? [index] : []))
      begun.set(torrent.infoHash, indices)
      selectAll(wanted)
    },
    unfetch({ torrent, files }) {
      begun.set(torrent.infoHash, [])
      for (const file of files) file.deselect()
    },
    async setSharing(share, isSharing) {
      const { link = '' } = share
      await stop(share, false)
      return receive(readLink(new URL(link).hash)!, link, isSharing)
    },
    duplicateOf(error) {
      if (!(error instanceof ShoalError) || error.code !== 'duplicate-torrent') return undefined
      const { infoHash } = error.details
      return typeof infoHash === 'string' ? find(infoHash) : undefined
    },
  }
}

/** Goes on with what was asked for before a reload: by what is remembered, or by what is here. */
function proceed({ torrent, files }: Share, begun: BegunShares): void {
  const indices = begun.get(torrent.infoHash)
  const isWanted = (file: SharedFile, index: number): boolean =>
    indices === undefined ? file.length > 0 && file.progress > 0 : indices.has(index)
  selectAll(files.filter(isWanted))
}

function selectAll(files: readonly SharedFile[]): void {
  for (const file of files) if (file.priority === 0) file.select()
}

/** Trackers know a v2 torrent by the first 40 digits of its infohash. */
function isOf(torrent: Torrent, infoHash: string): boolean {
  if (torrent.state === 'closed' || torrent.state === 'stopped') return false
  const { infoHashV1, infoHashV2 } = torrent
  return infoHashV1 === infoHash || infoHashV2 === infoHash || (infoHashV2?.slice(0, 40) === infoHash && !infoHashV1)
}

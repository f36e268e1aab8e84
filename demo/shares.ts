/** The shares of this tab: what is sent and received through the library. */
import type { ChosenFile } from './collect.ts'
import { trackerOf } from './link.ts'
import { ownShares } from './own-shares.ts'
import { Shoal, ShoalError, type Torrent } from './shoal.min.js'

export interface Share {
  readonly torrent: Torrent
  /** The files were chosen in this browser. */
  readonly isOwn: boolean
  /** What was chosen, to list it while it is hashed. */
  readonly chosen: readonly ChosenFile[]
  /** A reload finds the files again. Until then this browser is still keeping them, which takes time where it copies. */
  readonly isKept: () => boolean
}

export interface Shares {
  readonly all: readonly Share[]
  /** Shares files; `ready` of its torrent says when the link works. @throws ShoalError */
  send(files: readonly ChosenFile[]): Share
  /** The share that a link names: one of this tab, one that was here before a reload, or a new one. @throws ShoalError */
  open(infoHash: string): Promise<Share>
  /** The share of this tab that keeps another from being added. */
  duplicateOf(error: unknown): Share | undefined
  /** Ends a share; `forget` also deletes what this browser keeps of it. */
  stop(share: Share, forget: boolean): Promise<void>
}

/** @throws ShoalError when this browser cannot share at all */
export function openShares(page: Location): Shares {
  const shoal = new Shoal({ trackers: [trackerOf(page)], store: 'indexeddb' })
  const own = ownShares()
  const shares = new Map<Torrent, Share>()
  let restoring: Promise<void> | undefined

  const keep = (fields: Omit<Share, 'isKept'>): Share => {
    let isKept = false
    fields.torrent.done.then(
      () => (isKept = true),
      () => undefined, // The page shows the torrent's error.
    )
    const share = { ...fields, isKept: () => isKept }
    shares.set(share.torrent, share)
    return share
  }
  const find = (infoHash: string): Share | undefined => {
    return [...shares.values()].find(({ torrent }) => isOf(torrent, infoHash))
  }

  /** Brings one share back with its files. Others that are remembered rest until somebody opens their link. */
  const restore = async (infoHash: string): Promise<void> => {
    for (const torrent of await shoal.restore()) {
      await torrent.ready.catch(() => undefined)
      if (isOf(torrent, infoHash)) keep({ torrent, isOwn: true, chosen: [] })
      else await torrent.close()
    }
  }

  return {
    get all() {
      return [...shares.values()].filter(({ torrent }) => torrent.state !== 'closed')
    },
    send(files) {
      const torrent = shoal.seed(files, { keep: true })
      torrent.ready.then(
        () => own.add(torrent.infoHash),
        () => undefined, // The page shows the torrent's error.
      )
      return keep({ torrent, isOwn: true, chosen: files })
    },
    async open(infoHash) {
      await restoring
      if (find(infoHash) === undefined && own.has(infoHash)) {
        // Without a usable store there is nothing to bring back, and the link is opened as anybody's.
        restoring = restore(infoHash).catch(() => undefined)
        await restoring
      }
      return find(infoHash) ?? keep({ torrent: shoal.add(infoHash, { keep: true }), isOwn: false, chosen: [] })
    },
    duplicateOf(error) {
      if (!(error instanceof ShoalError) || error.code !== 'duplicate-torrent') return undefined
      const { infoHash } = error.details
      return typeof infoHash === 'string' ? find(infoHash) : undefined
    },
    async stop({ torrent }, forget) {
      if (forget) own.remove(torrent.infoHash)
      shares.delete(torrent)
      await torrent.close({ forget })
    },
  }
}

/** Trackers know a v2 torrent by the first 40 digits of its infohash. */
function isOf(torrent: Torrent, infoHash: string): boolean {
  if (torrent.state === 'closed' || torrent.state === 'stopped') return false
  const { infoHashV1, infoHashV2 } = torrent
  return infoHashV1 === infoHash || infoHashV2 === infoHash || (infoHashV2?.slice(0, 40) === infoHash && !infoHashV1)
}

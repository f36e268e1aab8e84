/** The files of a room: shared and received as the share page does it, sealed, by the library. Fetched by those who have some. */
import type { ChosenFile } from '../collect.ts'
import { phaseOf } from '../facts.ts'
import { readLink } from '../link.ts'
import { language } from '../page-language.ts'
import { saver, type Saver } from '../saving/saver.ts'
import { openShares, type Share } from '../shares.ts'
import type { FileOffer } from './messages.ts'

/** What is told to the room. */
export type Offered = Pick<FileOffer, 'title' | 'lengthBytes' | 'fileCount' | 'link'>

export interface Exchange {
  /** Shares files. Resolves when the link works. @throws ShoalError, PrivateShareError */
  send(files: readonly ChosenFile[]): Promise<Offered>
  /** Whether a reload finds again what was sent from here. */
  isKept(link: string): boolean
  /** Starts a download, or goes on with it; of what was sent from here it goes on sharing. */
  receive(link: string): void
  /** How that goes; undefined: it was not asked for, or was given up. */
  progressOf(link: string): Progress | undefined
  /** In a click's handler, which a picker needs. */
  save(link: string): void
  /** Gives a download up. */
  cancel(link: string): void
  /** Files would have to be chosen again, or somebody is fetching them. */
  readonly isNeeded: boolean
  close(): Promise<void>
}

export interface Progress {
  readonly state: 'looking' | 'arriving' | 'arrived' | 'failed'
  /** 0..1 */
  readonly share: number
  readonly bytesPerSecond: number
  /** How saving goes, or what went wrong. */
  readonly words: string
  readonly isSaving: boolean
}

interface Incoming {
  share: Share | undefined
  isAsked: boolean
  error: string
  readonly saving: Saver
  readonly closing: AbortController
}

/** Between two looks for the link, which comes a moment after the torrent is ready. */
const LOOK_MS = 50

const { say } = language
/** A room's files have no password. */
const GATES = {
  password: 'gateNotOurs',
  'wrong-password': 'gateNotOurs',
  permission: 'gatePermission',
  changed: 'gateChanged',
  'not-ours': 'gateNotOurs',
} as const

/** @param page the share page's address, whose links these are */
export function openExchange(page: URL): Exchange {
  // It is read like the page's own address, and nothing is done to it.
  const shares = openShares(page as unknown as Location, () => undefined)
  const own = new Map<string, Share>()
  const incoming = new Map<string, Incoming>()
  const closing = new AbortController()

  async function open(link: string, found: Incoming): Promise<void> {
    try {
      const share = await shares.open(readLink(link)!)
      if (found.closing.signal.aborted) await shares.stop(share, !share.isOwn)
      else found.share = share
    } catch (error) {
      found.error = messageOf(error)
    }
  }

  return {
    async send(files) {
      const share = await shares.send(files, { isOpen: false, password: '' })
      await share.torrent.ready
      while (share.link === undefined) {
        closing.signal.throwIfAborted()
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      }
      const link = new URL(share.link).hash.slice(1)
      own.set(link, share)
      const lengthBytes = files.reduce((sum, { data }) => sum + data.size, 0)
      return { title: titleOf(share, files), lengthBytes, fileCount: files.length, link }
    },
    isKept: link => own.get(link)?.isKept === true,
    receive(link) {
      if (incoming.has(link)) return
      const closing = new AbortController()
      const found: Incoming = {
        share: undefined,
        isAsked: false,
        error: '',
        closing,
        saving: saver({
          files: () => found.share?.files ?? [],
          name: () => found.share?.name ?? '',
          signal: closing.signal,
        }),
      }
      incoming.set(link, found)
      void open(link, found)
    },
    progressOf(link) {
      const found = incoming.get(link)
      if (found === undefined) return undefined
      const { share, saving } = found
      const failure = found.error || share?.torrent.error?.message || (share?.gate ? say(GATES[share.gate.reason]) : '')
      if (failure !== '') return { ...LOOKING, state: 'failed', words: failure }
      if (share === undefined) return LOOKING
      if (!found.isAsked && phaseOf(share) === 'ready') {
        found.isAsked = true
        shares.fetch(share, share.files)
      }
      if (share.files.length === 0) return LOOKING
      const { progress, stats, peers } = share.torrent
      const isHere = share.files.every(file => file.progress >= 1)
      return {
        state: isHere ? 'arrived' : peers.length === 0 ? 'looking' : 'arriving',
        share: progress,
        bytesPerSecond: stats.downloadBytesPerSecond,
        words: saving.error || saving.words,
        isSaving: saving.isBusy,
      }
    },
    save: link => void incoming.get(link)?.saving.all(),
    cancel(link) {
      const found = incoming.get(link)
      incoming.delete(link)
      found?.closing.abort()
      // What is one's own is kept: it may be shared again.
      if (found?.share !== undefined) void shares.stop(found.share, !found.share.isOwn)
    },
    get isNeeded() {
      return [...own.values()].some(({ torrent, isKept }) => !isKept || torrent.peers.some(peer => peer.isInterested))
    },
    async close() {
      closing.abort()
      for (const { closing } of incoming.values()) closing.abort()
      await Promise.all(shares.all.map(share => shares.stop(share, false)))
    },
  }
}

const LOOKING: Progress = { state: 'looking', share: 0, bytesPerSecond: 0, words: '', isSaving: false }

function titleOf({ name }: Share, files: readonly ChosenFile[]): string {
  const [first] = files
  const isFolder = files.every(({ path }) => path.split('/', 1)[0] === first?.path.split('/', 1)[0])
  if (isFolder || files.length < 2) return name || (first?.path ?? '')
  return say('andMore', { name: first?.path ?? '', n: files.length - 1 })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

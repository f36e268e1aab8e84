/**
 * The share page: drop files, get a link; open a link, get the files. Everything it does goes through the
 * library's public API; the tracker is the server that the page came from.
 */
import type { ChosenFile } from './collect.ts'
import { setText } from './dom.ts'
import { isBegun, openShares, type SendOptions, type Share } from './shares.ts'
import { readLink } from './link.ts'
import { notifier } from './notifier.ts'
import { language } from './page-language.ts'
import { receiveShared } from './share-target.ts'
import type { StringKey } from './strings/english.ts'
import { acceptTransfers, homeView } from './views/home-view.ts'
import { torrentView, type TorrentView } from './views/torrent-view.ts'
import { wakeLock } from './wake-lock.ts'

/** Figures change several times a second at most; a hidden tab gets what its browser allows. */
const UPDATE_INTERVAL_MS = 250

const { say } = language
document.documentElement.lang = language.tag
for (const element of document.querySelectorAll<HTMLElement>('[data-say]')) {
  setText(element, say(element.dataset.say as StringKey))
}

const main = document.querySelector<HTMLElement>('main')!
const notice = document.querySelector<HTMLElement>('#notice')!
const shares = openShares(location, () => void route())
const views = new Map<Share, TorrentView>()
const awake = wakeLock()
const bell = notifier()
const home = homeView({ onFiles: files => void send(files) })
let current: Share | undefined
/** It was sent just now: its address becomes the page's once it has one. */
let fresh: Share | undefined
/** Full copies of it beside this page's. */
let copiesCount = 0

acceptTransfers({
  onFiles: files => void send(files),
  onError: message => (current === undefined ? home.fail(message) : setText(notice, message)),
  onStatus: text => setText(notice, text),
})
receiveShared(files => void send(files))
addEventListener('popstate', () => void route())
addEventListener('beforeunload', event => {
  if (shares.all.some(isNeeded)) event.preventDefault()
})
setInterval(update, UPDATE_INTERVAL_MS)
void route()

/** Shares files, and shows how that goes. */
async function send(files: readonly ChosenFile[], options = optionsNow()): Promise<void> {
  setText(notice, '')
  try {
    const share = await shares.send(files, options)
    showShare(share)
    fresh = share
    share.torrent.ready.catch(error => {
      // The same files are shared from this tab already: that share is what the person wants to see.
      const twin = shares.duplicateOf(error)
      if (twin === undefined || current !== share) return
      void shares.stop(share, false)
      // What this tab could not read any more is here again.
      if (twin.isOwn && twin.torrent.state === 'downloading') {
        void shares.stop(twin, false).then(() => void send(files, options))
        return
      }
      history.pushState(null, '', twin.link)
      showShare(twin)
    })
  } catch (error) {
    fail(error)
  }
}

/** What an open share of this browser's cannot read any more is chosen again: it stays what it was. */
function optionsNow(): SendOptions {
  const isAgain = current?.isOwn && !current.isPrivate && current.torrent.state === 'downloading'
  return isAgain ? { isOpen: true, password: '' } : home.options()
}

/** Shows what the address says: a share, or the first page. */
async function route(): Promise<void> {
  setText(notice, '')
  const { hash } = location
  let link: ReturnType<typeof readLink>
  try {
    link = readLink(hash)
  } catch {
    showHome(say('linkCut'))
    return
  }
  if (link === undefined) return showHome('')
  await untilSeen()
  try {
    const share = await shares.open(link)
    // The address may have changed meanwhile.
    if (location.hash === hash) showShare(share)
  } catch (error) {
    fail(error)
  }
}

/** Nothing is joined by a page that nobody sees: one that a browser makes ready, or opened behind others. */
async function untilSeen(): Promise<void> {
  while (document.visibilityState !== 'visible') {
    await new Promise(resolve => document.addEventListener('visibilitychange', resolve, { once: true }))
  }
}

function showShare(share: Share): void {
  const view = views.get(share) ?? makeView(share)
  current = share
  fresh = undefined
  home.fail('')
  main.replaceChildren(view.element)
  update()
  view.focus()
}

function makeView(share: Share): TorrentView {
  const view = torrentView({
    share,
    notifier: bell,
    onFetch: files => {
      shares.fetch(share, files)
      update()
    },
    onFewer: () => {
      shares.unfetch(share)
      update()
    },
    onSharing: isSharing => void shares.setSharing(share, isSharing).then(showShare, fail),
    onStop: forget => void stop(share, forget),
    onChoose: home.choose,
    onHome: leave,
  })
  views.set(share, view)
  for (const type of ['state', 'ready', 'done', 'error', 'close', 'tracker', 'peer'] as const) {
    share.torrent.addEventListener(type, update)
  }
  return view
}

async function stop(share: Share, forget: boolean): Promise<void> {
  const wasHashing = share.torrent.state === 'hashing'
  await shares.stop(share, forget)
  if (wasHashing && current === share) leave()
  update()
}

function leave(): void {
  history.pushState(null, '', location.pathname)
  showHome('')
  home.focus()
}

function showHome(problem: string): void {
  current = undefined
  document.title = say('pageTitle')
  const listed = shares.all.filter(({ link, name }) => link !== undefined && name !== '')
  home.list(listed.map(({ name, link = '' }) => ({ name, link })))
  home.fail(problem)
  main.replaceChildren(home.element)
}

function fail(error: unknown): void {
  showHome(error instanceof Error ? error.message : String(error))
}

function update(): void {
  if (current !== undefined && current === fresh && current.link !== undefined) {
    history.pushState(null, '', current.link)
    fresh = undefined
  }
  const facts = current === undefined ? undefined : views.get(current)?.update(performance.now())
  copiesCount = facts?.copiesCount ?? 0
  awake.want(facts?.phase === 'hashing' || facts?.phase === 'downloading' || (facts?.leechesCount ?? 0) > 0)
}

/** Asks before the tab is closed only if the files would have to be chosen again, or somebody were left without a full copy. */
function isNeeded(share: Share): boolean {
  const { torrent, isOwn, isKept } = share
  if (torrent.state !== 'seeding' || (!isOwn && !isBegun(share))) return false
  const hasOtherCopy = share === current ? copiesCount > 0 : torrent.peers.some(peer => peer.isSeed)
  return (isOwn && !isKept) || (torrent.peers.some(peer => peer.isInterested) && !hasOtherCopy)
}

/**
 * The share page: drop files, get a link; open a link, get the files. Everything it does goes through the
 * library's public API; the tracker is the server that the page came from.
 */
import type { ChosenFile } from './collect.ts'
import { setText } from './dom.ts'
import { acceptTransfers, homeView } from './home-view.ts'
import { infoHashOf, linkTo } from './link.ts'
import { openShares, type Share } from './shares.ts'
import { torrentView, type TorrentView } from './torrent-view.ts'
import { wakeLock } from './wake-lock.ts'

/** Figures change several times a second at most; a hidden tab gets what its browser allows. */
const UPDATE_INTERVAL_MS = 250
const TITLE = document.title

const main = document.querySelector<HTMLElement>('main')!
const notice = document.querySelector<HTMLElement>('#notice')!
const shares = openShares(location)
const views = new Map<Share, TorrentView>()
const awake = wakeLock()
const home = homeView({ onFiles: send })
let current: Share | undefined

acceptTransfers({
  onFiles: send,
  onError: message => (current === undefined ? home.fail(message) : setText(notice, message)),
  onStatus: text => setText(notice, text),
})
addEventListener('popstate', () => void route())
addEventListener('beforeunload', event => {
  if (shares.all.some(isNeeded)) event.preventDefault()
})
setInterval(update, UPDATE_INTERVAL_MS)
void route()

/** Shares files, and shows how that goes. */
function send(files: readonly ChosenFile[]): void {
  setText(notice, '')
  try {
    const share = shares.send(files)
    showShare(share)
    share.torrent.ready.then(
      () => {
        if (current === share) history.pushState(null, '', linkOf(share))
      },
      error => {
        // The same files are shared from this tab already: that share is what the person wants to see.
        const twin = shares.duplicateOf(error)
        if (twin === undefined || current !== share) return
        void shares.stop(share, false)
        // What this tab could not read any more is here again.
        if (twin.isOwn && twin.torrent.state === 'downloading') {
          void shares.stop(twin, false).then(() => send(files))
          return
        }
        history.pushState(null, '', linkOf(twin))
        showShare(twin)
      },
    )
  } catch (error) {
    fail(error)
  }
}

/** Shows what the address says: a share, or the first page. */
async function route(): Promise<void> {
  setText(notice, '')
  const { hash } = location
  const infoHash = infoHashOf(hash)
  if (infoHash === undefined) {
    showHome(hash.length > 1 ? 'That link is not complete. Ask the sender for it again.' : '')
    return
  }
  try {
    const share = await shares.open(infoHash)
    // The address may have changed meanwhile.
    if (location.hash === hash) showShare(share)
  } catch (error) {
    fail(error)
  }
}

function showShare(share: Share): void {
  const view = views.get(share) ?? makeView(share)
  current = share
  home.fail('')
  main.replaceChildren(view.element)
  update()
  view.focus()
}

function makeView(share: Share): TorrentView {
  const view = torrentView({
    ...share,
    link: () => (share.torrent.infoHash === '' ? undefined : linkOf(share)),
    onStop: forget => void stop(share, forget),
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
}

function showHome(problem: string): void {
  current = undefined
  document.title = TITLE
  const listed = shares.all.filter(({ torrent }) => torrent.infoHash !== '' && torrent.name !== '')
  home.list(listed.map(share => ({ name: share.torrent.name, link: linkOf(share) })))
  home.fail(problem)
  main.replaceChildren(home.element)
}

function fail(error: unknown): void {
  showHome(error instanceof Error ? error.message : String(error))
}

function update(): void {
  const facts = current === undefined ? undefined : views.get(current)?.update(performance.now())
  awake.want(facts?.state === 'hashing' || facts?.state === 'downloading' || (facts?.leechesCount ?? 0) > 0)
}

function linkOf({ torrent }: Share): string {
  return linkTo(torrent.infoHash, location)
}

/** Asks before the tab is closed only if the files would have to be chosen again, or somebody were left without a full copy. */
function isNeeded({ torrent, isOwn, isKept }: Share): boolean {
  const { state, peers } = torrent
  if (state !== 'seeding') return false
  return (isOwn && !isKept()) || (peers.length > 0 && !peers.some(peer => peer.isSeed))
}

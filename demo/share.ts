/**
 * The share page: drop files, get a link; open a link, get the files. Everything it does goes through the
 * library's public API; the tracker is the server that the page came from.
 */
import type { ChosenFile } from './collect.ts'
import { setText } from './dom.ts'
import { acceptTransfers, homeView } from './home-view.ts'
import { infoHashOf, linkTo, trackerOf } from './link.ts'
import { ownShares } from './own-shares.ts'
import { Shoal, type Torrent } from './shoal.min.js'
import { torrentView, type TorrentView } from './torrent-view.ts'
import { wakeLock } from './wake-lock.ts'

/** Figures change several times a second at most; a hidden tab gets what its browser allows. */
const UPDATE_INTERVAL_MS = 250

const main = document.querySelector<HTMLElement>('main')!
const notice = document.querySelector<HTMLElement>('#notice')!
const shoal = new Shoal({ trackers: [trackerOf(location)], store: 'indexeddb' })
const views = new Map<Torrent, TorrentView>()
const own = ownShares()
const awake = wakeLock()
const home = homeView({ onFiles: send })
let current: Torrent | undefined

/** Shares files, and shows how that goes. */
function send(files: ChosenFile[]): void {
  home.fail('')
  try {
    const torrent = shoal.seed(files, { keep: true })
    open(torrent, { isOwn: true, chosen: files })
    torrent.ready.then(
      () => {
        own.add(torrent.infoHash)
        if (current === torrent) history.pushState(null, '', linkTo(torrent.infoHash, location))
      },
      () => undefined, // Its view shows the error.
    )
  } catch (error) {
    goHome()
    home.fail(error instanceof Error ? error.message : String(error))
  }
}

/** Shows what the address says: a share, or the first page. */
function route(): void {
  const infoHash = infoHashOf(location.hash)
  if (infoHash === undefined) {
    goHome()
    if (location.hash.length > 1) home.fail('That link is not complete. Ask the sender for it again.')
    return
  }
  const known = shoal.torrents.find(torrent => isOf(torrent, infoHash))
  try {
    open(known ?? shoal.add(infoHash, { keep: true }), { isOwn: own.has(infoHash), chosen: [] })
  } catch (error) {
    goHome()
    home.fail(error instanceof Error ? error.message : String(error))
  }
}

function open(torrent: Torrent, { isOwn, chosen }: { isOwn: boolean; chosen: readonly ChosenFile[] }): void {
  const view =
    views.get(torrent) ??
    torrentView({
      torrent,
      isOwn,
      chosen,
      link: () => (torrent.infoHash === '' ? undefined : linkTo(torrent.infoHash, location)),
      onStop: forget => void stop(torrent, forget),
      onHome: leave,
    })
  if (!views.has(torrent)) {
    views.set(torrent, view)
    for (const type of ['state', 'ready', 'done', 'error', 'close', 'tracker', 'peer'] as const) {
      torrent.addEventListener(type, update)
    }
  }
  current = torrent
  show(view.element)
  update()
  view.focus()
}

async function stop(torrent: Torrent, forget: boolean): Promise<void> {
  if (forget) own.remove(torrent.infoHash)
  const isHashing = torrent.state === 'hashing'
  await torrent.close({ forget })
  if (isHashing && current === torrent) leave()
  update()
}

function leave(): void {
  history.pushState(null, '', location.pathname)
  goHome()
}

function goHome(): void {
  current = undefined
  document.title = 'Shoal – send files straight from this browser'
  home.list(
    shoal.torrents
      .filter(torrent => torrent.name !== '' && torrent.state !== 'closed')
      .map(torrent => ({ name: torrent.name, link: linkTo(torrent.infoHash, location) })),
  )
  show(home.element)
}

function show(element: HTMLElement): void {
  if (main.firstElementChild !== element) main.replaceChildren(element)
}

function update(): void {
  const facts = current === undefined ? undefined : views.get(current)?.update(performance.now())
  awake.want(facts?.state === 'hashing' || facts?.state === 'downloading' || (facts?.leechesCount ?? 0) > 0)
}

function isOf(torrent: Torrent, infoHash: string): boolean {
  return [torrent.infoHash, torrent.infoHashV1, torrent.infoHashV2].includes(infoHash)
}

/** Asks before the tab is closed only if somebody would be left without a full copy. */
function isNeeded(): boolean {
  return shoal.torrents.some(
    ({ state, peers }) => state === 'seeding' && peers.length > 0 && !peers.some(peer => peer.isSeed),
  )
}

async function start(): Promise<void> {
  acceptTransfers({
    onFiles: send,
    onError: message => (current === undefined ? home.fail(message) : setText(notice, message)),
    onStatus: text => setText(notice, text),
  })
  addEventListener('popstate', route)
  addEventListener('beforeunload', event => {
    if (isNeeded()) event.preventDefault()
  })
  setInterval(update, UPDATE_INTERVAL_MS)
  // What was shared or half received before a reload goes on; without a usable store there is nothing to go on with.
  await shoal.restore().catch(() => [])
  route()
}

void start()
